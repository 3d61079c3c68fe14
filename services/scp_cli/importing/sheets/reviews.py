"""`reviews`: how the goals and steps of a plan stand, and what reviews did to the plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from scp_cli.importing.cells import AsCode, CodeWord, Day, RowId, Staff, choice, required
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.sheets.row import CorrectableRow
from scp_events.aggregates import irp
from scp_events.aggregates.irp import (
    AchieveGoal,
    ChangeStepStatus,
    ClosedAs,
    CloseIrp,
    ConcludeIrpReview,
    CorrectGoalProgress,
    GoalAdded,
    GoalId,
    GoalOutcome,
    GoalProgressRecorded,
    IrpCommand,
    IrpDraftStarted,
    RecordGoalProgress,
    ReviewOutcome,
    StartIrpReview,
    StepAdded,
    StepStatus,
)
from scp_events.vocabulary import ParticipantId, Text


class Kind(StrEnum):
    """What was looked at, or decided."""

    PROGRESS = "progress"
    STEP_STATUS = "step-status"
    GOAL_ACHIEVED = "goal-achieved"
    REVIEW_STARTED = "review-started"
    REVIEWED = "reviewed"
    CLOSED = "closed"


class ReviewRow(CorrectableRow):
    """One look at a plan, or one decision about it. `corrects` is for progress."""

    NAME = "reviews"

    kind: Annotated[Kind, AsCode]
    staff: Staff
    plan: RowId
    about: RowId | None = None
    """The row of the goal, or of the step."""
    outcome: CodeWord | None = None
    """How the goal or step stands, what the review did, how the plan closed, or why it is reviewed."""
    text: Text | None = None
    next_review_on: Day | None = None

    def steps(self, desk: Desk) -> list[Step]:
        """Every kind is one command."""
        case_id = desk.case(self.case)
        plan = desk.find(IrpDraftStarted, case_id, "plan", self.plan, "plans").stream.id
        if self.corrects:
            command: IrpCommand = self._correction(desk, case_id)
            return [self.step(irp, plan, case_id, command, by=self.staff, at=self.corrected_at)]
        return [self.step(irp, plan, case_id, self._command(desk, case_id), by=self.staff)]

    def _command(self, desk: Desk, case_id: ParticipantId) -> IrpCommand:
        match self.kind:
            case Kind.PROGRESS:
                return RecordGoalProgress(
                    event_id=self.event_id,
                    goal_id=self._goal(desk, case_id),
                    outcome=choice(GoalOutcome, self.outcome, "outcome"),
                    note=required(self.text, "text"),
                )
            case Kind.STEP_STATUS:
                return self._step_status(desk, case_id)
            case Kind.REVIEW_STARTED:
                return StartIrpReview(reason=required(self.outcome, "outcome"))
        return self._decided(desk, case_id)

    def _step_status(self, desk: Desk, case_id: ParticipantId) -> ChangeStepStatus:
        about = required(self.about, "about")
        return ChangeStepStatus(
            step_id=desk.find(StepAdded, case_id, "about", about, "plans").event.step_id,
            status=choice(StepStatus, self.outcome, "outcome"),
            note=self.text,
        )

    def _decided(self, desk: Desk, case_id: ParticipantId) -> IrpCommand:
        decision = self.decision(desk, case_id, self.decided_by or self.staff)
        match self.kind:
            case Kind.GOAL_ACHIEVED:
                return AchieveGoal(
                    decision=decision, event_id=self.event_id, goal_id=self._goal(desk, case_id)
                )
            case Kind.CLOSED:
                return CloseIrp(decision=decision, outcome=choice(ClosedAs, self.outcome, "outcome"))
        return ConcludeIrpReview(
            decision=decision,
            outcome=choice(ReviewOutcome, self.outcome, "outcome"),
            reviewed_on=self.happened_on,
            next_review_on=required(self.next_review_on, "next_review_on"),
        )

    def _correction(self, desk: Desk, case_id: ParticipantId) -> CorrectGoalProgress:
        return CorrectGoalProgress(
            **self.corrected(GoalProgressRecorded, desk, case_id),
            goal_id=self._goal(desk, case_id),
            outcome=choice(GoalOutcome, self.outcome, "outcome"),
            note=required(self.text, "text"),
        )

    def _goal(self, desk: Desk, case_id: ParticipantId) -> GoalId:
        about = required(self.about, "about")
        return desk.find(GoalAdded, case_id, "about", about, "plans").event.goal_id
