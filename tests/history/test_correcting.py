from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scp_events.aggregates import engagement, irp
from scp_events.aggregates.assessment.events import AssessmentCompleted
from scp_events.aggregates.engagement import commands as engage
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    ExitReason,
    KeyWorkerAssigned,
    ParticipantExited,
    StoryRecorded,
)
from scp_events.aggregates.irp.events import IrpSuperseded
from scp_events.scenario import SOMEBODY, Given, Told, at, by, given, known_as, on
from scp_events.vocabulary import (
    Command,
    Correct,
    EventId,
    Precision,
    Retract,
    correction_of,
    retraction_of,
)
from tests.examples import irp as plans
from tests.history.stories import REGISTERED
from tests.words import KEY_WORKER, NEXT_IRP, OTHER_KEY_WORKER, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

BOUNDARIES, STORY, LEAVING, ASSIGNED = (event_id(number) for number in range(1, 5))
AGREED = BoundariesAgreed(decision=decision(KEY_WORKER), agreed_with=KEY_WORKER, boundaries="Invented.")
TOLD = StoryRecorded(event_id=STORY, story="An invented story.", told_to=KEY_WORKER)
LEFT = ParticipantExited(decision=decision(), reason=ExitReason.WITHDREW, exit_plan="An invented plan.")
BETTER = engage.RecordStory(story="What was really told.")
AGAIN = engage.RecordStory(story=TOLD.story)
BASIS = grounds().legal_basis


def a_story_told(*more: Told) -> Given:
    """Return an engagement begun on the 3rd, in which a story was told on the 5th."""
    return given(
        engagement,
        by(KEY_WORKER, known_as(BOUNDARIES, on("2025-03-03", AGREED))),
        by(KEY_WORKER, at("2025-03-05T09:30", TOLD)),
        *more,
    ).knowing(at("2025-01-01T08:00", REGISTERED))


def left_on_the_tenth() -> Given:
    return a_story_told(known_as(LEAVING, on("2025-03-10", LEFT)))


def correct(instead: Command, wrong: EventId = STORY, **more: Any) -> Correct:
    return Correct(**({"decision": grounds(), "corrects": wrong, "instead": instead} | more))


def retract(wrong: EventId, **more: Any) -> Retract:
    return Retract(**({"decision": grounds(), "corrects": wrong} | more))


def corrected(said: str) -> Any:
    fact = TOLD.model_copy(update={"story": said})
    return correction_of(StoryRecorded)(corrects=STORY, fact=fact, decision=decision())


# --- what a correction says -------------------------------------------------------------------------------


def test_a_correction_holds_the_fact_as_it_should_have_been_and_who_says_so() -> None:
    (decided,) = a_story_told().when(correct(BETTER), by=SUPERVISOR).decided
    assert decided.event == corrected("What was really told.")
    assert decided.event.decision.by == SUPERVISOR
    assert decided.event.fact.told_to == KEY_WORKER, "who heard it is not who corrects it"


def test_a_correction_keeps_the_time_that_stands() -> None:
    (decided,) = a_story_told().when(correct(BETTER)).decided
    assert decided.when.at == datetime(2025, 3, 5, 9, 30, tzinfo=UTC)
    moved = a_story_told(on("2025-03-04", corrected("Once.")))
    (decided,) = moved.when(correct(BETTER)).decided
    assert (decided.when.day, decided.when.precision) == (date(2025, 3, 4), Precision.DAY)


def test_a_time_alone_can_be_corrected() -> None:
    (decided,) = a_story_told().when(correct(AGAIN, occurred_at=date(2025, 3, 4))).decided
    assert decided.event.fact == TOLD
    assert decided.when.day == date(2025, 3, 4)


def test_saying_what_stands_is_nothing_new() -> None:
    a_story_told().when(correct(AGAIN)).then_nothing_new()
    once = a_story_told(at("2025-03-05T09:30", corrected("What was really told.")))
    once.when(correct(BETTER)).then_nothing_new()


def test_a_correction_can_be_corrected_and_corrected_back() -> None:
    once = a_story_told(at("2025-03-05T09:30", corrected("Once.")))
    assert once.when(correct(BETTER)).events[0].fact.story == "What was really told."
    assert once.when(correct(AGAIN)).events[0].fact == TOLD


# --- judged as the fact itself would be -------------------------------------------------------------------


def test_a_fact_is_not_moved_to_where_it_could_not_have_happened() -> None:
    left = left_on_the_tenth()
    left.when(correct(AGAIN, occurred_at=date(2025, 3, 2))).then_refused("boundaries-not-agreed")
    left.when(correct(AGAIN, occurred_at=date(2025, 3, 11))).then_refused("exited")
    assert left.when(correct(AGAIN, occurred_at=date(2025, 3, 9))).events


def test_a_fact_is_not_moved_ahead_of_now() -> None:
    now = datetime(2025, 3, 6, 9, tzinfo=UTC)
    told = a_story_told()
    told.when(correct(AGAIN, occurred_at=date(2025, 3, 7)), now=now).then_refused("not-happened-yet")
    assert told.when(correct(AGAIN, occurred_at=date(2025, 3, 6)), now=now).events


