"""A case replayed: as it was in the world, and as it was known to us.

Two axes. `as_of` is a time in the world: what had happened by then. `known_at` is a time in the log: what had
been recorded by then. A late entry shows up for every `as_of` after it happened, but only for a `known_at`
after it was typed in; a correction stands in the world where the fact it corrects stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, TypeAdapter
from pydantic_core import to_jsonable_python

from scp_events.aggregates import BY_CATEGORY
from scp_events.event_log import EventLog, Recorded
from scp_events.vocabulary import (
    Actor,
    Decision,
    Event,
    EventId,
    ParticipantId,
    Position,
    Stream,
    Word,
    fold,
)

Moment = datetime | date
"""A time in the world. A date means the end of that day, UTC."""

Known = datetime | Position
"""A place in what was known: an instant means the last position recorded at or before it."""


@dataclass(frozen=True)
class Point:
    """Where to stand: None is unbounded, that is, everything that happened or everything that is known."""

    as_of: Moment | None = None
    known_at: Known | None = None
    trust_source: bool = False
    """Take an imported event as known since its source says it was entered: a claim the log cannot prove."""


class Seen(Word):
    """The point an answer was built from, resolved: always the position, so it can be built again."""

    as_of: AwareDatetime | None
    known_through: Position
    known_at: AwareDatetime | None
    """The instant asked for, or when the last position known was recorded; None where nothing was known."""
    trust_source: bool = False


class Entry(Word):
    """One event as the story tells it."""

    position: Position
    event_id: EventId
    category: str
    stream_id: UUID
    version: int
    type: str
    title: str
    """What happened, in a sentence."""
    occurred_at: AwareDatetime
    recorded_at: AwareDatetime
    source_recorded_at: AwareDatetime | None
    """When the source of an imported event says it was entered there."""
    by: Actor
    """Who answers for it: who decided it, or on whose behalf it was recorded."""
    recorded_by: Actor
    """Who typed it in."""
    purpose: str
    decision: Decision | None
    corrects: EventId | None
    corrected_by: tuple[EventId, ...]
    """Later events, known at this point, that correct this one."""
    says: dict[str, Any]
    """The event's own fields, as JSON values."""


class StreamState(Word):
    """What was remembered of one stream of the case."""

    category: str
    stream_id: UUID
    events: int
    state: dict[str, Any]


class CaseReplay(Word):
    """A case at one point: what had happened, what was remembered of it, and on what grounds."""

    case_reference: str
    case_id: ParticipantId
    seen: Seen
    log_position: Position
    """The log position this was built from: the same position gives the same answer for ever."""
    streams: tuple[StreamState, ...]
    story: tuple[Entry, ...]
    """In the order in which it happened in the world."""


class Change(Word):
    """One remembered value that differs between two points."""

    category: str
    stream_id: UUID
    field: str
    before: Any
    after: Any


class CaseDifference(Word):
    """What lies between two points of a case, told by cause."""

    case_reference: str
    case_id: ParticipantId
    first: Seen
    second: Seen
    newly_happened: tuple[Entry, ...]
    """Happened in the world after the first point."""
    newly_learned: tuple[Entry, ...]
    """Had happened by the first point, and was recorded only after it."""
    corrected: tuple[Entry, ...]
    """Corrections recorded after the first point; each names the event it corrects."""
    not_yet: tuple[Entry, ...]
    """Seen from the first point and not from the second, where the second is the earlier one."""
    changes: tuple[Change, ...]


class UnknownCaseError(Exception):
    """No case has this reference or id."""


# --- questions --------------------------------------------------------------------------------------------


def replay(log: EventLog, case_id: ParticipantId, point: Point = Point()) -> CaseReplay:
    """Return a case as it was at `point.as_of` and as it was known at `point.known_at`."""
    seen = resolve(log, point)
    history = visible(log.case_history(case_id, seen.known_through), seen)
    return CaseReplay(
        case_reference=_reference(log, case_id),
        case_id=case_id,
        seen=seen,
        log_position=seen.known_through,
        streams=tuple(states(history)),
        story=tuple(tell(history)),
    )


def diff(log: EventLog, case_id: ParticipantId, first: Point, second: Point) -> CaseDifference:
    """Return what newly happened, was newly learned or was corrected between two points, and what changed."""
    before_seen, after_seen = resolve(log, first), resolve(log, second)
    before = visible(log.case_history(case_id, before_seen.known_through), before_seen)
    after = visible(log.case_history(case_id, after_seen.known_through), after_seen)
    known_before = {recorded.position for recorded in before}
    known_after = {recorded.position for recorded in after}
    told = {entry.position: entry for entry in tell(before)} | {
        entry.position: entry for entry in tell(after)
    }
    by_cause: dict[Cause, list[Entry]] = {"happened": [], "learned": [], "corrected": []}
    for recorded in after:
        if recorded.position not in known_before:
            by_cause[cause(recorded, before_seen)].append(told[recorded.position])
    return CaseDifference(
        case_reference=_reference(log, case_id),
        case_id=case_id,
        first=before_seen,
        second=after_seen,
        newly_happened=tuple(by_cause["happened"]),
        newly_learned=tuple(by_cause["learned"]),
        corrected=tuple(by_cause["corrected"]),
        not_yet=tuple(told[recorded.position] for recorded in before if recorded.position not in known_after),
        changes=tuple(changes(states(before), states(after))),
    )


# --- how --------------------------------------------------------------------------------------------------

Cause = Literal["happened", "learned", "corrected"]


