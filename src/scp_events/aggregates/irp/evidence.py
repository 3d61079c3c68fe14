"""An IRP: what it needs to know of the young person's other plans, and of the work with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scp_events.aggregates.assessment.events import AssessmentCompleted
from scp_events.aggregates.engagement.events import (
    BoundariesAgreed,
    BoundariesDeclined,
    ParticipantExited,
    ParticipantReEngaged,
    StoryConfirmed,
    StoryRecorded,
)
from scp_events.aggregates.irp.commands import AgreeToIrp, ApproveIrp, ProposeIrp, StartIrpDraft
from scp_events.aggregates.irp.events import (
    IrpAgreedByParticipant,
    IrpClosed,
    IrpDraftStarted,
    IrpProposed,
    IrpReviewed,
    IrpSuperseded,
    ReviewOutcome,
)
from scp_events.aggregates.practitioner.events import CREDENTIALS, Credentials, whoever_acts
from scp_events.vocabulary import Command, Event, EventId, Evidence, Fact, IrpId, Stream, replace

# --- the versions of the plan -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Versions:
    """The young person's plans, by number, and which of them came to an end."""

    numbers: Mapping[Stream, int] = field(default_factory=dict)
    ended: frozenset[Stream] = frozenset()

    def before(self, stream: Stream) -> IrpId | None:
        """Return the last version besides that one."""
        others = self._others(stream)
        return IrpId(max(others, key=self.numbers.__getitem__).id) if others else None

    def next_number(self, stream: Stream) -> int:
        """Return the number that follows those of all others."""
        return 1 + max((self.numbers[other] for other in self._others(stream)), default=0)

    def to_supersede(self, stream: Stream, number: int) -> list[Stream]:
        """Return the earlier versions that have not ended."""
        return [
            other
            for other in self._others(stream)
            if self.numbers[other] < number and other not in self.ended
        ]

    def _others(self, stream: Stream) -> list[Stream]:
        return [other for other in self.numbers if other != stream]


def _count(known: Versions, fact: Fact[Event]) -> Versions:
    match fact.event:
        case IrpDraftStarted():
            return replace(known, numbers={**known.numbers, fact.stream: fact.event.plan_version})
        case IrpClosed() | IrpSuperseded():
            return replace(known, ended=known.ended | {fact.stream})
    return known


VERSIONS = Evidence(Versions(), _count, over=(IrpDraftStarted, IrpClosed, IrpSuperseded))

# --- what a plan is founded on ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Foundation:
    """What a plan is founded on; None is missing. Boundaries are those of the present engagement."""

    boundaries_agreed: EventId | None = None
    story_confirmed: EventId | None = None
    assessments: tuple[EventId, ...] = ()


def _lay(known: Foundation, fact: Fact[Event]) -> Foundation:
    match fact.event:
        case BoundariesAgreed():
            return replace(known, boundaries_agreed=fact.event_id)
        case BoundariesDeclined() | ParticipantExited() | ParticipantReEngaged():
            return replace(known, boundaries_agreed=None)
        case StoryRecorded():
            return replace(known, story_confirmed=None)
        case StoryConfirmed():
            return replace(known, story_confirmed=fact.event_id)
        case AssessmentCompleted():
            return replace(known, assessments=(*known.assessments, fact.event_id))
    return known


FOUNDATION = Evidence(
    Foundation(),
    _lay,
    over=(
        BoundariesAgreed,
        BoundariesDeclined,
        ParticipantExited,
        ParticipantReEngaged,
        StoryRecorded,
        StoryConfirmed,
        AssessmentCompleted,
    ),
)

# --- what an approval rests on ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreements:
    """By which events each plan was proposed and agreed to, and what whoever approves it is certified for."""

    proposed: Mapping[UUID, EventId] = field(default_factory=dict)
    agreed: Mapping[UUID, EventId] = field(default_factory=dict)
    credentials: Credentials = field(default_factory=Credentials)

    def of(self, stream: Stream) -> tuple[EventId, ...]:
        """Return the proposal and the agreement of one plan."""
        return tuple(known[stream.id] for known in (self.proposed, self.agreed) if stream.id in known)


def _agree(known: Agreements, fact: Fact[Event]) -> Agreements:
    match fact.event:
        case IrpProposed() | IrpReviewed(outcome=ReviewOutcome.CHANGED):
            return replace(known, proposed={**known.proposed, fact.stream.id: fact.event_id})
        case IrpAgreedByParticipant():
            return replace(known, agreed={**known.agreed, fact.stream.id: fact.event_id})
    return replace(known, credentials=CREDENTIALS.evolve(known.credentials, fact))


AGREEMENTS = Evidence(
    Agreements(),
    _agree,
    over=(IrpProposed, IrpReviewed, IrpAgreedByParticipant, *CREDENTIALS.over),
    others=whoever_acts,
)

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    StartIrpDraft: VERSIONS,
    ProposeIrp: FOUNDATION,
    AgreeToIrp: VERSIONS,
    ApproveIrp: AGREEMENTS,
}
