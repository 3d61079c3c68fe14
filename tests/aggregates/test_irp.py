from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError

from scp_events.aggregates import irp
from scp_events.aggregates.engagement.events import ExitReason, ParticipantExited, ParticipantReEngaged
from scp_events.aggregates.irp.commands import (
    AgreeToIrp,
    ApproveIrp,
    ChangeStepStatus,
    DeclineIrp,
    IdentifyNeed,
    IrpCommand,
    StartIrpDraft,
)
from scp_events.aggregates.irp.events import (
    ClosedAs,
    GoalAchieved,
    GoalAdded,
    GoalOutcome,
    GoalProgressRecorded,
    GoalRemoved,
    IrpAgreedByParticipant,
    IrpAgreementDeclined,
    IrpApproved,
    IrpClosed,
    IrpDraftStarted,
    IrpProposed,
    IrpReviewed,
    IrpReviewStarted,
    IrpStarted,
    IrpSuperseded,
    NeedIdentified,
    Priority,
    Responsible,
    ReviewOutcome,
    StepAdded,
    StepStatus,
    StepStatusChanged,
)
from scp_events.aggregates.irp.rules import Status
from scp_events.aggregates.practitioner.events import Competence
from scp_events.policy import Strictness
from scp_events.scenario import SOMEBODY, Happened, Outcome, Told, elsewhere, given, known_as, on, perform
from scp_events.vocabulary import (
    Command,
    Correct,
    Event,
    EventId,
    IrpId,
    Retract,
    Stream,
    Word,
    fold,
    retraction_of,
)
from tests.aggregates.laws import machine, one_of_these
from tests.examples.irp import (
    ACTIVE,
    AGREE,
    AGREED,
    APPROVE,
    ASSESSMENT,
    BOUNDARIES,
    BOUNDARIES_AGREED,
    CHANGED,
    CHANGED_IN_REVIEW,
    CLOSE_ACHIEVED,
    CLOSE_ENDED,
    CONFIRMED,
    CONTRIBUTORS,
    DECLINE,
    DRAFT,
    DRAFTED,
    FOUNDATION,
    IN_JUNE,
    IN_REVIEW,
    KEPT,
    PROPOSE,
    PROPOSED,
    REVIEW,
    START,
    STORY,
    STORY_TOLD,
    Path,
    achieve,
    goal,
    goal_id,
    history,
    need,
    need_id,
    progress,
    remove,
    step,
    step_id,
    step_is,
)
from tests.examples.practitioner import AWARDED, AWARDED_AS, certified
from tests.words import FRIDAY, KEY_WORKER, NEXT_IRP, decision, event_id, grounds

pytestmark = pytest.mark.once

IN_QUESTION = given(irp).stream
SUPERSEDED = IrpSuperseded(by=NEXT_IRP)


def asked(path: Path, command: Command, on: str | None = None) -> Outcome:
    """Return what came of a command after others."""
    return given(irp, *history(*path)).knowing(*FOUNDATION).when(command, on=on)


def correct(wrong: EventId, instead: Command) -> Correct:
    return Correct(decision=grounds(), corrects=wrong, instead=instead)


def retract(wrong: EventId) -> Retract:
    return Retract(decision=grounds(), corrects=wrong)


def achieved_in_error() -> Event:
    retraction = retraction_of(GoalAchieved)
    return retraction(corrects=event_id(31), decision=decision())


def status_after(*commands: IrpCommand) -> Status:
    return fold(irp, history(*commands)).status


# --- forming the plan -------------------------------------------------------------------------------------


def test_a_plan_goes_from_draft_to_achieved() -> None:
    assert [status_after(), status_after(DRAFT)] == [Status.NOT_FORMED, Status.DRAFTING]
    assert status_after(*PROPOSED) is Status.PROPOSED
    assert status_after(*AGREED) is Status.AGREED
    assert status_after(*AGREED, APPROVE) is Status.APPROVED
    assert status_after(*AGREED, APPROVE, START) is Status.ACTIVE
    assert status_after(*IN_REVIEW) is Status.UNDER_REVIEW
    assert status_after(*IN_REVIEW, KEPT) is Status.ACTIVE
    assert status_after(*ACTIVE, achieve(), CLOSE_ACHIEVED) is Status.CLOSED


