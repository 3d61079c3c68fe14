"""What a command comes to: an outcome, or one of the reasons why there is none."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from eventsourcing.persistence import OperationalError

from scp_events.vocabulary import EventId, Position, Stream


class StaleVersionError(Exception):
    """The caller decided on a version of the stream that is no longer the latest."""

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(f"decided on version {expected}, but version {current} is the latest: look again")
        self.expected = expected
        self.current = current


class CommandIdReusedError(Exception):
    """The id of an earlier command came with a different one."""


class BusyError(Exception):
    """Others were faster at every attempt, or too many wait: try again."""


class ClosedError(Exception):
    """Nothing is asked after the end."""


class LogUnreachableError(OperationalError):
    """The database did not answer in time; ask again, with the same command id."""


class LogUnwritableError(OperationalError):
    """The server answers and does not write: its disk is full, say. Nothing of what was asked is recorded."""


class Outcome(NamedTuple):
    """What a command came to. `events` is 0 where it was already so; `repeated` where it was sent before."""

    stream: Stream
    version: int
    """Where the stream stands now."""
    event_ids: tuple[EventId, ...]
    """What was recorded, in the order of the log: the command's own event first."""
    first_position: Position | None
    recorded_at: datetime | None
    repeated: bool = False

    @property
    def events(self) -> int:
        """Return how many events were recorded."""
        return len(self.event_ids)

    @property
    def last_position(self) -> Position | None:
        """Return the place of the command's last event."""
        if self.first_position is None:
            return None
        return Position(self.first_position + self.events - 1)
