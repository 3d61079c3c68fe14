"""`plans`: what a young person and their key workers set out to do, and what the young person said to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import uuid4

from scp_cli.importing.cells import AsCode, CodeWord, Day, RowId, RowIds, SeveralStaff, Staff, required
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.sheets.row import EVIDENCE, CorrectableRow
from scp_events.aggregates import irp
from scp_events.aggregates.irp import (
    AddGoal,
    AddStep,
    AgreeToIrp,
    ApproveIrp,
    CorrectNeed,
    DeclineIrp,
    Evidence,
    GoalAdded,
    GoalId,
    IdentifyNeed,
    IrpCommand,
    IrpDraftStarted,
    NeedId,
    NeedIdentified,
    Priority,
    ProposeIrp,
    Responsible,
    StartIrp,
    StartIrpDraft,
    StepId,
)
from scp_events.vocabulary import EventId, IrpId, ParticipantId, PersonId, Text


class Kind(StrEnum):
    """What was done to the plan."""

    DRAFT = "draft"
    NEED = "need"
    GOAL = "goal"
    STEP = "step"
    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    APPROVED = "approved"
    STARTED = "started"


class PlanRow(CorrectableRow):
    """One line of a plan. `corrects` is for a need."""

    NAME = "plans"

    kind: Annotated[Kind, AsCode]
    staff: SeveralStaff
    """The key workers whose work the line is; the first of them wrote it down."""
    plan: RowId | None = None
    """The row of the plan's draft. Blank on the draft itself."""
    about: RowId | None = None
    """Of a goal, the row of its need; of a step, the row of its goal."""
    domain: CodeWord | None = None
    priority: Annotated[Priority, AsCode] | None = None
    text: Text | None = None
    """The need, goal or step; or what the young person said to the plan, in their words."""
    evidence: RowIds = ()
    due_on: Day | None = None
    """Of a goal, its target; of a step, when it is to be done; of a start, the first review."""
    responsible: Annotated[Responsible, AsCode] | None = None
    responsible_person: Staff | None = None

    def steps(self, desk: Desk) -> list[Step]:
        """Every kind is one command."""
        case_id = desk.case(self.case)
        author = required(self.staff, "staff")[0]
        if self.corrects:
            command: IrpCommand = self._correction(desk, case_id)
            return [
                self.step(irp, self._plan(desk, case_id), case_id, command, by=author, at=self.corrected_at)
            ]
        command = self._command(desk, case_id)
        return [self.step(irp, self._plan(desk, case_id), case_id, command, by=author)]

    def _plan(self, desk: Desk, case_id: ParticipantId) -> IrpId:
        if self.kind is Kind.DRAFT:
            found = desk.stream_of(self.NAME, self.row)
            return IrpId(found.id if found else uuid4())
        draft = desk.find(IrpDraftStarted, case_id, "plan", required(self.plan, "plan"), self.NAME)
        return IrpId(draft.stream.id)

    def _command(self, desk: Desk, case_id: ParticipantId) -> IrpCommand:  # noqa: PLR0911 - one case a kind
        match self.kind:
            case Kind.DRAFT:
                return StartIrpDraft(participant_id=case_id, plan_version=1, contributors=self._authors())
            case Kind.NEED:
                return self._need(desk, case_id)
            case Kind.GOAL:
                return self._goal(desk, case_id)
            case Kind.STEP:
                return self._step(desk, case_id)
            case Kind.PROPOSED:
                return ProposeIrp(evidence=Evidence(), contributors=self._authors())
            case Kind.AGREED:
                return AgreeToIrp(in_their_words=self._text())
            case Kind.DECLINED:
                return DeclineIrp(in_their_words=self._text())
            case Kind.APPROVED:
                return ApproveIrp(decision=self.decision(desk, case_id))
            case Kind.STARTED:
                return StartIrp(started_on=self.happened_on, next_review_on=required(self.due_on, "due_on"))

    def _need(self, desk: Desk, case_id: ParticipantId) -> IdentifyNeed:
        return IdentifyNeed(
            event_id=self.event_id,
            need_id=NeedId(self.part_id),
            domain=required(self.domain, "domain"),
            description=self._text(),
            evidence=self._evidence(desk, case_id),
            priority=required(self.priority, "priority"),
        )

    def _correction(self, desk: Desk, case_id: ParticipantId) -> CorrectNeed:
        return CorrectNeed(
            **self.corrected(NeedIdentified, desk, case_id),
            domain=required(self.domain, "domain"),
            description=self._text(),
            evidence=self._evidence(desk, case_id),
            priority=required(self.priority, "priority"),
        )

    def _goal(self, desk: Desk, case_id: ParticipantId) -> AddGoal:
        about = required(self.about, "about")
        return AddGoal(
            goal_id=GoalId(self.part_id),
            need_id=desk.find(NeedIdentified, case_id, "about", about, self.NAME).event.need_id,
            description=self._text(),
            target_date=required(self.due_on, "due_on"),
        )

    def _step(self, desk: Desk, case_id: ParticipantId) -> AddStep:
        about = required(self.about, "about")
        person = self.responsible_person
        return AddStep(
            step_id=StepId(self.part_id),
            goal_id=desk.find(GoalAdded, case_id, "about", about, self.NAME).event.goal_id,
            description=self._text(),
            responsible=required(self.responsible, "responsible"),
            responsible_person=person.id if person else None,
            due_on=self.due_on,
        )

    def _text(self) -> str:
        return required(self.text, "text")

    def _authors(self) -> tuple[PersonId, ...]:
        return tuple(author.id for author in required(self.staff, "staff"))

    def _evidence(self, desk: Desk, case_id: ParticipantId) -> tuple[EventId, ...]:
        return tuple(desk.evidence(case_id, "evidence", row, EVIDENCE) for row in self.evidence)
