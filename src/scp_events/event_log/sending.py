"""Appends told to the server over one connection, through broken connections and refusals.

A call whose connection breaks leaves it open whether it counted. It is made again once there is a connection:
the server function looks every command up, under the lock that orders appends, before it records it. So who
was recorded gets the first answer, and who was not is recorded now.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from random import uniform
from typing import TypeAlias
from uuid import UUID

import psycopg
from eventsourcing.persistence import DataError, IntegrityError

from scp_events.database.connection import Connection, ConnectionLostError
from scp_events.database.lending import PAUSE_SECONDS
from scp_events.event_log.answers import LogUnreachableError, LogUnwritableError
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.calls import told
from scp_events.event_log.guards import UnsafeServerError

OF_ONE = frozenset({"22", "23", "54", "XX"})
"""Classes of SQLSTATE that may tell of one append: its data, an id that is taken, its size."""
OUT_OF_MEMORY = "53200"
IN_EACH_OTHERS_WAY = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
"""The server broke off, and asks to be asked again."""
_EVENT_ID = re.compile(r"\(event_id\)=\(([0-9a-f-]{36})\)")

Answers: TypeAlias = list[Answer | Exception]


class EventIdTakenError(IntegrityError):
    """Another event has this id."""

    def __init__(self, event_id: UUID) -> None:
        super().__init__(f"event id {event_id} names another event")
        self.event_id = event_id


class Sender:
    """Tells the server appends, one call at a time."""

    def __init__(self, connection: Connection, *, patience: float) -> None:
        """`patience` is how long a server that is away or silent is asked, in seconds."""
        self._connection = connection
        self._patience = patience

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    async def send(self, appends: Sequence[Append]) -> Answers:
        """Answer each append. One that cannot be recorded does not harm the others: halving finds it."""
        try:
            return [*await self._insist(appends)]
        except (LogUnreachableError, LogUnwritableError, UnsafeServerError) as error:
            return [error for _ in appends]
        except Exception as error:  # noqa: BLE001 - the fault of one of them, who is told
            if len(appends) == 1:
                return [_refused(error)]
        middle = len(appends) // 2
        return await self.send(appends[:middle]) + await self.send(appends[middle:])

    async def _insist(self, appends: Sequence[Append]) -> list[Answer]:
        """Call again while the connection breaks, until patience is used up.

        Raises the fault of a single append as the server told it.
        """
        deadline = asyncio.get_running_loop().time() + self._patience
        in_doubt = False
        while True:
            try:
                return await self._call(appends, deadline)
            except ConnectionLostError as lost:
                in_doubt = in_doubt or lost.asked
                if asyncio.get_running_loop().time() > deadline:
                    raise LogUnreachableError("the database cannot be reached: try again") from lost
            except IN_EACH_OTHERS_WAY as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise unwritable(error) from error
            except psycopg.Error as error:
                if is_of_one(error):
                    raise
                self._connection.close()  # a server that was demoted, say: the next may be its successor
                raise (_doubtful(error) if in_doubt else unwritable(error)) from error
            await asyncio.sleep(uniform(0, 2 * PAUSE_SECONDS))  # noqa: S311 - so that not all come back at once

    async def _call(self, appends: Sequence[Append], deadline: float) -> list[Answer]:
        call = told(appends)
        result = await self._connection.ask(call.statement, call.arguments, deadline)
        return call.read([result.get_value(0, column) for column in range(result.nfields)])


def is_of_one(error: psycopg.Error) -> bool:
    """Whether it may be the fault of one append, so that the others can be recorded without it."""
    state = error.sqlstate or ""
    return state[:2] in OF_ONE or state == OUT_OF_MEMORY


def unwritable(error: psycopg.Error) -> LogUnwritableError:
    """Say that the server did not write; its kind of error, not its words, which may quote an event."""
    return LogUnwritableError(
        f"the database did not write ({_kind(error)}): nothing was recorded, try again later"
    )


def _doubtful(error: psycopg.Error) -> LogUnreachableError:
    """Say that the server does not write now, and that what it was told before may have counted."""
    return LogUnreachableError(f"the database broke off and does not write now ({_kind(error)}): try again")


def _refused(error: Exception) -> Exception:
    """Say why one append cannot be recorded."""
    if not isinstance(error, psycopg.Error):
        return error  # it could not even be told
    taken = _EVENT_ID.search(error.diag.message_detail or "")
    if isinstance(error, psycopg.errors.UniqueViolation) and taken:
        said: Exception = EventIdTakenError(UUID(taken[1]))
    elif isinstance(error, psycopg.IntegrityError):
        said = IntegrityError(f"the server refused: {_kind(error)} {error.diag.constraint_name}")
    else:
        said = DataError(f"the server cannot record this: {_kind(error)}")
    said.__cause__ = error
    return said


def _kind(error: psycopg.Error) -> str:
    return " ".join(filter(None, (type(error).__name__, error.sqlstate)))