def test_a_draft_names_the_key_workers() -> None:
    asked((), DRAFT).then(IrpDraftStarted(plan_version=1, supersedes=None, contributors=CONTRIBUTORS))


def test_a_draft_has_contributors() -> None:
    with pytest.raises(ValidationError, match="contributors"):
        StartIrpDraft(contributors=())


def test_a_plan_is_drafted_once() -> None:
    asked((DRAFT,), DRAFT).then_refused("already-drafted")
    asked((*ACTIVE, CLOSE_ENDED), DRAFT).then_refused("already-drafted")


# --- needs ------------------------------------------------------------------------------------------------


def test_a_need_is_identified_from_evidence() -> None:
    asked((DRAFT,), need()).then(
        NeedIdentified(
            event_id=event_id(11),
            need_id=need_id(1),
            domain="housing",
            description="An invented need.",
            evidence=(STORY,),
            priority=Priority.KEY,
        )
    )


@pytest.mark.parametrize("said_of", [NeedIdentified, IdentifyNeed])
def test_a_need_names_where_it_was_seen(said_of: type[Word]) -> None:
    said = need().model_dump(exclude={"evidence"})
    with pytest.raises(ValidationError, match="evidence"):
        said_of.model_validate(said | {"evidence": ()})
    assert said_of.model_validate(said | {"evidence": (STORY,)})


def test_a_need_is_identified_once() -> None:
    asked((DRAFT, need()), need()).then_nothing_new()
    asked((*ACTIVE, CLOSE_ENDED), need()).then_nothing_new()
    asked((DRAFT, need()), need(2, known_as=1)).then_refused("event-id-taken")
    asked((DRAFT, need()), need(1, known_as=2)).then_refused("need-already-identified")


def test_the_record_of_a_closed_plan_can_be_corrected() -> None:
    closed = given(irp, *history(*ACTIVE, progress(), achieve(), CLOSE_ENDED)).knowing(*FOUNDATION)
    other = need().model_copy(update={"priority": Priority.LATER})
    (corrected,) = closed.when(correct(event_id(11), other)).events
    assert corrected.fact.priority is Priority.LATER
    assert closed.when(retract(event_id(21))).events
    assert closed.when(retract(event_id(31))).events


# --- goals ------------------------------------------------------------------------------------------------


def test_a_goal_answers_a_need() -> None:
    asked((DRAFT, need()), goal()).then(
        GoalAdded(
            goal_id=goal_id(1), need_id=need_id(1), description="An invented goal.", target_date=IN_JUNE
        )
    )
    asked((DRAFT, need()), goal(for_need=2)).then_refused("unknown-need")


def test_a_goal_is_added_once() -> None:
    drafted = (*DRAFTED, need(2))
    asked(drafted, goal()).then_refused("goal-already-added")
    asked(drafted, goal(for_need=2)).then_refused("goal-already-added")
    asked((*drafted, remove()), goal()).then_refused("goal-already-added")


def test_a_goal_can_be_given_up() -> None:
    asked(DRAFTED, remove()).then(GoalRemoved(decision=decision(SOMEBODY), goal_id=goal_id(1)))


def test_a_goal_is_removed_once() -> None:
    asked((*DRAFTED, remove()), remove()).then_nothing_new()


def test_a_removed_goal_is_in_the_plan() -> None:
    asked(DRAFTED, remove(2)).then_refused("unknown-goal")


def test_an_achieved_goal_stays() -> None:
    reviewed = (*ACTIVE, achieve(), REVIEW)
    asked(reviewed, remove()).then_refused("goal-achieved")


# --- steps ------------------------------------------------------------------------------------------------


def test_a_step_serves_a_goal() -> None:
    asked((DRAFT, need(), goal()), step()).then(
        StepAdded(
            step_id=step_id(1),
            goal_id=goal_id(1),
            description="An invented step.",
            responsible=Responsible.KEY_WORKER,
            responsible_person=KEY_WORKER.id,
            due_on=FRIDAY,
        )
    )
    asked((DRAFT, need(), goal()), step(for_goal=2)).then_refused("unknown-goal")


def test_a_step_does_not_serve_a_removed_goal() -> None:
    removed = (DRAFT, need(), goal(), remove())
    asked(removed, step()).then_refused("goal-removed")


