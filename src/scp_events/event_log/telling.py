"""How appends are told to the server through broken connections and refusals: once, as a script.

A call whose connection breaks leaves it open whether it counted. It is made again once there is a connection:
the server function looks every command up, under the lock that orders appends, before it records it. So who
was recorded gets the first answer, and who was not is recorded now.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError

from scp_events.event_log.appends import Answer, Append

PATIENCE_SECONDS = 30.0
"""For how long a server that cannot be reached is asked again."""
PAUSE_SECONDS = 0.1

Answers: TypeAlias = list[Answer | Exception]


class LogUnreachableError(OperationalError):
    """The database did not answer in time; ask again, with the same command id."""


class LogUnwritableError(OperationalError):
    """The server answers and does not write: its disk is full, say. Nothing of what was asked is recorded."""


class ConnectionLostError(psycopg.OperationalError):
    """There is no connection, or none any more: whatever was asked may have counted."""


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
    """Answer each append. One that the server refuses does not harm the others: halving finds it."""
    try:
        answers = yield from _insisting(appends, clock, patience_seconds)
        return list(answers)
    except psycopg.OperationalError as error:
        return [_unwritable(error) for _ in appends]
    except psycopg.Error as error:
        if len(appends) == 1:
            return [_refused(error)]
    middle = len(appends) // 2
    first = yield from telling(appends[:middle], clock, patience_seconds)
    second = yield from telling(appends[middle:], clock, patience_seconds)
    return first + second


def _insisting(
    appends: Sequence[Append], clock: Callable[[], float], patience_seconds: float
) -> Generator[Call | Pause, list[Answer], list[Answer]]:
    """Call again while the connection breaks, until patience is used up."""
    deadline = clock() + patience_seconds
    while True:
        try:
            return (yield Call(appends))
        except ConnectionLostError as error:
            if clock() > deadline:
                raise LogUnreachableError("the database cannot be reached: try again") from error
        yield Pause(PAUSE_SECONDS)


def _unwritable(error: psycopg.Error) -> LogUnwritableError:
    """Say that the server did not write; its kind of error, not its words, which may quote an event."""
    kind = " ".join(filter(None, (type(error).__name__, error.sqlstate)))
    said = LogUnwritableError(f"the database did not write ({kind}): nothing was recorded, try again later")
    said.__cause__ = error
    return said


def _refused(error: psycopg.Error) -> Exception:
    """Say why one append cannot be recorded."""
    if isinstance(error, psycopg.errors.UniqueViolation):
        said: Exception = IntegrityError(f"an id is taken: {error.diag.constraint_name}")
    else:
        said = IntegrityError(f"the server refused: {type(error).__name__} {error.sqlstate}")
    said.__cause__ = error
    return said