def resolve(log: EventLog, point: Point) -> Seen:
    """Turn what was asked into an instant in the world and a position in the log."""
    head = log.head()
    known = point.known_at
    if isinstance(known, datetime):
        through = head if point.trust_source else log.position_at(known)
        known_at: datetime | None = known
    else:
        through = head if known is None else Position(min(known, head))
        known_at = log.recorded_at(through)
    return Seen(
        as_of=end_of(point.as_of),
        known_through=through,
        known_at=known_at,
        trust_source=point.trust_source,
    )


def end_of(moment: Moment | None) -> datetime | None:
    """Return the instant up to which the world is looked at: of a date, its last microsecond, UTC."""
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.max, UTC)


def visible(history: Iterable[Recorded[Event]], seen: Seen) -> list[Recorded[Event]]:
    """Return the events that had happened and were known."""
    return [r for r in history if had_happened(r, seen.as_of) and was_known(r, seen)]


def had_happened(recorded: Recorded[Event], as_of: datetime | None) -> bool:
    """Whether an event had happened in the world by `as_of`."""
    return as_of is None or recorded.envelope.occurred_at <= as_of


def was_known(recorded: Recorded[Event], seen: Seen) -> bool:
    """Whether an event was known: recorded by then, or, where sources are trusted, entered there by then."""
    if seen.trust_source and seen.known_at is not None:
        return (recorded.envelope.source_recorded_at or recorded.recorded_at) <= seen.known_at
    return recorded.position <= seen.known_through


def states(history: Sequence[Recorded[Event]]) -> list[StreamState]:
    """Fold each stream of a case in version order; streams in the order of their first event."""
    streams: dict[Stream, list[Recorded[Event]]] = {}
    for recorded in history:
        streams.setdefault(recorded.stream, []).append(recorded)
    return [_state(stream, events) for stream, events in streams.items()]


def _state(stream: Stream, history: list[Recorded[Event]]) -> StreamState:
    in_order = sorted(history, key=lambda recorded: recorded.version)
    state = fold(BY_CATEGORY[stream.category], [recorded.event for recorded in in_order])
    return StreamState(
        category=stream.category, stream_id=stream.id, events=len(history), state=remembered(state)
    )


def remembered(state: object) -> dict[str, Any]:
    """Return a state as JSON values: what it stores, and what it derives from that."""
    derived = [name for name, value in vars(type(state)).items() if isinstance(value, property)]
    stored: dict[str, Any] = TypeAdapter(type(state)).dump_python(state, mode="json")
    return stored | {name: to_jsonable_python(getattr(state, name)) for name in derived}


def tell(history: Sequence[Recorded[Event]]) -> list[Entry]:
    """Return the story, in the order in which it happened in the world."""
    corrections: dict[EventId, list[EventId]] = {}
    for recorded in history:
        if recorded.corrects is not None:
            corrections.setdefault(recorded.corrects, []).append(recorded.envelope.event_id)
    in_order = sorted(history, key=lambda recorded: (recorded.envelope.occurred_at, recorded.position))
    return [_entry(recorded, corrections.get(recorded.envelope.event_id, ())) for recorded in in_order]


def _entry(recorded: Recorded[Event], corrected_by: Sequence[EventId]) -> Entry:
    envelope, event = recorded.envelope, recorded.event
    return Entry(
        position=recorded.position,
        event_id=envelope.event_id,
        category=recorded.stream.category,
        stream_id=recorded.stream.id,
        version=recorded.version,
        type=event.type,
        title=title(type(event)),
        occurred_at=envelope.occurred_at,
        recorded_at=recorded.recorded_at,
        source_recorded_at=envelope.source_recorded_at,
        by=answerable(recorded),
        recorded_by=envelope.actor,
        purpose=envelope.purpose,
        decision=recorded.decision,
        corrects=recorded.corrects,
        corrected_by=tuple(corrected_by),
        says=event.model_dump(mode="json", exclude={"type", "decision"}),
    )


def answerable(recorded: Recorded[Event]) -> Actor:
    """Return who answers for an event: who decided it, else on whose behalf it was recorded, else who did."""
    if recorded.decision is not None:
        return recorded.decision.by
    return recorded.envelope.on_behalf_of or recorded.envelope.actor


def title(event: type[Event]) -> str:
    """Return what an event says happened: the first line of its docstring."""
    return (event.__doc__ or event.__name__).splitlines()[0]


def cause(recorded: Recorded[Event], before: Seen) -> Cause:
    """Say why an event is seen from the second point and was not from the first."""
    if recorded.corrects is not None and not was_known(recorded, before):
        return "corrected"
    ends = [end for end in (before.as_of, before.known_at) if end is not None]
    return "learned" if ends and had_happened(recorded, min(ends)) else "happened"


def changes(before: Iterable[StreamState], after: Iterable[StreamState]) -> list[Change]:
    """Return every remembered value that differs, stream by stream."""
    old = {(s.category, s.stream_id): s.state for s in before}
    new = {(s.category, s.stream_id): s.state for s in after}
    return [
        Change(category=key[0], stream_id=key[1], field=field, before=was.get(field), after=now.get(field))
        for key in old | new
        for was, now in ((old.get(key, {}), new.get(key, {})),)
        for field in was | now
        if was.get(field) != now.get(field)
    ]


def _reference(log: EventLog, case_id: ParticipantId) -> str:
    reference = log.reference_of(case_id)
    if reference is None:
        raise UnknownCaseError(f"there is no case {case_id}: `scp cases` lists those there are")
    return reference
