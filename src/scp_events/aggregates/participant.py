"""A participant: one young person's way through the programme, and who has answered for it.

    unregistered -> registered -> engaging -> active <-> paused -> exited -> re-engaged -> engaging ...

Boundaries are agreed first: with them `registered` (or `re-engaged`) becomes `engaging`. `engaging` becomes
`active` once a key worker is assigned and the participant has confirmed that their story was understood; it
falls back when the story is told further or corrected, until they confirm again. The status is derived from
these facts, so it cannot contradict them. Sealed, erased, deceased and linked are told apart from it.

Nothing personal is remembered beyond the words of the last correction, the level of risk and the grounds of
an erasure, all of which read as erased afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, TypeAlias, assert_never

from pydantic import AwareDatetime, Field, NonNegativeInt

from scp_events.policy import Policy, policy_of
from scp_events.vocabulary import (
    Actor,
    CaseReference,
    Citation,
    Code,
    Command,
    CoreCode,
    CoreDetail,
    CorrectableEvent,
    CorrectionEvent,
    Decision,
    DecisionCommand,
    DecisionEvent,
    Erased,
    ErasureEvent,
    Event,
    EventId,
    FromSender,
    Gathered,
    Narrative,
    OrganisationCode,
    ParticipantId,
    Personal,
    PersonalDate,
    PersonCode,
    PersonId,
    PolicyVersion,
    ReferralId,
    Refused,
    Role,
    SomeKeys,
    Stream,
    TellingCode,
    Text,
    Word,
    members,
    readable,
    replace,
)

Confidentiality: TypeAlias = Literal["standard", "restricted"]
WordsOfTheOther = Annotated[Text | Erased, Personal("narrative", of="other")]
"""Words that tell of the person of another record, so they are sealed for them and erased with them."""
Minutes = Annotated[int, Field(strict=True, ge=0, le=24 * 60)]

# --- what is said of a person, a contact, an assessment: the same in the fact and in its correction -------


class PersonalDetails(Word):
    """Who the young person is."""

    name: CoreDetail
    date_of_birth: PersonalDate
    preferred_language: CoreCode
    guardian: CoreDetail | None = None


class Medium(StrEnum):
    """How people met."""

    IN_PERSON = "in-person"
    PHONE = "phone"
    VIDEO = "video"
    ONLINE = "online"
    VIRTUAL_REALITY = "virtual-reality"
    MESSAGE = "message"
    LETTER = "letter"


class ContactOutcome(StrEnum):
    """What became of a contact."""

    HELD = "held"
    DID_NOT_ATTEND = "did-not-attend"
    CANCELLED = "cancelled"


class ContactDetails(Word):
    """One contact: who made it, how, with whom besides, and what became of it."""

    made_by: Actor
    medium: Medium
    outcome: ContactOutcome
    held_minutes: Minutes
    others_present: tuple[Code, ...] = ()
    """Such as `guardian` or `mentor`: what they are, not who."""
    note: Narrative | None = None


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
    """What an assessment found. Which instrument found it is said beside; none is built in."""

    domain_scores: Annotated[tuple[DomainScore, ...] | Erased, Personal("narrative")]
    needs_identified: Annotated[tuple[Code, ...] | Erased, Personal("narrative")]
    risk_level: TellingLevel


# --- events -----------------------------------------------------------------------------------------------


class ParticipantRegistered(CorrectableEvent, PersonalDetails):
    """A young person became known to the programme, through an accepted referral or by themselves."""

    type: Literal["participant.registered"] = "participant.registered"
    case_reference: CaseReference
    referral_id: ReferralId | None = None
    """None where the young person came by themselves."""
    accepted_as: EventId | None = None
    """The event that accepted the referral."""


class ParticipantDetailsCorrected(CorrectionEvent, PersonalDetails):
    """What we said about who they are was wrong; this is what we should have said."""

    type: Literal["participant.details-corrected"] = "participant.details-corrected"


class BoundariesAgreed(DecisionEvent):
    """The participant and somebody of the programme agreed how they will work together."""

    type: Literal["participant.boundaries-agreed"] = "participant.boundaries-agreed"
    agreed_with: Actor
    boundaries: Narrative


class BoundariesDeclined(DecisionEvent):
    """The participant did not agree to the boundaries, for now."""

    type: Literal["participant.boundaries-declined"] = "participant.boundaries-declined"


class ContactRecorded(CorrectableEvent, ContactDetails):
    """Somebody met the participant, or tried to."""

    type: Literal["participant.contact-recorded"] = "participant.contact-recorded"


class ContactCorrected(CorrectionEvent, ContactDetails):
    """What we said about a contact was wrong; this is what we should have said."""

    type: Literal["participant.contact-corrected"] = "participant.contact-corrected"


class ContactRetracted(CorrectionEvent):
    """The contact never was; it counts for nothing any more."""

    type: Literal["participant.contact-retracted"] = "participant.contact-retracted"


class StoryRecorded(CorrectableEvent):
    """The participant told their story, or more of it."""

    type: Literal["participant.story-recorded"] = "participant.story-recorded"
    told_to: Actor
    story: Narrative


class StoryCorrected(CorrectionEvent):
    """The story was written down wrongly; the participant has to confirm it again."""

    type: Literal["participant.story-corrected"] = "participant.story-corrected"
    story: Narrative


class StoryConfirmed(Event):
    """The participant confirmed that their story was heard and understood."""

    type: Literal["participant.story-confirmed"] = "participant.story-confirmed"
    confirmed_by: Literal["participant"] = "participant"
    confirmed_to: Actor
    stories: tuple[EventId, ...]
    """What was confirmed: everything told so far."""
    contacts: tuple[EventId, ...]
    """The contacts held by then: the time that trust took."""
    policy_version: PolicyVersion


class ParticipantChoiceRecorded(CorrectableEvent):
    """The participant chose something for themselves: a consent, a refusal, a preference."""

    type: Literal["participant.choice-recorded"] = "participant.choice-recorded"
    about: TellingCode
    choice: Narrative


class ParticipantChoiceCorrected(CorrectionEvent):
    """The choice was written down wrongly; this is what they chose."""

    type: Literal["participant.choice-corrected"] = "participant.choice-corrected"
    about: TellingCode
    choice: Narrative


class KeyWorkerAssigned(DecisionEvent):
    """The participant got a key worker."""

    type: Literal["participant.key-worker-assigned"] = "participant.key-worker-assigned"
    key_worker: Actor
    assigned_on: date
    caseload: NonNegativeInt
    """Young people the key worker had already."""
    over_capacity: bool


class KeyWorkerChanged(DecisionEvent):
    """One key worker handed over to another. Earlier contacts stay with whoever made them."""

    type: Literal["participant.key-worker-changed"] = "participant.key-worker-changed"
    from_key_worker: PersonCode
    to_key_worker: Actor
    changed_on: date
    handover_note: Narrative
    caseload: NonNegativeInt
    """Young people the new key worker had already."""
    over_capacity: bool


class ConsentParty(StrEnum):
    """Who gives consent or takes it back."""

    PARTICIPANT = "participant"
    GUARDIAN = "guardian"


class ConsentGiven(Event):
    """Somebody entitled to allowed a use of the participant's data to a recipient."""

    type: Literal["participant.consent-given"] = "participant.consent-given"
    scope: Code
    recipient: OrganisationCode
    given_by: ConsentParty
    capacity_noted: bool
    given_on: date
    valid_until: date | None = None


class ConsentWithdrawn(Event):
    """The consent was taken back; what was done under it stays lawful, nothing further is."""

    type: Literal["participant.consent-withdrawn"] = "participant.consent-withdrawn"
    scope: Code
    recipient: OrganisationCode
    withdrawn_by: ConsentParty


class SafeguardingConcernRaised(CorrectableEvent):
    """Somebody fears that the young person is being harmed, or could be."""

    type: Literal["participant.concern-raised"] = "participant.concern-raised"
    confidentiality: ClassVar[Confidentiality] = "restricted"
    raised_by: Actor
    concern: Narrative


