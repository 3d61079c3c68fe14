"""Reoffending reckoned naively, case by case from the facts in order of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from scp_events.aggregates.enrolment.events import (
    Completion,
    CompletionOverridden,
    EnrolmentEnded,
    ProgrammeCompleted,
)
from scp_events.aggregates.observation.events import (
    CustodyEnded,
    CustodyStarted,
    Moved,
    ResidenceChanged,
)
from scp_events.aggregates.offence.events import ConvictionQuashed, OffenceProven
from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.vocabulary import Event, Fact

FOLLOW_UP, WAITING = timedelta(days=365), timedelta(days=183)
COUNTED = {"conviction", "caution"}


class Reckoned(NamedTuple):
    """How many reoffended of how many, and who was left out."""

    reoffended: int
    people: int
    excluded: Mapping[str, int]


def reckoned(cases: Iterable[Sequence[Fact[Event]]], on: date) -> Reckoned:
    """Return what became of everybody whose enrolment was completed or ended by a day."""
    said = [_of_one([fact for fact in case if fact.when.day <= on], on) for case in cases]
    excluded = Counter(each for each in said if isinstance(each, str))
    counted = [each for each in said if isinstance(each, bool)]
    return Reckoned(sum(counted), len(counted), excluded)


def _of_one(facts: Sequence[Fact[Event]], on: date) -> bool | str | None:
    """Return whether somebody reoffended, why they are left out, or None for who is not in the cohort."""
    index = _index_day(facts)
    if index is None:
        return None
    if index + FOLLOW_UP + WAITING > on:
        return "not-yet-mature"
    if any(_counts(offence, index) for offence in _offences(facts)):
        return True
    whys = {
        each.why
        for each in interruptions(facts)
        if each.since <= index + FOLLOW_UP and (each.until is None or each.until > index)
    }
    return next((why.value for why in NotObserved if why in whys), False)


def _index_day(facts: Sequence[Fact[Event]]) -> date | None:
    concluded: dict[UUID, date] = {}
    for fact in facts:
        match fact.event:
            case ProgrammeCompleted() | EnrolmentEnded():
                concluded[fact.stream.id] = fact.when.day
            case CompletionOverridden(outcome=Completion.COMPLETED):
                concluded[fact.stream.id] = fact.when.day
            case CompletionOverridden():
                concluded.pop(fact.stream.id, None)
    return min(concluded.values(), default=None)


def _offences(facts: Sequence[Fact[Event]]) -> Iterable[OffenceProven]:
    by_stream = sorted(facts, key=lambda fact: fact.stream.id)
    found = [proven(each.event for each in same) for _, same in groupby(by_stream, lambda f: f.stream.id)]
    return [offence for offence in found if offence is not None]


def _counts(offence: OffenceProven, index: date) -> bool:
    return (
        offence.recordable
        and offence.disposal in COUNTED
        and index < offence.committed_on <= index + FOLLOW_UP
        and offence.proven_on <= index + FOLLOW_UP + WAITING
    )


def proven(history: Iterable[Event]) -> OffenceProven | None:
    """Return what counts as proven in the effective history of one offence; None where nothing does.

    Allegations and charges never count, and what was quashed does not.
    """
    counts = None
    for event in history:
        match event:
            case OffenceProven():
                counts = event
            case ConvictionQuashed():
                counts = None
    return counts


class NotObserved(StrEnum):
    """Why somebody cannot be observed, what weighs most first."""

    DEAD = "died"
    AWAY = "moved-away"
    IN_CUSTODY = "in-custody"


class Interruption(NamedTuple):
    """Days on which somebody could not be observed: the first, and the one on which they could again."""

    why: NotObserved
    since: date
    until: date | None
    """None while it lasts; death ends all others, and lasts."""


def interruptions(history: Iterable[Fact[Event]]) -> list[Interruption]:
    """Return what interrupted or ended being observed, from facts in order of time, the first one first.

    Custody may fall into a time away: each is told for itself.
    """
    since: dict[NotObserved, date] = {}
    over: list[Interruption] = []
    for fact in history:
        why, begins = _turn(fact.event)
        if why is None or NotObserved.DEAD in since:
            continue
        day = fact.when.day
        ending = [*since] if why is NotObserved.DEAD else [] if begins else [why]
        over += [Interruption(each, since.pop(each), day) for each in ending if each in since]
        if begins:
            since.setdefault(why, day)
    lasting = [Interruption(why, day, None) for why, day in since.items()]
    return sorted([*over, *lasting], key=lambda each: each.since)


def _turn(event: Event) -> tuple[NotObserved | None, bool]:
    """Return which reason not to be observed an event begins or ends, if any."""
    match event:
        case CustodyStarted():
            return NotObserved.IN_CUSTODY, True
        case CustodyEnded():
            return NotObserved.IN_CUSTODY, False
        case ResidenceChanged():
            return NotObserved.AWAY, event.moved is Moved.OUT_OF_AREA
        case ParticipantDied():
            return NotObserved.DEAD, True
    return None, False
