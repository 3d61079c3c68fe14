from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from pydantic import ValidationError

from scp_events.aggregates import irp
from scp_events.aggregates.irp import (
    AchieveGoal,
    AddGoal,
    AddStep,
    AgreeToIrp,
    ApproveIrp,
    ChangeStepStatus,
    ClosedAs,
    CloseIrp,
    ConcludeIrpReview,
    CorrectGoalProgress,
    CorrectNeed,
    DeclineIrp,
    Evidence,
    GoalAchieved,
    GoalAchievementRetracted,
    GoalAdded,
    GoalId,
    GoalOutcome,
    GoalProgressCorrected,
    GoalProgressRecorded,
    GoalProgressRetracted,
    GoalRemoved,
    IdentifyNeed,
    IrpAgreedByParticipant,
    IrpAgreementDeclined,
    IrpApproved,
    IrpClosed,
    IrpCommand,
    IrpDraftStarted,
    IrpEvent,
    IrpProposed,
    IrpReviewed,
    IrpReviewStarted,
    IrpStarted,
    IrpSuperseded,
    NeedCorrected,
    NeedId,
    NeedIdentified,
    Priority,
    ProposeIrp,
    RecordGoalProgress,
    RemoveGoal,
    Responsible,
    RetractGoalAchievement,
    RetractGoalProgress,
    ReviewOutcome,
    StartIrp,
    StartIrpDraft,
    StartIrpReview,
    Status,
    StepAdded,
    StepId,
    StepStatus,
    StepStatusChanged,
    SupersedeIrp,
)
from scp_events.scenario import given, perform
from scp_events.vocabulary import Stream, fold
from tests.aggregates.laws import machine, one_of_these
from tests.words import (
    FRIDAY,
    IRP,
    KEY_WORKER,
    MONDAY,
    NEXT_IRP,
    OTHER_KEY_WORKER,
    PARTICIPANT,
    decision,
    event_id,
)

pytestmark = pytest.mark.once  # pure rules

STORY, BOUNDARIES, ASSESSMENT = event_id(1), event_id(2), event_id(3)
IN_JUNE = date(2025, 6, 2)
CONTRIBUTORS = (KEY_WORKER.id, OTHER_KEY_WORKER.id)


def need_id(number: int) -> NeedId:
    return NeedId(UUID(int=(4 << 76) | (2 << 62) | number))


def goal_id(number: int) -> GoalId:
    return GoalId(UUID(int=(4 << 76) | (2 << 62) | 100 + number))


def step_id(number: int) -> StepId:
    return StepId(UUID(int=(4 << 76) | (2 << 62) | 200 + number))


def need(number: int = 1, *, known_as: int | None = None) -> IdentifyNeed:
    return IdentifyNeed(
        event_id=event_id(10 + (known_as or number)),
        need_id=need_id(number),
        domain="housing",
        description="An invented need.",
        evidence=(STORY,),
        priority=Priority.KEY,
    )


def goal(number: int = 1, *, for_need: int = 1) -> AddGoal:
    return AddGoal(
        goal_id=goal_id(number),
        need_id=need_id(for_need),
        description="An invented goal.",
        target_date=IN_JUNE,
    )


def step(number: int = 1, *, for_goal: int = 1) -> AddStep:
    return AddStep(
        step_id=step_id(number),
        goal_id=goal_id(for_goal),
        description="An invented step.",
        responsible=Responsible.KEY_WORKER,
        responsible_person=KEY_WORKER.id,
        due_on=FRIDAY,
    )


def step_is(status: StepStatus, number: int = 1) -> ChangeStepStatus:
    return ChangeStepStatus(step_id=step_id(number), status=status)


def progress(number: int = 1, *, goal: int = 1) -> RecordGoalProgress:
    return RecordGoalProgress(
        event_id=event_id(20 + number),
        goal_id=goal_id(goal),
        outcome=GoalOutcome.PARTIAL,
        note="An invented note.",
    )


def correct_progress(number: int = 1, *, goal: int = 1) -> CorrectGoalProgress:
    return CorrectGoalProgress(
        decision=decision(),
        corrects=event_id(20 + number),
        goal_id=goal_id(goal),
        outcome=GoalOutcome.NOT,
        note="What it should have said.",
    )


def retract_progress(number: int = 1) -> RetractGoalProgress:
    return RetractGoalProgress(decision=decision(), corrects=event_id(20 + number))


def achieve(number: int = 1, *, known_as: int | None = None) -> AchieveGoal:
    return AchieveGoal(
        decision=decision(), event_id=event_id(30 + (known_as or number)), goal_id=goal_id(number)
    )


def retract_achievement(number: int = 1) -> RetractGoalAchievement:
    return RetractGoalAchievement(decision=decision(), corrects=event_id(30 + number))


def remove(number: int = 1) -> RemoveGoal:
    return RemoveGoal(decision=decision(), goal_id=goal_id(number))


