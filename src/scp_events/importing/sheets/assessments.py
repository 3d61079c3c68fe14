"""`assessments`: what a competent person found, with which instrument."""

from __future__ import annotations

from typing import Annotated

from scp_events.aggregates.assessment import CATEGORY
from scp_events.aggregates.assessment.commands import CompleteAssessment
from scp_events.aggregates.assessment.events import RiskLevel
from scp_events.importing.cells import AsCode, Codes, CodeWord, Scores, Staff
from scp_events.importing.desk import Desk, Step
from scp_events.importing.sheets.row import CorrectableRow
from scp_events.vocabulary import Citation


class AssessmentRow(CorrectableRow):
    """One assessment, or with `corrects` the same one as it should have read."""

    NAME = "assessments"

    assessed_by: Staff
    """Who assessed; `staff` says that they hold `needs-assessment`."""
    instrument: CodeWord
    """With what, as a code. None is built in."""
    instrument_version: Citation
    """Which edition of it."""
    risk_level: Annotated[RiskLevel, AsCode]
    """The level it came to."""
    needs: Codes = ()
    """The areas of life in which needs were found, parted by semicolons."""
    scores: Scores = ()
    """Such as `housing=2; peers=3.5`."""

    def steps(self, desk: Desk) -> list[Step]:
        """An assessment is recorded or corrected."""
        case_id = desk.case(self.case)
        if self.corrects:
            return [self.corrected(desk, case_id, self._assessment(desk))]
        stream = desk.stream_of(CATEGORY, self.NAME, self.row)
        return [self.step(stream, case_id, self._assessment(desk), by=self.assessed_by)]

    def _assessment(self, desk: Desk) -> CompleteAssessment:
        return CompleteAssessment(
            event_id=None if self.corrects else self.event_id,
            instrument=self.instrument,
            instrument_version=self.instrument_version,
            policy_version=desk.policy_on(self.happened_on),
            domain_scores=self.scores,
            needs_identified=self.needs,
            risk_level=self.risk_level,
        )