class ConcernCorrected(CorrectionEvent):
    """The concern was written down wrongly; this is what was feared."""

    type: Literal["participant.concern-corrected"] = "participant.concern-corrected"
    confidentiality: ClassVar[Confidentiality] = "restricted"
    concern: Narrative


class ConcernEscalated(DecisionEvent):
    """The concern was put to an agency with the power to act."""

    type: Literal["participant.concern-escalated"] = "participant.concern-escalated"
    confidentiality: ClassVar[Confidentiality] = "restricted"
    concern_id: EventId
    escalated_to: OrganisationCode


class ConcernClosed(DecisionEvent):
    """Somebody other than the person who raised the concern found it settled."""

    type: Literal["participant.concern-closed"] = "participant.concern-closed"
    confidentiality: ClassVar[Confidentiality] = "restricted"
    concern_id: EventId
    outcome: Narrative


class AssessmentCompleted(CorrectableEvent, Findings):
    """A competent person assessed the participant with an instrument."""

    type: Literal["participant.assessment-completed"] = "participant.assessment-completed"
    instrument: Code
    instrument_version: Citation
    assessed_by: Actor
    assessed_on: date
    inputs: tuple[AttributedInput, ...] = ()
    policy_version: PolicyVersion


class AssessmentCorrected(CorrectionEvent, Findings):
    """The assessment's findings were wrong; these are what they should have been."""

    type: Literal["participant.assessment-corrected"] = "participant.assessment-corrected"


class RiskLevelOverridden(DecisionEvent):
    """A competent person judged the risk otherwise than the assessment did."""

    type: Literal["participant.risk-level-overridden"] = "participant.risk-level-overridden"
    assessment_id: EventId
    risk_level: TellingLevel


class ParticipationPaused(DecisionEvent):
    """The participant takes a break; they keep their place."""

    type: Literal["participant.participation-paused"] = "participant.participation-paused"


class ParticipationResumed(DecisionEvent):
    """The break is over."""

    type: Literal["participant.participation-resumed"] = "participant.participation-resumed"


class ExitReason(StrEnum):
    """Why somebody left the programme."""

    COMPLETED = "completed"
    WITHDREW = "withdrew"
    REMOVED = "removed"
    BREACHED = "breached"
    TRANSFERRED = "transferred"
    NOT_STARTED = "not-started"


class ParticipantExited(DecisionEvent):
    """The participant left the programme; their key worker's assignment ended with it."""

    type: Literal["participant.exited"] = "participant.exited"
    reason: ExitReason
    exited_on: date
    exit_plan: Narrative | None = None
    exit_plan_waived_because: Narrative | None = None


class ParticipantReEngaged(DecisionEvent):
    """The participant came back. Boundaries are agreed anew; the story they told still stands."""

    type: Literal["participant.re-engaged"] = "participant.re-engaged"


class ParticipantDied(CorrectableEvent):
    """The young person died."""

    type: Literal["participant.died"] = "participant.died"
    died_on: PersonalDate


class DeathRetracted(CorrectionEvent):
    """The death was recorded in error: the young person lives."""

    type: Literal["participant.death-retracted"] = "participant.death-retracted"


class IdentityLinked(DecisionEvent):
    """Two records turned out to be one person's. Both histories stay as they are."""

    type: Literal["participant.identity-linked"] = "participant.identity-linked"
    other: ParticipantId
    approved_by: Actor
    recognised_by: WordsOfTheOther | None = None
    """What the other record says by which it was recognised."""


class IdentityUnlinked(DecisionEvent):
    """Two records turned out to be two people's after all."""

    type: Literal["participant.identity-unlinked"] = "participant.identity-unlinked"
    other: ParticipantId
    approved_by: Actor


class RecordSealed(DecisionEvent):
    """The record was closed to everybody without a court's order."""

    type: Literal["participant.record-sealed"] = "participant.record-sealed"


class LegalHoldPlaced(DecisionEvent):
    """The record has to be kept until a day, whatever falls due before."""

    type: Literal["participant.legal-hold-placed"] = "participant.legal-hold-placed"
    reference: Citation
    expires_on: date


class LegalHoldReleased(DecisionEvent):
    """The record need not be kept on that account any longer."""

    type: Literal["participant.legal-hold-released"] = "participant.legal-hold-released"
    reference: Citation


class ErasureOrigin(StrEnum):
    """On whose account personal data is to be erased."""

    PARTICIPANT = "participant"
    GUARDIAN = "guardian"
    RETENTION_SCHEDULE = "retention-schedule"
    COURT = "court"


class ErasureRequested(Event):
    """Somebody asked that the participant's personal data be erased."""

    type: Literal["participant.erasure-requested"] = "participant.erasure-requested"
    origin: ErasureOrigin
    requested_by: Actor


class ErasureRefused(DecisionEvent):
    """The data is kept for now, and why."""

    type: Literal["participant.erasure-refused"] = "participant.erasure-refused"


class ErasureApproved(DecisionEvent):
    """A second person decided that the data be erased. From here on it is, and no hold comes in time."""

    type: Literal["participant.erasure-approved"] = "participant.erasure-approved"


class PersonalDataErased(ErasureEvent):
    """The participant's personal data became unreadable for ever; that something happened stays."""

    type: Literal["participant.personal-data-erased"] = "participant.personal-data-erased"
    approved_as: EventId
    stores: tuple[Code, ...]
    """What was purged of copies."""


class AccessOverrideGranted(DecisionEvent):
    """Somebody was let into the record against the usual rules, for a short time, and answers for it."""

    type: Literal["participant.access-override-granted"] = "participant.access-override-granted"
    granted_to: Actor
    expires_at: AwareDatetime


ParticipantEvent: TypeAlias = (
    ParticipantRegistered
    | ParticipantDetailsCorrected
    | BoundariesAgreed
    | BoundariesDeclined
    | ContactRecorded
    | ContactCorrected
    | ContactRetracted
    | StoryRecorded
    | StoryCorrected
    | StoryConfirmed
    | ParticipantChoiceRecorded
    | ParticipantChoiceCorrected
    | KeyWorkerAssigned
    | KeyWorkerChanged
    | ConsentGiven
    | ConsentWithdrawn
    | SafeguardingConcernRaised
    | ConcernCorrected
    | ConcernEscalated
    | ConcernClosed
    | AssessmentCompleted
    | AssessmentCorrected
    | RiskLevelOverridden
    | ParticipationPaused
    | ParticipationResumed
    | ParticipantExited
    | ParticipantReEngaged
    | ParticipantDied
    | DeathRetracted
    | IdentityLinked
    | IdentityUnlinked
    | RecordSealed
    | LegalHoldPlaced
    | LegalHoldReleased
    | ErasureRequested
    | ErasureRefused
    | ErasureApproved
    | PersonalDataErased
    | AccessOverrideGranted
)
EVENTS: tuple[type[ParticipantEvent], ...] = members(ParticipantEvent)

# --- commands ---------------------------------------------------------------------------------------------


class CorrectionCommand(DecisionCommand):
    """A decision that an earlier event was wrong. `corrects` names that event."""

    corrects: EventId
    happened_at: AwareDatetime | None = None
    """When it happened in the world, where that itself was wrong."""


class Register(Command, PersonalDetails):
    """Take a young person on. `accepted_as` is the referral's acceptance, gathered by `casework`."""

    event_id: EventId
    case_reference: CaseReference
    referral_id: ReferralId | None = None
    accepted_as: Annotated[EventId | None, Gathered()] = None


class CorrectDetails(CorrectionCommand, PersonalDetails):
    """Say who they really are."""


class AgreeBoundaries(DecisionCommand):
    """Say what the participant and `agreed_with` agreed."""

    agreed_with: Annotated[Actor, FromSender()]
    boundaries: Narrative


