from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Literal
from uuid import UUID

import pytest

from scp_events.aggregates import engagement, irp, referral
from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.history import Question, decide, evidence_for
from scp_events.scenario import CASE, SOMEBODY, Given, at, given, on
from scp_events.vocabulary import UTC_CALENDAR, Act, Command, DecisionEvent, EventId, Grounds, Refused
from tests.examples import irp as plans
from tests.examples.referral import ACKNOWLEDGE, DRAFT, SUBMIT, history
from tests.history.stories import REGISTERED
from tests.history.stories import engaging as engage
from tests.words import KEY_WORKER, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

BOUNDARIES = engagement.events.BoundariesAgreed(
    decision=decision(), agreed_with=KEY_WORKER, boundaries="Invented boundaries."
)
LEFT = engagement.events.ParticipantExited(
    decision=decision(), reason=engagement.events.ExitReason.WITHDREW, exit_plan="An invented plan."
)
STORY = engage.RecordStory(event_id=event_id(1), story="An invented story.")
TOLD = engagement.events.StoryRecorded(event_id=event_id(1), story=STORY.story, told_to=SOMEBODY)


def registered(*history: Any) -> Given:
    return given(engagement, *history).knowing(at("2025-01-01T08:00", REGISTERED))


# --- as of its own time -----------------------------------------------------------------------------------


def test_what_was_right_then_is_taken_also_after_what_came_later() -> None:
    left = registered(on("2025-03-03", BOUNDARIES), on("2025-03-10", LEFT))
    left.when(STORY, on="2025-03-07").then(TOLD)
    left.when(STORY, on="2025-03-11").then_refused("exited")


def test_what_was_not_right_then_is_refused_though_it_is_right_now() -> None:
    begun = registered(on("2025-03-03", BOUNDARIES))
    begun.when(STORY, on="2025-03-02").then_refused("boundaries-not-agreed")


def test_evidence_is_of_its_time_as_well() -> None:
    died = registered(on("2025-03-03", BOUNDARIES)).knowing(on("2025-03-10", ParticipantDied()))
    died.when(STORY, on="2025-03-07").then(TOLD)
    died.when(STORY, on="2025-03-11").then_refused("died")


def test_what_lies_ahead_is_refused() -> None:
    now = datetime(2025, 3, 20, 9, tzinfo=UTC)
    begun = registered(on("2025-03-03", BOUNDARIES))
    begun.when(STORY, on="2025-03-21", now=now).then_refused("not-happened-yet")


def test_the_grounds_of_a_decision_were_in_force_on_its_day() -> None:
    basis = grounds().legal_basis.model_copy(update={"valid_to": datetime(2025, 3, 9, tzinfo=UTC).date()})
    pause = engage.Pause(decision=grounds(legal_basis=basis))
    begun = registered(on("2025-03-03", BOUNDARIES))
    assert begun.when(pause, on="2025-03-09").events
    begun.when(pause, on="2025-03-10").then_refused("legal-basis-not-in-force")


def test_a_system_decides_nothing() -> None:
    registered(on("2025-03-03", BOUNDARIES)).when(
        engage.Pause(decision=grounds()), on="2025-03-04", by=ROBOT
    ).then_refused("a-person-decides")


# --- the same told again ----------------------------------------------------------------------------------


def test_the_same_told_again_is_nothing_new() -> None:
    told = registered(on("2025-03-03", BOUNDARIES), at("2025-03-04T09:00", TOLD))
    told.when(STORY).then_nothing_new()
    told.when(STORY, on="2025-03-04").then_nothing_new()
    told.when(STORY, at="2025-03-04T09:00").then_nothing_new()


def test_a_known_id_with_another_content_or_time_is_refused() -> None:
    told = registered(on("2025-03-03", BOUNDARIES), at("2025-03-04T09:00", TOLD))
    other = STORY.model_copy(update={"story": "Another story."})
    told.when(other, at="2025-03-04T09:00").then_refused("event-id-taken")
    told.when(STORY, at="2025-03-04T10:00").then_refused("event-id-taken")
    told.when(STORY, on="2025-03-05").then_refused("event-id-taken")
    of_a_day = registered(on("2025-03-03", BOUNDARIES), on("2025-03-04", TOLD))
    of_a_day.when(STORY, on="2025-03-04").then_nothing_new()
    of_a_day.when(STORY, at="2025-03-04T09:00").then_refused("event-id-taken")


# --- what is asked and decided ----------------------------------------------------------------------------


class Held(DecisionEvent):
    """Something took effect."""

    TITLE = "Held"
    type: Literal["example.held"] = "example.held"


class Hold(Act):
    """Let it take effect."""

    RECORDS = Held
    decision: Grounds


def example_of_an_act() -> Any:
    """Return an aggregate with nothing but one act."""
    return SimpleNamespace(
        EVIDENCE={},
        COMMANDS=(Hold,),
        initial=None,
        evolve=lambda state, _event: state,
        decide=lambda _state, command, context: [command.fact(context.by)],
    )


def question(aggregate: Any, command: Command, **more: Any) -> Question:
    now = UTC_CALENDAR.moment(datetime(2025, 3, 20, 9, tzinfo=UTC))
    said: dict[str, Any] = {
        "aggregate": aggregate,
        "stream": given(referral).stream,
        "case_id": CASE,
        "command": command,
        "when": now,
        "by": SUPERVISOR,
        "event_id": EventId(UUID(int=3)),
        "now": now,
        "calendar": UTC_CALENDAR,
    }
    return Question(**(said | more))


def test_an_act_has_no_time_but_that_of_the_log() -> None:
    (decided,) = decide(question(example_of_an_act(), Hold(decision=grounds())), [])
    assert decided.event == Held(decision=decision(SUPERVISOR))
    assert decided.when is None


def test_a_case_is_not_begun_without_what_people_call_it() -> None:
    with pytest.raises(Refused) as refused:
        decide(question(referral, DRAFT), [])
    assert refused.value.rule == "case-reference-missing"
    assert decide(question(referral, DRAFT, name="SC-2025-001"), [])


def test_evidence_holds_what_it_is_over_and_no_fact_is_evidence_for_itself() -> None:
    facts = given(referral, *history(DRAFT, SUBMIT, ACKNOWLEDGE)).facts()
    _, submitted, acknowledged = facts
    known = evidence_for(question(referral, SUBMIT, when=submitted.when), facts, submitted.position).referrals
    assert known.programmes == {submitted.stream.id: "second-chance"}
    assert known.waiting == frozenset()
    after = question(referral, SUBMIT, when=acknowledged.when)
    assert evidence_for(after, facts).referrals.waiting == {submitted.stream.id}


def test_a_command_without_evidence_has_none() -> None:
    assert evidence_for(question(irp, plans.START), []) is None
