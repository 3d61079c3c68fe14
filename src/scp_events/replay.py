"""A case replayed: as it was in the world, and as it was known to us.

Two axes. `as_of` is a time in the world: what had happened by then. `known_at` is a time in the log: what
had been recorded by then. What was known is put in order of time first, corrections in their places (see
`history`). So a late entry shows up for every `as_of` after it happened, but only for a `known_at` after it
was typed in, and what was known at a position never changes, whatever is recorded later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime

from scp_events.aggregates import BY_CATEGORY
from scp_events.event_log import AlteredEventError, LogReader, Recorded
from scp_events.history import (
    AnyFact,
    FactsOf,
    by_stream,
    contradictions_of,
    effective,
    in_hindsight,
    in_order_of_time,
    state_of,
    until,
)
from scp_events.policy import Policies
from scp_events.vocabulary import (
    Actor,
    Calendar,
    CaseId,
    Decision,
    Event,
    EventId,
    Position,
    Precision,
    SourceRow,
    Stream,
    When,
    Word,
    title_of,
)

Moment: TypeAlias = datetime | date
"""A time in the world: an instant, or a whole day of the organisation."""

Known: TypeAlias = datetime | date | Position
"""A place in what was known: an instant means the last position recorded at or before it; a day of the
organisation means its end, or now where it is not over yet."""


@dataclass(frozen=True)
class Point:
    """Where to stand: None is unbounded, that is, everything that happened or everything that is known."""

    as_of: Moment | None = None
    known_at: Known | None = None
    trust_source: bool = False
    """Take an imported event as known since its source says it was entered: a claim the log cannot prove."""
    with_restricted: bool = False
    """Whether restricted streams, such as concerns, are seen: for those they are for, and for nobody else."""


class Seen(Word):
    """The point an answer was built from, resolved: always the position, so it can be built again."""

    as_of: AwareDatetime | date | None
    """As it was asked for; a day means all of it, in the organisation's time zone."""
    known_through: Position
    known_at: AwareDatetime | None
    """The instant asked for, or when the last position known was recorded; None where nothing was known."""
    trust_source: bool = False
    with_restricted: bool = False


class Entry(Word):
    """One event as the story tells it."""

    position: Position
    event_id: EventId
    category: str
    stream_id: UUID
    version: int
    type: str
    title: str
    """What happened and how it came out, in a sentence."""
    occurred_at: AwareDatetime
    """Of a day of which no more is known, its first instant."""
    occurred_on: date
    """The organisation's day."""
    time_of_day: str | None
    """Such as 14:30, by the organisation's clocks; None where no more than the day is known."""
    precision: Precision
    recorded_at: AwareDatetime
    source_recorded_at: AwareDatetime | None
    """When the source of an imported event says it was entered there."""
    source_row: SourceRow | None
    """The row it was imported from."""
    entered_on: date
    """The organisation's day on which it was entered: in its source, or else here."""
    by: Actor
    """Who answers for it: who decided it, or on whose behalf it was recorded."""
    recorded_by: Actor
    """Who typed it in."""
    purpose: str
    decision: Decision | None
    corrects: EventId | None
    corrected_by: tuple[EventId, ...]
    """Later events, known at this point, that correct or retract this one."""
    says: dict[str, Any]
    """The event's own fields, as JSON values."""


class StreamState(Word):
    """What stood of one stream of the case."""

    category: str
    stream_id: UUID
    events: int
    """Facts that stood."""
    state: dict[str, Any]


class Contradicted(Word):
    """A fact that no longer fits what stands before it. Both stay until a correction settles it."""

    position: Position
    event_id: EventId
    category: str
    stream_id: UUID
    title: str
    occurred_at: AwareDatetime
    occurred_on: date
    """The organisation's day."""
    rule: str
    """The rule by which it would be refused, asked again as of its time."""
    remedy: str


class CaseReplay(Word):
    """A case at one point: what had happened, what stood of it, and on what grounds."""

    case_reference: str
    case_id: CaseId
    seen: Seen
    log_position: Position
    """The log position this was built from: the same position gives the same answer for ever."""
    streams: tuple[StreamState, ...]
    contradictions: tuple[Contradicted, ...]
    """In order of time, stream by stream."""
    story: tuple[Entry, ...]
    """In the order in which it happened in the world."""


