from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from scp_events.aggregates import assessment
from scp_events.aggregates.assessment.commands import AssessmentCommand
from scp_events.aggregates.assessment.events import (
    AssessmentCompleted,
    AttributedInput,
    DomainScore,
    OverrideWithdrawn,
    RiskLevel,
    RiskLevelOverridden,
)
from scp_events.aggregates.practitioner.events import Competence
from scp_events.history import contradictions_of, effective
from scp_events.policy import CURRENT, POLICIES, Policy, Strictness
from scp_events.scenario import CASE, Given, Happened, given, on
from scp_events.scenario import by as told_by
from scp_events.vocabulary import Correct, Erased, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.assessment import (
    ASSESS,
    ASSESSED,
    ASSESSED_AS,
    EVERY_COMMAND,
    OVERRIDDEN,
    OVERRIDE,
    OVERRIDE_WITHDRAWN,
    WITHDRAW_OVERRIDE,
)
from tests.examples.engagement import AGREED, CAME_BACK, LEFT, PAUSED, RESUMED
from tests.examples.participant import DIED, REGISTERED
from tests.examples.practitioner import AWARDED_AS, REVOKED, certified
from tests.words import KEY_WORKER, NOON, OTHER_KEY_WORKER, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

LOWER = (DomainScore(domain="work", score=Decimal(1)),)


def engaged(*happened: Happened) -> Given:
    """Somebody who is engaged, and what was assessed of them by a key worker."""
    return told(*happened).knowing(REGISTERED, AGREED)


def in_march(*happened: Happened) -> Given:
    """Somebody with whom boundaries were agreed in March, and what was assessed of them."""
    return told(*happened).knowing(on("2025-03-01", REGISTERED), on("2025-03-02", AGREED))


def told(*happened: Happened) -> Given:
    return given(assessment, *(told_by(KEY_WORKER, each) for each in happened))


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def correct(**changes: object) -> Correct:
    return Correct(decision=grounds(), corrects=ASSESSED_AS, instead=but(ASSESS, **changes))


# --- completed --------------------------------------------------------------------------------------------


def test_whoever_is_competent_assesses() -> None:
    engaged().when(ASSESS, by=KEY_WORKER).then(
        AssessmentCompleted(
            event_id=ASSESSED_AS,
            instrument="example-instrument",
            instrument_version="2.0",
            domain_scores=(
                DomainScore(domain="housing", score=Decimal("1.5")),
                DomainScore(domain="work", score=Decimal(3)),
            ),
            needs_identified=("work",),
            risk_level=RiskLevel.MEDIUM,
            assessed_by=KEY_WORKER,
            inputs=(
                AttributedInput(
                    source="risk-model", version="7", algorithmic=True, finding="An invented score: 4"
                ),
            ),
            policy_version="2025.1",
        )
    )


def test_an_assessment_is_completed_once() -> None:
    engaged(ASSESSED).when(ASSESS, by=KEY_WORKER).then_nothing_new()
    another = but(ASSESS, event_id=event_id(899))
    engaged(ASSESSED).when(another, by=KEY_WORKER).then_refused("already-completed")


def test_an_assessment_is_a_persons_judgement() -> None:
    computed = ROBOT.model_copy(update={"credentials": ("needs-assessment",)})
    engaged().when(ASSESS, by=computed).then_refused("not-a-person")


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda c: type(c).__name__)
def test_assessors_hold_the_credential_that_the_policy_asks_for(command: AssessmentCommand) -> None:
    before = () if command is ASSESS else (ASSESSED, OVERRIDDEN)
    engaged(*before).when(command, by=OTHER_KEY_WORKER).then_refused("credential-missing")


def test_no_credential_is_asked_for_where_the_policy_asks_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    lenient = Policy(**(vars(CURRENT) | {"version": "2099.1", "credential_to_assess": None}))
    monkeypatch.setitem(POLICIES, "2099.1", lenient)
    assert engaged().when(but(ASSESS, policy_version="2099.1"), by=OTHER_KEY_WORKER).events
    engaged().when(but(ASSESS, policy_version="2099.2"), by=KEY_WORKER).then_refused("unknown-policy-version")


def test_each_domain_is_scored_once() -> None:
    twice = (*ASSESS.domain_scores, *LOWER)
    engaged().when(but(ASSESS, domain_scores=twice), by=KEY_WORKER).then_refused("domain-scored-twice")
    engaged(ASSESSED).when(correct(domain_scores=twice), by=KEY_WORKER).then_refused("domain-scored-twice")


