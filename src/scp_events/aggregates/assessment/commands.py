"""An assessment of a young person: what doors offer. Whoever sends a command is who assesses or decides."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.assessment import events
from scp_events.aggregates.assessment.events import Findings, Judgement
from scp_events.vocabulary import DecisionCommand, IdentifiedCommand, members


class CompleteAssessment(IdentifiedCommand, Findings):
    """Say what you found, with which instrument, considering what."""

    RECORDS = events.AssessmentCompleted


class OverrideRiskLevel(DecisionCommand, Judgement):
    """Judge the risk otherwise than the assessment did."""

    RECORDS = events.RiskLevelOverridden


class WithdrawOverride(DecisionCommand):
    """Let the level of risk be again what the assessment found."""

    RECORDS = events.OverrideWithdrawn


AssessmentCommand: TypeAlias = CompleteAssessment | OverrideRiskLevel | WithdrawOverride
COMMANDS: tuple[type[AssessmentCommand], ...] = members(AssessmentCommand)