class DeclineBoundaries(DecisionCommand):
    """Say that the participant does not agree, for now."""


class RecordContact(Command, ContactDetails):
    """Say who met the participant, and what became of it."""

    event_id: EventId


class CorrectContact(CorrectionCommand, ContactDetails):
    """Say what the contact really was."""


class RetractContact(CorrectionCommand):
    """Say that the contact never was."""


class RecordStory(Command):
    """Write down what the participant told."""

    event_id: EventId
    told_to: Annotated[Actor, FromSender()]
    story: Narrative


class CorrectStory(CorrectionCommand):
    """Write down what the participant really told."""

    story: Narrative


class ConfirmStoryUnderstood(Command):
    """Say that the participant confirmed their story to `confirmed_to`."""

    confirmed_to: Annotated[Actor, FromSender()]
    policy_version: PolicyVersion


class RecordChoice(Command):
    """Write down what the participant chose."""

    event_id: EventId
    about: TellingCode
    choice: Narrative


class CorrectChoice(CorrectionCommand):
    """Write down what the participant really chose."""

    about: TellingCode
    choice: Narrative


class AssignKeyWorker(DecisionCommand):
    """Give the participant a key worker. The caseload, this participant aside, is gathered by `casework`."""

    key_worker: Actor
    assigned_on: date
    caseload_of_new_worker: Annotated[NonNegativeInt, Gathered()]


class HandOver(DecisionCommand):
    """Give the participant another key worker."""

    to_key_worker: Actor
    changed_on: date
    handover_note: Narrative
    caseload_of_new_worker: Annotated[NonNegativeInt, Gathered()]


class GiveConsent(Command):
    """Allow a use of the participant's data. Capacity is the participant's, to understand what they allow."""

    scope: Code
    recipient: OrganisationCode
    given_by: ConsentParty
    capacity_noted: bool
    given_on: date
    valid_until: date | None = None


class WithdrawConsent(Command):
    """Take a consent back."""

    scope: Code
    recipient: OrganisationCode
    withdrawn_by: ConsentParty


class RaiseConcern(Command):
    """Say what is feared for the young person."""

    event_id: EventId
    raised_by: Annotated[Actor, FromSender()]
    concern: Narrative


class CorrectConcern(CorrectionCommand):
    """Say what is really feared."""

    concern: Narrative


class EscalateConcern(DecisionCommand):
    """Put the concern to an agency with the power to act."""

    concern_id: EventId
    escalated_to: OrganisationCode


class CloseConcern(DecisionCommand):
    """Find the concern settled."""

    concern_id: EventId
    outcome: Narrative


class RecordAssessment(Command, Findings):
    """Say what an assessor found, with which instrument, considering what."""

    event_id: EventId
    instrument: Code
    instrument_version: Citation
    assessed_by: Annotated[Actor, FromSender()]
    assessed_on: date
    inputs: tuple[AttributedInput, ...] = ()
    policy_version: PolicyVersion


class CorrectAssessment(CorrectionCommand, Findings):
    """Say what the assessment should have found."""


class OverrideRiskLevel(DecisionCommand):
    """Judge the risk otherwise than the assessment did."""

    assessment_id: EventId
    risk_level: TellingLevel


class Pause(DecisionCommand):
    """Let the participant take a break."""


class Resume(DecisionCommand):
    """End the break."""


class Exit(DecisionCommand):
    """Let the participant go, with a plan for afterwards, or saying why there is none."""

    reason: ExitReason
    exited_on: date
    exit_plan: Narrative | None = None
    exit_plan_waived_because: Narrative | None = None


class ReEngage(DecisionCommand):
    """Take the participant back."""


class RecordDeath(Command):
    """Say that the young person died."""

    event_id: EventId
    died_on: PersonalDate


class RetractDeath(CorrectionCommand):
    """Say that the death was recorded in error."""


class LinkIdentity(DecisionCommand):
    """Say that `participant_id`, the record asked, and `other` are one person's."""

    participant_id: ParticipantId
    other: ParticipantId
    approved_by: Actor
    recognised_by: WordsOfTheOther | None = None


class UnlinkIdentity(DecisionCommand):
    """Say that the two records are two people's."""

    other: ParticipantId
    approved_by: Actor


class SealRecord(DecisionCommand):
    """Close the record to everybody without a court's order."""


class PlaceLegalHold(DecisionCommand):
    """Keep the record until a day. Placed again with a later day, the hold lasts longer."""

    reference: Citation
    placed_on: date
    expires_on: date


class ReleaseLegalHold(DecisionCommand):
    """Keep the record no longer on that account."""

    reference: Citation


class RequestErasure(Command):
    """Ask that personal data be erased."""

    origin: ErasureOrigin
    requested_by: Annotated[Actor, FromSender()]


class RefuseErasure(DecisionCommand):
    """Keep the data, and say why."""


class ApproveErasure(DecisionCommand):
    """Decide, as a second person, that the data be erased."""

    approved_on: date


class ErasePersonalData(Command):
    """Say that the keys were destroyed and every copy purged, as was approved."""

    approved_as: EventId
    destroyed: SomeKeys
    stores: tuple[Code, ...]


class BreakGlass(DecisionCommand):
    """Let somebody in against the usual rules, for a short time."""

    granted_to: Actor
    granted_at: AwareDatetime
    expires_at: AwareDatetime


