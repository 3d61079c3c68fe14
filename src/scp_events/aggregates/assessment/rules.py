"""An assessment of a young person: the rules.

    completed -> (overridden, perhaps again) -> (override withdrawn)

An override is a judgement of its own: it stands until it is withdrawn or overtaken by a later one, and
correcting what the assessment found does not undo it. Only levels of risk are remembered; they read as
erased once they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from scp_events.aggregates.assessment.commands import (
    AssessmentCommand,
    CompleteAssessment,
    OverrideRiskLevel,
    WithdrawOverride,
)
from scp_events.aggregates.assessment.events import (
    AssessmentCompleted,
    AssessmentEvent,
    Findings,
    OverrideWithdrawn,
    RiskLevel,
    RiskLevelOverridden,
)
from scp_events.aggregates.assessment.evidence import Engagement
from scp_events.aggregates.participant.events import must_be_present
from scp_events.aggregates.practitioner.events import Competence, Credentials, must_be_competent
from scp_events.vocabulary import Context, Erased, EventId, Refused, Word, replace

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    completed_as: EventId | None = None
    found: RiskLevel | Erased | None = None
    override: RiskLevel | Erased | None = None

    @property
    def risk_level(self) -> RiskLevel | Erased | None:
        """The level of risk that stands."""
        return self.found if self.override is None else self.override


initial = State()


class View(Word):
    """What others may read of an assessment."""

    completed_as: EventId | None
    risk_level: RiskLevel | Erased | None
    overridden: bool


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        completed_as=state.completed_as,
        risk_level=state.risk_level,
        overridden=state.override is not None,
    )


def evolve(state: State, event: AssessmentEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case AssessmentCompleted():
            return replace(state, completed_as=event.event_id, found=event.risk_level)
        case RiskLevelOverridden():
            return replace(state, override=event.risk_level)
        case OverrideWithdrawn():
            return replace(state, override=None)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: AssessmentCommand, context: Context) -> list[AssessmentEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case CompleteAssessment():
            return complete_assessment(state, command, context)
        case OverrideRiskLevel():
            return override_risk_level(state, command, context)
        case WithdrawOverride():
            return withdraw_override(state, command, context)
    assert_never(command)


# --- the rules --------------------------------------------------------------------------------------------


def complete_assessment(state: State, command: CompleteAssessment, context: Context) -> list[AssessmentEvent]:
    """A competent person assesses somebody who is engaged; a computed score is among the inputs at most."""
    if state.completed_as is not None:
        raise Refused(
            "already-completed",
            f"event {state.completed_as} completed this assessment: `correct` it, or begin another with"
            " `complete-assessment`",
        )
    engagement: Engagement = context.evidence
    _must_be_engaged(engagement)
    competence = _competence(engagement.credentials, context)
    _must_score_each_domain_once(command)
    return [
        command.fact(context.by, event_id=context.event_id, assessed_by=context.by, competence=competence)
    ]


def override_risk_level(state: State, command: OverrideRiskLevel, context: Context) -> list[AssessmentEvent]:
    """Whoever judges the risk otherwise than the assessment is competent to assess."""
    if state.completed_as is None:
        raise Refused(
            "not-completed", "there was no assessment to override by then: `complete-assessment` first"
        )
    competence = _competence(context.evidence, context)
    return [] if state.risk_level == command.risk_level else [command.fact(context.by, competence=competence)]


def withdraw_override(state: State, command: WithdrawOverride, context: Context) -> list[AssessmentEvent]:
    """Whoever withdraws an override is competent to assess, too."""
    if state.override is None:
        raise Refused("not-overridden", f"no override stood on {context.when.day}: there is none to withdraw")
    competence = _competence(context.evidence, context)
    return [command.fact(context.by, competence=competence)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_engaged(engagement: Engagement) -> None:
    must_be_present(engagement.presence)
    if engagement.exited:
        raise Refused("exited", "the participant had left the programme by then: `re-engage` first")
    if engagement.paused:
        raise Refused("paused", "the participant took a break: `resume` first")
    if not engagement.boundaries_agreed:
        raise Refused("boundaries-not-agreed", "boundaries were not agreed by then: `agree-boundaries` first")


def _competence(known: Credentials, context: Context) -> Competence | None:
    """S1.12: return by which credential somebody is competent to assess; refuse who is not."""
    if context.by.kind != "human":
        raise Refused(
            "not-a-person",
            f"{context.by.id} is a {context.by.kind}: name its score among the `inputs` of a person's"
            " assessment",
        )
    return must_be_competent(known, context.policy.credential_to_assess, context)


def _must_score_each_domain_once(findings: Findings) -> None:
    if isinstance(findings.domain_scores, Erased):  # it was asked when it could be read
        return
    domains = [score.domain for score in findings.domain_scores]
    if len(set(domains)) < len(domains):
        raise Refused(
            "domain-scored-twice",
            f"{len(domains)} scores name only {len(set(domains))} domains: give one score for each domain",
        )
