"""`key-workers`: who answers for a young person from when on, and hand-overs between key workers."""

from __future__ import annotations

from typing import Annotated, Literal

from scp_events.aggregates.engagement import CATEGORY
from scp_events.aggregates.engagement.commands import AssignKeyWorker, HandOver
from scp_events.importing.cells import AsCode, Staff, required
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import CaseId, Text, the_one


class KeyWorkerRow(CorrectableRow):
    """One assignment or hand-over; with `corrects`, as it should have read."""

    NAME = "key-workers"

    kind: Annotated[Literal["assigned", "handed-over"], AsCode]
    """Whether it is the first assignment or a hand-over."""
    key_worker: Staff
    """For a hand-over, the new one."""
    handover_note: Text | None = None
    """Of a hand-over: what the next one should know."""
    decided_by: Staff
    """Who decided and answers for it: a code from `staff`."""

    def steps(self, desk: Desk) -> list[Step]:
        """Whoever decides it answers for it."""
        case_id = desk.case(self.case)
        if self.corrects:
            return [self.corrected(desk, case_id, self._command(desk, case_id))]
        stream = the_one(CATEGORY, case_id)
        return [self.step(stream, case_id, self._command(desk, case_id), by=self.decided_by)]

    def _command(self, desk: Desk, case_id: CaseId) -> AssignKeyWorker | HandOver:
        decision = self.grounds(desk, case_id)
        if self.kind == "assigned":
            return AssignKeyWorker(decision=decision, key_worker=self.key_worker)
        note = required(self.handover_note, "handover_note")
        return HandOver(decision=decision, to_key_worker=self.key_worker, handover_note=note)