def test_a_step_is_added_once() -> None:
    drafted = (*DRAFTED, goal(2))
    asked(drafted, step()).then_refused("step-already-added")
    asked(drafted, step(for_goal=2)).then_refused("step-already-added")


def test_a_step_of_an_agreed_goal_is_begun_and_done() -> None:
    begun = step_is(StepStatus.IN_PROGRESS)
    asked(ACTIVE, begun).then(StepStatusChanged(step_id=step_id(1), status=StepStatus.IN_PROGRESS))
    asked((*ACTIVE, begun), begun).then_nothing_new()
    done = ChangeStepStatus(step_id=step_id(1), status=StepStatus.DONE, note="An invented note.")
    asked((*ACTIVE, begun), done).then(
        StepStatusChanged(step_id=step_id(1), status=StepStatus.DONE, note="An invented note.")
    )


@pytest.mark.parametrize("status", [StepStatus.IN_PROGRESS, StepStatus.DONE])
def test_a_step_is_begun_once_its_goal_is_agreed(status: StepStatus) -> None:
    asked(DRAFTED, step_is(status)).then_refused("goal-not-agreed")


def test_a_step_can_be_dropped_before_its_goal_is_agreed() -> None:
    dropped = step_is(StepStatus.DROPPED)
    asked(DRAFTED, dropped).then(StepStatusChanged(step_id=step_id(1), status=StepStatus.DROPPED))
    taken_up = step_is(StepStatus.TO_DO)
    asked((*DRAFTED, dropped), taken_up).then(StepStatusChanged(step_id=step_id(1), status=StepStatus.TO_DO))


def test_a_new_step_is_still_to_do() -> None:
    asked(ACTIVE, step_is(StepStatus.TO_DO)).then_nothing_new()


def test_only_a_step_of_the_plan_changes() -> None:
    asked(ACTIVE, step_is(StepStatus.DONE, 2)).then_refused("unknown-step")
    asked(ACTIVE, step_is(StepStatus.TO_DO, 2)).then_refused("unknown-step")


def test_a_step_of_a_removed_goal_rests() -> None:
    removed = (*IN_REVIEW, remove())
    done = step_is(StepStatus.DONE)
    asked(removed, done).then_refused("goal-removed")


# --- proposing --------------------------------------------------------------------------------------------


PLAN_PROPOSED = IrpProposed(
    boundaries_agreed=BOUNDARIES,
    story_confirmed=CONFIRMED,
    assessments=(ASSESSMENT,),
    contributors=CONTRIBUTORS,
)


def test_a_proposed_plan_names_what_it_is_founded_on() -> None:
    asked(DRAFTED, PROPOSE).then(PLAN_PROPOSED)


def proposing(*foundation: Happened) -> Outcome:
    """Return what comes of proposing a plan on so much."""
    return given(irp, *history(*DRAFTED)).knowing(*foundation).when(PROPOSE)


def test_boundaries_are_agreed_before_the_plan() -> None:
    proposing(*FOUNDATION[1:]).then_refused("boundaries-not-agreed")


LEFT = ParticipantExited(decision=decision(), reason=ExitReason.WITHDREW, exit_plan="An invented plan.")
CAME_BACK = ParticipantReEngaged(decision=decision())


@pytest.mark.parametrize("since", [(LEFT,), (LEFT, CAME_BACK)])
def test_boundaries_are_those_of_the_present_engagement(since: tuple[Event, ...]) -> None:
    proposing(*FOUNDATION, *since).then_refused("boundaries-not-agreed")
    assert proposing(*FOUNDATION, LEFT, CAME_BACK, BOUNDARIES_AGREED).events


def test_the_story_is_understood_before_the_plan() -> None:
    boundaries, told, _, assessed = FOUNDATION
    proposing(boundaries, told, assessed).then_refused("story-not-confirmed")
    more = STORY_TOLD.model_copy(update={"event_id": event_id(9)})
    proposing(*FOUNDATION, more).then_refused("story-not-confirmed")


def test_needs_are_assessed_before_the_plan() -> None:
    proposing(*FOUNDATION[:-1]).then_refused("not-assessed")


def test_a_plan_is_founded_on_what_had_happened_by_then() -> None:
    boundaries, told, confirmed, assessed = FOUNDATION
    late = known_as(ASSESSMENT, on("2025-02-10", assessed.event))
    draft = given(irp, *history(*DRAFTED)).knowing(boundaries, told, confirmed, late)
    draft.when(PROPOSE, on="2025-02-07").then_refused("not-assessed")
    assert draft.when(PROPOSE, on="2025-02-11").events


