"""What an append is, and what the log says to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from scp_events.vocabulary import Precision, Stream


class NewEvent(NamedTuple):
    """An event to be stored, with the copies by which it is found."""

    stream: Stream
    case_id: UUID | None
    version: int
    type: str
    body: bytes
    event_id: UUID
    schema_version: int = 1
    occurred_at: datetime | None = None
    """None for an act: then it is when it was recorded."""
    precision: Precision = Precision.MINUTE
    is_decision: bool = False

    @property
    def about(self) -> UUID:
        """Return the case it belongs to; where it belongs to none, its stream."""
        return self.case_id or self.stream.id


class Condition(NamedTuple):
    """No event of these types has come since a position in these cases and streams that belong to none."""

    types: tuple[str, ...]
    about: tuple[UUID, ...]
    since: int


class Append(NamedTuple):
    """The events of one command, recorded all or none: each stream's in the order of their versions.

    A stream must stand just below the first version given for it, and the condition must hold. `fingerprint`
    tells a command sent again from another one with its id.
    """

    command_id: UUID
    fingerprint: bytes
    events: Sequence[NewEvent]
    condition: Condition | None = None

    @property
    def touches(self) -> set[UUID]:
        """Return what no other append of the same call may touch: the command, its streams and cases."""
        touched = {self.command_id}
        for event in self.events:
            touched |= {event.stream.id, event.about}
        return touched if self.condition is None else touched.union(self.condition.about)


class Answer(NamedTuple):
    """What the server function said; see migrations/0002_append.sql for the outcomes."""

    outcome: str
    first_position: int
    """0 where nothing was recorded, now or before."""
    recorded_at: datetime
    """The time of the call."""
    contended: UUID | None = None
    """A stream or case for which somebody else came too late a moment ago: whoever was faster waits a bit."""
