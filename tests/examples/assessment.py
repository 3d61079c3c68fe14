"""Assessments, as several tests tell of them."""

from __future__ import annotations

from decimal import Decimal

from scp_events.aggregates.assessment.commands import (
    AssessmentCommand,
    CompleteAssessment,
    OverrideRiskLevel,
    WithdrawOverride,
)
from scp_events.aggregates.assessment.events import (
    AssessmentCompleted,
    AttributedInput,
    DomainScore,
    OverrideWithdrawn,
    RiskLevel,
    RiskLevelOverridden,
)
from tests.words import KEY_WORKER, decision, event_id, grounds

ASSESSED_AS = event_id(801)

ASSESS = CompleteAssessment(
    event_id=ASSESSED_AS,
    instrument="example-instrument",
    instrument_version="2.0",
    domain_scores=(
        DomainScore(domain="housing", score=Decimal("1.5")),
        DomainScore(domain="work", score=Decimal(3)),
    ),
    needs_identified=("work",),
    risk_level=RiskLevel.MEDIUM,
    inputs=(
        AttributedInput(source="risk-model", version="7", algorithmic=True, finding="An invented score: 4"),
    ),
    policy_version="2025.1",
)
OVERRIDE = OverrideRiskLevel(decision=grounds(), risk_level=RiskLevel.VERY_HIGH)
WITHDRAW_OVERRIDE = WithdrawOverride(decision=grounds())
EVERY_COMMAND: tuple[AssessmentCommand, ...] = (ASSESS, OVERRIDE, WITHDRAW_OVERRIDE)

ASSESSED = AssessmentCompleted(**dict(ASSESS), assessed_by=KEY_WORKER)
OVERRIDDEN = RiskLevelOverridden(decision=decision(by=KEY_WORKER), risk_level=RiskLevel.VERY_HIGH)
OVERRIDE_WITHDRAWN = OverrideWithdrawn(decision=decision(by=KEY_WORKER))
