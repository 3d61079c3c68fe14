"""An enrolment: what it needs to know of the programme, of sessions, and of the rest of the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from scp_events.aggregates.enrolment import audience
from scp_events.aggregates.enrolment.audience import Person
from scp_events.aggregates.enrolment.commands import (
    AnnounceRequirementsMet,
    ChangeVariant,
    CompleteProgramme,
    CreditCatchUp,
    EndEnrolment,
    EnrolParticipant,
    OfferPlace,
    OverrideCompletion,
    RecordAttendance,
)
from scp_events.aggregates.enrolment.events import (
    Completion,
    CompletionOverridden,
    EnrolmentEnded,
    EnrolmentOffered,
    OfSession,
    ParticipantEnrolled,
    ProgrammeCompleted,
)
from scp_events.aggregates.irp.events import IrpAgreedByParticipant
from scp_events.aggregates.participant.events import (
    PRESENCE,
    Presence,
)
from scp_events.aggregates.programme.events import (
    PROGRAMME,
    Programme,
    ProgrammeDefined,
    ProgrammeRetired,
    ProgrammeRevised,
)
from scp_events.aggregates.referral.events import ReferralAccepted, ReferralDrafted
from scp_events.aggregates.session.events import SessionHeld, SessionScheduled
from scp_events.vocabulary import (
    Actor,
    Code,
    Command,
    Event,
    EventId,
    Evidence,
    Fact,
    Stream,
    named,
    replace,
)

# --- who may be admitted ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidacy:
    """Who somebody is, what the programme is, and where they go already."""

    presence: Presence = field(default_factory=Presence)
    person: Person = field(default_factory=Person)
    programme: Programme = field(default_factory=Programme)
    referrals: Mapping[UUID, Code] = field(default_factory=dict)
    """To which programme each goes."""
    accepted: Mapping[UUID, EventId] = field(default_factory=dict)
    enrolled: Mapping[Stream, Code] = field(default_factory=dict)
    """In which programme they were admitted, by enrolment."""
    over: frozenset[Stream] = frozenset()
    """Enrolments that ended or were completed."""

    def is_on(self, programme: Code, but: Stream) -> bool:
        """Whether they are on a programme by another enrolment."""
        return any(to == programme and s not in {but, *self.over} for s, to in self.enrolled.items())


def _apply(known: Candidacy, fact: Fact[Event]) -> Candidacy:
    stream = fact.stream
    match fact.event:
        case ProgrammeDefined() | ProgrammeRevised() | ProgrammeRetired():
            return replace(known, programme=PROGRAMME.evolve(known.programme, fact))
        case ReferralDrafted(programme=programme):
            return replace(known, referrals={**known.referrals, stream.id: programme})
        case ReferralAccepted():
            return replace(known, accepted={**known.accepted, stream.id: fact.event_id})
        case ParticipantEnrolled(programme=programme):
            return replace(known, enrolled={**known.enrolled, stream: programme})
        case CompletionOverridden(outcome=Completion.NOT_COMPLETED):
            return replace(known, over=known.over - {stream})
        case EnrolmentEnded() | ProgrammeCompleted() | CompletionOverridden():
            return replace(known, over=known.over | {stream})
    return replace(
        known, presence=PRESENCE.evolve(known.presence, fact), person=audience.learn(known.person, fact)
    )


OFFERING = Evidence(Candidacy(), _apply, over=(*PRESENCE.over, *PROGRAMME.over), others=PROGRAMME.others)
ADMITTING = Evidence(
    Candidacy(),
    _apply,
    over=(
        *OFFERING.over,
        *audience.BESIDES_REGISTRATION,
        ReferralDrafted,
        ReferralAccepted,
        EnrolmentOffered,  # without it another enrolment could not be judged again
        ParticipantEnrolled,
        EnrolmentEnded,
        ProgrammeCompleted,
        CompletionOverridden,
    ),
    others=PROGRAMME.others,
    opened=True,
)
"""The variant follows from the date of birth, and who is of the audience from what is personal as well."""

# --- what counts ------------------------------------------------------------------------------------------


class HeldSession(NamedTuple):
    """A session that was held: on which day, and for how long."""

    day: date
    minutes: int


@dataclass(frozen=True)
class Circumstances:
    """Whether the plan was agreed to, and what is known of the session."""

    presence: Presence = field(default_factory=Presence)
    plan_agreed: EventId | None = None
    programme: Code | None = None
    """Of which the session is."""
    held: HeldSession | None = None


def _learn(known: Circumstances, fact: Fact[Event]) -> Circumstances:
    match fact.event:
        case IrpAgreedByParticipant():
            return replace(known, plan_agreed=fact.event_id)
        case SessionScheduled(programme=programme):
            return replace(known, programme=programme)
        case SessionHeld(actual_minutes=minutes):
            return replace(known, held=HeldSession(fact.when.day, minutes))
    return replace(known, presence=PRESENCE.evolve(known.presence, fact))


def _the_session(command: OfSession, _by: Actor) -> tuple[UUID]:
    return (named("session", command.session).id,)


ATTENDING = Evidence(
    Circumstances(),
    _learn,
    over=(*PRESENCE.over, IrpAgreedByParticipant, SessionScheduled, SessionHeld),
    others=_the_session,
)
COUNTING = Evidence(Circumstances(), _learn, over=(*PRESENCE.over, IrpAgreedByParticipant))

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    OfferPlace: OFFERING,
    EnrolParticipant: ADMITTING,
    ChangeVariant: COUNTING,
    RecordAttendance: ATTENDING,
    CreditCatchUp: COUNTING,
    AnnounceRequirementsMet: COUNTING,
    CompleteProgramme: COUNTING,
    OverrideCompletion: COUNTING,
    EndEnrolment: PRESENCE,
}
"""Whatever may turn out to be the last that was missing needs to know of the plan."""