# --- of somebody who is engaged ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "rule"),
    [
        ((), "not-registered"),
        ((REGISTERED,), "boundaries-not-agreed"),
        ((REGISTERED, AGREED, PAUSED), "paused"),
        ((REGISTERED, AGREED, PAUSED, RESUMED), None),
        ((REGISTERED, AGREED, LEFT), "exited"),
        ((REGISTERED, AGREED, PAUSED, LEFT, CAME_BACK), "boundaries-not-agreed"),
        ((REGISTERED, AGREED, PAUSED, LEFT, CAME_BACK, AGREED), None),
        ((REGISTERED, AGREED, DIED), "died"),
    ],
    ids=lambda known: str(known) if isinstance(known, str) else None,
)
def test_whoever_is_assessed_is_engaged(known: tuple[Happened, ...], rule: str | None) -> None:
    outcome = given(assessment).knowing(*known).when(ASSESS, by=KEY_WORKER)
    if rule is None:
        assert outcome.events
    else:
        outcome.then_refused(rule)


def test_an_assessment_before_the_death_is_recorded_after_it() -> None:
    dead = in_march().knowing(on("2025-06-30", DIED))
    assert dead.when(ASSESS, on="2025-06-20", by=KEY_WORKER).events
    dead.when(ASSESS, on="2025-07-02", by=KEY_WORKER).then_refused("died")


def test_an_assessment_before_the_exit_is_recorded_after_it() -> None:
    left = in_march().knowing(on("2025-06-30", LEFT), on("2025-08-01", CAME_BACK))
    assert left.when(ASSESS, on="2025-06-20", by=KEY_WORKER).events
    left.when(ASSESS, on="2025-07-20", by=KEY_WORKER).then_refused("exited")


def test_an_assessment_before_the_boundaries_is_refused_also_once_they_are_agreed() -> None:
    in_march().when(ASSESS, on="2025-03-01", by=KEY_WORKER).then_refused("boundaries-not-agreed")


# --- the level of risk ------------------------------------------------------------------------------------


def level(so_far: Given) -> str | None:
    """Return the level of risk that others read."""
    said = assessment.view(so_far.state).model_dump(mode="json")["risk_level"]
    return None if said is None else str(said)


def test_a_risk_level_is_overridden_once() -> None:
    engaged(ASSESSED).when(OVERRIDE, by=KEY_WORKER).then(
        RiskLevelOverridden(decision=decision(by=KEY_WORKER), risk_level=RiskLevel.VERY_HIGH)
    )
    engaged(ASSESSED, OVERRIDDEN).when(OVERRIDE, by=KEY_WORKER).then_nothing_new()


def test_an_override_says_something_else_than_what_stands() -> None:
    engaged(ASSESSED).when(but(OVERRIDE, risk_level="medium"), by=KEY_WORKER).then_nothing_new()
    assert engaged(ASSESSED, OVERRIDDEN).when(but(OVERRIDE, risk_level="medium"), by=KEY_WORKER).events


@pytest.mark.parametrize("command", [OVERRIDE, WITHDRAW_OVERRIDE], ids=["override", "withdraw"])
def test_no_system_overrides(command: AssessmentCommand) -> None:
    engaged(ASSESSED, OVERRIDDEN).when(command, by=ROBOT).then_refused("a-person-decides")


def test_there_is_an_assessment_before_it_is_overridden() -> None:
    engaged().when(OVERRIDE, by=KEY_WORKER).then_refused("not-completed")
    completed = in_march(on("2025-05-01", ASSESSED))
    completed.when(OVERRIDE, on="2025-04-30", by=KEY_WORKER).then_refused("not-completed")


def test_an_override_is_withdrawn_and_what_was_found_stands_again() -> None:
    engaged(ASSESSED, OVERRIDDEN).when(WITHDRAW_OVERRIDE, by=KEY_WORKER).then(
        OverrideWithdrawn(decision=decision(by=KEY_WORKER))
    )
    assert level(engaged()) is None
    assert level(engaged(ASSESSED)) == "medium"
    assert level(engaged(ASSESSED, OVERRIDDEN)) == "very-high"
    assert level(engaged(ASSESSED, OVERRIDDEN, OVERRIDE_WITHDRAWN)) == "medium"


def test_only_an_override_is_withdrawn() -> None:
    engaged(ASSESSED).when(WITHDRAW_OVERRIDE, by=KEY_WORKER).then_refused("not-overridden")
    withdrawn = engaged(ASSESSED, OVERRIDDEN, OVERRIDE_WITHDRAWN)
    withdrawn.when(WITHDRAW_OVERRIDE, by=KEY_WORKER).then_refused("not-overridden")


def test_an_override_stands_after_the_findings_are_corrected() -> None:
    known = engaged(ASSESSED, OVERRIDDEN)
    corrected = known.then_so(known.when(correct(domain_scores=LOWER, risk_level="low"), by=KEY_WORKER))
    assert level(corrected) == "very-high"
    withdrawn = corrected.then_so(corrected.when(WITHDRAW_OVERRIDE, by=KEY_WORKER))
    assert level(withdrawn) == "low"


def test_an_override_stands_also_where_the_assessment_turns_out_to_be_later() -> None:
    known = in_march(on("2025-05-01", ASSESSED), on("2025-05-20", OVERRIDDEN))
    moved = Correct.model_validate(
        {"decision": grounds(), "corrects": ASSESSED_AS, "instead": ASSESS, "occurred_at": "2025-05-21"}
    )
    corrected = known.then_so(known.when(moved, by=KEY_WORKER))
    assert [fact.event for fact in effective(corrected.facts())] == [OVERRIDDEN, ASSESSED]
    assert level(corrected) == "very-high"


