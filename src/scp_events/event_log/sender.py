"""Telling the server appends, several in one call, over one connection.

A call whose connection breaks leaves it open whether it counted. It is made again once there is a connection:
the server function looks every command up, under the lock that orders appends, before it records it. So who
was recorded gets the first answer, and who was not is recorded now.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError
from psycopg import Connection
from psycopg.errors import error_from_result
from psycopg.postgres import types
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from scp_events.event_log.appends import CALL, PARAMETERS, Answer, Append, answers_of, arguments_of
from scp_events.event_log.guards import check_promises
from scp_events.event_log.roles import become_writer

PATIENCE_SECONDS = 30.0
"""For how long a server that cannot be reached is asked again."""
PAUSE_SECONDS = 0.1

PREPARED = b"append"
OIDS = [types[element].array_oid for element in PARAMETERS]
BINARY_ARGUMENTS = [Format.BINARY] * len(PARAMETERS)

Answers: TypeAlias = list[Answer | Exception]


class LogUnreachableError(OperationalError):
    """The database did not answer in time; ask again, with the same command id."""


class LogUnwritableError(OperationalError):
    """The server answers and does not write: its disk is full, say. Nothing of what was asked is recorded."""


class Sender:
    """One connection over which appends are told. For one thread at a time."""

    def __init__(self, conninfo: str, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._conninfo = conninfo
        self._patience_seconds = patience_seconds
        self._connection: Connection[Any] | None = None

    def send(self, appends: Sequence[Append]) -> Answers:
        """Answer each append. One that the server refuses does not harm the others: halving finds it."""
        try:
            return list(self._insist(appends))
        except psycopg.OperationalError as error:
            return [unwritable(error) for _ in appends]
        except psycopg.Error as error:
            if len(appends) == 1:
                return [refused(error)]
        middle = len(appends) // 2
        return self.send(appends[:middle]) + self.send(appends[middle:])

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _insist(self, appends: Sequence[Append]) -> Sequence[Answer]:
        deadline = time.monotonic() + self._patience_seconds
        while True:
            try:
                return self._call(appends)
            except psycopg.OperationalError as error:
                if not self._broken():
                    raise
                if time.monotonic() > deadline:
                    raise LogUnreachableError("the database cannot be reached: try again") from error
                time.sleep(PAUSE_SECONDS)

    def _call(self, appends: Sequence[Append]) -> Sequence[Answer]:
        if self._connection is None:
            self._connection = connect(self._conninfo)
        return answers_of(call(self._connection, arguments_of(appends)))

    def _broken(self) -> bool:
        """Whether there is no connection any more."""
        if self._connection is not None and not self._connection.closed:
            return False
        self._connection = None
        return True


def connect(conninfo: str) -> Connection[Any]:
    """Return a connection to append over. Raises `UnsafeServerError` where the server may lose commits."""
    connection = psycopg.connect(conninfo, autocommit=True)
    try:
        check_promises(connection)
        become_writer(connection)
        _succeeded(connection, connection.pgconn.prepare(PREPARED, CALL.encode(), OIDS))
    except BaseException:
        connection.close()
        raise
    return connection


def call(connection: Connection[Any], arguments: Sequence[bytes]) -> list[bytes]:
    """Call the server function and return its row.

    Straight through libpq: a cursor's general way takes as long again as the call itself.
    """
    result = connection.pgconn.exec_prepared(PREPARED, arguments, BINARY_ARGUMENTS, Format.BINARY)
    _succeeded(connection, result)
    return [result.get_value(0, column) or b"" for column in range(result.nfields)]


def _succeeded(connection: Connection[Any], result: PGresult) -> None:
    """Raise what the server, or the way to it, said instead of an answer."""
    if result.status in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
        return
    if connection.closed:
        raise psycopg.OperationalError("the connection was lost")
    raise error_from_result(result, encoding="utf-8")


def unwritable(error: psycopg.Error) -> LogUnwritableError:
    """Say that the server did not write; its kind of error, not its words, which may quote an event."""
    kind = " ".join(filter(None, (type(error).__name__, error.sqlstate)))
    said = LogUnwritableError(f"the database did not write ({kind}): nothing was recorded, try again later")
    said.__cause__ = error
    return said


def refused(error: psycopg.Error) -> Exception:
    """Say why one append cannot be recorded."""
    if isinstance(error, psycopg.errors.UniqueViolation):
        said: Exception = IntegrityError(f"an id is taken: {error.diag.constraint_name}")
    else:
        said = IntegrityError(f"the server refused: {type(error).__name__} {error.sqlstate}")
    said.__cause__ = error
    return said
