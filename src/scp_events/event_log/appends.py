"""What an append is, what the log says to it, and how many of them are told to the server at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from scp_events.event_log.arrays import (
    Bigints,
    Blobs,
    Booleans,
    Instants,
    Integers,
    Smallints,
    Texts,
    Uuids,
)


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


CALL: LiteralString = (
    "SELECT outcomes, firsts, stands, counts, recorded_at FROM event_log.append("
    "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def arguments_of(appends: Sequence[Append]) -> tuple[object, ...]:
    """Return the server function's arguments for appends that go together."""
    columns = _Columns()
    for number, append in enumerate(appends, start=1):
        columns.add(number, append)
    return columns.arguments(appends)


def answers_of(row: Sequence[Any]) -> list[Answer]:
    """Return the answers in what the server function returned."""
    outcomes, firsts, stands, counts, recorded_at = row
    return [
        Answer(outcome, first, version, count, recorded_at if outcome == "recorded" else None)
        for outcome, first, version, count in zip(outcomes, firsts, stands, counts, strict=True)
    ]


class _Columns:
    """The events of several appends, turned on their side: one list for each column."""

    def __init__(self) -> None:
        self._streams: dict[UUID, int] = {}
        self._categories: list[str] = []
        self._parts: list[tuple[int, int, int]] = []
        self._part_counts: list[int] = []
        self._events: list[EnvelopedEvent] = []
        self._appends: list[int] = []
        self._slots: list[int] = []

    def add(self, number: int, append: Append) -> None:
        """Take in the n-th append."""
        parts: dict[int, list[int]] = {}
        for event in append.events:
            slot = self._slot(event)
            parts.setdefault(slot, []).append(event.originator_version)
            self._slots.append(slot)
        self._events.extend(append.events)
        self._appends.extend([number] * len(append.events))
        self._part_counts.append(len(parts))
        self._parts.extend((slot, versions[0] - 1, len(versions)) for slot, versions in parts.items())

    def _slot(self, event: EnvelopedEvent) -> int:
        slot = self._streams.setdefault(event.originator_id, len(self._streams) + 1)  # type: ignore[arg-type]  # ours are UUIDs
        if slot > len(self._categories):
            self._categories.append(event.category)
        return slot

    def arguments(self, appends: Sequence[Append]) -> tuple[object, ...]:
        """Return the arguments in the order of the server function's parameters."""
        slots, expected, counts = zip(*self._parts, strict=True)
        events = self._events
        return (
            Uuids([append.command_id for append in appends]),
            Blobs([append.fingerprint for append in appends]),
            Uuids([append.case_id for append in appends]),
            Bigints([-1 if a.evidence_through is None else a.evidence_through for a in appends]),
            Integers([len(append.events) for append in appends]),
            Integers(self._part_counts),
            Integers(slots),
            Integers(expected),
            Integers(counts),
            Uuids(list(self._streams)),
            Texts(self._categories),
            Integers(self._appends),
            Integers(self._slots),
            Integers([event.originator_version for event in events]),
            Texts([event.topic for event in events]),
            Blobs([event.state for event in events]),
            Uuids([event.event_id for event in events]),
            Smallints([event.schema_version for event in events]),
            Instants([event.occurred_at for event in events]),
            Booleans([event.is_decision for event in events]),
        )