ParticipantCommand: TypeAlias = (
    Register
    | CorrectDetails
    | AgreeBoundaries
    | DeclineBoundaries
    | RecordContact
    | CorrectContact
    | RetractContact
    | RecordStory
    | CorrectStory
    | ConfirmStoryUnderstood
    | RecordChoice
    | CorrectChoice
    | AssignKeyWorker
    | HandOver
    | GiveConsent
    | WithdrawConsent
    | RaiseConcern
    | CorrectConcern
    | EscalateConcern
    | CloseConcern
    | RecordAssessment
    | CorrectAssessment
    | OverrideRiskLevel
    | Pause
    | Resume
    | Exit
    | ReEngage
    | RecordDeath
    | RetractDeath
    | LinkIdentity
    | UnlinkIdentity
    | SealRecord
    | PlaceLegalHold
    | ReleaseLegalHold
    | RequestErasure
    | RefuseErasure
    | ApproveErasure
    | ErasePersonalData
    | BreakGlass
)

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the participant stands with the programme."""

    UNREGISTERED = "unregistered"
    REGISTERED = "registered"
    ENGAGING = "engaging"
    ACTIVE = "active"
    PAUSED = "paused"
    EXITED = "exited"
    RE_ENGAGED = "re-engaged"


class Boundaries(StrEnum):
    """Whether there is an agreement on how to work together."""

    NOT_AGREED = "not agreed yet"
    AGREED = "agreed"
    DECLINED = "declined"


class Erasure(StrEnum):
    """How far the erasure of personal data has come."""

    NOT_REQUESTED = "not requested"
    REQUESTED = "requested"
    REFUSED = "refused"
    APPROVED = "approved"
    DONE = "done"


ERASING = frozenset({Erasure.APPROVED, Erasure.DONE})
"""There is no way back from here."""


@dataclass(frozen=True)
class Assignment:
    """Who was the key worker from when until when."""

    key_worker: PersonId
    since: date
    until: date | None = None


@dataclass(frozen=True)
class Consent:
    """What was allowed last, and whether it still is."""

    given_by: ConsentParty | None = None
    valid_until: date | None = None
    withdrawn: bool = False


@dataclass(frozen=True)
class Concern:
    """A safeguarding concern: who raised it, to whom it was put, and whether it is settled."""

    raised_by: PersonId | None = None
    escalated_to: frozenset[str] = frozenset()
    closed: bool = False


Correction: TypeAlias = (
    ParticipantDetailsCorrected
    | ContactCorrected
    | ContactRetracted
    | StoryCorrected
    | ParticipantChoiceCorrected
    | ConcernCorrected
    | AssessmentCorrected
    | DeathRetracted
)


@dataclass(frozen=True)
class State:
    """What we remember of a participant: no more than the next decision needs."""

    registered_as: EventId | None = None
    boundaries: Boundaries = Boundaries.NOT_AGREED
    paused: bool = False
    exited: bool = False
    returned: bool = False
    died_as: EventId | None = None
    contacts: Mapping[EventId, ContactOutcome] = field(default_factory=dict)
    retracted: frozenset[EventId] = frozenset()
    stories: tuple[EventId, ...] = ()
    story_confirmed: bool = False
    choices: frozenset[EventId] = frozenset()
    assessments: Mapping[EventId, RiskLevel | Erased] = field(default_factory=dict)
    """The level of risk that stands for each, corrected or overridden."""
    corrections: Mapping[EventId, Correction] = field(default_factory=dict)
    """The last correction of each event."""
    assignments: tuple[Assignment, ...] = ()
    consents: Mapping[tuple[str, str], Consent] = field(default_factory=dict)
    """By scope and recipient."""
    concerns: Mapping[EventId, Concern] = field(default_factory=dict)
    links: Mapping[ParticipantId, bool] = field(default_factory=dict)
    """False where the link was taken back."""
    sealed: bool = False
    holds: Mapping[str, date | None] = field(default_factory=dict)
    """By reference, the last day of each; None once released."""
    erasure: Erasure = Erasure.NOT_REQUESTED
    erasure_requested_by: PersonId | None = None
    erasure_approved: Decision | None = None
    """On which grounds; the words in it are erased with the rest."""
    overrides: Mapping[PersonId, datetime] = field(default_factory=dict)
    """Until when each person was let in against the usual rules."""

    @property
    def status(self) -> Status:
        """Where the participant stands: derived, so that it cannot contradict what happened."""
        if self.registered_as is None:
            return Status.UNREGISTERED
        if self.exited:
            return Status.EXITED
        if self.paused:
            return Status.PAUSED
        if self.boundaries is not Boundaries.AGREED:
            return Status.RE_ENGAGED if self.returned else Status.REGISTERED
        return Status.ACTIVE if self.key_worker and self.story_confirmed else Status.ENGAGING

    @property
    def key_worker(self) -> PersonId | None:
        """Who answers for the participant now."""
        assignment = self.assignment
        return assignment.key_worker if assignment else None

    @property
    def assignment(self) -> Assignment | None:
        """The assignment that has not ended."""
        return next((a for a in reversed(self.assignments) if a.until is None), None)

    @property
    def held_contacts(self) -> tuple[EventId, ...]:
        """The contacts that count, in the order they were recorded."""
        return tuple(key for key, outcome in self.contacts.items() if outcome is ContactOutcome.HELD)


initial = State()


def stream(participant_id: ParticipantId) -> Stream:
    """Return where this participant's history lives."""
    return Stream("participant", participant_id)