class Change(Word):
    """One value of what stood that differs between two points."""

    category: str
    stream_id: UUID
    field: str
    before: Any
    after: Any


class CaseDifference(Word):
    """What lies between two points of a case, told by cause."""

    case_reference: str
    case_id: CaseId
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
    contradictions: tuple[Contradicted, ...]
    """What no longer fits together at the second point."""
    changes: tuple[Change, ...]


class UnknownCaseError(Exception):
    """No case has this reference or id."""


class NotKnownYetError(Exception):
    """What will be known at a time to come, nobody knows."""


# --- questions --------------------------------------------------------------------------------------------


def replay(log: LogReader, case_id: CaseId, point: Point = Point()) -> CaseReplay:
    """Return a case as it was at `point.as_of` and as it was known at `point.known_at`."""
    seen = resolve(log, point)
    known, end = _known(log, case_id, seen), _as_of(log, seen)
    facts = [recorded.fact for recorded in known]
    facts_of = evidence_of(log, facts, seen.known_through)
    return CaseReplay(
        case_reference=_reference(log, case_id, known),
        case_id=case_id,
        seen=seen,
        log_position=seen.known_through,
        streams=tuple(states(known, end)),
        contradictions=tuple(contradicted(facts, case_id, facts_of, log.policies(), end)),
        story=tuple(tell(happened(known, end), log.calendar)),
    )


def diff(log: LogReader, case_id: CaseId, first: Point, second: Point) -> CaseDifference:
    """Return what newly happened, was newly learned or was corrected between two points, and what changed."""
    before_seen, after_seen = resolve(log, first), resolve(log, second)
    before_end, after_end = _as_of(log, before_seen), _as_of(log, after_seen)
    known_before, known_after = _known(log, case_id, before_seen), _known(log, case_id, after_seen)
    before, after = happened(known_before, before_end), happened(known_after, after_end)
    seen_before = {recorded.position for recorded in before}
    seen_after = {recorded.position for recorded in after}
    told = {entry.position: entry for entry in (*tell(before, log.calendar), *tell(after, log.calendar))}
    by_cause: dict[Cause, list[Entry]] = {"happened": [], "learned": [], "corrected": []}
    for recorded in after:
        if recorded.position not in seen_before:
            by_cause[_cause(recorded, before_end, before_seen)].append(told[recorded.position])
    facts = [recorded.fact for recorded in known_after]
    facts_of = evidence_of(log, facts, after_seen.known_through)
    return CaseDifference(
        case_reference=_reference(log, case_id, known_after),
        case_id=case_id,
        first=before_seen,
        second=after_seen,
        newly_happened=tuple(by_cause["happened"]),
        newly_learned=tuple(by_cause["learned"]),
        corrected=tuple(by_cause["corrected"]),
        not_yet=tuple(told[r.position] for r in before if r.position not in seen_after),
        contradictions=tuple(contradicted(facts, case_id, facts_of, log.policies(), after_end)),
        changes=tuple(changes(states(known_before, before_end), states(known_after, after_end))),
    )


# --- how --------------------------------------------------------------------------------------------------

Cause = Literal["happened", "learned", "corrected"]


def resolve(log: LogReader, point: Point) -> Seen:
    """Turn what was asked into a time in the world and a position in the log.

    Raises `NotKnownYetError` where `known_at` lies ahead of the log.
    """
    head = log.head()
    known = _end_of(log, point.known_at) if isinstance(point.known_at, date) else point.known_at
    if isinstance(known, datetime):
        if known > log.now():
            raise NotKnownYetError(f"{known.isoformat()} lies ahead: name a time that has come, or none")
        through = head if point.trust_source else log.position_at(known)
        known_at: datetime | None = known
    else:
        if known is not None and known > head:
            raise NotKnownYetError(f"position {known} is not there yet: the log ends at {head}")
        through = head if known is None else known
        known_at = log.recorded_at(through)
    return Seen(
        as_of=point.as_of,
        known_through=through,
        known_at=known_at,
        trust_source=point.trust_source,
        with_restricted=point.with_restricted,
    )


