"""One connection to the server, for the tasks of an event loop.

Straight through libpq: a cursor's general way takes as long again as the call itself. An answer has a
deadline, so that a network that falls silent ends in an error; the connection is given up then, as the answer
could be taken for another's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import Connection as Connected
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from scp_events.database.errors import broke_off


class Statement(NamedTuple):
    """What is asked, under the name it is prepared by; parameters and results are binary."""

    name: LiteralString
    types: tuple[LiteralString, ...]
    text: LiteralString

    @property
    def preparing(self) -> LiteralString:
        """Return the SQL that prepares it."""
        return "PREPARE " + self.name + " (" + ", ".join(self.types) + ") AS " + self.text


class ConnectionLostError(psycopg.OperationalError):
    """There is no connection, or none any more: what had been `asked` over it may have counted."""

    def __init__(self, *, asked: bool) -> None:
        super().__init__("the connection was lost, or there was none to be had")
        self.asked = asked


class Connection:
    """Made when it is needed, and anew after it broke. For one task at a time."""

    def __init__(self, connect: Callable[[], Connected[Any]], statements: Sequence[Statement]) -> None:
        """`connect` may block, and is called in a thread."""
        self._connect = connect
        self._statements = statements
        self._connected: Connected[Any] | None = None

    def close(self) -> None:
        """Give it back."""
        if self._connected is not None:
            self._connected.close()
        self._connected = None

    async def ask(self, statement: Statement, arguments: Sequence[bytes | None], deadline: float) -> PGresult:
        """Return what the server answers, until `deadline` by the loop's clock.

        Raises `ConnectionLostError`, or what the server says against it.
        """
        try:
            async with asyncio.timeout_at(deadline):
                return await self._answer(statement, arguments)
        except TimeoutError as silent:
            self.close()
            raise ConnectionLostError(asked=True) from silent
        except psycopg.Error as error:
            if self._connected is None:
                if isinstance(error, psycopg.OperationalError):
                    raise ConnectionLostError(asked=False) from error
            elif self._connected.closed:
                self._connected = None
                raise ConnectionLostError(asked=True) from error
            raise
        except BaseException:
            self.close()  # cancelled in the middle of an answer, which could be taken for another's
            raise

    async def _answer(self, statement: Statement, arguments: Sequence[bytes | None]) -> PGresult:
        if self._connected is None:
            self._connected = await asyncio.to_thread(self._prepared)
            self._connected.pgconn.nonblocking = 1
        pgconn = self._connected.pgconn
        pgconn.send_query_prepared(
            statement.name.encode(), arguments, [Format.BINARY] * len(arguments), Format.BINARY
        )
        result = await _result(pgconn)
        if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
            return result
        if self._connected.closed:  # what is said then is not always said by the server, and has no code
            raise psycopg.OperationalError("the connection was lost")
        raise error_from_result(result, encoding=self._connected.info.encoding)

    def _prepared(self) -> Connected[Any]:
        try:
            connected = self._connect()
            with _closed_unless_prepared(connected):
                for statement in self._statements:
                    connected.execute(statement.preparing)
        except psycopg.Error as error:
            if broke_off(error):
                raise psycopg.OperationalError("the connection was lost") from error
            raise
        return connected


@contextmanager
def _closed_unless_prepared(connected: Connected[Any]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connected.close()
        raise


async def _result(pgconn: PGconn) -> PGresult:
    """Return the result of what was sent, without keeping the loop from other tasks."""
    while pgconn.flush():
        await _ready(pgconn, writing=True)
    last: PGresult | None = None
    while True:
        while pgconn.is_busy():
            await _ready(pgconn)
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            break
        last = result
    if last is None:
        raise ConnectionLostError(asked=True)
    return last


async def _ready(pgconn: PGconn, *, writing: bool = False) -> None:
    """Wait until there is something to read, or, where something is to be written, room to write."""
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(pgconn.socket, wake)
    if writing:
        loop.add_writer(pgconn.socket, wake)
    try:
        await ready
    finally:
        loop.remove_reader(pgconn.socket)
        if writing:
            loop.remove_writer(pgconn.socket)
