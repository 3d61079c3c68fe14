"""Completion, discharge, self-sufficiency, satisfaction and matches: what became of people."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scp_events import measures
from scp_events.aggregates.enrolment.events import (
    AttendanceRecorded,
    CatchUpCredited,
    Completion,
    CompletionOverridden,
    Ending,
    EnrolmentEnded,
    ParticipantEnrolled,
    ProgrammeCompleted,
    VariantChanged,
)
from scp_events.aggregates.feedback.events import Respondent, SatisfactionRecorded
from scp_events.aggregates.match.events import (
    Candidate,
    CandidatesRanked,
    ClosingReason,
    FactorScore,
    MatchClosed,
    MatchProposed,
)
from scp_events.aggregates.sanction.events import (
    Discharged,
    SanctionDischarged,
    SanctionImposed,
    SanctionRevoked,
)
from scp_events.aggregates.support.events import (
    Area,
    DebtPositionRecorded,
    EmploymentStatus,
    EmploymentStatusRecorded,
    HousingStatus,
    HousingStatusRecorded,
    SupportOpened,
    SupportRequested,
)
from scp_events.measures import DEFINITIONS, Criterion, Rate
from scp_events.measures.definitions import (
    COMPLETION,
    DEBT_REDUCED,
    DISCHARGE,
    HOME_FOUND,
    MATCHES,
    SATISFACTION,
    WORK_FOUND,
)
from scp_events.projections.outcomes import By
from scp_events.vocabulary import PersonId
from tests.measures.telling import Year


def rate(year: Year, definition: Any, on: date | None = None) -> Rate:
    [found] = measures.rates(definition, year.caught_up(), on or year.late, year.cohort)
    return found


def strata(year: Year, definition: Any, by: By) -> dict[str | None, tuple[int | None, int | None]]:
    found = measures.rates(definition, year.caught_up(), year.late, year.cohort, by)
    return {each.stratum: (each.numerator, each.denominator) for each in found}


def told(found: Rate) -> tuple[int | None, int | None, dict[str, int | None]]:
    left_out = {reason: people for reason, people in found.excluded.items() if people}
    return found.numerator, found.denominator, left_out


# --- completion -------------------------------------------------------------------------------------------


def test_s3_16_completion_is_told_of_everybody_who_was_admitted(year: Year) -> None:
    """Whoever gave up, was removed, moved or died is not left out, nor whoever is still there."""
    year.person().tell(ParticipantEnrolled, 1).tell(ProgrammeCompleted, 90)
    for reason in (Ending.WITHDRAWN, Ending.DIED, Ending.TRANSFERRED):
        year.person().tell(ParticipantEnrolled, 1).tell(EnrolmentEnded, 20, reason=reason)
    year.person().tell(ParticipantEnrolled, 1)
    year.person().tell(ParticipantEnrolled, 300)
    assert told(rate(year, COMPLETION, year.day(1 + 183))) == (1, 5, {})
    assert told(rate(year, COMPLETION, year.day(1 + 182))) == (0, 0, {"not-yet-mature": 5})
    assert told(rate(year, COMPLETION, year.day(310))) == (1, 5, {"not-yet-mature": 1})


def test_s3_16_completion_is_told_by_programme_version_and_by_dose(year: Year) -> None:
    """The dose is what was attended and made up for, of what is required."""
    for version, attended, made_up, done in (
        ("2025.1", 500, 100, True),
        ("2025.1", 300, 0, False),
        ("2025.2", 200, 99, False),
        ("2025.2", 0, 0, False),
    ):
        person = year.person().tell(
            ParticipantEnrolled, 1, programme="themes", template_version=version, required_minutes=600
        )
        person.tell(AttendanceRecorded, 9, credited_minutes=attended)
        if made_up:
            person.tell(CatchUpCredited, 10, minutes=made_up)
        if done:
            person.tell(ProgrammeCompleted, 90)
    assert strata(year, COMPLETION, "programme") == {
        "programme themes 2025.1": (1, 2),
        "programme themes 2025.2": (0, 2),
    }
    assert strata(year, COMPLETION, "dose") == {
        "attended all that is required": (1, 1),
        "attended half or more": (0, 1),
        "attended less than half": (0, 1),
        "attended nothing": (0, 1),
    }


def test_a_dose_is_of_what_is_required_on_the_day_that_is_asked_about(year: Year) -> None:
    person = year.person().tell(ParticipantEnrolled, 1, required_minutes=600)
    person.tell(AttendanceRecorded, 9, credited_minutes=300)
    person.tell(VariantChanged, 400, required_minutes=300)
    for day, dose in ((399, "attended half or more"), (400, "attended all that is required")):
        [found] = measures.rates(COMPLETION, year.caught_up(), year.day(day), year.cohort, "dose")
        assert found.stratum == dose


def test_what_somebody_decided_last_about_completion_counts_from_that_day(year: Year) -> None:
    person = year.person().tell(ParticipantEnrolled, 1).tell(ProgrammeCompleted, 90)
    person.tell(CompletionOverridden, 300, outcome=Completion.NOT_COMPLETED)
    assert rate(year, COMPLETION, year.day(299)).numerator == 1
    assert rate(year, COMPLETION, year.day(300)).numerator == 0


# --- sanctions --------------------------------------------------------------------------------------------


def test_s2_8_sanctions_discharged_successfully_are_counted_of_those_discharged(year: Year) -> None:
    for outcome in Discharged:
        year.person().tell(SanctionImposed, 1).tell(SanctionDischarged, 90, outcome=outcome)
    year.person().tell(SanctionImposed, 1).tell(SanctionRevoked, 90)
    year.person().tell(SanctionImposed, 1)
    year.person().tell(SanctionImposed, 200).tell(SanctionDischarged, 210, outcome=Discharged.SUCCESSFULLY)
    found = rate(year, DISCHARGE, year.day(400))
    assert told(found) == (1, 2, {"revoked": 1, "not-over": 1, "not-yet-mature": 1})


# --- work, debts, homes -----------------------------------------------------------------------------------


def test_s1_10_people_who_take_part_in_support_with_work_are_counted_once_a_year(year: Year) -> None:
    person = year.person()
    for number in (1, 2):
        person.tell(SupportRequested, 5, number, areas=(Area.WORK, Area.DEBTS)).tell(SupportOpened, 6, number)
    person.tell(SupportRequested, 400, 3, areas=(Area.WORK,)).tell(SupportOpened, 401, 3)
    year.person().tell(SupportRequested, 5, areas=(Area.WORK,)).tell(SupportOpened, 6)
    year.person().tell(SupportRequested, 5, areas=(Area.WORK,))
    year.person().tell(SupportRequested, 5, areas=(Area.DEBTS,)).tell(SupportOpened, 6)
    ever = year.cohort.model_copy(update={"until": year.late})
    found = measures.work_support(year.caught_up(), year.late, ever)
    assert [(each.stratum, each.n) for each in found] == [
        (f"year {year.number}", 2),
        (f"year {year.number + 1}", 1),
    ]


def test_s0_5_work_that_was_found_is_counted_of_those_who_had_none(year: Year) -> None:
    neither, job = EmploymentStatus.NEITHER, EmploymentStatus.FOUND_JOB
    for statuses in ((neither, job), (neither, job, neither), (neither,), (job, neither)):
        person = year.person()
        for day, status in enumerate(statuses, 1):
            person.tell(EmploymentStatusRecorded, day, employment=status)
    assert told(rate(year, WORK_FOUND)) == (1, 2, {"seen-once": 1, "nothing-to-gain": 1})


def test_s0_5_debts_that_were_reduced_are_counted_in_one_currency(year: Year) -> None:
    for first, last, currency in (
        ("100.10", "100.09", "XCD"),
        ("9.00", "10.00", "XCD"),
        ("100.00", "1.00", "EUR"),
        ("0.00", "10.00", "XCD"),
    ):
        person = year.person().tell(DebtPositionRecorded, 1, owed=Decimal(first), currency="XCD")
        person.tell(DebtPositionRecorded, 2, owed=Decimal(last), currency=currency)
    assert told(rate(year, DEBT_REDUCED)) == (1, 2, {"another-currency": 1, "nothing-to-gain": 1})


@pytest.mark.parametrize("first", [HousingStatus.NO_HOME, HousingStatus.SHELTER, HousingStatus.INSTITUTION])
def test_s0_5_homes_that_were_found_are_counted_of_those_who_had_none(
    year: Year, first: HousingStatus
) -> None:
    for last in (HousingStatus.OWN_HOME, HousingStatus.SHELTER):
        year.person().tell(HousingStatusRecorded, 1, housing=first).tell(
            HousingStatusRecorded, 2, housing=last
        )
    assert told(rate(year, HOME_FOUND)) == (1, 2, {})


def test_a_position_entered_late_is_the_first_or_the_last_by_its_own_day(year: Year) -> None:
    person = year.person().tell(EmploymentStatusRecorded, 50, employment=EmploymentStatus.FOUND_JOB)
    person.tell(EmploymentStatusRecorded, 10, employment=EmploymentStatus.NEITHER)
    assert told(rate(year, WORK_FOUND)) == (1, 1, {})


def test_what_was_erased_is_left_out_and_said_to_be(year: Year) -> None:
    """Of every figure that is made of what tells of a person."""
    person = year.person()
    for day in (1, 2):
        person.tell(EmploymentStatusRecorded, day).tell(HousingStatusRecorded, day)
        person.tell(DebtPositionRecorded, day)
    person.tell(SupportRequested, 5).tell(SupportOpened, 6).tell(SatisfactionRecorded, 1)
    year.teller.erase(person)
    for definition in (WORK_FOUND, HOME_FOUND, DEBT_REDUCED, SATISFACTION):
        assert told(rate(year, definition)) == (0, 0, {"erased": 1})
    [helped] = measures.work_support(year.caught_up(), year.late, year.cohort)
    assert (helped.n, helped.excluded) == (0, {"erased": 1})


# --- satisfaction -----------------------------------------------------------------------------------------


def test_s3_20_answers_beyond_the_middle_of_their_scale_are_satisfied(year: Year) -> None:
    for said_by, score in (
        (Respondent.PARTICIPANT, "3.1"),
        (Respondent.PARTICIPANT, "3"),
        (Respondent.MENTOR, "5"),
    ):
        year.person().tell(
            SatisfactionRecorded,
            1,
            said_by=said_by,
            lowest=Decimal(1),
            highest=Decimal(5),
            score=Decimal(score),
        )
    assert told(rate(year, SATISFACTION)) == (2, 3, {})
    assert strata(year, SATISFACTION, "respondent") == {
        "said by mentor": (1, 1),
        "said by participant": (1, 2),
    }


def test_s3_20_each_of_the_four_criteria_of_success_has_a_figure() -> None:
    assert [each.value for each in Criterion] == [
        "life-skills-and-employment",
        "decreased-reoffending",
        "community-integration",
        "stakeholder-satisfaction",
    ]
    assert {definition.criterion for definition in DEFINITIONS} >= set(Criterion)


# --- matches ----------------------------------------------------------------------------------------------


def test_s3_23_what_became_of_matches_is_told_by_the_factors_they_were_proposed_on(year: Year) -> None:
    """It is told, and weighs nothing by itself: people judge."""
    for needs, reason in (
        (900, ClosingReason.COMPLETED),
        (900, ClosingReason.EARLY),
        (100, ClosingReason.EARLY),
    ):
        person = year.person()
        factors = (
            FactorScore(factor="needs", score=needs, weight=5),
            FactorScore(factor="age", score=500, weight=2),
        )
        other = FactorScore(factor="interests", score=1000, weight=3)
        ranked = person.told(
            CandidatesRanked,
            1,
            candidates=(
                Candidate(mentor=PersonId("me-linden"), score=1, factors=factors),
                Candidate(mentor=PersonId("me-other"), score=1, factors=(other,)),
            ),
        )
        year.teller.write(ranked)
        person.tell(MatchProposed, 2, mentor=PersonId("me-linden"), ranking=ranked.event_id)
        person.tell(MatchClosed, 90, reason=reason)
    assert told(rate(year, MATCHES)) == (1, 3, {})
    assert strata(year, MATCHES, "factor") == {
        "fitted in age halfway or less": (1, 3),
        "fitted in needs halfway or less": (0, 1),
        "fitted in needs more than halfway": (1, 2),
    }
