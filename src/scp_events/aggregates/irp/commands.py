"""An IRP: what doors offer. Whoever sends a command is who heard, decided or wrote it down."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.irp import events
from scp_events.aggregates.irp.events import (
    ClosedAs,
    Contributors,
    Goal,
    GoalId,
    GoalProgress,
    Need,
    NextReview,
    ReviewOutcome,
    Step,
    StepId,
    StepStatus,
)
from scp_events.vocabulary import (
    Code,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Narrative,
    members,
)


class StartIrpDraft(Command):
    """Begin a plan, or its next version."""

    RECORDS = events.IrpDraftStarted
    contributors: Contributors


class IdentifyNeed(IdentifiedCommand, Need):
    """Say what the young person needs, and where that was seen."""

    RECORDS = events.NeedIdentified


class AddGoal(Command, Goal):
    """Answer a need with a goal."""

    RECORDS = events.GoalAdded


class RemoveGoal(DecisionCommand):
    """Give a goal up."""

    RECORDS = events.GoalRemoved
    goal_id: GoalId


class AddStep(Command, Step):
    """Say what is to be done for a goal, and who does it."""

    RECORDS = events.StepAdded


class ChangeStepStatus(Command):
    """Say how far a step has come."""

    RECORDS = events.StepStatusChanged
    step_id: StepId
    status: StepStatus
    note: Narrative | None = None


class ProposeIrp(Command):
    """Put the plan to the young person."""

    RECORDS = events.IrpProposed
    contributors: Contributors


class AgreeToIrp(Command):
    """Record that the young person agrees, in their words. Earlier versions are superseded."""

    RECORDS = events.IrpAgreedByParticipant
    in_their_words: Narrative


class DeclineIrp(Command):
    """Record that the young person does not agree, in their words."""

    RECORDS = events.IrpAgreementDeclined
    in_their_words: Narrative


class ApproveIrp(DecisionCommand):
    """Approve what the young person agreed to."""

    RECORDS = events.IrpApproved


class StartIrp(Command):
    """Begin work on the plan, and say when it is looked at again."""

    RECORDS = events.IrpStarted
    next_review_on: NextReview


class RecordGoalProgress(IdentifiedCommand, GoalProgress):
    """Write down how a goal stands."""

    RECORDS = events.GoalProgressRecorded


class AchieveGoal(DecisionCommand, IdentifiedCommand):
    """Say that a goal is reached."""

    RECORDS = events.GoalAchieved
    goal_id: GoalId


class StartIrpReview(Command):
    """Look at the plan again."""

    RECORDS = events.IrpReviewStarted
    reason: Code


class ConcludeIrpReview(DecisionCommand):
    """Say what the review did to the plan, and when the next one is."""

    RECORDS = events.IrpReviewed
    outcome: ReviewOutcome
    next_review_on: NextReview


class CloseIrp(DecisionCommand):
    """Say that nothing more will be done under the plan."""

    RECORDS = events.IrpClosed
    outcome: ClosedAs


IrpCommand: TypeAlias = (
    StartIrpDraft
    | IdentifyNeed
    | AddGoal
    | RemoveGoal
    | AddStep
    | ChangeStepStatus
    | ProposeIrp
    | AgreeToIrp
    | DeclineIrp
    | ApproveIrp
    | StartIrp
    | RecordGoalProgress
    | AchieveGoal
    | StartIrpReview
    | ConcludeIrpReview
    | CloseIrp
)
COMMANDS: tuple[type[IrpCommand], ...] = members(IrpCommand)
