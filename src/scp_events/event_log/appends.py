"""What an append is, and what the log says to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent


@dataclass(frozen=True)
class EnvelopedEvent(StoredEvent):
    """A stored event with the copies by which it is found."""

    event_id: UUID
    category: str
    schema_version: int
    occurred_at: datetime
    is_decision: bool


@dataclass(frozen=True)
class PlacedEvent(Notification):
    """A notification with the rest of its row."""

    recorded_at: datetime
    category: str


@dataclass(frozen=True, kw_only=True)
class Append:
    """The events of one command, recorded all or none: each stream's in the order of their versions.

    A stream must stand just below the first version given for it. With `evidence_through` the case must
    have no event after that position. `fingerprint` tells a command sent again from another one with its id.
    """

    command_id: UUID
    fingerprint: bytes
    events: Sequence[EnvelopedEvent]
    case_id: UUID | None = None
    evidence_through: int | None = None


class Answer(NamedTuple):
    """What the server function said; see migrations/0002_append.sql for the outcomes.

    `recorded_at` is None where nothing was recorded by this call.
    """

    outcome: str
    first_position: int | None
    version: int
    event_count: int
    recorded_at: datetime | None