def evolve(state: State, event: ParticipantEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case ParticipantRegistered():
            return replace(state, registered_as=event.event_id)
        case BoundariesAgreed():
            return replace(state, boundaries=Boundaries.AGREED)
        case BoundariesDeclined():
            return replace(state, boundaries=Boundaries.DECLINED)
        case ContactRecorded():
            return replace(state, contacts={**state.contacts, event.event_id: event.outcome})
        case ContactCorrected():
            return _contact_corrected(state, event)
        case ContactRetracted():
            return _contact_retracted(state, event)
        case StoryRecorded():
            return replace(state, stories=(*state.stories, event.event_id), story_confirmed=False)
        case StoryCorrected():
            return replace(_corrected(state, event), story_confirmed=False)
        case StoryConfirmed():
            return replace(state, story_confirmed=True)
        case ParticipantChoiceRecorded():
            return replace(state, choices=state.choices | {event.event_id})
        case KeyWorkerAssigned():
            return _assigned(state, event.key_worker, event.assigned_on)
        case KeyWorkerChanged():
            return _assigned(state, event.to_key_worker, event.changed_on)
        case ConsentGiven():
            return _consented(state, event)
        case ConsentWithdrawn():
            return _consent_withdrawn(state, event)
        case SafeguardingConcernRaised():
            return _with_concern(state, event.event_id, Concern(raised_by=event.raised_by.id))
        case ConcernEscalated():
            return _escalated(state, event)
        case ConcernClosed():
            concern = state.concerns.get(event.concern_id, Concern())
            return _with_concern(state, event.concern_id, replace(concern, closed=True))
        case AssessmentCompleted():
            return _judged(state, event.event_id, event.risk_level)
        case AssessmentCorrected():
            return _judged(_corrected(state, event), event.corrects, event.risk_level)
        case RiskLevelOverridden():
            return _judged(state, event.assessment_id, event.risk_level)
        case ParticipantDetailsCorrected() | ParticipantChoiceCorrected() | ConcernCorrected():
            return _corrected(state, event)
        case ParticipationPaused():
            return replace(state, paused=True)
        case ParticipationResumed():
            return replace(state, paused=False)
        case ParticipantExited():
            return replace(_assignment_ended(state, event.exited_on), exited=True, paused=False)
        case ParticipantReEngaged():
            return replace(state, exited=False, returned=True, boundaries=Boundaries.NOT_AGREED)
        case ParticipantDied():
            return replace(state, died_as=event.event_id)
        case DeathRetracted():
            return replace(_corrected(state, event), died_as=None)
        case IdentityLinked():
            return replace(state, links={**state.links, event.other: True})
        case IdentityUnlinked():
            return replace(state, links={**state.links, event.other: False})
        case RecordSealed():
            return replace(state, sealed=True)
        case LegalHoldPlaced():
            return replace(state, holds={**state.holds, event.reference: event.expires_on})
        case LegalHoldReleased():
            return replace(state, holds={**state.holds, event.reference: None})
        case ErasureRequested():
            return replace(state, erasure=Erasure.REQUESTED, erasure_requested_by=event.requested_by.id)
        case ErasureRefused():
            return replace(state, erasure=Erasure.REFUSED)
        case ErasureApproved():
            return replace(state, erasure=Erasure.APPROVED, erasure_approved=event.decision)
        case PersonalDataErased():
            return replace(state, erasure=Erasure.DONE)
        case AccessOverrideGranted():
            return replace(state, overrides={**state.overrides, event.granted_to.id: event.expires_at})
    assert_never(event)


def _corrected(state: State, event: Correction) -> State:
    return replace(state, corrections={**state.corrections, event.corrects: event})


def _contact_corrected(state: State, event: ContactCorrected) -> State:
    contacts = {**state.contacts, event.corrects: event.outcome}
    return replace(_corrected(state, event), contacts=contacts)


def _contact_retracted(state: State, event: ContactRetracted) -> State:
    contacts = {key: outcome for key, outcome in state.contacts.items() if key != event.corrects}
    return replace(_corrected(state, event), contacts=contacts, retracted=state.retracted | {event.corrects})


def _assigned(state: State, key_worker: Actor, since: date) -> State:
    ended = _assignment_ended(state, since)
    return replace(ended, assignments=(*ended.assignments, Assignment(key_worker.id, since)))


def _assignment_ended(state: State, until: date) -> State:
    return replace(
        state,
        assignments=tuple(replace(a, until=until) if a.until is None else a for a in state.assignments),
    )


def _consented(state: State, event: ConsentGiven) -> State:
    consent = Consent(given_by=event.given_by, valid_until=event.valid_until)
    return replace(state, consents={**state.consents, (event.scope, event.recipient): consent})


def _consent_withdrawn(state: State, event: ConsentWithdrawn) -> State:
    asked = (event.scope, event.recipient)
    consent = replace(state.consents.get(asked, Consent()), withdrawn=True)
    return replace(state, consents={**state.consents, asked: consent})


def _with_concern(state: State, concern_id: EventId, concern: Concern) -> State:
    return replace(state, concerns={**state.concerns, concern_id: concern})


def _escalated(state: State, event: ConcernEscalated) -> State:
    concern = state.concerns.get(event.concern_id, Concern())
    told = concern.escalated_to | {event.escalated_to}
    return _with_concern(state, event.concern_id, replace(concern, escalated_to=told))


def _judged(state: State, assessment_id: EventId, risk_level: RiskLevel | Erased) -> State:
    return replace(state, assessments={**state.assessments, assessment_id: risk_level})


# --- the rules --------------------------------------------------------------------------------------------

ASKED_AFTER_ERASURE = (RequestErasure, ApproveErasure, ErasePersonalData, WithdrawConsent)
"""They write nothing personal, or nothing at all any more. Every other command would, were it only the reason
for a decision."""


ASKED_WITHOUT_REGISTRATION = (
    Register,
    PlaceLegalHold,
    ReleaseLegalHold,
    RequestErasure,
    RefuseErasure,
    ApproveErasure,
    ErasePersonalData,
)
"""A referral that was declined left a record of somebody who never was a participant: it is erased, too."""


def decide(state: State, command: ParticipantCommand) -> list[ParticipantEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    _must_have_a_record(state, command)
    match command:
        case Register():
            return register(state, command)
        case CorrectDetails():
            return correct_details(state, command)
        case AgreeBoundaries():
            return agree_boundaries(state, command)
        case DeclineBoundaries():
            return decline_boundaries(state, command)
        case RecordContact():
            return record_contact(state, command)
        case CorrectContact():
            return correct_contact(state, command)
        case RetractContact():
            return retract_contact(state, command)
        case RecordStory():
            return record_story(state, command)
        case CorrectStory():
            return correct_story(state, command)
        case ConfirmStoryUnderstood():
            return confirm_story_understood(state, command)
        case RecordChoice():
            return record_choice(state, command)
        case CorrectChoice():
            return correct_choice(state, command)
        case AssignKeyWorker():
            return assign_key_worker(state, command)
        case HandOver():
            return hand_over(state, command)
        case GiveConsent():
            return give_consent(state, command)
        case WithdrawConsent():
            return withdraw_consent(state, command)
        case RaiseConcern():
            return raise_concern(state, command)
        case CorrectConcern():
            return correct_concern(state, command)
        case EscalateConcern():
            return escalate_concern(state, command)
        case CloseConcern():
            return close_concern(state, command)
        case RecordAssessment():
            return record_assessment(state, command)
        case CorrectAssessment():
            return correct_assessment(state, command)
        case OverrideRiskLevel():
            return override_risk_level(state, command)
        case Pause():
            return pause(state, command)
        case Resume():
            return resume(state, command)
        case Exit():
            return exit_programme(state, command)
        case ReEngage():
            return re_engage(state, command)
        case RecordDeath():
            return record_death(state, command)
        case RetractDeath():
            return retract_death(state, command)
        case LinkIdentity():
            return link_identity(state, command)
        case UnlinkIdentity():
            return unlink_identity(state, command)
        case SealRecord():
            return seal_record(state, command)
        case PlaceLegalHold():
            return place_legal_hold(state, command)
        case ReleaseLegalHold():
            return release_legal_hold(state, command)
        case RequestErasure():
            return request_erasure(state, command)
        case RefuseErasure():
            return refuse_erasure(state, command)
        case ApproveErasure():
            return approve_erasure(state, command)
        case ErasePersonalData():
            return erase_personal_data(state, command)
        case BreakGlass():
            return break_glass(state, command)
    assert_never(command)


# --- the rules: what may be asked at all ------------------------------------------------------------------


def _must_have_a_record(state: State, command: ParticipantCommand) -> None:
    asked = type(command).__name__
    if state.registered_as is None and not isinstance(command, ASKED_WITHOUT_REGISTRATION):
        raise Refused("registered-first", f"{asked} needs a registered participant: Register them first")
    if state.erasure in ERASING and not isinstance(command, ASKED_AFTER_ERASURE):
        raise Refused(
            "nothing-is-written-after-erasure",
            f"{asked} would write personal data where it was erased, or is about to be:"
            " register the participant anew",
        )


def _must_live(state: State, doing: str) -> None:
    if state.died_as is not None:
        raise Refused(
            "a-death-ends-participation",
            f"cannot {doing}: event {state.died_as} records a death; retract it if it was recorded in error",
        )


def _must_be_unsealed(state: State, doing: str) -> None:
    if state.sealed:
        raise Refused(
            "a-sealed-record-is-not-added-to",
            f"cannot {doing}: the record is sealed; ask the court that sealed it, or register them anew",
        )


def _must_be_with_us(state: State, doing: str) -> None:
    _must_live(state, doing)
    _must_be_unsealed(state, doing)
    if state.exited:
        raise Refused(
            "an-exited-participant-is-re-engaged-first",
            f"cannot {doing}: the participant is {state.status}; ReEngage them first",
        )


def _must_take_part(state: State, doing: str) -> None:
    _must_be_with_us(state, doing)
    if state.paused:
        raise Refused(
            "a-paused-participant-resumes-first",
            f"cannot {doing}: the participant is {state.status}; Resume participation first",
        )


def _must_be_engaged(state: State, doing: str) -> None:
    _must_take_part(state, doing)
    if state.boundaries is not Boundaries.AGREED:
        raise Refused(
            "boundaries-come-first",
            f"cannot {doing}: boundaries are {state.boundaries}; agree them with the participant first",
        )


def _must_be_a_person(actor: Actor, doing: str) -> None:
    if actor.kind != "human":
        raise Refused(
            "people-work-with-people",
            f"{actor.id} is a {actor.kind} and cannot {doing}: name the person who did",
        )


def _correction(
    state: State, known: Collection[EventId | None], what: str, correction: Correction
) -> list[ParticipantEvent]:
    """A correction names what it corrects; said twice it says nothing new."""
    if state.corrections.get(correction.corrects) == correction:
        return []
    if correction.corrects not in known:
        raise Refused(
            "a-correction-names-what-it-corrects",
            f"event {correction.corrects} is none of the {len(known)} {what} that stand in this record:"
            " name one that does",
        )
    return [correction]


# --- the rules: who they are ------------------------------------------------------------------------------


def register(state: State, command: Register) -> list[ParticipantEvent]:
    """A participant is registered once: by themselves, or through a referral that was accepted."""
    if state.registered_as == command.event_id:
        return []
    if state.registered_as is not None:
        raise Refused("registered-once", "this participant is registered already: CorrectDetails instead")
    if (command.referral_id is None) != (command.accepted_as is None):
        raise Refused(
            "a-referral-is-accepted-before-registration",
            f"referral {command.referral_id} comes with acceptance {command.accepted_as}:"
            " have the referral accepted first, or name neither for somebody who came by themselves",
        )
    return [
        ParticipantRegistered(
            event_id=command.event_id,
            case_reference=command.case_reference,
            referral_id=command.referral_id,
            accepted_as=command.accepted_as,
            name=command.name,
            date_of_birth=command.date_of_birth,
            preferred_language=command.preferred_language,
            guardian=command.guardian,
        ),
    ]


def correct_details(state: State, command: CorrectDetails) -> list[ParticipantEvent]:
    """Personal details are corrected whatever the status: it is the participant's right."""
    correction = ParticipantDetailsCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        name=command.name,
        date_of_birth=command.date_of_birth,
        preferred_language=command.preferred_language,
        guardian=command.guardian,
    )
    return _correction(state, {state.registered_as} - {None}, "registrations", correction)


# --- the rules: boundaries --------------------------------------------------------------------------------


def agree_boundaries(state: State, command: AgreeBoundaries) -> list[ParticipantEvent]:
    """Boundaries are agreed between two people, at the onset of every engagement."""
    _must_take_part(state, "agree boundaries")
    _must_not_be_agreed_already(state)
    _must_be_a_person(command.agreed_with, "agree boundaries")
    return [
        BoundariesAgreed(
            decision=command.decision, agreed_with=command.agreed_with, boundaries=command.boundaries
        ),
    ]


def decline_boundaries(state: State, command: DeclineBoundaries) -> list[ParticipantEvent]:
    """A participant may decline boundaries, and agree to them later."""
    _must_take_part(state, "decline boundaries")
    _must_not_be_agreed_already(state)
    if state.boundaries is Boundaries.DECLINED:
        return []
    return [BoundariesDeclined(decision=command.decision)]


def _must_not_be_agreed_already(state: State) -> None:
    if state.boundaries is Boundaries.AGREED:
        raise Refused(
            "agreed-boundaries-stand",
            "boundaries were agreed for this engagement: record what changed as the participant's choice",
        )


# --- the rules: contacts ----------------------------------------------------------------------------------


def record_contact(state: State, command: RecordContact) -> list[ParticipantEvent]:
    """Each contact is recorded once, after boundaries, and has minutes if it was held."""
    if command.event_id in state.contacts or command.event_id in state.retracted:
        return []
    _must_be_engaged(state, "record a contact")
    _must_be_told_truly(command)
    return [
        ContactRecorded(
            event_id=command.event_id,
            made_by=command.made_by,
            medium=command.medium,
            outcome=command.outcome,
            held_minutes=command.held_minutes,
            others_present=command.others_present,
            note=command.note,
        ),
    ]


def correct_contact(state: State, command: CorrectContact) -> list[ParticipantEvent]:
    """A contact that stands can be corrected."""
    _must_be_told_truly(command)
    correction = ContactCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        made_by=command.made_by,
        medium=command.medium,
        outcome=command.outcome,
        held_minutes=command.held_minutes,
        others_present=command.others_present,
        note=command.note,
    )
    return _correction(state, state.contacts.keys(), "contacts", correction)


