"""Rows read from the log's tables: over a pool of connections, each of which may break and be replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, ConnectionPool, PoolTimeout

from scp_events.database import is_out_of_reach
from scp_events.database.insisting import insist, insist_async
from scp_events.event_log.roles import become_writer, become_writer_async
from scp_events.event_log.telling import LogUnreachableError, unwritable

RECONNECTS = 8
"""How often a call is made again after its connection broke; each waits for the pool to reconnect."""

Parameters: TypeAlias = Sequence[object] | Mapping[str, object]


class Reader:
    """Reads for many threads.

    `patience` is how long a call waits for a connection, in seconds. The pool tries to connect for as long,
    at doubling intervals, and anew with the next call: were it to try longer, it would leave a database that
    came back alone for as long as that had been away.
    """

    def __init__(self, conninfo: str, *, pool_size: int, patience: float) -> None:
        self._pool = ConnectionPool(
            conninfo,
            min_size=1,
            max_size=pool_size,
            timeout=patience,
            reconnect_timeout=patience,
            kwargs={"autocommit": True},
            configure=become_writer,
            open=True,
        )

    def close(self) -> None:
        """Give every connection back."""
        self._pool.close()

    def fetch(self, query: LiteralString, parameters: Parameters = ()) -> list[TupleRow]:
        """Return the rows of a query, or of a statement that may be repeated without harm."""

        def work(connection: Connection[Any]) -> list[TupleRow]:
            return connection.execute(query, parameters, prepare=True, binary=True).fetchall()

        with _said_in_our_words():
            return insist(self._pool, RECONNECTS, work)


class ReaderAsync:
    """Reads for the tasks of one event loop."""

    def __init__(self, conninfo: str, *, pool_size: int, patience: float) -> None:
        self._pool = AsyncConnectionPool(
            conninfo,
            min_size=0,
            max_size=pool_size,
            timeout=patience,
            reconnect_timeout=patience,
            kwargs={"autocommit": True},
            configure=become_writer_async,
            open=False,
        )

    async def close(self) -> None:
        """Give every connection back."""
        await self._pool.close()

    async def fetch(self, query: LiteralString, parameters: Parameters = ()) -> list[TupleRow]:
        """Return the rows of a query, or of a statement that may be repeated without harm."""

        async def work(connection: AsyncConnection[Any]) -> list[TupleRow]:
            return await (await connection.execute(query, parameters, prepare=True, binary=True)).fetchall()

        with _said_in_our_words():
            await self._pool.open()  # of no effect where it is open
            return await insist_async(self._pool, RECONNECTS, work)


@contextmanager
def _said_in_our_words() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as busy:
        raise LogUnreachableError("every connection to the database is busy: try again") from busy
    except psycopg.errors.DiskFull as full:
        raise unwritable(full) from full
    except psycopg.Error as broken:
        if is_out_of_reach(broken):
            raise LogUnreachableError("the database cannot be reached: try again") from broken
        raise
