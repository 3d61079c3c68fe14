"""`plans`: what a young person and their key workers set out to do, and what the young person said to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from scp_events.aggregates.irp import CATEGORY
from scp_events.aggregates.irp.commands import (
    AddGoal,
    AddStep,
    AgreeToIrp,
    ApproveIrp,
    DeclineIrp,
    IdentifyNeed,
    IrpCommand,
    ProposeIrp,
    StartIrp,
    StartIrpDraft,
)
from scp_events.aggregates.irp.events import (
    GoalAdded,
    GoalId,
    IrpDraftStarted,
    NeedId,
    NeedIdentified,
    Priority,
    Responsible,
    StepId,
)
from scp_events.importing.cells import (
    AsCode,
    CodeWord,
    Day,
    RowId,
    RowIds,
    SeveralStaff,
    Staff,
    required,
)
from scp_events.importing.desk import Desk, Step, part_id
from scp_events.importing.sheets.row import EVIDENCE, CorrectableRow
from scp_events.vocabulary import CaseId, EventId, PersonId, Stream, Text


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
    """One line of a plan; with `corrects`, as it should have read."""

    NAME = "plans"

    kind: Annotated[Kind, AsCode]
    """What was done to the plan."""
    staff: SeveralStaff
    """The key workers whose work the line is; the first of them wrote it down."""
    plan: RowId | None = None
    """The row of the plan's draft. Blank on the draft itself."""
    about: RowId | None = None
    """Of a goal, the row of its need; of a step, the row of its goal."""
    domain: CodeWord | None = None
    """Of a need: the area of life, as a code."""
    priority: Annotated[Priority, AsCode] | None = None
    """Of a need: how much it matters."""
    text: Text | None = None
    """The need, goal or step; or what the young person said to the plan, in their words."""
    evidence: RowIds = ()
    """Of a need: the rows it was seen in, parted by semicolons."""
    due_on: Day | None = None
    """Of a goal, its target; of a step, when it is to be done; of a start, the first review."""
    responsible: Annotated[Responsible, AsCode] | None = None
    """Of a step: whose it is."""
    responsible_person: Staff | None = None
    """Of a step: which member of staff, where it is theirs."""

    def steps(self, desk: Desk) -> list[Step]:
        """Every kind is one command."""
        case_id = desk.case(self.case)
        command = self._command(desk, case_id)
        if self.corrects:
            return [self.corrected(desk, case_id, command)]
        author = self.decided_by or required(self.staff, "staff")[0]
        return [self.step(self._plan(desk, case_id), case_id, command, by=author)]

    def _plan(self, desk: Desk, case_id: CaseId) -> Stream:
        if self.kind is Kind.DRAFT:
            return desk.stream_of(CATEGORY, self.NAME, self.row)
        return desk.find(IrpDraftStarted, case_id, "plan", required(self.plan, "plan"), self.NAME).stream

    def _command(self, desk: Desk, case_id: CaseId) -> IrpCommand:  # noqa: PLR0911 - one case a kind
        match self.kind:
            case Kind.DRAFT:
                return StartIrpDraft(contributors=self._authors())
            case Kind.NEED:
                return self._need(desk, case_id)
            case Kind.GOAL:
                return self._goal(desk, case_id)
            case Kind.STEP:
                return self._step(desk, case_id)
            case Kind.PROPOSED:
                return ProposeIrp(contributors=self._authors())
            case Kind.AGREED:
                return AgreeToIrp(in_their_words=self._text())
            case Kind.DECLINED:
                return DeclineIrp(in_their_words=self._text())
            case Kind.APPROVED:
                return ApproveIrp(decision=self.grounds(desk, case_id))
            case Kind.STARTED:
                return StartIrp(next_review_on=required(self.due_on, "due_on"))

    def _need(self, desk: Desk, case_id: CaseId) -> IdentifyNeed:
        return IdentifyNeed(
            event_id=None if self.corrects else self.event_id,
            need_id=NeedId(self._part(desk, case_id)),
            domain=required(self.domain, "domain"),
            description=self._text(),
            evidence=self._evidence(desk, case_id),
            priority=required(self.priority, "priority"),
        )

    def _goal(self, desk: Desk, case_id: CaseId) -> AddGoal:
        about = required(self.about, "about")
        return AddGoal(
            goal_id=GoalId(self._part(desk, case_id)),
            need_id=desk.find(NeedIdentified, case_id, "about", about, self.NAME).event.need_id,
            description=self._text(),
            target_date=required(self.due_on, "due_on"),
        )

    def _step(self, desk: Desk, case_id: CaseId) -> AddStep:
        about = required(self.about, "about")
        person = self.responsible_person
        return AddStep(
            step_id=StepId(self._part(desk, case_id)),
            goal_id=desk.find(GoalAdded, case_id, "about", about, self.NAME).event.goal_id,
            description=self._text(),
            responsible=required(self.responsible, "responsible"),
            responsible_person=person.id if person else None,
            due_on=self.due_on,
        )

    def _part(self, desk: Desk, case_id: CaseId) -> UUID:
        """Return the id of the need, goal or step; of a correction, that of the row it corrects."""
        if self.corrects is None:
            return self.part_id
        desk.recorded(case_id, "corrects", self.corrects, self.NAME)
        return part_id(self.NAME, self.corrects)

    def _text(self) -> str:
        return required(self.text, "text")

    def _authors(self) -> tuple[PersonId, ...]:
        return tuple(author.id for author in required(self.staff, "staff"))

    def _evidence(self, desk: Desk, case_id: CaseId) -> tuple[EventId, ...]:
        return tuple(desk.evidence(case_id, "evidence", row, EVIDENCE) for row in self.evidence)