def test_a_proposed_plan_has_a_goal() -> None:
    asked((DRAFT, need()), PROPOSE).then_refused("no-goal")
    asked((*DRAFTED, remove()), PROPOSE).then_refused("no-goal")


@pytest.mark.parametrize("path", [(), PROPOSED, AGREED, ACTIVE, IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_only_a_draft_is_proposed(path: Path) -> None:
    asked(path, PROPOSE).then_refused("not-a-draft")


# --- the participant's answer -----------------------------------------------------------------------------


def test_the_participant_agrees_in_their_own_words() -> None:
    asked(PROPOSED, AGREE).then(IrpAgreedByParticipant(in_their_words="I want this."))


def test_the_participant_declines_in_their_own_words() -> None:
    asked(PROPOSED, DECLINE).then(IrpAgreementDeclined(in_their_words="Not like this."))


def test_a_declined_plan_goes_back_to_drafting() -> None:
    assert status_after(*PROPOSED, DECLINE) is Status.DRAFTING
    asked((*PROPOSED, DECLINE), PROPOSE).then(PLAN_PROPOSED)


@pytest.mark.parametrize("answer", [AGREE, DECLINE])
@pytest.mark.parametrize("path", [DRAFTED, AGREED, ACTIVE, IN_REVIEW])
def test_only_a_proposed_plan_is_answered(path: Path, answer: AgreeToIrp | DeclineIrp) -> None:
    asked(path, answer).then_refused("not-proposed")


def test_an_agreed_plan_is_approved_once() -> None:
    asked((*AGREED, APPROVE), APPROVE).then_nothing_new()
    asked((*AGREED, APPROVE, START), APPROVE).then_nothing_new()


def test_whoever_approves_is_competent_as_the_policy_asks() -> None:
    """S1.12: the first policy asks for nothing, the second says so in the event, the third refuses."""
    [event] = asked(AGREED, APPROVE).events
    assert event.model_dump()["competence"] is None
    warned, required = (approving_under(policy) for policy in ("2025.2", "2025.3"))
    [event] = asked(AGREED, warned).events
    missing = Competence(credential="case-management", strictness=Strictness.WARN, held_as=None)
    assert event.model_dump()["competence"] == missing.model_dump()
    asked(AGREED, required).then_refused("credential-missing")
    award = AWARDED.model_copy(update={"credential": "case-management"})
    known = given(irp, *history(*AGREED)).knowing(certified(SOMEBODY.id, "2024-12-01", award))
    [event] = known.when(required).events
    assert event.model_dump()["competence"]["held_as"] == AWARDED_AS


def approving_under(policy: str) -> ApproveIrp:
    return APPROVE.model_copy(update={"decision": grounds(policy_version=policy)})


def approving(*told: Happened) -> tuple[EventId, ...]:
    """Return what an approval of a plan rests on after so much."""
    (approved,) = given(irp, *told).when(APPROVE).events
    assert isinstance(approved, IrpApproved)
    return approved.decision.relied_on


def test_an_approval_rests_on_the_plan_as_proposed_and_as_agreed() -> None:
    *drafted, proposed, agreed = history(*AGREED)
    so_far = (*drafted, known_as(event_id(41), proposed), known_as(event_id(42), agreed))
    assert approving(*so_far) == (event_id(41), event_id(42))
    *_, started, reviewing, added, changed, agreed = history(*CHANGED_IN_REVIEW, AGREE)
    since = (started, reviewing, added, known_as(event_id(43), changed), known_as(event_id(44), agreed))
    assert approving(*so_far, *since) == (event_id(43), event_id(44))


def test_an_approval_rests_on_its_own_plan_alone() -> None:
    *drafted, proposed, agreed = history(*AGREED)
    told = (*drafted, known_as(event_id(41), proposed), known_as(event_id(42), agreed))
    other = [elsewhere(EARLIER, on("2025-01-01", each)) for each in (proposed, agreed)]
    (approved,) = given(irp, *told).knowing(*other).when(APPROVE).events
    assert approved.decision.relied_on == (event_id(41), event_id(42))


def test_what_an_approval_names_itself_is_kept() -> None:
    *drafted, proposed, agreed = history(*AGREED)
    told = (*drafted, known_as(event_id(41), proposed), known_as(event_id(42), agreed))
    approve = ApproveIrp(decision=grounds(relied_on=(ASSESSMENT, event_id(41))))
    (approved,) = given(irp, *told).when(approve).events
    assert approved.decision.relied_on == (ASSESSMENT, event_id(41), event_id(42))


def test_a_plan_can_be_approved_after_it_was_started() -> None:
    assert asked(ACTIVE, APPROVE).events
    assert status_after(*ACTIVE, APPROVE) is Status.ACTIVE


def test_every_agreement_can_be_approved() -> None:
    again = (*AGREED, APPROVE, START, REVIEW, goal(2), CHANGED, AGREE)
    assert asked(again, APPROVE).events


@pytest.mark.parametrize("path", [(), DRAFTED, PROPOSED, IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_a_plan_is_agreed_before_it_is_approved(path: Path) -> None:
    asked(path, APPROVE).then_refused("not-agreed")


def test_an_approved_plan_is_not_approved_again_while_its_changes_are_unanswered() -> None:
    unanswered = (*AGREED, APPROVE, START, REVIEW, goal(2), CHANGED)
    asked(unanswered, APPROVE).then_refused("not-agreed")


@pytest.mark.parametrize("path", [AGREED, (*AGREED, APPROVE)])
def test_an_agreed_plan_is_started_approved_or_not(path: Path) -> None:
    asked(path, START).then(IrpStarted(next_review_on=IN_JUNE))


@pytest.mark.parametrize("path", [(), DRAFTED, PROPOSED, ACTIVE, IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_a_plan_is_agreed_before_it_is_started_and_started_once(path: Path) -> None:
    asked(path, START).then_refused("not-agreed")


def test_a_started_plan_has_a_review_ahead() -> None:
    asked(AGREED, START, on="2025-06-02").then_refused("date-out-of-bounds")
    asked(AGREED, START, on="2025-06-01").then(IrpStarted(next_review_on=IN_JUNE))


# --- progress ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [AGREED, ACTIVE, IN_REVIEW, CHANGED_IN_REVIEW])
def test_progress_is_recorded_on_an_agreed_goal(path: Path) -> None:
    asked(path, progress()).then(
        GoalProgressRecorded(
            event_id=event_id(21),
            goal_id=goal_id(1),
            outcome=GoalOutcome.PARTIAL,
            note="An invented note.",
        )
    )


@pytest.mark.parametrize("path", [DRAFTED, PROPOSED, (*PROPOSED, DECLINE)])
def test_progress_needs_the_participants_agreement(path: Path) -> None:
    asked(path, progress()).then_refused("goal-not-agreed")


def test_a_goal_new_in_a_review_waits_for_the_participants_agreement() -> None:
    on_the_new = progress(goal=2)
    asked(CHANGED_IN_REVIEW, on_the_new).then_refused("goal-not-agreed")
    assert asked((*CHANGED_IN_REVIEW, AGREE), on_the_new).events != []


def test_progress_is_recorded_once() -> None:
    asked((*ACTIVE, progress()), progress()).then_nothing_new()


def test_corrected_progress_belongs_to_a_goal_of_the_plan() -> None:
    recorded = given(irp, *history(*ACTIVE, progress())).knowing(*FOUNDATION)
    said = progress().model_copy(update={"outcome": GoalOutcome.NOT})
    (corrected,) = recorded.when(correct(event_id(21), said)).events
    assert corrected.fact.outcome is GoalOutcome.NOT
    elsewhere = said.model_copy(update={"goal_id": goal_id(2)})
    recorded.when(correct(event_id(21), elsewhere)).then_refused("unknown-goal")


def test_progress_belongs_to_a_goal_of_the_plan() -> None:
    asked(ACTIVE, progress(goal=2)).then_refused("unknown-goal")


def test_progress_on_a_removed_goal_is_refused() -> None:
    removed = (*IN_REVIEW, remove())
    asked(removed, progress()).then_refused("goal-removed")


def test_a_goal_is_achieved_once() -> None:
    asked(ACTIVE, achieve()).then(
        GoalAchieved(decision=decision(SOMEBODY), event_id=event_id(31), goal_id=goal_id(1))
    )
    asked((*ACTIVE, achieve()), achieve()).then_nothing_new()
    asked((*ACTIVE, achieve()), achieve(known_as=2)).then_nothing_new()


@pytest.mark.parametrize("path", [DRAFTED, PROPOSED])
def test_an_achieved_goal_was_agreed(path: Path) -> None:
    asked(path, achieve()).then_refused("goal-not-agreed")


def test_an_achieved_goal_is_in_the_plan() -> None:
    asked(ACTIVE, achieve(2)).then_refused("unknown-goal")
    removed = (*IN_REVIEW, remove())
    asked(removed, achieve()).then_refused("goal-removed")


def test_a_goal_whose_achievement_was_a_mistake_can_be_achieved_later() -> None:
    mistaken = given(irp, *history(*ACTIVE, achieve()), achieved_in_error()).knowing(*FOUNDATION)
    mistaken.when(achieve()).then_refused("retracted")
    mistaken.when(achieve(known_as=2)).then(
        GoalAchieved(decision=decision(SOMEBODY), event_id=event_id(32), goal_id=goal_id(1))
    )


# --- reviews ----------------------------------------------------------------------------------------------


def test_an_active_plan_is_reviewed() -> None:
    asked(ACTIVE, REVIEW).then(IrpReviewStarted(reason="due"))
    asked(IN_REVIEW, REVIEW).then_nothing_new()


@pytest.mark.parametrize("path", [(), DRAFTED, PROPOSED, AGREED, (*ACTIVE, CLOSE_ENDED)])
def test_only_an_active_plan_is_reviewed(path: Path) -> None:
    asked(path, REVIEW).then_refused("not-active")


def test_a_review_may_keep_the_plan() -> None:
    asked(IN_REVIEW, KEPT).then(
        IrpReviewed(decision=decision(SOMEBODY), outcome=ReviewOutcome.KEPT, next_review_on=IN_JUNE)
    )


@pytest.mark.parametrize("change", [need(2), goal(2), step(2)])
def test_a_review_that_changed_the_plan_cannot_say_it_was_kept(change: IrpCommand) -> None:
    changed = (*IN_REVIEW, change)
    asked(changed, KEPT).then_refused("wrong-review-outcome")
    assert status_after(*IN_REVIEW, change, CHANGED) is Status.PROPOSED


def test_a_review_that_removed_a_goal_changed_the_plan() -> None:
    two_goals = (*DRAFTED, goal(2), PROPOSE, AGREE, START, REVIEW, remove(2))
    asked(two_goals, KEPT).then_refused("wrong-review-outcome")


def test_a_review_that_changed_nothing_cannot_say_it_did() -> None:
    asked(IN_REVIEW, CHANGED).then_refused("wrong-review-outcome")
    worked_on = (*IN_REVIEW, step_is(StepStatus.DONE), progress(), achieve())
    asked(worked_on, CHANGED).then_refused("wrong-review-outcome")


def test_a_reviewed_plan_still_has_a_goal() -> None:
    emptied = (*IN_REVIEW, remove())
    asked(emptied, CHANGED).then_refused("no-goal")


def test_a_review_names_the_next_one() -> None:
    asked(IN_REVIEW, KEPT, on="2025-06-02").then_refused("date-out-of-bounds")


def test_a_goal_and_a_step_are_set_out_for_what_lies_ahead() -> None:
    asked((DRAFT, need()), goal(), on="2025-06-03").then_refused("date-out-of-bounds")
    assert asked((DRAFT, need()), goal(), on="2025-06-02").events
    asked((DRAFT, need(), goal()), step(), on="2025-03-08").then_refused("date-out-of-bounds")
    assert asked((DRAFT, need(), goal()), step(), on="2025-03-07").events


@pytest.mark.parametrize("path", [(), DRAFTED, ACTIVE, CHANGED_IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_a_review_is_concluded_once_and_after_it_began(path: Path) -> None:
    asked(path, KEPT).then_refused("not-under-review")
    asked(path, CHANGED).then_refused("not-under-review")


def test_a_changed_plan_is_active_once_the_participant_agrees_again() -> None:
    assert status_after(*CHANGED_IN_REVIEW) is Status.PROPOSED
    assert status_after(*CHANGED_IN_REVIEW, AGREE) is Status.ACTIVE


def test_a_declined_change_goes_back_to_review() -> None:
    declined = (*CHANGED_IN_REVIEW, DECLINE)
    assert status_after(*declined) is Status.UNDER_REVIEW
    asked(declined, KEPT).then_refused("wrong-review-outcome")
    assert status_after(*declined, remove(2), CHANGED, AGREE) is Status.ACTIVE


def test_the_next_review_of_an_agreed_change_starts_from_what_was_agreed() -> None:
    assert status_after(*CHANGED_IN_REVIEW, AGREE, REVIEW, KEPT) is Status.ACTIVE


CHANGES: list[IrpCommand] = [need(3), goal(3), step(3), remove()]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("path", [DRAFTED, IN_REVIEW, (*PROPOSED, DECLINE), (*CHANGED_IN_REVIEW, DECLINE)])
def test_a_plan_changes_in_drafting_or_review(path: Path, change: IrpCommand) -> None:
    assert asked(path, change).events != []


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("path", [PROPOSED, AGREED, (*AGREED, APPROVE), ACTIVE])
def test_a_plan_does_not_change_otherwise(path: Path, change: IrpCommand) -> None:
    asked(path, change).then_refused("not-changeable")


# --- the end ----------------------------------------------------------------------------------------------


def test_a_plan_is_achieved_when_every_remaining_goal_is() -> None:
    asked((*ACTIVE, achieve()), CLOSE_ACHIEVED).then(
        IrpClosed(decision=decision(SOMEBODY), outcome=ClosedAs.ACHIEVED)
    )
    two = (*DRAFTED, goal(2), PROPOSE, AGREE, START, achieve())
    asked(two, CLOSE_ACHIEVED).then_refused("goals-not-achieved")


def test_a_removed_goal_need_not_be_achieved() -> None:
    one_left = (*DRAFTED, goal(2), PROPOSE, AGREE, START, achieve(), REVIEW, remove(2), CHANGED, AGREE)
    assert status_after(*one_left, CLOSE_ACHIEVED) is Status.CLOSED


def test_a_mistaken_achievement_does_not_close_a_plan() -> None:
    mistaken = given(irp, *history(*ACTIVE, achieve()), achieved_in_error()).knowing(*FOUNDATION)
    mistaken.when(CLOSE_ACHIEVED).then_refused("goals-not-achieved")


@pytest.mark.parametrize("path", [DRAFTED, PROPOSED, (*AGREED, achieve()), (*ACTIVE, achieve(), REVIEW)])
def test_only_an_active_plan_is_achieved(path: Path) -> None:
    asked(path, CLOSE_ACHIEVED).then_refused("not-active")


@pytest.mark.parametrize("path", [(DRAFT,), DRAFTED, PROPOSED, AGREED, ACTIVE, IN_REVIEW])
def test_a_plan_may_end_at_any_time(path: Path) -> None:
    asked(path, CLOSE_ENDED).then(IrpClosed(decision=decision(SOMEBODY), outcome=ClosedAs.ENDED))


def test_a_plan_is_closed_once() -> None:
    closed = (*ACTIVE, achieve(), CLOSE_ENDED)
    asked(closed, CLOSE_ENDED).then_nothing_new()
    asked(closed, CLOSE_ACHIEVED).then_refused("plan-ended")


WORK: list[IrpCommand] = [
    *CHANGES,
    step_is(StepStatus.DONE),
    AGREE,
    DECLINE,
    progress(),
    achieve(),
    CLOSE_ACHIEVED,
]


@pytest.mark.parametrize("command", WORK)
@pytest.mark.parametrize("end", [IrpClosed(decision=decision(), outcome=ClosedAs.ENDED), SUPERSEDED])
def test_nothing_changes_after_the_end(end: Event, command: IrpCommand) -> None:
    ended = given(irp, *history(*ACTIVE), end)
    ended.when(command).then_refused("plan-ended")


def test_a_superseded_plan_is_not_closed() -> None:
    given(irp, *history(*ACTIVE), SUPERSEDED).when(CLOSE_ENDED).then_refused("plan-ended")


@pytest.mark.parametrize("command", [*WORK, CLOSE_ENDED])
def test_a_plan_is_drafted_first(command: IrpCommand) -> None:
    asked((), command).then_refused("not-drafted")


# --- versions ---------------------------------------------------------------------------------------------

EARLIER, EARLIEST = (Stream("irp", UUID(int=number)) for number in (101, 102))


def version(number: int, stream: Stream, *more: Event) -> list[Told]:
    """Return what happened to another version of the plan, on the days of a month of its own."""
    drafted = IrpDraftStarted(plan_version=number, contributors=CONTRIBUTORS)
    return [
        elsewhere(stream, on(f"2024-{number:02}-{day:02}", event))
        for day, event in enumerate((drafted, *more), start=1)
    ]


def test_a_first_version_supersedes_nothing() -> None:
    given(irp).when(DRAFT).then(IrpDraftStarted(plan_version=1, supersedes=None, contributors=CONTRIBUTORS))


def test_a_later_version_names_the_one_before() -> None:
    others = [*version(2, EARLIER), *version(1, EARLIEST)]
    given(irp).knowing(*others).when(DRAFT).then(
        IrpDraftStarted(plan_version=3, supersedes=EARLIER.id, contributors=CONTRIBUTORS)
    )


def agreeing(*others: Told) -> list[tuple[Stream, Event]]:
    """Return in which stream what is recorded where a plan is agreed to besides others."""
    foundation = [told._replace(when=date(2024, 1, 1)) for told in FOUNDATION]
    knowing = [*foundation, *others]
    proposed = perform(irp, *PROPOSED, knowing=knowing)
    decided = given(irp, *proposed).knowing(*knowing).when(AGREE).decided
    return [(each.stream, each.event) for each in decided]


def test_agreeing_supersedes_the_earlier_version_at_once() -> None:
    own, superseded = agreeing(*version(1, EARLIER))
    assert own == (IN_QUESTION, IrpAgreedByParticipant(in_their_words="I want this."))
    assert superseded == (EARLIER, IrpSuperseded(by=IrpId(IN_QUESTION.id)))


def test_agreeing_supersedes_every_earlier_version_that_has_not_ended() -> None:
    _, *superseded = agreeing(*version(1, EARLIEST), *version(2, EARLIER))
    assert {stream for stream, _ in superseded} == {EARLIEST, EARLIER}


@pytest.mark.parametrize("end", [IrpClosed(decision=decision(), outcome=ClosedAs.ACHIEVED), SUPERSEDED])
def test_what_has_ended_is_not_superseded(end: Event) -> None:
    assert [stream for stream, _ in agreeing(*version(1, EARLIER, end))] == [IN_QUESTION]


def test_agreeing_to_an_earlier_version_supersedes_no_later_one() -> None:
    proposed = history(*PROPOSED)
    later = [told._replace(when=None) for told in version(2, EARLIER)]
    decided = given(irp, *proposed).knowing(*FOUNDATION, *later).when(AGREE).decided
    assert [each.stream for each in decided] == [IN_QUESTION]


# --- what holds whatever the rules ------------------------------------------------------------------------


def test_a_history_without_its_goals_still_gives_a_state() -> None:
    full = history(*ACTIVE, progress(), achieve(), REVIEW, KEPT)
    without = [event for event in full if not isinstance(event, GoalAdded | NeedIdentified | StepAdded)]
    assert fold(irp, without).status is Status.ACTIVE


FORMING = [
    *(DRAFT, need(1), need(2), need(2, known_as=1), goal(1), goal(2, for_need=2), goal(2)),
    *(step(1), step(2, for_goal=2), remove(1), remove(2)),
    *(PROPOSE, AGREE, AGREE, DECLINE, APPROVE, START),
]
WORKING = [
    *(step_is(status, number) for status in StepStatus for number in (1, 2)),
    *(ask(number) for ask in (progress, achieve) for number in (1, 2)),
    achieve(1, known_as=3),
    progress(3, goal=2),
]
REVIEWING = [REVIEW, KEPT, CHANGED]
ENDING = [CLOSE_ACHIEVED, CLOSE_ENDED]
LIVING = one_of_these(*FORMING, *WORKING, *REVIEWING, *REVIEWING, DECLINE, AGREE)
TestLawsOfFormingAPlan = machine(irp, LIVING, knowing=FOUNDATION).TestCase
TestLawsOfAnActivePlan = machine(irp, LIVING, history(*ACTIVE), knowing=FOUNDATION).TestCase
TestLawsOfTheEnd = machine(
    irp, one_of_these(*WORKING, *ENDING), history(*ACTIVE), knowing=FOUNDATION
).TestCase