def test_the_latest_override_counts_not_the_last_to_be_recorded() -> None:
    known = in_march(on("2025-05-01", ASSESSED), on("2025-05-20", OVERRIDDEN))
    found = known.then_so(known.when(but(OVERRIDE, risk_level="high"), on="2025-05-10", by=KEY_WORKER))
    assert len(found.history) == 3
    assert level(found) == "very-high"


def test_what_was_erased_reads_as_erased_and_contradicts_nothing() -> None:
    erased = Erased(key_id=event_id(1), at=NOON)
    found = ASSESSED.model_copy(update={"risk_level": erased, "domain_scores": erased})
    known = engaged(found, OVERRIDDEN.model_copy(update={"risk_level": erased}))
    seen = assessment.view(known.state).model_dump(mode="json")
    assert seen["risk_level"]["erased"] is True
    others = given(assessment, REGISTERED, AGREED).facts()
    assert contradictions_of(assessment, known.facts(), lambda _types, _others: others, CASE) == []


# --- corrections ------------------------------------------------------------------------------------------


def test_findings_are_corrected_as_the_assessor_might_have_found_them() -> None:
    (correction,) = engaged(ASSESSED).when(correct(risk_level="low"), by=KEY_WORKER).events
    assert dict(correction)["fact"] == but(ASSESSED, risk_level="low")
    engaged(ASSESSED).when(correct(policy_version="1999.1"), by=KEY_WORKER).then_refused(
        "unknown-policy-version"
    )


def test_an_assessment_is_not_moved_before_the_boundaries() -> None:
    known = in_march(on("2025-05-01", ASSESSED))
    moved = Correct.model_validate(
        {"decision": grounds(), "corrects": ASSESSED_AS, "instead": ASSESS, "occurred_at": "2025-03-01"}
    )
    known.when(moved, by=KEY_WORKER).then_refused("boundaries-not-agreed")


def test_a_retracted_assessment_was_none() -> None:
    known = engaged(ASSESSED)
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=ASSESSED_AS)))
    retracted.when(OVERRIDE, by=KEY_WORKER).then_refused("not-completed")


# --- competence by the register ---------------------------------------------------------------------------


def strictly(command: Any, policy: str) -> Any:
    """Return a command under a policy."""
    if command is ASSESS:
        return but(command, policy_version=policy)
    return but(command, decision=grounds(policy_version=policy))


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda c: type(c).__name__)
def test_whoever_assesses_or_overrides_is_competent_as_of_the_act(command: AssessmentCommand) -> None:
    """S1.12: 2025.3 requires it, 2025.2 says so in the event, and the token counts for nothing."""
    before = () if command is ASSESS else (ASSESSED,) if command is OVERRIDE else (ASSESSED, OVERRIDDEN)
    known = engaged(*before)
    required, warned = strictly(command, "2025.3"), strictly(command, "2025.2")
    known.when(required, on="2025-06-10", by=KEY_WORKER).then_refused("credential-missing")
    [event] = known.when(warned, on="2025-06-10", by=KEY_WORKER).events
    missing = Competence(credential="needs-assessment", strictness=Strictness.WARN, held_as=None)
    assert event.model_dump()["competence"] == missing.model_dump()
    held = known.knowing(certified(KEY_WORKER.id, "2025-02-01"))
    [event] = held.when(required, on="2025-06-10", by=KEY_WORKER).events
    shown = Competence(credential="needs-assessment", strictness=Strictness.REQUIRE, held_as=AWARDED_AS)
    assert event.model_dump()["competence"] == shown.model_dump()
    others = known.knowing(certified(OTHER_KEY_WORKER.id, "2025-02-01"))
    others.when(required, on="2025-06-10", by=KEY_WORKER).then_refused("credential-missing")


def test_a_correction_by_somebody_else_is_judged_by_who_assessed() -> None:
    known = engaged(told_by(KEY_WORKER, ASSESSED)).knowing(certified(KEY_WORKER.id, "2024-12-01"))
    correction = correct(instrument="another-instrument", policy_version="2025.3")
    [corrected] = known.when(correction, by=SUPERVISOR).events
    assert corrected.model_dump()["fact"]["competence"]["held_as"] == AWARDED_AS
    revoked = known.knowing(certified(KEY_WORKER.id, "2024-12-02", REVOKED)).knowing(
        certified(SUPERVISOR.id, "2024-12-01")
    )
    revoked.when(correction, by=SUPERVISOR).then_refused("credential-missing")


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(OVERRIDE, risk_level="low"),
    correct(risk_level="high"),
    correct(domain_scores=LOWER),
    Retract(decision=grounds(), corrects=ASSESSED_AS),
)
TestLaws = machine(
    assessment, ASKED, [ASSESSED], knowing=[REGISTERED, AGREED], by=lambda _command: KEY_WORKER
).TestCase
