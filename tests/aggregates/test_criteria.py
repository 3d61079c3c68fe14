"""What is asked of a young person who is referred, criterion by criterion; and who departs from it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from scp_events.aggregates import referral
from scp_events.aggregates.programme.events import (
    Audience,
    OfAge,
    ProgrammeDefined,
    ProgrammeRetired,
    ProgrammeRevised,
    Variant,
)
from scp_events.aggregates.referral.commands import AssessSuitability, DetermineEligibility
from scp_events.aggregates.referral.criteria import SETS, suitability_by
from scp_events.aggregates.referral.events import Particulars, Readiness, Suitability
from scp_events.policy import CURRENT
from scp_events.scenario import Given, Happened, elsewhere, given, known_as, on
from scp_events.vocabulary import Findings, named
from tests.examples.referral import ELIGIBLE, REVIEWED, history
from tests.words import event_id, grounds

pytestmark = pytest.mark.once

PROGRAMME = named("programme", "second-chance")
DEFINED_AS, REVISED_AS = event_id(821), event_id(822)
WOMEN = Audience(youngest_years=18, oldest_years=30, female_only=True, offence_severities=("lower",))
DEFINED = ProgrammeDefined(
    event_id=DEFINED_AS,
    template_version="2025.1",
    title="Invented weekly themes",
    variants=(
        Variant(code="all", of_age=OfAge.ANYBODY, session_count=8, session_minutes=120, total_minutes=960),
    ),
    audience=WOMEN,
    code="second-chance",
)
RETIRED = ProgrammeRetired(event_id=event_id(823), reason_code="replaced")
FOR_ALL = ProgrammeRevised(
    **{name: getattr(DEFINED, name) for name in ProgrammeRevised.model_fields if name != "type"}
    | {"event_id": REVISED_AS, "template_version": "2025.2", "audience": Audience()}
)
ADMITTED = Particulars(programme="second-chance", age_years=18, gender="female", offence_severity="lower")


def reviewed(*programme: Happened) -> Given:
    """A referral to second-chance under review, and what the programme has come to."""
    asked = given(referral, *history(*REVIEWED))
    return asked.knowing(*(elsewhere(PROGRAMME, each) for each in programme))


def determine(*, because: str | None = None, eligible: bool = True, **known: object) -> DetermineEligibility:
    particulars = Particulars.model_validate(dict(ADMITTED) | known)
    return DetermineEligibility(
        decision=grounds(), eligible=eligible, known=particulars, departs_because=because
    )


def failed(findings: Findings | None) -> tuple[str, ...]:
    assert findings is not None
    return findings.failed


def test_a_determination_records_each_criterion_and_the_version_of_the_programme() -> None:
    [event] = reviewed(on("2025-01-01", DEFINED)).when(determine(), on="2025-06-01").events
    assert isinstance(event, referral.events.EligibilityDetermined)
    assert event.found is not None
    assert (event.found.question, event.found.criteria_version) == ("eligible", "2025.1")
    assert [(each.criterion, each.holds) for each in event.found.findings] == [
        ("programme-open", True),
        ("old-enough", True),
        ("young-enough", True),
        ("admitted-gender", True),
        ("admitted-severity", True),
    ]
    assert DEFINED_AS in event.decision.relied_on


@pytest.mark.parametrize(
    ("known", "criterion"),
    [
        ({"age_years": 17}, "old-enough"),
        ({"age_years": 31}, "young-enough"),
        ({"gender": "male"}, "admitted-gender"),
        ({"gender": None}, "admitted-gender"),
        ({"offence_severity": "serious"}, "admitted-severity"),
        ({"offence_severity": None}, "admitted-severity"),
    ],
    ids=str,
)
def test_s4_1_each_criterion_keeps_out_whom_it_is_about(known: dict[str, Any], criterion: str) -> None:
    programme = reviewed(DEFINED)
    programme.when(determine(**known)).then_refused("departs-from-criteria")
    [event] = programme.when(determine(eligible=False, **known)).events
    assert failed(event.found) == (criterion,)  # type: ignore[attr-defined]  # of a determination
    assert reviewed(DEFINED, FOR_ALL).when(determine(**known)).events


@pytest.mark.parametrize("years", [18, 30])
def test_both_ends_of_an_age_band_belong_to_it(years: int) -> None:
    assert reviewed(DEFINED).when(determine(age_years=years)).events


def test_nobody_is_eligible_for_a_programme_that_is_not_there_or_was_retired() -> None:
    reviewed().when(determine()).then_refused("departs-from-criteria")
    reviewed(DEFINED, RETIRED).when(determine()).then_refused("departs-from-criteria")
    late = reviewed(on("2025-03-01", DEFINED), on("2025-05-01", RETIRED))
    assert late.when(determine(), on="2025-04-30").events
    late.when(determine(), on="2025-05-02").then_refused("departs-from-criteria")


def test_who_departs_from_the_criteria_says_why() -> None:
    [event] = reviewed(DEFINED).when(determine(because="An invented reason.", age_years=17)).events
    assert failed(event.found) == ("old-enough",)  # type: ignore[attr-defined]  # of a determination
    reviewed(DEFINED).when(determine(eligible=False)).then_refused("departs-from-criteria")
    assert reviewed(DEFINED).when(determine(eligible=False, because="Another invented reason.")).events


def test_the_criteria_are_asked_for_the_programme_of_the_referral() -> None:
    reviewed(DEFINED).when(determine(programme="another")).then_refused("another-programme")


@pytest.mark.parametrize(("criteria", "is_refused"), [("2024.9", True), ("2025.10", False)])
def test_criteria_are_those_in_force_under_the_policy_of_the_decision(
    criteria: str,
    is_refused: bool,  # noqa: FBT001 - one column of a table
) -> None:
    other = CURRENT.model_copy(update={"version": "other", "criteria": criteria})
    asked = determine().model_copy(update={"decision": grounds(policy_version="other")})
    outcome = reviewed(DEFINED).under(other).when(asked)
    if is_refused:
        outcome.then_refused("no-criteria-then")
    else:
        assert outcome.events


def test_a_determination_without_particulars_asks_nothing() -> None:
    [event] = reviewed().when(ELIGIBLE).events
    assert event.found is None  # type: ignore[attr-defined]  # of a determination


def test_the_same_determination_is_already_so_and_one_with_criteria_is_news() -> None:
    said = reviewed(DEFINED)
    once = said.then_so(said.when(determine()))
    once.when(determine()).then_nothing_new()
    assert once.when(ELIGIBLE).events
    assert once.when(determine(eligible=False, age_years=17)).events


ANSWERS = st.fixed_dictionaries(
    {
        "age_years": st.integers(10, 40),
        "gender": st.sampled_from([None, "female", "male", "other"]),
        "offence_severity": st.sampled_from([None, "lower", "serious"]),
    }
)


@for_any(known=ANSWERS, revised=st.booleans())
def test_an_old_determination_asked_again_under_its_own_version_comes_out_the_same(
    *, known: dict[str, Any], revised: bool
) -> None:
    """Also once the programme has another version: it is asked as of its own day."""
    before = reviewed(on("2025-03-01", DEFINED))
    [eligible] = {
        yes for yes in (True, False) if before.when(determine(eligible=yes, **known), on="2025-04-01").events
    }
    [first] = before.when(determine(eligible=eligible, **known), on="2025-04-01").events
    after = reviewed(on("2025-03-01", DEFINED), on("2025-05-01", FOR_ALL)) if revised else before
    [again] = after.when(determine(eligible=eligible, **known), on="2025-04-01").events
    assert again == first


# --- suitability ------------------------------------------------------------------------------------------


def assess(suitability: Suitability, because: str | None = None, **answers: bool) -> AssessSuitability:
    known = {"needs_addressed": True, "risk_manageable": True, "willing_now": True} | answers
    return AssessSuitability(
        decision=grounds(), suitability=suitability, known=Readiness(**known), departs_because=because
    )


def eligible() -> Given:
    return given(referral, *history(*REVIEWED, ELIGIBLE))


@pytest.mark.parametrize(
    ("answers", "comes_to"),
    [
        ({}, Suitability.SUITABLE),
        ({"willing_now": False}, Suitability.SUITABLE_NOT_READY),
        ({"needs_addressed": False}, Suitability.NOT_SUITABLE),
        ({"risk_manageable": False}, Suitability.NOT_SUITABLE),
        ({"risk_manageable": False, "willing_now": False}, Suitability.NOT_SUITABLE),
    ],
    ids=str,
)
def test_s2_13_suitability_follows_from_what_was_found(
    answers: dict[str, bool], comes_to: Suitability
) -> None:
    for said in Suitability:
        outcome = eligible().when(assess(said, **answers))
        if said is comes_to:
            [event] = outcome.events
            assert suitability_by(event.found) is comes_to  # type: ignore[attr-defined]  # of an assessment
        else:
            outcome.then_refused("departs-from-criteria")
            assert eligible().when(assess(said, "An invented reason.", **answers)).events


def test_the_same_assessment_is_already_so() -> None:
    once = eligible().then_so(eligible().when(assess(Suitability.SUITABLE)))
    once.when(assess(Suitability.SUITABLE)).then_nothing_new()


# --- the sets ---------------------------------------------------------------------------------------------


def test_every_criterion_explains_itself_and_has_a_code_of_its_own() -> None:
    codes = [each.CODE for criteria in SETS for each in criteria.criteria]
    assert len(codes) == len(set(codes))
    assert all((type(each).__doc__ or "").strip() for criteria in SETS for each in criteria.criteria)


def test_late_entry_of_a_version_is_seen_from_its_day_on() -> None:
    known = reviewed(known_as(DEFINED_AS, on("2025-04-10", DEFINED)))
    known.when(determine(), on="2025-04-09").then_refused("departs-from-criteria")
    assert known.when(determine(), on="2025-04-10").events
