"""What an append is, what the log says to it, and how many of them are told to the server at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from eventsourcing.persistence import Notification, StoredEvent

from scp_events.event_log import arrays


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


PARAMETERS = (
    *("uuid", "bytea", "uuid", "int8", "int4", "int4", "int4", "int4"),  # by append
    *("int4", "int4", "int4"),  # by part
    *("uuid", "text"),  # by stream
    *("int4", "int4", "int4", "text", "bytea", "uuid", "int2", "timestamptz", "bool"),  # by event
)
"""The element types of the server function's arrays, in order."""
_NUMBERED = ", ".join(f"${number}::{element}[]" for number, element in enumerate(PARAMETERS, start=1))
CALL = f"SELECT outcomes, firsts, stands, counts, recorded_at FROM event_log.append({_NUMBERED})"  # noqa: S608 - our own words
"""The call, with parameters and results in binary form."""


def arguments_of(appends: Sequence[Append]) -> list[bytes]:
    """Return the server function's arguments for appends that go together."""
    columns = _Columns()
    for number, append in enumerate(appends, start=1):
        columns.add(number, append)
    return columns.arguments(appends)


def answers_of(row: Sequence[bytes]) -> list[Answer]:
    """Return the answers in what the server function returned."""
    outcomes, firsts, stands, counts, at = row
    recorded_at = arrays.read_instant(at)
    return [
        Answer(outcome, first, version or 0, count or 0, recorded_at if outcome == "recorded" else None)
        for outcome, first, version, count in zip(
            arrays.read_texts(outcomes),
            arrays.read_integers(firsts),
            arrays.read_integers(stands),
            arrays.read_integers(counts),
            strict=True,
        )
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
        _must_be_whole(parts.values())
        self._events.extend(append.events)
        self._appends.extend([number] * len(append.events))
        self._part_counts.append(len(parts))
        self._parts.extend((slot, versions[0] - 1, len(versions)) for slot, versions in parts.items())

    def _slot(self, event: EnvelopedEvent) -> int:
        slot = self._streams.setdefault(event.originator_id, len(self._streams) + 1)  # type: ignore[arg-type]  # ours are UUIDs
        if slot > len(self._categories):
            self._categories.append(event.category)
        return slot

    def arguments(self, appends: Sequence[Append]) -> list[bytes]:
        """Return the arguments in the order of the server function's parameters."""
        slots, expected, lengths = zip(*self._parts, strict=True)
        counts = [len(append.events) for append in appends]
        events = self._events
        return [
            arrays.uuids([append.command_id for append in appends]),
            arrays.blobs([append.fingerprint for append in appends]),
            arrays.uuids([append.case_id for append in appends]),
            arrays.bigints(-1 if a.evidence_through is None else a.evidence_through for a in appends),
            arrays.integers(counts),
            arrays.integers(accumulate(counts[:-1], initial=0)),
            arrays.integers(append.events[-1].originator_version for append in appends),
            arrays.integers(self._part_counts),
            arrays.integers(slots),
            arrays.integers(expected),
            arrays.integers(lengths),
            arrays.uuids(list(self._streams)),
            arrays.texts(self._categories),
            arrays.integers(self._appends),
            arrays.integers(self._slots),
            arrays.integers(event.originator_version for event in events),
            arrays.texts(event.topic for event in events),
            arrays.blobs([event.state for event in events]),
            arrays.uuids([event.event_id for event in events]),
            arrays.smallints(event.schema_version for event in events),
            arrays.instants(event.occurred_at for event in events),
            arrays.booleans(event.is_decision for event in events),
        ]


def _must_be_whole(parts: Collection[list[int]]) -> None:
    """The server compares each stream's first version only: the others must follow it."""
    if not parts:
        raise ValueError("an append without events records nothing: leave it out")
    for versions in parts:
        if len(versions) > 1 and versions != list(range(versions[0], versions[0] + len(versions))):
            raise ValueError(f"versions {versions} of one stream do not follow each other")
