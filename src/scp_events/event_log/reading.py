"""Rows read from the log's tables: over a pool of connections, each of which may break and be replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import PoolTimeout

from scp_events.database import is_out_of_reach
from scp_events.database.insisting import insist
from scp_events.database.patience import patient_pool
from scp_events.event_log.answers import LogUnreachableError
from scp_events.event_log.roles import become

Parameters: TypeAlias = Sequence[object] | Mapping[str, object]


class Reading:
    """Reads as somebody in a role. For many threads."""

    def __init__(self, conninfo: str, role: str, *, pool_size: int, patience: float) -> None:
        """`patience` is how long a call waits for a connection, and for an answer, in seconds."""
        self._pool = patient_pool(
            conninfo, patience, smallest=1, largest=pool_size, configure=partial(become, role)
        )

    def close(self) -> None:
        """Give every connection back."""
        self._pool.close()

    def fetch(self, query: LiteralString, parameters: Parameters = ()) -> list[TupleRow]:
        """Return the rows of a query."""

        def work(connection: Connection[Any]) -> list[TupleRow]:
            return connection.execute(query, parameters, prepare=True, binary=True).fetchall()

        with said_in_our_words():
            return insist(self._pool, work)


@contextmanager
def said_in_our_words() -> Iterator[None]:
    """Say of a database that is away or busy that it is."""
    try:
        yield
    except PoolTimeout as busy:
        raise LogUnreachableError("every connection to the database is busy: try again") from busy
    except psycopg.Error as broken:
        if is_out_of_reach(broken):
            raise LogUnreachableError("the database cannot be reached: try again") from broken
        raise
