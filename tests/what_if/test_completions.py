"""Who would have completed under a policy that asks for fewer minutes, and who no longer (S2.10, S2.11)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TypeAlias
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from scp_events.aggregates import enrolment
from scp_events.aggregates.enrolment.events import (
    AttendanceRecorded,
    Completion,
    CompletionOverridden,
    Ending,
    EnrolmentEnded,
)
from scp_events.history import AnyFact
from scp_events.policy import CURRENT, Adopted, Policies
from scp_events.scenario import CASE, Given, Happened, elsewhere, given, on
from scp_events.vocabulary import Event, Policy, VariantMinutes, correction_of, named
from scp_events.what_if import WouldComplete
from scp_events.what_if.case import Case
from scp_events.what_if.completions import completions
from scp_events.what_if.decisions import decisions
from tests.examples.enrolment import (
    DEFINED,
    MINOR,
    MINORS,
    OFFERED,
    PLAN_AGREED,
    PLAN_AGREED_AS,
    PROGRAMME,
    attended,
    enrolled,
)
from tests.words import decision, event_id

pytestmark = pytest.mark.once

SESSION = 150
Outcome: TypeAlias = bool | None


def asking(version: str, minutes: int) -> Policy:
    """Return a policy by which minors have to attend so much."""
    said = VariantMinutes(programme=PROGRAMME, variant="minors", total_minutes=minutes)
    return CURRENT.model_copy(update={"version": version, "variant_minutes": (said,)})


MINORS_30H, MINORS_40H = asking("minors-30h", 1800), asking("minors-40h", 2400)
KNOWN = Policies((Adopted(MINORS_30H, date(2999, 1, 1)), Adopted(MINORS_40H, date(2999, 1, 1))))


def days(minutes: int) -> list[Happened]:
    """Return the attendances that come to so many minutes, one a day from the 3rd of March on."""
    lengths = [min(SESSION, minutes - begun) for begun in range(0, minutes, SESSION)]
    return [
        on(f"2025-03-{3 + number:02}", attended(number, length, MINORS))
        for number, length in enumerate(lengths)
    ]


def a_minor(*more: Happened, plan: str | None = "2025-02-01") -> Given:
    """Return an enrolment of a minor, what has happened since, and the agreement to a plan on a day."""
    about = (on("2025-01-01", MINOR), elsewhere(named("programme", PROGRAMME), on("2025-01-01", DEFINED)))
    admitted = (on("2025-01-05", OFFERED), on("2025-01-06", enrolled(MINORS)))
    agreed = () if plan is None else (PLAN_AGREED._replace(when=date.fromisoformat(plan)),)
    return given(enrolment, *admitted, *more).knowing(*about, *agreed)


def would(so: Given, version: str = "minors-30h") -> list[WouldComplete]:
    """Return what would come of completion in a case under a version."""
    return [*completions(case_of(so, version))]


def case_of(so: Given, version: str) -> Case:
    known = [*so.facts_of_others(), *so.facts()]

    def facts_of(types: tuple[type[Event], ...], _others: Collection[UUID]) -> Sequence[AnyFact]:
        return [fact for fact in known if getattr(fact.event, "OF", type(fact.event)) in types]

    return Case("SC-2025-001", CASE, known, facts_of, KNOWN.supposing(version))


def outcome(so: Given, version: str = "minors-30h") -> Outcome:
    """Return whether they would have completed, would no longer, or (None) whether nothing differs."""
    found = would(so, version)
    assert len(found) <= 1
    return found[0].would_complete if found else None


@pytest.mark.parametrize(
    ("minutes", "by_30_hours", "by_40_hours"),
    [(1799, None, None), (1800, True, None), (2099, True, None), (2100, None, False), (2400, None, None)],
)
def test_exactly_those_between_both_totals_would_have_completed(
    minutes: int, by_30_hours: Outcome, by_40_hours: Outcome
) -> None:
    so = a_minor(*days(minutes))
    assert (outcome(so, "minors-30h"), outcome(so, "minors-40h")) == (by_30_hours, by_40_hours)


@pytest.mark.parametrize("minutes", [1799, 1800])
def test_nobody_else_is_named_although_every_admission_would_have_pinned_other_minutes(minutes: int) -> None:
    so = a_minor(*days(minutes))
    assert [*decisions(case_of(so, "minors-30h")._replace(facts=so.facts()))] == []


@pytest.mark.parametrize("minutes", [1799, 1800, 2099, 2100])
def test_without_a_plan_nobody_would_have(minutes: int) -> None:
    assert outcome(a_minor(*days(minutes), plan=None)) is None


def test_it_is_said_since_when_by_which_events_and_instead_of_how_much() -> None:
    [found] = would(a_minor(*days(2099)))
    assert (found.credited_minutes, found.required_minutes, found.would_require) == (2099, 2100, 1800)
    assert found.occurred_on == date(2025, 3, 14), "the twelfth session of 150 minutes"
    assert found.evidence == (*(event_id(1000 + number) for number in range(12)), PLAN_AGREED_AS)
    assert (found.case_reference, found.variant, found.policy_version) == ("SC-2025-001", "minors", "2025.1")


def test_of_who_would_no_longer_it_is_said_since_when_they_had() -> None:
    [found] = would(a_minor(*days(2100)), "minors-40h")
    assert (found.would_complete, found.occurred_on) == (False, date(2025, 3, 16))
    assert len(found.evidence) == 15


def test_a_plan_agreed_to_last_makes_it_so_from_its_day_on() -> None:
    [found] = would(a_minor(*days(1800), plan="2025-04-02"))
    assert found.occurred_on == date(2025, 4, 2)


def corrected(last_minutes: int, length: int) -> tuple[Happened, Happened]:
    """Return a last session, and that it was shorter or longer than was first recorded."""
    fact = attended(50, last_minutes, MINORS)
    event = correction_of(AttendanceRecorded)(
        corrects=event_id(1050), fact=attended(50, length, MINORS), decision=decision()
    )
    return on("2025-03-30", fact), on("2025-03-30", event)


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [(150, 149, None), (149, 150, True), (450, 150, True), (150, 450, None)],
    ids=["1800 is 1799", "1799 is 1800", "2100 is 1800", "1800 is 2100"],
)
def test_what_was_corrected_counts_as_it_should_have_been(first: int, then: int, expected: Outcome) -> None:
    assert outcome(a_minor(*days(1650), *corrected(first, then))) is expected


def test_what_comes_after_the_end_makes_nothing_so() -> None:
    ended = on("2025-03-31", EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN))
    assert outcome(a_minor(*days(1800), ended)) is True
    assert outcome(a_minor(*days(1800), ended, plan="2025-04-01")) is None
    early = on("2025-03-10", EnrolmentEnded(decision=decision(), reason=Ending.WITHDRAWN))
    assert outcome(a_minor(*days(1800), early)) is None


def test_an_override_changes_nothing_about_what_follows_from_minutes_and_plan() -> None:
    over_it = CompletionOverridden(decision=decision(), outcome=Completion.COMPLETED)
    assert outcome(a_minor(*days(1800), on("2025-04-01", over_it))) is True
    assert outcome(a_minor(*days(1799), on("2025-04-01", over_it))) is None


def test_who_was_never_admitted_would_have_completed_nothing() -> None:
    assert would(given(enrolment, OFFERED).knowing(MINOR, PLAN_AGREED)) == []


def test_adults_are_asked_for_what_they_were() -> None:
    assert outcome(a_minor(*days(1800)), "minors-30h") is True
    of_no_minor = KNOWN.supposing("minors-30h").in_force_on(date(2025, 1, 1))
    assert of_no_minor.total_minutes(PROGRAMME, "adults") is None
    assert of_no_minor.total_minutes("another", "minors") is None


@over(
    st.lists(
        st.tuples(
            st.sampled_from((0, 1650, 1799, 1800, 1801, 2099, 2100, 2101, 2400)),
            st.none() | st.sampled_from(("2025-01-10", "2025-03-20", "2025-06-01")),
        ),
        max_size=6,
    )
)
def test_of_any_number_of_enrolments_exactly_those_are_named(told: list[tuple[int, str | None]]) -> None:
    named_so = [outcome(a_minor(*days(minutes), plan=plan)) is True for minutes, plan in told]
    assert named_so == [plan is not None and 1800 <= minutes < 2100 for minutes, plan in told]
