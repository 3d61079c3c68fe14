"""An assessment of a young person: what is stored for ever. No instrument is built in."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from scp_events.aggregates.practitioner.events import ByCompetence
from scp_events.vocabulary import (
    Actor,
    Citation,
    Code,
    DecisionEvent,
    Erased,
    IdentifiedEvent,
    Narrative,
    Personal,
    PolicyVersion,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class RiskLevel(StrEnum):
    """An assessor's overall judgement: how much service is called for."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very-high"


TellingLevel = Annotated[RiskLevel | Erased, Personal("narrative")]


class DomainScore(Word):
    """What an instrument measured in one domain of life."""

    domain: Code
    score: Decimal


class AttributedInput(Word):
    """Something an assessor considered, with its source: a report, or a score that a model computed."""

    source: Code
    version: Citation
    algorithmic: bool
    finding: Narrative | None = None


class Findings(Word):
    """What an assessment found, with which instrument, considering what."""

    instrument: Code
    instrument_version: Citation
    domain_scores: Annotated[tuple[DomainScore, ...] | Erased, Personal("narrative")]
    needs_identified: Annotated[tuple[Code, ...] | Erased, Personal("narrative")]
    risk_level: TellingLevel
    inputs: tuple[AttributedInput, ...] = ()
    policy_version: PolicyVersion
    """The version of the rules that says who is competent to assess."""


class Judgement(Word):
    """How somebody competent judges the risk."""

    risk_level: TellingLevel


# --- events -----------------------------------------------------------------------------------------------


class AssessmentCompleted(IdentifiedEvent, Findings, ByCompetence):
    """A competent person assessed the participant with an instrument."""

    TITLE = "Assessment completed: with {instrument} {instrument_version}"
    type: Literal["assessment.completed"] = "assessment.completed"
    assessed_by: Actor


class RiskLevelOverridden(DecisionEvent, Judgement, ByCompetence):
    """A competent person judged the risk otherwise than the assessment did."""

    TITLE = "Level of risk overridden"
    type: Literal["assessment.risk-level-overridden"] = "assessment.risk-level-overridden"


class OverrideWithdrawn(DecisionEvent, ByCompetence):
    """The level of risk is again the one that the assessment found."""

    TITLE = "Override of the level of risk withdrawn"
    type: Literal["assessment.override-withdrawn"] = "assessment.override-withdrawn"


AssessmentEvent: TypeAlias = AssessmentCompleted | RiskLevelOverridden | OverrideWithdrawn
EVENTS: tuple[type[AssessmentEvent], ...] = members(AssessmentEvent)
