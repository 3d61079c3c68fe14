"""Connections that are lent to the tasks of an event loop, and asked again where they break.

For what may be repeated without harm: reading, and what is the same however often it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow

from scp_events.database.connection import Connection, ConnectionLostError, Statement

PAUSE_SECONDS = 0.1
"""Before a server that is away is asked again."""


class Lending:
    """So many connections, the one that was used last first: so no more are made than are needed."""

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        statements: Sequence[Statement],
        *,
        most: int,
        patience: float,
    ) -> None:
        """`connect` may block, and is called in a thread. `patience` is how long it is asked, in seconds."""
        self._patience = patience
        self._all = [Connection(connect, statements) for _ in range(most)]
        self._idle = [*self._all]
        self._free = asyncio.Semaphore(most)
        self._closed = False

    def close(self) -> None:
        """Give every connection back."""
        self._closed = True
        for connection in self._all:
            connection.close()

    async def ask(self, statement: Statement, *arguments: bytes | None) -> list[TupleRow]:
        """Return the rows of the answer.

        Raises `LendingClosedError`; `ConnectionLostError` where patience is used up; and what the server says
        against it.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while True:
            try:
                async with self._lent() as connection:
                    return _rows(await connection.ask(statement, arguments, deadline))
            except ConnectionLostError:
                if loop.time() > deadline:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Connection]:
        async with self._free:
            if self._closed:
                raise LendingClosedError
            connection = self._idle.pop()
            try:
                yield connection
            finally:
                self._idle.append(connection)


class LendingClosedError(Exception):
    """The connections were given back: nothing more can be asked over them."""


def _rows(result: PGresult) -> list[TupleRow]:
    loading = Transformer()
    loading.set_pgresult(result)
    rows: list[Any] = loading.load_rows(0, result.ntuples, tuple)
    return rows
