"""Plans, as several tests tell of them: the commands, and how far some of them bring a plan."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from scp_events.aggregates import irp
from scp_events.aggregates.assessment.events import AssessmentCompleted, RiskLevel
from scp_events.aggregates.engagement.events import BoundariesAgreed, StoryConfirmed, StoryRecorded
from scp_events.aggregates.irp.commands import (
    AchieveGoal,
    AddGoal,
    AddStep,
    AgreeToIrp,
    ApproveIrp,
    ChangeStepStatus,
    CloseIrp,
    ConcludeIrpReview,
    DeclineIrp,
    IdentifyNeed,
    IrpCommand,
    ProposeIrp,
    RecordGoalProgress,
    RemoveGoal,
    StartIrp,
    StartIrpDraft,
    StartIrpReview,
)
from scp_events.aggregates.irp.events import (
    ClosedAs,
    GoalId,
    GoalOutcome,
    NeedId,
    Priority,
    Responsible,
    ReviewOutcome,
    StepId,
    StepStatus,
)
from scp_events.scenario import Told, known_as, perform
from scp_events.vocabulary import Event
from tests.words import FRIDAY, KEY_WORKER, OTHER_KEY_WORKER, decision, event_id, grounds

STORY, BOUNDARIES, ASSESSMENT, CONFIRMED = event_id(1), event_id(2), event_id(3), event_id(4)
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


def achieve(number: int = 1, *, known_as: int | None = None) -> AchieveGoal:
    return AchieveGoal(
        decision=grounds(), event_id=event_id(30 + (known_as or number)), goal_id=goal_id(number)
    )


def remove(number: int = 1) -> RemoveGoal:
    return RemoveGoal(decision=grounds(), goal_id=goal_id(number))


def review(outcome: ReviewOutcome) -> ConcludeIrpReview:
    return ConcludeIrpReview(decision=grounds(), outcome=outcome, next_review_on=IN_JUNE)


def close(outcome: ClosedAs) -> CloseIrp:
    return CloseIrp(decision=grounds(), outcome=outcome)


DRAFT = StartIrpDraft(contributors=CONTRIBUTORS)
PROPOSE = ProposeIrp(contributors=CONTRIBUTORS)
AGREE = AgreeToIrp(in_their_words="I want this.")
DECLINE = DeclineIrp(in_their_words="Not like this.")
APPROVE = ApproveIrp(decision=grounds())
START = StartIrp(next_review_on=IN_JUNE)
REVIEW = StartIrpReview(reason="due")
KEPT, CHANGED = review(ReviewOutcome.KEPT), review(ReviewOutcome.CHANGED)
CLOSE_ACHIEVED, CLOSE_ENDED = close(ClosedAs.ACHIEVED), close(ClosedAs.ENDED)
DRAFTED: tuple[IrpCommand, ...] = (DRAFT, need(), goal(), step())
PROPOSED: tuple[IrpCommand, ...] = (*DRAFTED, PROPOSE)
AGREED: tuple[IrpCommand, ...] = (*PROPOSED, AGREE)
ACTIVE: tuple[IrpCommand, ...] = (*AGREED, START)
IN_REVIEW: tuple[IrpCommand, ...] = (*ACTIVE, REVIEW)
CHANGED_IN_REVIEW: tuple[IrpCommand, ...] = (*IN_REVIEW, goal(2), CHANGED)

BOUNDARIES_AGREED = BoundariesAgreed(
    decision=decision(KEY_WORKER), agreed_with=KEY_WORKER, boundaries="Invented boundaries."
)
STORY_TOLD = StoryRecorded(event_id=STORY, story="An invented story.", told_to=KEY_WORKER)
STORY_CONFIRMED = StoryConfirmed(
    confirmed_to=KEY_WORKER, stories=(STORY,), contacts=(), policy_version="2025.1"
)
ASSESSED = AssessmentCompleted(
    event_id=ASSESSMENT,
    assessed_by=KEY_WORKER,
    instrument="example-screening",
    instrument_version="2",
    domain_scores=(),
    needs_identified=("housing",),
    risk_level=RiskLevel.MEDIUM,
    policy_version="2025.1",
)
FOUNDATION: tuple[Told, ...] = (
    known_as(BOUNDARIES, BOUNDARIES_AGREED),
    known_as(STORY, STORY_TOLD),
    known_as(CONFIRMED, STORY_CONFIRMED),
    known_as(ASSESSMENT, ASSESSED),
)
"""What a plan is founded on, in the streams where it happened."""

Path = tuple[IrpCommand, ...]


def history(*commands: IrpCommand) -> list[Event]:
    """Return what the commands decide, one after the other, on that foundation."""
    return perform(irp, *commands, knowing=FOUNDATION)