def test_what_a_fact_rests_on_had_happened_by_its_new_time() -> None:
    *drafted, proposed = plans.history(*plans.PROPOSED)
    founded = [
        on(
            "2025-03-05" if isinstance(told.event, AssessmentCompleted) else "2025-01-01", told.event
        )._replace(event_id=told.event_id)
        for told in plans.FOUNDATION
    ]
    plan = given(irp, *drafted, known_as(event_id(51), on("2025-03-10", proposed))).knowing(*founded)
    early, late = (correct(plans.PROPOSE, event_id(51), occurred_at=date(2025, 3, day)) for day in (4, 6))
    plan.when(early).then_refused("not-assessed")
    assert plan.when(late).events[0].fact.assessments == (plans.ASSESSMENT,)


def test_the_first_fact_of_a_stream_can_be_corrected() -> None:
    again = engage.AgreeBoundaries(decision=grounds(), boundaries="Other words.")
    earlier = correct(again, BOUNDARIES, occurred_at=date(2025, 3, 1))
    (decided,) = a_story_told().when(earlier).decided
    assert decided.when.day == date(2025, 3, 1)


def test_a_correction_that_leaves_others_without_ground_is_taken() -> None:
    again = engage.AgreeBoundaries(decision=grounds(), boundaries="Other words.")
    assert a_story_told().when(correct(again, BOUNDARIES, occurred_at=date(2025, 3, 6))).events
    assert a_story_told().when(retract(BOUNDARIES)).events


def test_what_was_so_without_the_fact_is_retracted_rather_than_corrected() -> None:
    assigned = a_story_told(
        on("2025-03-06", KeyWorkerAssigned(decision=decision(), key_worker=KEY_WORKER)),
        known_as(LEAVING, on("2025-03-07", LEFT)),
        known_as(
            ASSIGNED, on("2025-03-06", KeyWorkerAssigned(decision=decision(), key_worker=OTHER_KEY_WORKER))
        ),
    )
    same = engage.AssignKeyWorker(decision=grounds(), key_worker=KEY_WORKER)
    assigned.when(correct(same, ASSIGNED)).then_refused("already-so")


# --- what can be corrected --------------------------------------------------------------------------------


def test_what_is_corrected_is_a_fact_of_the_stream() -> None:
    a_story_told().when(correct(BETTER, event_id(99))).then_refused("unknown-fact")
    a_story_told().when(retract(event_id(99))).then_refused("unknown-fact")


def test_a_correction_is_not_itself_corrected() -> None:
    once = a_story_told(known_as(event_id(61), at("2025-03-05T09:30", corrected("Once."))))
    once.when(correct(BETTER, event_id(61))).then_refused("unknown-fact")
    once.when(retract(event_id(61))).then_refused("unknown-fact")


@pytest.mark.parametrize(
    "instead",
    [engage.ConfirmStory(policy_version="2025.1"), plans.AGREE, retract(STORY), correct(BETTER)],
)
def test_a_fact_is_corrected_to_one_of_its_kind(instead: Command) -> None:
    a_story_told().when(correct(instead)).then_refused("another-fact")


def test_what_came_about_with_another_event_is_not_corrected_by_itself() -> None:
    superseded = given(irp, *plans.history(*plans.ACTIVE), known_as(event_id(61), IrpSuperseded(by=NEXT_IRP)))
    superseded.when(retract(event_id(61))).then_refused("not-correctable")
    superseded.when(correct(plans.AGREE, event_id(61))).then_refused("not-correctable")


# --- retractions ------------------------------------------------------------------------------------------


def test_a_fact_that_never_was_is_retracted_once() -> None:
    retraction = retraction_of(StoryRecorded)(corrects=STORY, decision=decision(SUPERVISOR))
    (decided,) = a_story_told().when(retract(STORY), by=SUPERVISOR).decided
    assert decided.event == retraction
    assert decided.when.day == date(2025, 3, 5)
    gone = a_story_told(at("2025-03-05T09:30", retraction))
    gone.when(retract(STORY)).then_nothing_new()
    gone.when(correct(BETTER)).then_refused("retracted")


def test_what_was_retracted_can_have_happened_after_all_under_another_id() -> None:
    gone = a_story_told(retraction_of(StoryRecorded)(corrects=STORY, decision=decision()))
    assert gone.when(BETTER).events
    gone.when(AGAIN.model_copy(update={"event_id": STORY}), at="2025-03-05T09:30").then_refused("retracted")


def test_a_corrected_fact_is_retracted_where_it_stands() -> None:
    moved = a_story_told(on("2025-03-04", corrected("Once.")))
    (decided,) = moved.when(retract(STORY)).decided
    assert decided.when.day == date(2025, 3, 4)


# --- a correction is a decision of now --------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask", [lambda **more: correct(BETTER, **more), lambda **more: retract(STORY, **more)]
)
def test_a_correction_rests_on_a_legal_basis_of_now(ask: Any) -> None:
    now = datetime(2025, 6, 1, 9, tzinfo=UTC)
    of_may = BASIS.model_copy(update={"valid_to": date(2025, 5, 31)})
    of_june = BASIS.model_copy(update={"valid_from": date(2025, 6, 1)})
    told = a_story_told()
    told.when(ask(decision=grounds(legal_basis=of_may)), now=now).then_refused("legal-basis-not-in-force")
    assert told.when(ask(decision=grounds(legal_basis=of_june)), now=now).events
    told.when(ask(decision=grounds(review_on=date(2025, 5, 31))), now=now).then_refused("date-out-of-bounds")


@pytest.mark.parametrize("command", [correct(BETTER), retract(STORY)])
def test_a_system_corrects_nothing(command: Command) -> None:
    a_story_told().when(command, by=ROBOT).then_refused("a-person-decides")
    assert a_story_told().when(command, by=SOMEBODY).events