def review(outcome: ReviewOutcome) -> ConcludeIrpReview:
    return ConcludeIrpReview(decision=decision(), outcome=outcome, reviewed_on=MONDAY, next_review_on=IN_JUNE)


def close(outcome: ClosedAs) -> CloseIrp:
    return CloseIrp(decision=decision(), outcome=outcome)


DRAFT = StartIrpDraft(participant_id=PARTICIPANT, plan_version=1, contributors=CONTRIBUTORS)
FOUNDED = Evidence(story_confirmed=STORY, boundaries_agreed=BOUNDARIES, assessments=(ASSESSMENT,))
PROPOSE = ProposeIrp(evidence=FOUNDED, contributors=CONTRIBUTORS)
AGREE = AgreeToIrp(in_their_words="I want this.")
DECLINE = DeclineIrp(in_their_words="Not like this.")
APPROVE = ApproveIrp(decision=decision())
START = StartIrp(started_on=MONDAY, next_review_on=IN_JUNE)
REVIEW = StartIrpReview(reason="due")
KEPT, CHANGED = review(ReviewOutcome.KEPT), review(ReviewOutcome.CHANGED)
CLOSE_ACHIEVED, CLOSE_ENDED = close(ClosedAs.ACHIEVED), close(ClosedAs.ENDED)
SUPERSEDE = SupersedeIrp(by=NEXT_IRP)
CORRECT_NEED = CorrectNeed(
    decision=decision(),
    corrects=event_id(11),
    domain="work",
    description="What it should have said.",
    evidence=(ASSESSMENT,),
    priority=Priority.LATER,
)

DRAFTED: tuple[IrpCommand, ...] = (DRAFT, need(), goal(), step())
PROPOSED: tuple[IrpCommand, ...] = (*DRAFTED, PROPOSE)
AGREED: tuple[IrpCommand, ...] = (*PROPOSED, AGREE)
ACTIVE: tuple[IrpCommand, ...] = (*AGREED, START)
IN_REVIEW: tuple[IrpCommand, ...] = (*ACTIVE, REVIEW)
CHANGED_IN_REVIEW: tuple[IrpCommand, ...] = (*IN_REVIEW, goal(2), CHANGED)


def history(*commands: IrpCommand) -> list[IrpEvent]:
    return perform(irp, *commands)


def status_after(*commands: IrpCommand) -> Status:
    return fold(irp, history(*commands)).status


# --- forming the plan -------------------------------------------------------------------------------------


def test_a_plan_lives_in_a_stream_of_its_own() -> None:
    assert irp.stream(IRP) == Stream("irp", IRP)


def test_a_plan_goes_from_draft_to_achieved() -> None:
    assert [status_after(), status_after(DRAFT)] == [Status.NOT_FORMED, Status.DRAFTING]
    assert status_after(*PROPOSED) is Status.PROPOSED
    assert status_after(*AGREED) is Status.AGREED
    assert status_after(*AGREED, APPROVE) is Status.APPROVED
    assert status_after(*AGREED, APPROVE, START) is Status.ACTIVE
    assert status_after(*IN_REVIEW) is Status.UNDER_REVIEW
    assert status_after(*IN_REVIEW, KEPT) is Status.ACTIVE
    assert status_after(*ACTIVE, achieve(), CLOSE_ACHIEVED) is Status.CLOSED


def test_a_draft_names_the_participant_and_the_key_workers() -> None:
    given(irp).when(DRAFT).then(
        IrpDraftStarted(
            participant_id=PARTICIPANT, plan_version=1, supersedes=None, contributors=CONTRIBUTORS
        )
    )


def test_a_draft_has_contributors() -> None:
    with pytest.raises(ValidationError, match="contributors"):
        StartIrpDraft(participant_id=PARTICIPANT, plan_version=1, contributors=())


def test_a_plan_is_drafted_once() -> None:
    given(irp, *history(DRAFT)).when(DRAFT).then_nothing_new()
    other = DRAFT.model_copy(update={"contributors": (KEY_WORKER.id,)})
    given(irp, *history(DRAFT)).when(other).then_refused("drafted-once")


def test_a_first_version_supersedes_nothing() -> None:
    wrong = DRAFT.model_copy(update={"supersedes": IRP})
    given(irp).when(wrong).then_refused("a-later-version-supersedes-the-one-before")


def test_a_later_version_names_the_one_before() -> None:
    wrong = DRAFT.model_copy(update={"plan_version": 2})
    given(irp).when(wrong).then_refused("a-later-version-supersedes-the-one-before")
    right = DRAFT.model_copy(update={"plan_version": 2, "supersedes": IRP})
    given(irp).when(right).then(
        IrpDraftStarted(participant_id=PARTICIPANT, plan_version=2, supersedes=IRP, contributors=CONTRIBUTORS)
    )


