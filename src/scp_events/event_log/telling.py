"""How appends are told to the server through broken connections and refusals: once, as a script.

A call whose connection breaks leaves it open whether it counted. It is made again once there is a connection:
the server function looks every command up, under the lock that orders appends, before it records it. So who
was recorded gets the first answer, and who was not is recorded now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import psycopg
from eventsourcing.persistence import DataError, IntegrityError, OperationalError

from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.guards import UnsafeServerError

PATIENCE_SECONDS = 30.0
"""For how long a server that cannot be reached is asked again."""
PAUSE_SECONDS = 0.1

OF_ONE = frozenset({"22", "23", "54", "XX"})
"""Classes of SQLSTATE that may tell of one append: its data, an id that is taken, its size."""
OUT_OF_MEMORY = "53200"
_EVENT_ID = re.compile(r"\(event_id\)=\(([0-9a-f-]{36})\)")

Answers: TypeAlias = list[Answer | Exception]


class LogUnreachableError(OperationalError):
    """The database did not answer in time; ask again, with the same command id."""


class LogUnwritableError(OperationalError):
    """The server answers and does not write: its disk is full, say. Nothing of what was asked is recorded."""


class EventIdTakenError(IntegrityError):
    """Another event has this id."""

    def __init__(self, event_id: UUID) -> None:
        super().__init__(f"event id {event_id} names another event")
        self.event_id = event_id


class ConnectionLostError(psycopg.OperationalError):
    """There is no connection, or none any more: what had been `asked` over it may have counted."""

    def __init__(self, *, asked: bool) -> None:
        super().__init__("the connection was lost, or there was none to be had")
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Call:
    """Make this call. Answered with answers, in order."""

    appends: Sequence[Append]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so long."""

    seconds: float


Script: TypeAlias = Generator[Call | Pause, list[Answer], Answers]


def telling(
    appends: Sequence[Append], clock: Callable[[], float], patience_seconds: float = PATIENCE_SECONDS
) -> Script:
    """Answer each append. One that cannot be recorded does not harm the others: halving finds it."""
    try:
        answers = yield from _insisting(appends, clock, patience_seconds)
        return list(answers)
    except (LogUnreachableError, LogUnwritableError, UnsafeServerError) as error:
        return [error for _ in appends]
    except Exception as error:  # noqa: BLE001 - the fault of one of them, who is told
        if len(appends) == 1:
            return [_refused(error)]
    middle = len(appends) // 2
    first = yield from telling(appends[:middle], clock, patience_seconds)
    second = yield from telling(appends[middle:], clock, patience_seconds)
    return first + second


def _insisting(
    appends: Sequence[Append], clock: Callable[[], float], patience_seconds: float
) -> Generator[Call | Pause, list[Answer], list[Answer]]:
    """Call again while the connection breaks, until patience is used up.

    Raises the fault of a single append as the server told it.
    """
    deadline = clock() + patience_seconds
    in_doubt = False
    while True:
        try:
            return (yield Call(appends))
        except ConnectionLostError as lost:
            in_doubt = in_doubt or lost.asked
            if clock() > deadline:
                raise LogUnreachableError("the database cannot be reached: try again") from lost
        except psycopg.Error as error:
            if is_of_one(error):
                raise
            raise (_doubtful(error) if in_doubt else unwritable(error)) from error
        yield Pause(PAUSE_SECONDS)


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
