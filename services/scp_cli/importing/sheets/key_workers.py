"""`key-workers`: who answers for a young person from when on, and hand-overs between key workers."""

from __future__ import annotations

from typing import Annotated, Literal

from scp_cli.importing.cells import AsCode, Staff, required
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.sheets.row import GroundedRow
from scp_events.aggregates import participant
from scp_events.aggregates.participant import AssignKeyWorker, HandOver
from scp_events.vocabulary import Text


class KeyWorkerRow(GroundedRow):
    """One assignment or hand-over."""

    NAME = "key-workers"

    kind: Annotated[Literal["assigned", "handed-over"], AsCode]
    key_worker: Staff
    """For a hand-over, the new one."""
    handover_note: Text | None = None
    decided_by: Staff

    def steps(self, desk: Desk) -> list[Step]:
        """Whoever decides it answers for it; how many others the key worker has is counted by `casework`."""
        case_id = desk.case(self.case)
        decision = self.decision(desk, case_id)
        command: AssignKeyWorker | HandOver
        if self.kind == "assigned":
            command = AssignKeyWorker(
                decision=decision,
                key_worker=self.key_worker,
                assigned_on=self.happened_on,
                caseload_of_new_worker=0,
            )
        else:
            command = HandOver(
                decision=decision,
                to_key_worker=self.key_worker,
                changed_on=self.happened_on,
                handover_note=required(self.handover_note, "handover_note"),
                caseload_of_new_worker=0,
            )
        return [self.step(participant, case_id, case_id, command, by=self.decided_by)]