# --- needs ------------------------------------------------------------------------------------------------


def test_a_need_is_identified_from_evidence() -> None:
    given(irp, *history(DRAFT)).when(need()).then(
        NeedIdentified(
            event_id=event_id(11),
            need_id=need_id(1),
            domain="housing",
            description="An invented need.",
            evidence=(STORY,),
            priority=Priority.KEY,
        )
    )


def test_a_need_without_evidence_is_refused() -> None:
    unseen = need().model_copy(update={"evidence": ()})
    given(irp, *history(DRAFT)).when(unseen).then_refused("a-need-traces-to-evidence")


def test_a_stored_need_names_its_evidence() -> None:
    said = history(DRAFT, need())[-1].model_dump() | {"evidence": ()}
    with pytest.raises(ValidationError, match="evidence"):
        NeedIdentified.model_validate(said)


def test_a_need_is_identified_once() -> None:
    given(irp, *history(DRAFT, need())).when(need()).then_nothing_new()
    given(irp, *history(DRAFT, need())).when(need(2, known_as=1)).then_nothing_new()
    again = need(1, known_as=2)
    given(irp, *history(DRAFT, need())).when(again).then_refused("a-need-is-identified-once")


def test_a_repeated_need_decides_nothing_after_the_plan_ended() -> None:
    given(irp, *history(*ACTIVE, CLOSE_ENDED)).when(need()).then_nothing_new()


def test_a_corrected_need_says_what_it_should_have_said() -> None:
    given(irp, *history(DRAFT, need())).when(CORRECT_NEED).then(
        NeedCorrected(
            decision=CORRECT_NEED.decision,
            corrects=event_id(11),
            need_id=need_id(1),
            domain="work",
            description="What it should have said.",
            evidence=(ASSESSMENT,),
            priority=Priority.LATER,
        )
    )


def test_a_correction_names_the_event_that_identified_the_need() -> None:
    given(irp, *history(DRAFT)).when(CORRECT_NEED).then_refused("a-correction-names-what-it-corrects")
    elsewhere = CORRECT_NEED.model_copy(update={"corrects": event_id(21)})
    recorded = history(*ACTIVE, progress())
    given(irp, *recorded).when(elsewhere).then_refused("a-correction-names-what-it-corrects")


def test_a_corrected_need_still_has_evidence() -> None:
    unseen = CORRECT_NEED.model_copy(update={"evidence": ()})
    given(irp, *history(DRAFT, need())).when(unseen).then_refused("a-need-traces-to-evidence")


def test_a_need_is_corrected_once_in_the_same_words() -> None:
    corrected = history(DRAFT, need(), need(2), CORRECT_NEED)
    given(irp, *corrected).when(CORRECT_NEED).then_nothing_new()
    second = CORRECT_NEED.model_copy(update={"corrects": event_id(12)})
    given(irp, *corrected, *irp.decide(fold(irp, corrected), second)).when(CORRECT_NEED).then_nothing_new()


def test_the_record_of_a_closed_plan_can_be_corrected() -> None:
    closed = given(irp, *history(*ACTIVE, progress(), achieve(), CLOSE_ENDED))
    for correction in (CORRECT_NEED, correct_progress(), retract_progress(), retract_achievement()):
        assert closed.when(correction).events != []


# --- goals ------------------------------------------------------------------------------------------------


def test_a_goal_answers_a_need() -> None:
    given(irp, *history(DRAFT, need())).when(goal()).then(
        GoalAdded(
            goal_id=goal_id(1), need_id=need_id(1), description="An invented goal.", target_date=IN_JUNE
        )
    )
    given(irp, *history(DRAFT, need())).when(goal(for_need=2)).then_refused("a-goal-answers-a-need")


def test_a_goal_is_added_once() -> None:
    drafted = history(*DRAFTED, need(2))
    given(irp, *drafted).when(goal()).then_nothing_new()
    given(irp, *drafted).when(goal(for_need=2)).then_refused("a-goal-is-added-once")


def test_a_goal_can_be_given_up() -> None:
    given(irp, *history(*DRAFTED)).when(remove()).then(
        GoalRemoved(decision=remove().decision, goal_id=goal_id(1))
    )


def test_a_goal_is_removed_once() -> None:
    given(irp, *history(*DRAFTED, remove())).when(remove()).then_nothing_new()


def test_a_removed_goal_is_in_the_plan() -> None:
    given(irp, *history(*DRAFTED)).when(remove(2)).then_refused("an-existing-goal")


def test_an_achieved_goal_stays() -> None:
    reviewed = history(*ACTIVE, achieve(), REVIEW)
    given(irp, *reviewed).when(remove()).then_refused("an-achieved-goal-stays")


def test_a_removed_goal_does_not_come_back() -> None:
    given(irp, *history(*DRAFTED, remove())).when(goal()).then_nothing_new()
    assert fold(irp, history(*DRAFTED, remove(), goal())).remaining == frozenset()


