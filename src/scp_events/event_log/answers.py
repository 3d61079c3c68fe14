"""What a command comes to: an outcome, or one of the reasons why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from scp_events.vocabulary import Position


class StaleVersionError(Exception):
    """The caller decided on a version of the stream that is no longer the latest."""

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(f"decided on version {expected}, but version {current} is the latest: look again")
        self.expected = expected
        self.current = current


class EvidenceMovedError(Exception):
    """The case has moved on since the evidence for a command was gathered: gather it anew."""


class CommandIdReusedError(Exception):
    """The id of an earlier command came with a different one."""


class BusyError(Exception):
    """Others were faster at every attempt, or too many wait: try again."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command came to. `events` is 0 where it was already so; `repeated` where it was sent before."""

    stream_id: UUID
    version: int
    events: int
    first_position: Position | None
    recorded_at: datetime | None
    repeated: bool = False

    @property
    def last_position(self) -> Position | None:
        """Return the place of the command's last event."""
        if self.first_position is None:
            return None
        return Position(self.first_position + self.events - 1)
