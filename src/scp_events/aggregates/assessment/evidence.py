"""An assessment of a young person: what it needs to know of other streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scp_events.aggregates.assessment.commands import (
    CompleteAssessment,
    OverrideRiskLevel,
    WithdrawOverride,
)
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    ParticipantExited,
    ParticipantReEngaged,
    ParticipationPaused,
    ParticipationResumed,
)
from scp_events.aggregates.participant.events import PRESENCE, Presence
from scp_events.aggregates.practitioner.events import CREDENTIALS, Credentials, whoever_acts
from scp_events.vocabulary import Command, Event, Evidence, Fact, replace


@dataclass(frozen=True)
class Engagement:
    """Whether somebody is there and engaged (boundaries agreed, no break, not gone), and who assesses."""

    presence: Presence = field(default_factory=Presence)
    boundaries_agreed: bool = False
    paused: bool = False
    exited: bool = False
    credentials: Credentials = field(default_factory=Credentials)


def _evolve(known: Engagement, fact: Fact[Event]) -> Engagement:
    match fact.event:
        case BoundariesAgreed():
            return replace(known, boundaries_agreed=True)
        case ParticipationPaused():
            return replace(known, paused=True)
        case ParticipationResumed():
            return replace(known, paused=False)
        case ParticipantExited():
            return replace(known, exited=True, paused=False)
        case ParticipantReEngaged():
            return replace(known, exited=False, boundaries_agreed=False)
    return replace(
        known,
        presence=PRESENCE.evolve(known.presence, fact),
        credentials=CREDENTIALS.evolve(known.credentials, fact),
    )


ENGAGEMENT = Evidence(
    Engagement(),
    _evolve,
    over=(
        *PRESENCE.over,
        *CREDENTIALS.over,
        BoundariesAgreed,
        ParticipationPaused,
        ParticipationResumed,
        ParticipantExited,
        ParticipantReEngaged,
    ),
    others=whoever_acts,
)
EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    CompleteAssessment: ENGAGEMENT,
    OverrideRiskLevel: CREDENTIALS,
    WithdrawOverride: CREDENTIALS,
}
