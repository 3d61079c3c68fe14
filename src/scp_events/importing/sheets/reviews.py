"""`reviews`: how the goals and steps of a plan stand, and what reviews did to the plan."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from scp_events.aggregates.irp.commands import (
    AchieveGoal,
    ChangeStepStatus,
    CloseIrp,
    ConcludeIrpReview,
    IrpCommand,
    RecordGoalProgress,
    StartIrpReview,
)
from scp_events.aggregates.irp.events import (
    ClosedAs,
    GoalAdded,
    GoalId,
    GoalOutcome,
    IrpDraftStarted,
    ReviewOutcome,
    StepAdded,
    StepStatus,
)
from scp_events.importing.cells import AsCode, CodeWord, Day, RowId, Staff, choice, required
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import CaseId, EventId, Text


class Kind(StrEnum):
    """What was looked at, or decided."""

    PROGRESS = "progress"
    STEP_STATUS = "step-status"
    GOAL_ACHIEVED = "goal-achieved"
    REVIEW_STARTED = "review-started"
    REVIEWED = "reviewed"
    CLOSED = "closed"


class ReviewRow(CorrectableRow):
    """One look at a plan, or one decision about it; with `corrects`, as it should have read."""

    NAME = "reviews"

    kind: Annotated[Kind, AsCode]
    """What was looked at, or decided."""
    staff: Staff
    """Who wrote it down; where `decided_by` is blank, also who decided."""
    plan: RowId
    """The row of the plan's draft."""
    about: RowId | None = None
    """The row of the goal, or of the step."""
    outcome: CodeWord | None = None
    """How the goal or step stands, what the review did, how the plan closed, or why it is reviewed."""
    text: Text | None = None
    """The note."""
    next_review_on: Day | None = None
    """Of a review: when the next one is."""

    def steps(self, desk: Desk) -> list[Step]:
        """Every kind is one command."""
        case_id = desk.case(self.case)
        plan = desk.find(IrpDraftStarted, case_id, "plan", self.plan, "plans").stream
        command = self._command(desk, case_id)
        if self.corrects:
            return [self.corrected(desk, case_id, command)]
        decides = hasattr(command, "decision") and self.decided_by is not None
        return [self.step(plan, case_id, command, by=self.decided_by if decides else self.staff)]

    def _command(self, desk: Desk, case_id: CaseId) -> IrpCommand:
        match self.kind:
            case Kind.PROGRESS:
                return RecordGoalProgress(
                    event_id=self._own_id(),
                    goal_id=self._goal(desk, case_id),
                    outcome=choice(GoalOutcome, self.outcome, "outcome"),
                    note=required(self.text, "text"),
                )
            case Kind.STEP_STATUS:
                return self._step_status(desk, case_id)
            case Kind.REVIEW_STARTED:
                return StartIrpReview(reason=required(self.outcome, "outcome"))
        return self._decided(desk, case_id)

    def _step_status(self, desk: Desk, case_id: CaseId) -> ChangeStepStatus:
        about = required(self.about, "about")
        return ChangeStepStatus(
            step_id=desk.find(StepAdded, case_id, "about", about, "plans").event.step_id,
            status=choice(StepStatus, self.outcome, "outcome"),
            note=self.text,
        )

    def _decided(self, desk: Desk, case_id: CaseId) -> IrpCommand:
        decision = self.grounds(desk, case_id)
        match self.kind:
            case Kind.GOAL_ACHIEVED:
                return AchieveGoal(
                    decision=decision, event_id=self._own_id(), goal_id=self._goal(desk, case_id)
                )
            case Kind.CLOSED:
                return CloseIrp(decision=decision, outcome=choice(ClosedAs, self.outcome, "outcome"))
        return ConcludeIrpReview(
            decision=decision,
            outcome=choice(ReviewOutcome, self.outcome, "outcome"),
            next_review_on=required(self.next_review_on, "next_review_on"),
        )

    def _own_id(self) -> EventId | None:
        return None if self.corrects else self.event_id

    def _goal(self, desk: Desk, case_id: CaseId) -> GoalId:
        about = required(self.about, "about")
        return desk.find(GoalAdded, case_id, "about", about, "plans").event.goal_id