def _end_of(log: LogReader, known: date) -> datetime:
    """Return the last instant of a day, or now where it is not over yet; an instant is its own."""
    if isinstance(known, datetime):
        return known
    now, calendar = log.now(), log.calendar
    if known > (today := calendar.day_of(now)):
        raise NotKnownYetError(f"{known.isoformat()} lies ahead: name a time that has come, or none")
    if known == today:
        return now
    return calendar.whole_day(known + timedelta(days=1)).at - timedelta(microseconds=1)


def _as_of(log: LogReader, seen: Seen) -> When | None:
    return None if seen.as_of is None else log.calendar.when(seen.as_of)


def _known(log: LogReader, case_id: CaseId, seen: Seen) -> list[Recorded[Event]]:
    history = log.case_history(case_id, seen.known_through)
    return [recorded for recorded in history if was_known(recorded, seen) and _may_be_seen(recorded, seen)]


def _may_be_seen(recorded: Recorded[Event], seen: Seen) -> bool:
    return seen.with_restricted or recorded.envelope.confidentiality == "standard"


def was_known(recorded: Recorded[Event], seen: Seen) -> bool:
    """Whether an event was known: recorded by then, or, where sources are trusted, entered there by then."""
    if seen.trust_source and seen.known_at is not None:
        return (recorded.envelope.source_recorded_at or recorded.recorded_at) <= seen.known_at
    return recorded.position <= seen.known_through


def entered_by_then(log: LogReader, case_id: CaseId, seen: Seen) -> int:
    """Return how many events their sources say were known at a point, and the log has recorded only since."""
    if seen.trust_source or seen.known_at is None:
        return 0
    later = (each for each in log.case_history(case_id) if each.position > seen.known_through)
    entered = (each.envelope.source_recorded_at for each in later if _may_be_seen(each, seen))
    return sum(at is not None and at <= seen.known_at for at in entered)


def happened(known: Iterable[Recorded[Event]], end: When | None) -> list[Recorded[Event]]:
    """Return the events that had happened in the world by a time; None is no bound."""
    return [recorded for recorded in known if end is None or not recorded.when.is_after(end)]


def states(known: Sequence[Recorded[Event]], end: When | None) -> list[StreamState]:
    """Return what stood of each stream at a time; streams in the order in which they were begun."""
    return [
        _state(stream, history)
        for stream, facts in by_stream(recorded.fact for recorded in known).items()
        if (history := until(effective(facts), end))
    ]


def _state(stream: Stream, history: Sequence[AnyFact]) -> StreamState:
    aggregate = BY_CATEGORY[stream.category]
    view = aggregate.view(state_of(aggregate, history))
    return StreamState(
        category=stream.category,
        stream_id=stream.id,
        events=len(history),
        state=view.model_dump(mode="json"),
    )


def evidence_of(log: LogReader, facts: Sequence[AnyFact], through: Position) -> FactsOf:
    """Return how to look up what rules ask about: in a case's facts, and in what a command names besides."""
    own = _by_type(facts)
    of_others: dict[UUID, Mapping[type[Event], list[AnyFact]]] = {}

    def facts_of(types: tuple[type[Event], ...], others: Collection[UUID]) -> list[AnyFact]:
        for each in others:
            if each not in of_others:
                of_others[each] = _by_type(other.fact for other in log.histories([each], through))
        heard = (own, *(of_others[each] for each in others))
        return [fact for facts in heard for event in types for fact in facts.get(event, ())]

    return facts_of


def _by_type(facts: Iterable[AnyFact]) -> Mapping[type[Event], list[AnyFact]]:
    """Return facts by what they are about: every rule asks for some, and a case holds hundreds of them."""
    found: dict[type[Event], list[AnyFact]] = {}
    for fact in facts:
        found.setdefault(getattr(fact.event, "OF", type(fact.event)), []).append(fact)
    return found