def retract_contact(state: State, command: RetractContact) -> list[ParticipantEvent]:
    """A contact that never was is retracted, once."""
    if command.corrects in state.retracted:
        return []
    correction = ContactRetracted(
        decision=command.decision, corrects=command.corrects, happened_at=command.happened_at
    )
    return _correction(state, state.contacts.keys(), "contacts", correction)


def _must_be_told_truly(contact: ContactDetails) -> None:
    _must_be_a_person(contact.made_by, "make a contact")
    if (contact.outcome is ContactOutcome.HELD) != (contact.held_minutes > 0):
        raise Refused(
            "only-a-held-contact-has-minutes",
            f"the contact is {contact.outcome} with {contact.held_minutes} minutes:"
            " give a held contact its minutes, and any other none",
        )


# --- the rules: the story, and what the participant chooses -----------------------------------------------


def record_story(state: State, command: RecordStory) -> list[ParticipantEvent]:
    """A story is told after boundaries; it may be told further, and is then confirmed again."""
    if command.event_id in state.stories:
        return []
    _must_be_engaged(state, "record a story")
    _must_be_a_person(command.told_to, "hear a story")
    return [StoryRecorded(event_id=command.event_id, told_to=command.told_to, story=command.story)]


def correct_story(state: State, command: CorrectStory) -> list[ParticipantEvent]:
    """A corrected story has to be confirmed again."""
    correction = StoryCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        story=command.story,
    )
    return _correction(state, state.stories, "stories", correction)


def confirm_story_understood(state: State, command: ConfirmStoryUnderstood) -> list[ParticipantEvent]:
    """The participant confirms a story that was told, after enough contacts to trust those who heard it."""
    _must_be_engaged(state, "confirm the story")
    _must_be_a_person(command.confirmed_to, "hear a story confirmed")
    if not state.stories:
        raise Refused("a-story-is-told-before-it-is-confirmed", "no story was told: RecordStory first")
    if state.story_confirmed:
        return []
    needed = policy_of(command.policy_version).contacts_before_story
    if len(state.held_contacts) < needed:
        raise Refused(
            "trust-takes-contacts",
            f"{len(state.held_contacts)} contacts were held and policy {command.policy_version} asks for"
            f" {needed}: meet the participant again before they confirm",
        )
    return [
        StoryConfirmed(
            confirmed_to=command.confirmed_to,
            stories=state.stories,
            contacts=state.held_contacts,
            policy_version=command.policy_version,
        ),
    ]


def record_choice(state: State, command: RecordChoice) -> list[ParticipantEvent]:
    """The participant's choices are theirs from the agreed boundaries on; each is recorded once."""
    if command.event_id in state.choices:
        return []
    _must_be_engaged(state, "record a choice")
    return [ParticipantChoiceRecorded(event_id=command.event_id, about=command.about, choice=command.choice)]


def correct_choice(state: State, command: CorrectChoice) -> list[ParticipantEvent]:
    """A choice written down wrongly is corrected; one made anew is recorded."""
    correction = ParticipantChoiceCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        about=command.about,
        choice=command.choice,
    )
    return _correction(state, state.choices, "choices", correction)


# --- the rules: key workers -------------------------------------------------------------------------------


def assign_key_worker(state: State, command: AssignKeyWorker) -> list[ParticipantEvent]:
    """A participant has one key worker at a time; a full caseload is a warning, not a refusal."""
    _must_be_with_us(state, "assign a key worker")
    if state.key_worker == command.key_worker.id:
        return []
    if state.key_worker is not None:
        raise Refused(
            "one-key-worker-at-a-time",
            f"{state.key_worker} is the key worker: HandOver to {command.key_worker.id} instead",
        )
    policy = policy_of(command.decision.policy_version)
    _must_qualify_as_key_worker(command.key_worker, policy)
    return [
        KeyWorkerAssigned(
            decision=command.decision,
            key_worker=command.key_worker,
            assigned_on=command.assigned_on,
            caseload=command.caseload_of_new_worker,
            over_capacity=command.caseload_of_new_worker >= policy.caseload_capacity,
        ),
    ]


def hand_over(state: State, command: HandOver) -> list[ParticipantEvent]:
    """A key worker hands over to another, after their own assignment began."""
    _must_be_with_us(state, "hand over")
    if state.assignment is None:
        raise Refused(
            "a-key-worker-hands-over",
            f"there is no key worker to hand over to {command.to_key_worker.id}: AssignKeyWorker instead",
        )
    if state.key_worker == command.to_key_worker.id:
        return []
    _must_not_end_before_it_begins(state, command.changed_on)
    policy = policy_of(command.decision.policy_version)
    _must_qualify_as_key_worker(command.to_key_worker, policy)
    return [
        KeyWorkerChanged(
            decision=command.decision,
            from_key_worker=state.assignment.key_worker,
            to_key_worker=command.to_key_worker,
            changed_on=command.changed_on,
            handover_note=command.handover_note,
            caseload=command.caseload_of_new_worker,
            over_capacity=command.caseload_of_new_worker >= policy.caseload_capacity,
        ),
    ]


def _must_qualify_as_key_worker(worker: Actor, policy: Policy) -> None:
    if worker.role is not Role.KEY_WORKER or worker.kind != "human":
        raise Refused(
            "a-key-worker-has-the-role",
            f"{worker.id} is a {worker.kind} acting as {worker.role}: name a person who is a key-worker",
        )
    _must_hold(worker, policy.credential_of_key_worker, policy, "key-workers-hold-the-credential")


def _must_hold(person: Actor, credential: str | None, policy: Policy, rule: str) -> None:
    if credential is not None and credential not in person.credentials:
        raise Refused(
            rule,
            f"{person.id} holds {', '.join(person.credentials) or 'no credential'} on the day and policy"
            f" {policy.version} asks for {credential}: name somebody who holds it",
        )


def _must_not_end_before_it_begins(state: State, day: date) -> None:
    assignment = state.assignment
    if assignment is not None and day < assignment.since:
        raise Refused(
            "an-assignment-ends-after-it-begins",
            f"{assignment.key_worker} was assigned on {assignment.since.isoformat()},"
            f" after {day.isoformat()}: give a later day",
        )