# --- steps ------------------------------------------------------------------------------------------------


def test_a_step_serves_a_goal() -> None:
    given(irp, *history(DRAFT, need(), goal())).when(step()).then(
        StepAdded(
            step_id=step_id(1),
            goal_id=goal_id(1),
            description="An invented step.",
            responsible=Responsible.KEY_WORKER,
            responsible_person=KEY_WORKER.id,
            due_on=FRIDAY,
        )
    )
    given(irp, *history(DRAFT, need(), goal())).when(step(for_goal=2)).then_refused("an-existing-goal")


def test_a_step_does_not_serve_a_removed_goal() -> None:
    removed = history(DRAFT, need(), goal(), remove())
    given(irp, *removed).when(step()).then_refused("a-removed-goal-is-not-pursued")


def test_a_step_is_added_once() -> None:
    drafted = history(*DRAFTED, goal(2))
    given(irp, *drafted).when(step()).then_nothing_new()
    given(irp, *drafted).when(step(for_goal=2)).then_refused("a-step-is-added-once")


def test_a_step_of_an_agreed_goal_is_begun_and_done() -> None:
    begun = step_is(StepStatus.IN_PROGRESS)
    given(irp, *history(*ACTIVE)).when(begun).then(
        StepStatusChanged(step_id=step_id(1), status=StepStatus.IN_PROGRESS)
    )
    given(irp, *history(*ACTIVE, begun)).when(begun).then_nothing_new()
    done = ChangeStepStatus(step_id=step_id(1), status=StepStatus.DONE, note="An invented note.")
    given(irp, *history(*ACTIVE, begun)).when(done).then(
        StepStatusChanged(step_id=step_id(1), status=StepStatus.DONE, note="An invented note.")
    )


@pytest.mark.parametrize("status", [StepStatus.IN_PROGRESS, StepStatus.DONE])
def test_a_step_is_begun_once_its_goal_is_agreed(status: StepStatus) -> None:
    given(irp, *history(*DRAFTED)).when(step_is(status)).then_refused("agreed-before-worked-on")


def test_a_step_can_be_dropped_before_its_goal_is_agreed() -> None:
    dropped = step_is(StepStatus.DROPPED)
    given(irp, *history(*DRAFTED)).when(dropped).then(
        StepStatusChanged(step_id=step_id(1), status=StepStatus.DROPPED)
    )
    taken_up = step_is(StepStatus.TO_DO)
    given(irp, *history(*DRAFTED, dropped)).when(taken_up).then(
        StepStatusChanged(step_id=step_id(1), status=StepStatus.TO_DO)
    )


def test_a_new_step_is_still_to_do() -> None:
    given(irp, *history(*ACTIVE)).when(step_is(StepStatus.TO_DO)).then_nothing_new()


def test_only_a_step_of_the_plan_changes() -> None:
    given(irp, *history(*ACTIVE)).when(step_is(StepStatus.DONE, 2)).then_refused("an-existing-step")
    given(irp, *history(*ACTIVE)).when(step_is(StepStatus.TO_DO, 2)).then_refused("an-existing-step")


def test_a_step_of_a_removed_goal_rests() -> None:
    removed = history(*IN_REVIEW, remove())
    done = step_is(StepStatus.DONE)
    given(irp, *removed).when(done).then_refused("a-removed-goal-is-not-pursued")


# --- proposing --------------------------------------------------------------------------------------------


def test_a_proposed_plan_names_what_it_is_founded_on() -> None:
    given(irp, *history(*DRAFTED)).when(PROPOSE).then(
        IrpProposed(
            boundaries_agreed=BOUNDARIES,
            story_confirmed=STORY,
            assessments=(ASSESSMENT,),
            contributors=CONTRIBUTORS,
        )
    )


def proposed_without(**missing: object) -> ProposeIrp:
    return PROPOSE.model_copy(update={"evidence": FOUNDED.model_copy(update=missing)})


def test_boundaries_are_agreed_before_the_plan() -> None:
    unbounded = proposed_without(boundaries_agreed=None)
    given(irp, *history(*DRAFTED)).when(unbounded).then_refused("boundaries-first")


def test_the_story_is_understood_before_the_plan() -> None:
    unheard = proposed_without(story_confirmed=None)
    given(irp, *history(*DRAFTED)).when(unheard).then_refused("story-before-plan")


def test_needs_are_assessed_before_the_plan() -> None:
    unassessed = proposed_without(assessments=())
    given(irp, *history(*DRAFTED)).when(unassessed).then_refused("assessment-before-plan")


def test_a_proposed_plan_has_a_goal() -> None:
    given(irp, *history(DRAFT, need())).when(PROPOSE).then_refused("a-plan-has-a-goal")
    given(irp, *history(*DRAFTED, remove())).when(PROPOSE).then_refused("a-plan-has-a-goal")


