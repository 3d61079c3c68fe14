"""`assessments`: what a competent person found, with which instrument."""

from __future__ import annotations

from typing import Annotated

from scp_cli.importing.cells import AsCode, Codes, CodeWord, Scores, Staff
from scp_cli.importing.desk import Desk, Step
from scp_cli.importing.sheets.row import CorrectableRow
from scp_events import policy
from scp_events.aggregates import participant
from scp_events.aggregates.participant import (
    AssessmentCompleted,
    CorrectAssessment,
    Findings,
    RecordAssessment,
    RiskLevel,
)
from scp_events.vocabulary import Citation


class AssessmentRow(CorrectableRow):
    """One assessment, or with `corrects` the same one as it should have read."""

    NAME = "assessments"

    assessed_by: Staff
    instrument: CodeWord
    instrument_version: Citation
    risk_level: Annotated[RiskLevel, AsCode]
    needs: Codes = ()
    scores: Scores = ()

    def steps(self, desk: Desk) -> list[Step]:
        """An assessment is recorded or corrected."""
        case_id = desk.case(self.case)
        if self.corrects:
            correct = CorrectAssessment(
                **self.corrected(AssessmentCompleted, desk, case_id), **self._findings().model_dump()
            )
            return [
                self.step(participant, case_id, case_id, correct, by=self.decided_by, at=self.corrected_at)
            ]
        record = RecordAssessment(
            event_id=self.event_id,
            instrument=self.instrument,
            instrument_version=self.instrument_version,
            assessed_by=self.assessed_by,
            assessed_on=self.happened_on,
            policy_version=policy.CURRENT.version,
            **self._findings().model_dump(),
        )
        return [self.step(participant, case_id, case_id, record, by=self.assessed_by)]

    def _findings(self) -> Findings:
        return Findings(domain_scores=self.scores, needs_identified=self.needs, risk_level=self.risk_level)