# --- the rules: consent -----------------------------------------------------------------------------------


def give_consent(state: State, command: GiveConsent) -> list[ParticipantEvent]:
    """Consent is given by a participant whose capacity was noted, or else by a guardian."""
    _must_live(state, "give consent")
    _must_be_unsealed(state, "give consent")
    consent = Consent(given_by=command.given_by, valid_until=command.valid_until)
    if state.consents.get((command.scope, command.recipient)) == consent:
        return []
    if command.given_by is ConsentParty.PARTICIPANT and not command.capacity_noted:
        raise Refused(
            "consent-needs-capacity-or-a-guardian",
            f"the participant consents to {command.scope} for {command.recipient} and no capacity was noted:"
            " note that they understand what they allow, or ask their guardian",
        )
    if command.valid_until is not None and command.valid_until < command.given_on:
        raise Refused(
            "consent-is-valid-when-given",
            f"consent given on {command.given_on.isoformat()} would end on"
            f" {command.valid_until.isoformat()}: give a later day, or none",
        )
    return [
        ConsentGiven(
            scope=command.scope,
            recipient=command.recipient,
            given_by=command.given_by,
            capacity_noted=command.capacity_noted,
            given_on=command.given_on,
            valid_until=command.valid_until,
        ),
    ]


def withdraw_consent(state: State, command: WithdrawConsent) -> list[ParticipantEvent]:
    """Consent that was given can be withdrawn at any time, whatever the status."""
    consent = state.consents.get((command.scope, command.recipient))
    if consent is None:
        raise Refused(
            "consent-is-given-before-it-is-withdrawn",
            f"consent to {command.scope} for {command.recipient} was never given:"
            " name the scope and recipient that were",
        )
    if consent.withdrawn:
        return []
    return [
        ConsentWithdrawn(scope=command.scope, recipient=command.recipient, withdrawn_by=command.withdrawn_by),
    ]


# --- the rules: safeguarding ------------------------------------------------------------------------------


def raise_concern(state: State, command: RaiseConcern) -> list[ParticipantEvent]:
    """A concern never waits: not for boundaries, not for a pause to end, not for a seal."""
    if command.event_id in state.concerns:
        return []
    return [
        SafeguardingConcernRaised(
            event_id=command.event_id, raised_by=command.raised_by, concern=command.concern
        ),
    ]


def correct_concern(state: State, command: CorrectConcern) -> list[ParticipantEvent]:
    """What is feared can be put right, also once the concern is closed."""
    correction = ConcernCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        concern=command.concern,
    )
    return _correction(state, state.concerns.keys(), "concerns", correction)


def escalate_concern(state: State, command: EscalateConcern) -> list[ParticipantEvent]:
    """An open concern is put to each agency once."""
    concern = _concern(state, command.concern_id)
    if command.escalated_to in concern.escalated_to:
        return []
    if concern.closed:
        raise Refused(
            "an-open-concern-is-escalated", f"concern {command.concern_id} is closed: raise it anew"
        )
    return [
        ConcernEscalated(
            decision=command.decision,
            concern_id=command.concern_id,
            escalated_to=command.escalated_to,
        ),
    ]


def close_concern(state: State, command: CloseConcern) -> list[ParticipantEvent]:
    """Four eyes: nobody closes a concern they raised."""
    concern = _concern(state, command.concern_id)
    if concern.closed:
        return []
    if concern.raised_by == command.decision.by.id:
        raise Refused(
            "nobody-closes-their-own-concern",
            f"{command.decision.by.id} raised concern {command.concern_id}: let somebody else close it",
        )
    return [
        ConcernClosed(decision=command.decision, concern_id=command.concern_id, outcome=command.outcome),
    ]


def _concern(state: State, concern_id: EventId) -> Concern:
    if concern_id not in state.concerns:
        raise Refused(
            "a-concern-is-raised-first",
            f"event {concern_id} is not a concern of this record: raise it, or name the one that was raised",
        )
    return state.concerns[concern_id]


# --- the rules: assessment --------------------------------------------------------------------------------


def record_assessment(state: State, command: RecordAssessment) -> list[ParticipantEvent]:
    """A competent person assesses, after boundaries; a computed score is among the inputs at most."""
    if command.event_id in state.assessments:
        return []
    _must_be_engaged(state, "record an assessment")
    _must_be_competent(command.assessed_by, command.policy_version)
    _must_score_each_domain_once(command)
    return [
        AssessmentCompleted(
            event_id=command.event_id,
            instrument=command.instrument,
            instrument_version=command.instrument_version,
            domain_scores=command.domain_scores,
            needs_identified=command.needs_identified,
            risk_level=command.risk_level,
            assessed_by=command.assessed_by,
            assessed_on=command.assessed_on,
            inputs=command.inputs,
            policy_version=command.policy_version,
        ),
    ]


def correct_assessment(state: State, command: CorrectAssessment) -> list[ParticipantEvent]:
    """Findings are put right by somebody competent to find them."""
    _must_be_competent(command.decision.by, command.decision.policy_version)
    _must_score_each_domain_once(command)
    correction = AssessmentCorrected(
        decision=command.decision,
        corrects=command.corrects,
        happened_at=command.happened_at,
        domain_scores=command.domain_scores,
        needs_identified=command.needs_identified,
        risk_level=command.risk_level,
    )
    return _correction(state, state.assessments.keys(), "assessments", correction)


def override_risk_level(state: State, command: OverrideRiskLevel) -> list[ParticipantEvent]:
    """An override names an assessment and says something else; whoever makes it is competent to assess."""
    if command.assessment_id not in state.assessments:
        raise Refused(
            "an-override-names-an-assessment",
            f"event {command.assessment_id} is not an assessment of this record:"
            f" name one of the {len(state.assessments)} that are, or assess first",
        )
    _must_be_competent(command.decision.by, command.decision.policy_version)
    if readable(state.assessments[command.assessment_id], "the level of risk") == command.risk_level:
        return []
    return [
        RiskLevelOverridden(
            decision=command.decision,
            assessment_id=command.assessment_id,
            risk_level=command.risk_level,
        ),
    ]


def _must_be_competent(assessor: Actor, policy_version: str) -> None:
    if assessor.kind != "human":
        raise Refused(
            "an-assessment-is-a-human-judgement",
            f"{assessor.id} is a {assessor.kind}: list its score among the inputs of a person's assessment",
        )
    policy = policy_of(policy_version)
    _must_hold(assessor, policy.credential_to_assess, policy, "assessors-hold-the-credential")


def _must_score_each_domain_once(findings: Findings) -> None:
    domains = [score.domain for score in readable(findings.domain_scores, "the scores")]
    if len(set(domains)) < len(domains):
        raise Refused(
            "each-domain-is-scored-once",
            f"{len(domains)} scores name only {len(set(domains))} domains: give one score for each domain",
        )


# --- the rules: taking part -------------------------------------------------------------------------------


def pause(state: State, command: Pause) -> list[ParticipantEvent]:
    """Whoever takes part may take a break."""
    if state.paused:
        return []
    _must_be_engaged(state, "pause")
    return [ParticipationPaused(decision=command.decision)]


def resume(state: State, command: Resume) -> list[ParticipantEvent]:
    """A break ends once."""
    _must_be_with_us(state, "resume")
    if not state.paused:
        raise Refused(
            "paused-before-resumed", f"the participant is {state.status}: only a paused one resumes"
        )
    return [ParticipationResumed(decision=command.decision)]