@pytest.mark.parametrize("path", [(), PROPOSED, AGREED, ACTIVE, IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_only_a_draft_is_proposed(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(PROPOSE).then_refused("a-draft-is-proposed")


# --- the participant's answer -----------------------------------------------------------------------------


def test_the_participant_agrees_in_their_own_words() -> None:
    given(irp, *history(*PROPOSED)).when(AGREE).then(IrpAgreedByParticipant(in_their_words="I want this."))


def test_the_participant_declines_in_their_own_words() -> None:
    given(irp, *history(*PROPOSED)).when(DECLINE).then(IrpAgreementDeclined(in_their_words="Not like this."))


def test_a_declined_plan_goes_back_to_drafting() -> None:
    assert status_after(*PROPOSED, DECLINE) is Status.DRAFTING
    given(irp, *history(*PROPOSED, DECLINE)).when(PROPOSE).then(history(*PROPOSED)[-1])


@pytest.mark.parametrize("answer", [AGREE, DECLINE])
@pytest.mark.parametrize("path", [DRAFTED, AGREED, ACTIVE, IN_REVIEW])
def test_only_a_proposed_plan_is_answered(
    path: tuple[IrpCommand, ...], answer: AgreeToIrp | DeclineIrp
) -> None:
    given(irp, *history(*path)).when(answer).then_refused("a-proposed-plan-is-agreed")


def test_an_agreed_plan_is_approved_once() -> None:
    given(irp, *history(*AGREED)).when(APPROVE).then(IrpApproved(decision=APPROVE.decision))
    given(irp, *history(*AGREED, APPROVE)).when(APPROVE).then_nothing_new()
    given(irp, *history(*AGREED, APPROVE, START)).when(APPROVE).then_nothing_new()


def test_a_plan_can_be_approved_after_it_was_started() -> None:
    given(irp, *history(*ACTIVE)).when(APPROVE).then(IrpApproved(decision=APPROVE.decision))
    assert status_after(*ACTIVE, APPROVE) is Status.ACTIVE


def test_every_agreement_can_be_approved() -> None:
    again = history(*AGREED, APPROVE, START, REVIEW, goal(2), CHANGED, AGREE)
    given(irp, *again).when(APPROVE).then(IrpApproved(decision=APPROVE.decision))


@pytest.mark.parametrize("path", [(), DRAFTED, PROPOSED, IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_a_plan_is_agreed_before_it_is_approved(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(APPROVE).then_refused("agreed-before-approved")


def test_an_approved_plan_is_not_approved_again_while_its_changes_are_unanswered() -> None:
    unanswered = history(*AGREED, APPROVE, START, REVIEW, goal(2), CHANGED)
    given(irp, *unanswered).when(APPROVE).then_refused("agreed-before-approved")


@pytest.mark.parametrize("path", [AGREED, (*AGREED, APPROVE)])
def test_an_agreed_plan_is_started_approved_or_not(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(START).then(IrpStarted(next_review_on=IN_JUNE))


@pytest.mark.parametrize("path", [(), DRAFTED, PROPOSED, ACTIVE, IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_a_plan_is_agreed_before_it_is_started_and_started_once(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(START).then_refused("agreed-before-started")


def test_a_started_plan_has_a_review_ahead() -> None:
    today = START.model_copy(update={"next_review_on": MONDAY})
    given(irp, *history(*AGREED)).when(today).then_refused("the-next-review-lies-ahead")
    tomorrow = MONDAY + timedelta(days=1)
    given(irp, *history(*AGREED)).when(START.model_copy(update={"next_review_on": tomorrow})).then(
        IrpStarted(next_review_on=tomorrow)
    )


# --- progress ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [AGREED, ACTIVE, IN_REVIEW, CHANGED_IN_REVIEW])
def test_progress_is_recorded_on_an_agreed_goal(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(progress()).then(
        GoalProgressRecorded(
            event_id=event_id(21),
            goal_id=goal_id(1),
            outcome=GoalOutcome.PARTIAL,
            note="An invented note.",
        )
    )


@pytest.mark.parametrize("path", [DRAFTED, PROPOSED, (*PROPOSED, DECLINE)])
def test_progress_needs_the_participants_agreement(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(progress()).then_refused("agreed-before-worked-on")


def test_a_goal_new_in_a_review_waits_for_the_participants_agreement() -> None:
    on_the_new = progress(goal=2)
    given(irp, *history(*CHANGED_IN_REVIEW)).when(on_the_new).then_refused("agreed-before-worked-on")
    assert given(irp, *history(*CHANGED_IN_REVIEW, AGREE)).when(on_the_new).events != []


def test_progress_is_recorded_once() -> None:
    given(irp, *history(*ACTIVE, progress())).when(progress()).then_nothing_new()
    given(irp, *history(*ACTIVE, progress(), retract_progress())).when(progress()).then_nothing_new()


def test_progress_belongs_to_a_goal_of_the_plan() -> None:
    given(irp, *history(*ACTIVE)).when(progress(goal=2)).then_refused("an-existing-goal")


def test_progress_on_a_removed_goal_is_refused() -> None:
    removed = history(*IN_REVIEW, remove())
    given(irp, *removed).when(progress()).then_refused("a-removed-goal-is-not-pursued")


def test_corrected_progress_says_what_it_should_have_said() -> None:
    earlier = datetime(2025, 3, 2, 9, tzinfo=UTC)
    correction = correct_progress().model_copy(update={"happened_at": earlier})
    given(irp, *history(*ACTIVE, progress())).when(correction).then(
        GoalProgressCorrected(
            decision=correction.decision,
            corrects=event_id(21),
            happened_at=earlier,
            goal_id=goal_id(1),
            outcome=GoalOutcome.NOT,
            note="What it should have said.",
        )
    )


def test_a_correction_of_progress_is_dated_in_a_time_zone() -> None:
    said = correct_progress().model_dump() | {"happened_at": "2025-03-02T09:00:00"}
    with pytest.raises(ValidationError, match="happened_at"):
        CorrectGoalProgress.model_validate(said)


def test_progress_is_corrected_once_in_the_same_words() -> None:
    corrected = history(*ACTIVE, progress(), progress(2), correct_progress(), correct_progress(2))
    given(irp, *corrected).when(correct_progress()).then_nothing_new()


def test_a_correction_names_the_progress_it_corrects() -> None:
    active = history(*ACTIVE, achieve())
    given(irp, *active).when(correct_progress()).then_refused("a-correction-names-what-it-corrects")
    given(irp, *active).when(retract_progress()).then_refused("a-correction-names-what-it-corrects")


def test_corrected_progress_belongs_to_a_goal_of_the_plan() -> None:
    recorded = history(*ACTIVE, progress())
    given(irp, *recorded).when(correct_progress(goal=2)).then_refused("an-existing-goal")


def test_progress_can_be_retracted_once() -> None:
    retraction = retract_progress()
    given(irp, *history(*ACTIVE, progress())).when(retraction).then(
        GoalProgressRetracted(decision=retraction.decision, corrects=event_id(21))
    )
    given(irp, *history(*ACTIVE, progress(), retraction)).when(retraction).then_nothing_new()


def test_what_was_retracted_stays_retracted() -> None:
    retracted = history(*ACTIVE, progress(), retract_progress())
    given(irp, *retracted).when(correct_progress()).then_refused("what-was-retracted-stays-retracted")


def test_a_goal_is_achieved_once() -> None:
    given(irp, *history(*ACTIVE)).when(achieve()).then(
        GoalAchieved(decision=achieve().decision, event_id=event_id(31), goal_id=goal_id(1))
    )
    given(irp, *history(*ACTIVE, achieve())).when(achieve()).then_nothing_new()
    given(irp, *history(*ACTIVE, achieve())).when(achieve(known_as=2)).then_nothing_new()


@pytest.mark.parametrize("path", [DRAFTED, PROPOSED])
def test_an_achieved_goal_was_agreed(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(achieve()).then_refused("agreed-before-worked-on")


def test_an_achieved_goal_is_in_the_plan() -> None:
    given(irp, *history(*ACTIVE)).when(achieve(2)).then_refused("an-existing-goal")
    removed = history(*IN_REVIEW, remove())
    given(irp, *removed).when(achieve()).then_refused("a-removed-goal-is-not-pursued")


def test_an_achievement_called_by_mistake_is_retracted_once() -> None:
    retraction = retract_achievement()
    given(irp, *history(*ACTIVE, achieve())).when(retraction).then(
        GoalAchievementRetracted(decision=retraction.decision, corrects=event_id(31), goal_id=goal_id(1))
    )
    given(irp, *history(*ACTIVE, achieve(), retraction)).when(retraction).then_nothing_new()


def test_a_retraction_names_the_achievement_it_takes_back() -> None:
    recorded = history(*ACTIVE, progress(), retract_progress())
    other = RetractGoalAchievement(decision=decision(), corrects=event_id(21))
    given(irp, *recorded).when(other).then_refused("a-correction-names-what-it-corrects")


def test_a_goal_whose_achievement_was_a_mistake_can_be_achieved_later() -> None:
    mistaken = history(*ACTIVE, achieve(), retract_achievement())
    given(irp, *mistaken).when(achieve()).then_nothing_new()
    later = achieve(known_as=2)
    given(irp, *mistaken).when(later).then(
        GoalAchieved(decision=later.decision, event_id=event_id(32), goal_id=goal_id(1))
    )


# --- reviews ----------------------------------------------------------------------------------------------


def test_an_active_plan_is_reviewed() -> None:
    given(irp, *history(*ACTIVE)).when(REVIEW).then(IrpReviewStarted(reason="due"))
    given(irp, *history(*IN_REVIEW)).when(REVIEW).then_nothing_new()


@pytest.mark.parametrize("path", [(), DRAFTED, PROPOSED, AGREED, (*ACTIVE, CLOSE_ENDED)])
def test_only_an_active_plan_is_reviewed(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(REVIEW).then_refused("an-active-plan-is-reviewed")


def test_a_review_may_keep_the_plan() -> None:
    given(irp, *history(*IN_REVIEW)).when(KEPT).then(
        IrpReviewed(decision=KEPT.decision, outcome=ReviewOutcome.KEPT, next_review_on=IN_JUNE)
    )


@pytest.mark.parametrize("change", [need(2), goal(2), step(2)])
def test_a_review_that_changed_the_plan_cannot_say_it_was_kept(change: IrpCommand) -> None:
    changed = history(*IN_REVIEW, change)
    given(irp, *changed).when(KEPT).then_refused("a-review-says-what-it-did")
    assert status_after(*IN_REVIEW, change, CHANGED) is Status.PROPOSED


def test_a_review_that_removed_a_goal_changed_the_plan() -> None:
    two_goals = (*DRAFTED, goal(2), PROPOSE, AGREE, START, REVIEW, remove(2))
    given(irp, *history(*two_goals)).when(KEPT).then_refused("a-review-says-what-it-did")


def test_a_review_that_changed_nothing_cannot_say_it_did() -> None:
    given(irp, *history(*IN_REVIEW)).when(CHANGED).then_refused("a-review-says-what-it-did")
    worked_on = history(*IN_REVIEW, step_is(StepStatus.DONE), progress(), achieve(), CORRECT_NEED)
    given(irp, *worked_on).when(CHANGED).then_refused("a-review-says-what-it-did")


def test_a_reviewed_plan_still_has_a_goal() -> None:
    emptied = history(*IN_REVIEW, remove())
    given(irp, *emptied).when(CHANGED).then_refused("a-plan-has-a-goal")


def test_a_review_names_the_next_one() -> None:
    today = KEPT.model_copy(update={"next_review_on": MONDAY})
    given(irp, *history(*IN_REVIEW)).when(today).then_refused("the-next-review-lies-ahead")


@pytest.mark.parametrize("path", [(), DRAFTED, ACTIVE, CHANGED_IN_REVIEW, (*ACTIVE, CLOSE_ENDED)])
def test_a_review_is_concluded_once_and_after_it_began(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(KEPT).then_refused("under-review-first")
    given(irp, *history(*path)).when(CHANGED).then_refused("under-review-first")


def test_a_changed_plan_is_active_once_the_participant_agrees_again() -> None:
    assert status_after(*CHANGED_IN_REVIEW) is Status.PROPOSED
    assert status_after(*CHANGED_IN_REVIEW, AGREE) is Status.ACTIVE


def test_a_declined_change_goes_back_to_review() -> None:
    declined = (*CHANGED_IN_REVIEW, DECLINE)
    assert status_after(*declined) is Status.UNDER_REVIEW
    given(irp, *history(*declined)).when(KEPT).then_refused("a-review-says-what-it-did")
    assert status_after(*declined, remove(2), CHANGED, AGREE) is Status.ACTIVE


def test_the_next_review_of_an_agreed_change_starts_from_what_was_agreed() -> None:
    assert status_after(*CHANGED_IN_REVIEW, AGREE, REVIEW, KEPT) is Status.ACTIVE


CHANGES: list[IrpCommand] = [need(3), goal(3), step(3), remove()]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("path", [DRAFTED, IN_REVIEW, (*PROPOSED, DECLINE), (*CHANGED_IN_REVIEW, DECLINE)])
def test_a_plan_changes_in_drafting_or_review(path: tuple[IrpCommand, ...], change: IrpCommand) -> None:
    assert given(irp, *history(*path)).when(change).events != []


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("path", [PROPOSED, AGREED, (*AGREED, APPROVE), ACTIVE])
def test_a_plan_does_not_change_otherwise(path: tuple[IrpCommand, ...], change: IrpCommand) -> None:
    given(irp, *history(*path)).when(change).then_refused("a-plan-changes-in-drafting-or-review")


# --- the end ----------------------------------------------------------------------------------------------


def test_a_plan_is_achieved_when_every_remaining_goal_is() -> None:
    given(irp, *history(*ACTIVE, achieve())).when(CLOSE_ACHIEVED).then(
        IrpClosed(decision=CLOSE_ACHIEVED.decision, outcome=ClosedAs.ACHIEVED)
    )
    two = history(*DRAFTED, goal(2), PROPOSE, AGREE, START, achieve())
    given(irp, *two).when(CLOSE_ACHIEVED).then_refused("achieved-when-every-goal-is")


def test_a_removed_goal_need_not_be_achieved() -> None:
    one_left = (*DRAFTED, goal(2), PROPOSE, AGREE, START, achieve(), REVIEW, remove(2), CHANGED, AGREE)
    assert status_after(*one_left, CLOSE_ACHIEVED) is Status.CLOSED


def test_a_mistaken_achievement_does_not_close_a_plan() -> None:
    mistaken = history(*ACTIVE, achieve(), retract_achievement())
    given(irp, *mistaken).when(CLOSE_ACHIEVED).then_refused("achieved-when-every-goal-is")


@pytest.mark.parametrize("path", [DRAFTED, PROPOSED, (*AGREED, achieve()), (*ACTIVE, achieve(), REVIEW)])
def test_only_an_active_plan_is_achieved(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(CLOSE_ACHIEVED).then_refused("an-active-plan-is-achieved")


@pytest.mark.parametrize("path", [(DRAFT,), DRAFTED, PROPOSED, AGREED, ACTIVE, IN_REVIEW])
def test_a_plan_may_end_at_any_time(path: tuple[IrpCommand, ...]) -> None:
    given(irp, *history(*path)).when(CLOSE_ENDED).then(
        IrpClosed(decision=CLOSE_ENDED.decision, outcome=ClosedAs.ENDED)
    )


def test_a_plan_is_closed_once() -> None:
    closed = history(*ACTIVE, achieve(), CLOSE_ENDED)
    given(irp, *closed).when(CLOSE_ENDED).then_nothing_new()
    given(irp, *closed).when(CLOSE_ACHIEVED).then_refused("nothing-changes-after-the-end")


def test_a_plan_is_superseded_once() -> None:
    given(irp, *history(*ACTIVE)).when(SUPERSEDE).then(IrpSuperseded(by=NEXT_IRP))
    superseded = history(*ACTIVE, SUPERSEDE)
    given(irp, *superseded).when(SUPERSEDE).then_nothing_new()
    given(irp, *superseded).when(SupersedeIrp(by=IRP)).then_refused("nothing-changes-after-the-end")


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
@pytest.mark.parametrize("end", [CLOSE_ENDED, SUPERSEDE])
def test_nothing_changes_after_the_end(end: IrpCommand, command: IrpCommand) -> None:
    given(irp, *history(*ACTIVE, end)).when(command).then_refused("nothing-changes-after-the-end")


def test_a_closed_plan_is_not_superseded_nor_a_superseded_one_closed() -> None:
    closed, superseded = history(*ACTIVE, CLOSE_ENDED), history(*ACTIVE, SUPERSEDE)
    given(irp, *closed).when(SUPERSEDE).then_refused("nothing-changes-after-the-end")
    given(irp, *superseded).when(CLOSE_ENDED).then_refused("nothing-changes-after-the-end")


@pytest.mark.parametrize("command", [*WORK, CLOSE_ENDED, SUPERSEDE])
def test_a_plan_is_drafted_first(command: IrpCommand) -> None:
    given(irp).when(command).then_refused("drafted-first")


# --- what holds whatever the rules ------------------------------------------------------------------------


def test_a_history_without_its_goals_still_gives_a_state() -> None:
    full = history(*ACTIVE, progress(), correct_progress(), retract_progress(), achieve(), REVIEW, KEPT)
    without = [event for event in full if not isinstance(event, GoalAdded | NeedIdentified | StepAdded)]
    assert fold(irp, without).status is Status.ACTIVE


FORMING = [
    *(DRAFT, need(1), need(2), need(2, known_as=1), goal(1), goal(2, for_need=2), goal(2)),
    *(step(1), step(2, for_goal=2), remove(1), remove(2), CORRECT_NEED),
    *(proposed_without(story_confirmed=None), PROPOSE, AGREE, AGREE, DECLINE, APPROVE, START),
]
WORKING = [
    *(step_is(status, number) for status in StepStatus for number in (1, 2)),
    *(ask(number) for ask in (progress, correct_progress, retract_progress) for number in (1, 2)),
    *(ask(number) for ask in (achieve, retract_achievement) for number in (1, 2)),
    achieve(1, known_as=3),
    progress(3, goal=2),
    correct_progress(1, goal=2),
]
REVIEWING = [REVIEW, KEPT, CHANGED]
ENDING = [CLOSE_ACHIEVED, CLOSE_ENDED, SUPERSEDE]
LIVING = one_of_these(*FORMING, *WORKING, *REVIEWING, *REVIEWING, DECLINE, AGREE)
TestLawsOfFormingAPlan = machine(irp, LIVING).TestCase
TestLawsOfAnActivePlan = machine(irp, LIVING, history(*ACTIVE)).TestCase
TestLawsOfTheEnd = machine(irp, one_of_these(*WORKING, *ENDING), history(*ACTIVE)).TestCase
