"""A referral: what is stored for ever."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from scp_events.aggregates.agreement.events import Resting
from scp_events.vocabulary import (
    OCCURRED,
    Actor,
    Bound,
    CaseReference,
    Code,
    CoreCode,
    DecisionEvent,
    EnrolmentId,
    Erased,
    Event,
    Findings,
    IdentifiedEvent,
    Narrative,
    OrganisationCode,
    Personal,
    PolicyVersion,
    TellingCode,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


TellingAnswer = Annotated[bool | Erased, Personal("narrative")]


class ReferralDetails(Word):
    """What a young person is referred to, and why."""

    programme: Code
    route: Code
    """How the young person comes to us, such as `diversion`, `court-order`, `self`."""
    circumstances: Narrative
    policy_version: PolicyVersion
    """The version of the rules that says how long the draft may stay open."""


class Suitability(StrEnum):
    """Whether the programme would help this young person, now."""

    SUITABLE = "suitable"
    SUITABLE_NOT_READY = "suitable-not-ready"
    NOT_SUITABLE = "not-suitable"


class WithdrawnBy(StrEnum):
    """Who took the referral back."""

    REFERRER = "referrer"
    PARTICIPANT = "participant"
    GUARDIAN = "guardian"


class Particulars(Word):
    """What is known of the young person on the day that eligibility is determined, and of which programme."""

    programme: Code
    age_years: Annotated[int | Erased, Personal("core")]
    """Completed years on that day."""
    gender: CoreCode | None = None
    offence_severity: TellingCode | None = None


class Readiness(Word):
    """What the assessor found of the young person, now."""

    needs_addressed: TellingAnswer
    """Whether the programme addresses what they need most."""
    risk_manageable: TellingAnswer
    """Whether the risk to them and to others can be managed."""
    willing_now: TellingAnswer


class Sending(Resting):
    """To whom a referral is sent, and on which agreement that rests."""

    to: OrganisationCode | None = None
    """The organisation that receives it; one that names no agreement need not say."""


class Redirection(Resting):
    """To whom a referral is sent on, and on which agreement that rests."""

    to: OrganisationCode


# --- events -----------------------------------------------------------------------------------------------


class ReferralDrafted(IdentifiedEvent, ReferralDetails):
    """An agency began to refer a young person to a programme."""

    TITLE = "Referral drafted: to {programme}, by way of {route}"
    type: Literal["referral.drafted"] = "referral.drafted"
    case_reference: CaseReference
    referred_by: Actor
    expires_on: Annotated[date, Bound(not_before=OCCURRED)]
    """The last day on which the draft can be submitted."""


class ReferralSubmitted(DecisionEvent, Sending):
    """The agency sent the referral and answers for its legal basis."""

    TITLE = "Referral submitted"
    type: Literal["referral.submitted"] = "referral.submitted"


class ReferralAcknowledged(Event):
    """The programme confirmed that it received the referral and is reviewing it."""

    TITLE = "Referral acknowledged: under review"
    type: Literal["referral.acknowledged"] = "referral.acknowledged"


class InformationRequested(Event):
    """The programme asked the referrer for something it needs to decide."""

    TITLE = "Information requested from the referrer"
    type: Literal["referral.information-requested"] = "referral.information-requested"
    request: Narrative


class InformationProvided(Event):
    """The referrer answered what was asked."""

    TITLE = "Information provided by the referrer"
    type: Literal["referral.information-provided"] = "referral.information-provided"
    answer: Narrative


class EligibilityDetermined(DecisionEvent):
    """Somebody determined whether the programme's criteria admit the young person."""

    TITLE = "Eligibility determined: eligible is {eligible}"
    type: Literal["referral.eligibility-determined"] = "referral.eligibility-determined"
    eligible: bool
    known: Particulars | None = None
    """None where no criteria were asked, as in records taken over."""
    departs_because: Narrative | None = None
    """Why it was decided otherwise than the criteria came out."""
    found: Findings | None = None


class SuitabilityAssessed(DecisionEvent):
    """Somebody judged whether the programme would help this young person, now."""

    TITLE = "Suitability assessed: {suitability}"
    type: Literal["referral.suitability-assessed"] = "referral.suitability-assessed"
    suitability: Suitability
    known: Readiness | None = None
    """None where no criteria were asked, as in records taken over."""
    departs_because: Narrative | None = None
    """Why it was judged otherwise than the criteria came out."""
    found: Findings | None = None


class ReferralAccepted(DecisionEvent):
    """The programme took the young person on."""

    TITLE = "Referral accepted"
    type: Literal["referral.accepted"] = "referral.accepted"


class ReferralDeclined(DecisionEvent):
    """The programme said no, and why."""

    TITLE = "Referral declined"
    type: Literal["referral.declined"] = "referral.declined"


class ReferralRedirected(DecisionEvent, Redirection):
    """The programme sent the referral on to a service that fits better."""

    TITLE = "Referral redirected: to {to}"
    type: Literal["referral.redirected"] = "referral.redirected"


class ReferralWaitlisted(Event):
    """There is no place yet; the referral stays open."""

    TITLE = "Referral put on the waiting list"
    type: Literal["referral.waitlisted"] = "referral.waitlisted"


class ReferralWithdrawn(DecisionEvent):
    """The referral was taken back before it was decided."""

    TITLE = "Referral withdrawn: by the {withdrawn_by}"
    type: Literal["referral.withdrawn"] = "referral.withdrawn"
    withdrawn_by: WithdrawnBy


class ReferralLinked(Event):
    """The accepted referral led to this enrolment."""

    TITLE = "Referral linked: to enrolment {enrolment_id}"
    type: Literal["referral.linked-to-enrolment"] = "referral.linked-to-enrolment"
    enrolment_id: EnrolmentId


class ReferralClosed(Event):
    """Nothing more will happen to the referral."""

    TITLE = "Referral closed"
    type: Literal["referral.closed"] = "referral.closed"
    note: Narrative | None = None


ReferralEvent: TypeAlias = (
    ReferralDrafted
    | ReferralSubmitted
    | ReferralAcknowledged
    | InformationRequested
    | InformationProvided
    | EligibilityDetermined
    | SuitabilityAssessed
    | ReferralAccepted
    | ReferralDeclined
    | ReferralRedirected
    | ReferralWaitlisted
    | ReferralWithdrawn
    | ReferralLinked
    | ReferralClosed
)
EVENTS: tuple[type[ReferralEvent], ...] = members(ReferralEvent)