def exit_programme(state: State, command: Exit) -> list[ParticipantEvent]:
    """Nobody leaves without a plan for afterwards, or a stated reason why there is none."""
    _must_live(state, "exit")
    if state.exited:
        return []
    if (command.exit_plan is None) == (command.exit_plan_waived_because is None):
        given = "neither" if command.exit_plan is None else "both"
        raise Refused(
            "an-exit-needs-a-plan-or-a-waiver",
            f"{given} of `exit_plan` and `exit_plan_waived_because` was given: give one of them",
        )
    _must_not_end_before_it_begins(state, command.exited_on)
    return [
        ParticipantExited(
            decision=command.decision,
            reason=command.reason,
            exited_on=command.exited_on,
            exit_plan=command.exit_plan,
            exit_plan_waived_because=command.exit_plan_waived_because,
        ),
    ]


def re_engage(state: State, command: ReEngage) -> list[ParticipantEvent]:
    """Whoever left may come back: that is the second chance."""
    _must_live(state, "re-engage")
    _must_be_unsealed(state, "re-engage")
    if not state.exited:
        raise Refused(
            "exited-before-re-engaged", f"the participant is {state.status}: only an exited one comes back"
        )
    return [ParticipantReEngaged(decision=command.decision)]


def record_death(state: State, command: RecordDeath) -> list[ParticipantEvent]:
    """A death is recorded once, and can be retracted."""
    if state.died_as is not None or command.event_id in state.corrections:
        return []
    return [ParticipantDied(event_id=command.event_id, died_on=command.died_on)]


def retract_death(state: State, command: RetractDeath) -> list[ParticipantEvent]:
    """A death recorded in error is retracted."""
    correction = DeathRetracted(
        decision=command.decision, corrects=command.corrects, happened_at=command.happened_at
    )
    return _correction(state, {state.died_as} - {None}, "deaths", correction)


# --- the rules: one person, two records -------------------------------------------------------------------


def link_identity(state: State, command: LinkIdentity) -> list[ParticipantEvent]:
    """Two people decide that two records are one person's; neither record is rewritten."""
    if command.other == command.participant_id:
        raise Refused(
            "a-record-is-not-linked-to-itself",
            f"{command.other} is the record asked: name the other one",
        )
    if state.links.get(command.other):
        return []
    _must_be_approved_by_another(command.decision.by, command.approved_by)
    return [
        IdentityLinked(
            decision=command.decision,
            other=command.other,
            approved_by=command.approved_by,
            recognised_by=command.recognised_by,
        ),
    ]


def unlink_identity(state: State, command: UnlinkIdentity) -> list[ParticipantEvent]:
    """Two people decide that two linked records are two people's after all."""
    if command.other not in state.links:
        raise Refused(
            "linked-before-unlinked",
            f"{command.other} was never linked to this record: name one of the {len(state.links)} that were",
        )
    if not state.links[command.other]:
        return []
    _must_be_approved_by_another(command.decision.by, command.approved_by)
    return [IdentityUnlinked(decision=command.decision, other=command.other, approved_by=command.approved_by)]


def _must_be_approved_by_another(decider: Actor, approver: Actor) -> None:
    if approver.id == decider.id or approver.kind != "human":
        raise Refused(
            "two-people-decide-identity",
            f"{approver.id}, a {approver.kind}, cannot approve what {decider.id} decides:"
            " let a second person approve it",
        )


# --- the rules: closing, keeping and erasing the record ---------------------------------------------------


def seal_record(state: State, command: SealRecord) -> list[ParticipantEvent]:
    """A record is sealed once, whatever the status."""
    if state.sealed:
        return []
    return [RecordSealed(decision=command.decision)]


def place_legal_hold(state: State, command: PlaceLegalHold) -> list[ParticipantEvent]:
    """A hold lasts until a day that is still to come; placed again with another day, it lasts until that."""
    if state.holds.get(command.reference) == command.expires_on:
        return []
    if command.expires_on <= command.placed_on:
        raise Refused(
            "a-hold-lasts",
            f"a hold placed on {command.placed_on.isoformat()} would expire on"
            f" {command.expires_on.isoformat()}: give a later day",
        )
    return [
        LegalHoldPlaced(decision=command.decision, reference=command.reference, expires_on=command.expires_on)
    ]


def release_legal_hold(state: State, command: ReleaseLegalHold) -> list[ParticipantEvent]:
    """A hold that was placed is released once."""
    if command.reference not in state.holds:
        raise Refused(
            "a-hold-is-placed-before-it-is-released",
            f"no hold {command.reference} was placed: name one of {', '.join(sorted(state.holds)) or 'none'}",
        )
    if state.holds[command.reference] is None:
        return []
    return [LegalHoldReleased(decision=command.decision, reference=command.reference)]


def request_erasure(state: State, command: RequestErasure) -> list[ParticipantEvent]:
    """One request is open at a time; a refused one may be made again."""
    if state.erasure is Erasure.REQUESTED or state.erasure in ERASING:
        return []
    return [ErasureRequested(origin=command.origin, requested_by=command.requested_by)]


def refuse_erasure(state: State, command: RefuseErasure) -> list[ParticipantEvent]:
    """A request is refused by a decision, once."""
    if state.erasure is Erasure.REFUSED:
        return []
    _must_be_requested(state)
    return [ErasureRefused(decision=command.decision)]


def approve_erasure(state: State, command: ApproveErasure) -> list[ParticipantEvent]:
    """What was requested by one person is approved by another, unless a legal hold says otherwise."""
    if state.erasure in ERASING:
        return []
    _must_be_requested(state)
    _must_not_be_held(state, command.approved_on)
    if state.erasure_requested_by == command.decision.by.id:
        raise Refused(
            "two-people-erase",
            f"{command.decision.by.id} requested this erasure: let somebody else decide it",
        )
    return [ErasureApproved(decision=command.decision)]


def erase_personal_data(state: State, command: ErasePersonalData) -> list[ParticipantEvent]:
    """What was approved is erased once, on the grounds it was approved on."""
    if state.erasure is Erasure.DONE:
        return []
    if state.erasure is not Erasure.APPROVED or state.erasure_approved is None:
        raise Refused(
            "an-erasure-is-approved-first",
            f"erasure is {state.erasure}: have a second person approve it, so that two people decide it",
        )
    return [
        PersonalDataErased(
            decision=state.erasure_approved,
            approved_as=command.approved_as,
            destroyed=command.destroyed,
            stores=command.stores,
        ),
    ]


def _must_be_requested(state: State) -> None:
    if state.erasure is not Erasure.REQUESTED:
        raise Refused(
            "an-erasure-is-requested-first",
            f"erasure is {state.erasure}: RequestErasure first, so that two people decide it",
        )


def _must_not_be_held(state: State, day: date) -> None:
    held = {reference: until for reference, until in state.holds.items() if until and until >= day}
    if held:
        reference = max(held, key=lambda each: held[each])
        raise Refused(
            "a-legal-hold-wins-over-erasure",
            f"hold {reference} lasts until {held[reference].isoformat()}: refuse the erasure for now,"
            " or have the hold released",
        )


# --- the rules: breaking the glass ------------------------------------------------------------------------


def break_glass(state: State, command: BreakGlass) -> list[ParticipantEvent]:
    """Somebody is let in for a short time, for a reason that can be read."""
    granted = state.overrides.get(command.granted_to.id)
    if granted is not None and granted >= command.expires_at:
        return []
    _must_be_a_person(command.granted_to, "be let in")
    policy = policy_of(command.decision.policy_version)
    length = len(readable(command.decision.reason_text, "the reason"))
    if length < policy.access_override_reason_length:
        raise Refused(
            "breaking-the-glass-needs-a-reason",
            f"the reason has {length} characters: say in at least"
            f" {policy.access_override_reason_length} why the usual rules cannot wait",
        )
    longest = timedelta(minutes=policy.access_override_minutes)
    if not command.granted_at < command.expires_at <= command.granted_at + longest:
        raise Refused(
            "an-access-override-is-short",
            f"access from {command.granted_at.isoformat()} until {command.expires_at.isoformat()}:"
            f" let it end within {policy.access_override_minutes} minutes",
        )
    return [
        AccessOverrideGranted(
            decision=command.decision, granted_to=command.granted_to, expires_at=command.expires_at
        ),
    ]