def contradicted(
    facts: Sequence[AnyFact],
    case_id: CaseId | None,
    facts_of: FactsOf,
    policies: Policies,
    end: When | None = None,
) -> list[Contradicted]:
    """Return what of a case had happened by a time and does not fit what is known to have stood before it."""
    by_rule = [
        found
        for stream, own in by_stream(facts).items()
        for found in contradictions_of(BY_CATEGORY[stream.category], own, facts_of, case_id, policies)
    ]
    return [
        Contradicted(
            position=found.fact.position,
            event_id=found.fact.event_id,
            category=found.fact.stream.category,
            stream_id=found.fact.stream.id,
            title=title_of(found.fact.event),
            occurred_at=found.fact.when.at,
            occurred_on=found.fact.when.day,
            rule=found.rule,
            remedy=found.remedy,
        )
        for found in (*by_rule, *in_hindsight(facts))
        if end is None or not found.fact.when.is_after(end)
    ]


def tell(history: Sequence[Recorded[Event]], calendar: Calendar) -> list[Entry]:
    """Return the story, in the order in which it happened in the world."""
    corrections: dict[EventId, list[EventId]] = {}
    for recorded in history:
        if recorded.corrects is not None:
            corrections.setdefault(recorded.corrects, []).append(recorded.envelope.event_id)
    by_position = {recorded.position: recorded for recorded in history}
    in_order = (by_position[fact.position] for fact in in_order_of_time(r.fact for r in history))
    return [
        _entry(recorded, corrections.get(recorded.envelope.event_id, ()), calendar) for recorded in in_order
    ]


def _entry(recorded: Recorded[Event], corrected_by: Sequence[EventId], calendar: Calendar) -> Entry:
    envelope, event = recorded.envelope, recorded.event
    return Entry(
        position=recorded.position,
        event_id=envelope.event_id,
        category=recorded.stream.category,
        stream_id=recorded.stream.id,
        version=recorded.version,
        type=event.type,
        title=title_of(event),
        occurred_at=recorded.when.at,
        occurred_on=recorded.when.day,
        time_of_day=_time_of_day(recorded.when, calendar),
        precision=recorded.when.precision,
        recorded_at=recorded.recorded_at,
        source_recorded_at=envelope.source_recorded_at,
        source_row=envelope.source_row,
        entered_on=calendar.day_of(envelope.source_recorded_at or recorded.recorded_at),
        by=recorded.by,
        recorded_by=envelope.actor,
        purpose=envelope.purpose,
        decision=recorded.decision,
        corrects=recorded.corrects,
        corrected_by=tuple(corrected_by),
        says=event.model_dump(mode="json", exclude={"type", "decision"}),
    )


def _time_of_day(when: When, calendar: Calendar) -> str | None:
    return None if when.precision is Precision.DAY else f"{when.at.astimezone(calendar.zone):%H:%M}"


def _cause(recorded: Recorded[Event], end: When | None, before: Seen) -> Cause:
    """Say why an event is seen from the second point and was not from the first."""
    if recorded.corrects is not None and not was_known(recorded, before):
        return "corrected"
    if was_known(recorded, before):
        return "happened"
    return "learned" if _had_happened(recorded, end, before) else "happened"


def _had_happened(recorded: Recorded[Event], end: When | None, before: Seen) -> bool:
    """Whether it had happened within what was looked at from the first point, and before that was known."""
    if end is None and before.known_at is None:
        return False
    looked_at = end is None or not recorded.when.is_after(end)
    return looked_at and (before.known_at is None or recorded.when.at <= before.known_at)


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


def _reference(log: LogReader, case_id: CaseId, known: Iterable[Recorded[Any]]) -> str:
    """Return what people call a case. Where its events say it, the register must say the same."""
    reference = log.reference_of(case_id)
    for each in known:
        if getattr(each.event, "case_reference", reference) != reference:
            raise AlteredEventError(each.position, "calls its case otherwise than the register does")
    if reference is None:
        raise UnknownCaseError(f"there is no case {case_id}: `scp-events cases` lists those there are")
    return reference
