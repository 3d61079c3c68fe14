"""One connection over which appends are told, several in one call.

Straight through libpq: a cursor's general way takes as long again as the call itself. `Sender` is for one
thread at a time, `SenderAsync` for one task of an event loop at a time; neither keeps the other's caller
waiting on anything but the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult

from scp_events.database import broke_off
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.calls import FUNCTIONS, Told, told
from scp_events.event_log.guards import check_promises
from scp_events.event_log.roles import become_writer
from scp_events.event_log.telling import PATIENCE_SECONDS, Answers, Call, ConnectionLostError, Pause, telling
from scp_events.scripts import play, play_async


class _Connected:
    """A connection that is made when it is needed."""

    def __init__(self, conninfo: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._conninfo = conninfo
        self._patience_seconds = patience_seconds
        self._connection: Connection[Any] | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _forget_if_lost(self, error: psycopg.Error) -> None:
        """Raise `ConnectionLostError` unless there still is a connection: then the server itself said no."""
        if self._connection is None:
            if isinstance(error, psycopg.OperationalError):
                raise ConnectionLostError(asked=False) from error
        elif self._connection.closed:
            self._connection = None
            raise ConnectionLostError(asked=True) from error


class Sender(_Connected):
    """Tells the server appends of threads."""

    def send(self, appends: Sequence[Append]) -> Answers:
        """Answer each append; see `telling`."""
        return play(telling(appends, time.monotonic, self._patience_seconds), self._reply)

    def _reply(self, step: Call | Pause) -> list[Answer] | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        return self._call(step)

    def _call(self, step: Call) -> list[Answer]:
        what = told(step.appends)
        try:
            if self._connection is None:
                self._connection = connect(self._conninfo)
            pgconn = self._connection.pgconn
            result = pgconn.exec_prepared(
                what.function.name,
                what.arguments,  # type: ignore[arg-type]  # None is NULL, which its types forget
                what.formats,
                Format.BINARY,
            )
            return _answers(what, result, self._connection)
        except psycopg.Error as error:
            self._forget_if_lost(error)
            raise
        except BaseException:
            self.close()  # interrupted: what follows could be taken for another's answer
            raise


class SenderAsync(_Connected):
    """Tells the server appends of tasks. Only to connect it borrows a thread."""

    async def send(self, appends: Sequence[Append]) -> Answers:
        """Answer each append; see `telling`."""
        return await play_async(telling(appends, time.monotonic, self._patience_seconds), self._reply)

    async def _reply(self, step: Call | Pause) -> list[Answer] | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        return await self._call(step)

    async def _call(self, step: Call) -> list[Answer]:
        what = told(step.appends)
        try:
            if self._connection is None:
                self._connection = await asyncio.to_thread(connect, self._conninfo)
                self._connection.pgconn.nonblocking = 1
            pgconn = self._connection.pgconn
            pgconn.send_query_prepared(what.function.name, what.arguments, what.formats, Format.BINARY)
            return _answers(what, await _result(pgconn), self._connection)
        except psycopg.Error as error:
            self._forget_if_lost(error)
            raise
        except BaseException:
            self.close()  # cancelled in the middle of an answer, which could be taken for another's
            raise


def connect(conninfo: str) -> Connection[Any]:
    """Return a connection to append over. Raises `UnsafeServerError` where the server may lose commits."""
    connection = psycopg.connect(conninfo, autocommit=True)
    try:
        check_promises(connection)
        become_writer(connection)
        for each in FUNCTIONS:
            prepared = connection.pgconn.prepare(each.name, each.call.encode(), each.oids)
            _must_have_succeeded(prepared, connection)
    except BaseException as error:
        connection.close()
        if broke_off(error):
            raise psycopg.OperationalError("the connection was lost") from error
        raise
    return connection


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


def _answers(what: Told, result: PGresult, connection: Connection[Any]) -> list[Answer]:
    _must_have_succeeded(result, connection)
    return what.function.read([result.get_value(0, column) for column in range(result.nfields)])


def _must_have_succeeded(result: PGresult, connection: Connection[Any]) -> None:
    """Raise what the server, or the way to it, said instead of an answer."""
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return
    if connection.closed:  # what is said then is not always said by the server, and has no code
        raise psycopg.OperationalError("the connection was lost")
    raise error_from_result(result, encoding=connection.info.encoding)
