"""Proven reoffending: who counts, who is left out, and what a later finding changes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scp_events import measures
from scp_events.aggregates.enrolment.events import (
    AttendanceRecorded,
    Completion,
    CompletionOverridden,
    EnrolmentEnded,
    ParticipantEnrolled,
    ProgrammeCompleted,
)
from scp_events.aggregates.observation.events import (
    CustodyEnded,
    CustodyStarted,
    Moved,
    ResidenceChanged,
)
from scp_events.aggregates.offence.events import (
    ChargeRecorded,
    ConvictionQuashed,
    OffenceAlleged,
    OffenceProven,
)
from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.aggregates.sanction.events import SanctionImposed
from scp_events.measures import EVER, Rate
from scp_events.measures.definitions import (
    REOFFENDING,
    REOFFENDING_AFTER_SANCTION,
    REOFFENDING_OF_COMPLETERS,
)
from tests.examples import examples
from tests.measures.naive import reckoned
from tests.measures.telling import Person, Teller, Year

INDEX = 100
"""The day of the year on which somebody completed."""


def enrolled(person: Person, number: int = 1, **said: object) -> Person:
    return person.tell(ParticipantEnrolled, 1, number, **{"required_minutes": 600, **said})


def completed(person: Person, day: int = INDEX) -> Person:
    return enrolled(person).tell(ProgrammeCompleted, day)


def ended(person: Person, day: int = INDEX) -> Person:
    return enrolled(person).tell(EnrolmentEnded, day)


def proven(person: Person, year: Year, committed: int, proven_on: int, **said: object) -> Person:
    """Say that an offence was proven, and noted on the day it was."""
    what = {"recordable": True, "disposal": "conviction", **said}
    days = {"committed_on": year.day(committed), "proven_on": year.day(proven_on)}
    return person.tell(OffenceProven, proven_on, **days, **what)


def reoffending(year: Year, on: date | None = None, definition: Any = REOFFENDING) -> Rate:
    [rate] = measures.rates(definition, year.caught_up(), on or year.late, year.cohort)
    return rate


def told(rate: Rate) -> tuple[int | None, int | None, dict[str, int | None]]:
    left_out = {reason: people for reason, people in rate.excluded.items() if people}
    return rate.numerator, rate.denominator, left_out


# --- what counts ------------------------------------------------------------------------------------------


def test_s0_4_reoffending_that_was_proven_is_counted_of_everybody_who_took_part(year: Year) -> None:
    proven(completed(year.person()), year, INDEX + 10, INDEX + 90)
    proven(ended(year.person()), year, INDEX + 10, INDEX + 90)
    completed(year.person())
    ended(year.person())
    enrolled(year.person())
    assert told(reoffending(year)) == (2, 4, {})
    assert told(reoffending(year, definition=REOFFENDING_OF_COMPLETERS)) == (1, 2, {})


@pytest.mark.parametrize("kind", [OffenceAlleged, ChargeRecorded])
def test_allegations_never_count(year: Year, kind: Any) -> None:
    completed(year.person()).tell(kind, INDEX + 20, committed_on=year.day(INDEX + 10))
    assert told(reoffending(year)) == (0, 1, {})


@pytest.mark.parametrize(
    ("committed", "proven_on", "counts"),
    [
        (INDEX, INDEX + 90, False),
        (INDEX + 1, INDEX + 90, True),
        (INDEX + 365, INDEX + 400, True),
        (INDEX + 366, INDEX + 400, False),
        (INDEX + 365, INDEX + 365 + 183, True),
        (INDEX + 365, INDEX + 365 + 184, False),
    ],
)
def test_a_reoffence_is_committed_within_the_follow_up_and_proven_in_time(
    year: Year, committed: int, proven_on: int, counts: object
) -> None:
    proven(completed(year.person()), year, committed, proven_on)
    assert bool(reoffending(year).numerator) is counts


@pytest.mark.parametrize(
    "said", [{"recordable": False}, {"disposal": "acquittal"}, {"disposal": "community-resolution"}]
)
def test_only_recordable_offences_with_a_disposal_that_the_definition_names_count(
    year: Year, said: dict[str, object]
) -> None:
    proven(completed(year.person()), year, INDEX + 10, INDEX + 90, **said)
    assert told(reoffending(year)) == (0, 1, {})


def test_a_conviction_that_is_quashed_counts_until_that_was_noted_and_not_from_then_on(year: Year) -> None:
    person = proven(completed(year.person()), year, INDEX + 10, INDEX + 90)
    person.tell(ConvictionQuashed, 900)
    assert reoffending(year, year.day(899)).numerator == 1
    assert told(reoffending(year, year.day(900))) == (0, 1, {})


def test_a_proof_that_is_retracted_never_counted(year: Year) -> None:
    proven(completed(year.person()), year, INDEX + 10, INDEX + 90).retract()
    assert told(reoffending(year)) == (0, 1, {})


def test_a_completion_overridden_to_none_is_no_conclusion(year: Year) -> None:
    completed(year.person()).tell(CompletionOverridden, INDEX + 1, outcome=Completion.NOT_COMPLETED)
    assert told(reoffending(year, year.day(700))) == (0, 0, {})


def test_somebody_counts_once_from_the_first_of_what_they_concluded(year: Year) -> None:
    person = proven(completed(year.person(), day=10), year, 20, 60)
    enrolled(person, 2).tell(EnrolmentEnded, INDEX, 2)
    assert told(reoffending(year)) == (1, 1, {})


# --- who is left out --------------------------------------------------------------------------------------


def test_a_follow_up_window_still_in_progress_never_counts_as_did_not_reoffend(year: Year) -> None:
    """Nor as reoffended: whoever reoffends at once would be all that is known of the rest."""
    completed(year.person())
    proven(completed(year.person()), year, INDEX + 10, INDEX + 90)
    mature = INDEX + 365 + 183
    assert told(reoffending(year, year.day(mature - 1))) == (0, 0, {"not-yet-mature": 2})
    assert reoffending(year, year.day(mature - 1)).rounded is None
    assert told(reoffending(year, year.day(mature))) == (1, 2, {})


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        (CustodyStarted, {}, "in-custody"),
        (ResidenceChanged, {"moved": Moved.OUT_OF_AREA}, "moved-away"),
        (ParticipantDied, {}, "died"),
    ],
)
def test_whoever_could_not_be_observed_does_not_count_as_somebody_who_did_not_reoffend(
    year: Year, kind: Any, said: dict[str, object], why: str
) -> None:
    completed(year.person()).tell(kind, INDEX + 365, **said)
    completed(year.person().tell(kind, INDEX - 1, **said))
    completed(year.person()).tell(kind, INDEX + 366, **said)
    assert told(reoffending(year)) == (0, 1, {why: 2})


def test_whoever_was_released_by_the_index_day_is_observed_and_who_was_after_it_is_not(year: Year) -> None:
    for released in (INDEX, INDEX + 1):
        completed(year.person().tell(CustodyStarted, 10)).tell(CustodyEnded, released)
    assert told(reoffending(year)) == (0, 1, {"in-custody": 1})


def test_whoever_reoffended_counts_also_if_they_are_held_for_it(year: Year) -> None:
    proven(completed(year.person()).tell(CustodyStarted, INDEX + 11), year, INDEX + 10, INDEX + 90)
    assert told(reoffending(year)) == (1, 1, {})


# --- other figures of the same ----------------------------------------------------------------------------


def test_s3_16_reoffending_is_told_by_programme_and_by_dose(year: Year) -> None:
    for dose, again in ((600, False), (300, False), (100, True)):
        person = enrolled(year.person(), programme="themes", template_version="2025.2")
        person.tell(AttendanceRecorded, 5, credited_minutes=dose).tell(EnrolmentEnded, INDEX)
        if again:
            proven(person, year, INDEX + 10, INDEX + 90)
    enrolled(year.person(), programme="themes", template_version="2025.1").tell(EnrolmentEnded, INDEX)
    asked, on = year.caught_up(), year.late
    by_programme = measures.rates(REOFFENDING, asked, on, year.cohort, "programme")
    assert {rate.stratum: (rate.numerator, rate.n) for rate in by_programme} == {
        "programme themes 2025.1": (0, 1),
        "programme themes 2025.2": (1, 3),
    }
    by_dose = measures.rates(REOFFENDING, asked, on, year.cohort, "dose")
    assert {rate.stratum: (rate.numerator, rate.n) for rate in by_dose} == {
        "attended all that is required": (0, 1),
        "attended half or more": (0, 1),
        "attended less than half": (1, 1),
        "attended nothing": (0, 1),
    }


def test_reoffences_are_counted_per_100_people_and_not_per_reoffender(year: Year) -> None:
    person = proven(completed(year.person()), year, INDEX + 10, INDEX + 90)
    for number in (2, 3):
        person.tell(
            OffenceProven, INDEX + 90, number, recordable=True, disposal="caution",
            committed_on=year.day(INDEX + number), proven_on=year.day(INDEX + 90),
        )  # fmt: skip
    completed(year.person())
    found = measures.reoffences_per_100(year.caught_up(), year.late, year.cohort)
    assert (found.events, found.n, str(found.per_100)) == (3, 2, "150.0")


def test_reoffending_after_a_sanction_is_counted_from_the_day_it_was_imposed(year: Year) -> None:
    proven(year.person().tell(SanctionImposed, INDEX), year, INDEX + 10, INDEX + 90)
    year.person().tell(SanctionImposed, INDEX)
    assert told(reoffending(year, definition=REOFFENDING_AFTER_SANCTION)) == (1, 2, {})


# --- the oracle -------------------------------------------------------------------------------------------

KINDS = (
    ProgrammeCompleted, EnrolmentEnded, CompletionOverridden, OffenceProven, OffenceProven, OffenceProven,
    ConvictionQuashed, CustodyStarted, CustodyEnded, ResidenceChanged, ParticipantDied,
)  # fmt: skip
FACT = st.tuples(st.sampled_from(KINDS), st.integers(1, 600), st.integers(1, 2), st.integers(0, 7))
LIFE = st.tuples(st.lists(FACT, max_size=6), st.integers(1, 200), st.randoms(use_true_random=False))
LIVES = st.lists(LIFE, min_size=8, max_size=8)


def said_of(kind: Any, year: Year, day: int, variant: int) -> dict[str, object]:
    if kind is OffenceProven:
        return {
            "committed_on": year.day(max(1, day - 40 * variant)),
            "proven_on": year.day(day),
            "recordable": variant != 1,
            "disposal": ("conviction", "caution", "acquittal")[variant % 3],
        }
    if kind is ResidenceChanged:
        return {"moved": tuple(Moved)[variant % 2]}
    return {"outcome": tuple(Completion)[variant % 2]} if kind is CompletionOverridden else {}


@given(lives=LIVES, on=st.integers(300, 1400))
@settings(max_examples=examples(15), deadline=None)
def test_the_rate_is_what_is_reckoned_naively_from_the_facts(
    teller: Teller, lives: list[Any], on: int
) -> None:
    """In whichever order they were entered, and as of any day."""
    year = teller.year()
    people = []
    for facts, concluded_on, shuffled in lives:
        person = year.person()
        told = [
            person.told(ParticipantEnrolled, 1),
            person.told(ParticipantEnrolled, 1, 2),
            person.told(ProgrammeCompleted, concluded_on),
        ]
        for kind, day, number, variant in facts:
            told.append(person.told(kind, day, number, **said_of(kind, year, day, variant)))
        shuffled.shuffle(told)
        teller.write(*told)
        people.append(person)
    day = year.day(on)
    cohort = EVER.model_copy(update={"since": year.day(1), "until": year.late})
    [rate] = measures.rates(REOFFENDING, teller.caught_up(), day, cohort)
    expected = reckoned([sorted(person.facts, key=lambda fact: fact.when.at) for person in people], day)
    left_out = {reason: people for reason, people in rate.excluded.items() if people}
    assert (rate.numerator, rate.denominator, left_out) == (
        expected.reoffended,
        expected.people,
        dict(expected.excluded),
    )
