"""Referrals, as several tests tell of them: the commands, and how far some of them bring a referral."""

from __future__ import annotations

from uuid import UUID

from scp_events.aggregates import referral
from scp_events.aggregates.referral.commands import (
    AcceptReferral,
    AcknowledgeReferral,
    AssessSuitability,
    CloseReferral,
    DeclineReferral,
    DetermineEligibility,
    DraftReferral,
    LinkToEnrolment,
    ProvideInformation,
    RedirectReferral,
    ReferralCommand,
    RequestInformation,
    SubmitReferral,
    WaitlistReferral,
    WithdrawReferral,
)
from scp_events.aggregates.referral.events import Suitability, WithdrawnBy
from scp_events.scenario import perform
from scp_events.vocabulary import Actor, Command, EnrolmentId, Event, OrganisationId
from tests.words import REFERRER, SUPERVISOR, event_id, grounds

ENROLMENT = EnrolmentId(UUID("55555555-5555-4555-8555-555555555555"))
OTHER_ENROLMENT = EnrolmentId(UUID("66666666-6666-4666-8666-666666666666"))
ELSEWHERE = OrganisationId("housing-first")

DRAFT = DraftReferral(
    event_id=event_id(1),
    programme="second-chance",
    route="diversion",
    circumstances="An invented account.",
    policy_version="2025.1",
)
SUBMIT = SubmitReferral(decision=grounds())
ACKNOWLEDGE = AcknowledgeReferral()
ASK = RequestInformation(request="An invented question.")
ANSWER = ProvideInformation(answer="An invented answer.")
ELIGIBLE = DetermineEligibility(decision=grounds(), eligible=True)
NOT_ELIGIBLE = DetermineEligibility(decision=grounds(), eligible=False)
SUITABLE = AssessSuitability(decision=grounds(), suitability=Suitability.SUITABLE)
NOT_READY = AssessSuitability(decision=grounds(), suitability=Suitability.SUITABLE_NOT_READY)
NOT_SUITABLE = AssessSuitability(decision=grounds(), suitability=Suitability.NOT_SUITABLE)
ACCEPT = AcceptReferral(decision=grounds())
DECLINE = DeclineReferral(decision=grounds())
REDIRECT = RedirectReferral(decision=grounds(), to=ELSEWHERE)
WAITLIST = WaitlistReferral()
WITHDRAW = WithdrawReferral(decision=grounds(), withdrawn_by=WithdrawnBy.REFERRER)
LINK = LinkToEnrolment(enrolment_id=ENROLMENT)
CLOSE = CloseReferral(note="Invented: filed.")
DRAFTED: tuple[ReferralCommand, ...] = (DRAFT,)
SUBMITTED: tuple[ReferralCommand, ...] = (*DRAFTED, SUBMIT)
REVIEWED: tuple[ReferralCommand, ...] = (*SUBMITTED, ACKNOWLEDGE)
ASKED: tuple[ReferralCommand, ...] = (*REVIEWED, ASK)
ADMITTED: tuple[ReferralCommand, ...] = (*REVIEWED, ELIGIBLE, SUITABLE)
WAITLISTED: tuple[ReferralCommand, ...] = (*ADMITTED, WAITLIST)
ACCEPTED: tuple[ReferralCommand, ...] = (*ADMITTED, ACCEPT)
LINKED: tuple[ReferralCommand, ...] = (*ACCEPTED, LINK)
DECLINED: tuple[ReferralCommand, ...] = (*REVIEWED, DECLINE)
REDIRECTED: tuple[ReferralCommand, ...] = (*REVIEWED, REDIRECT)
WITHDRAWN: tuple[ReferralCommand, ...] = (*SUBMITTED, WITHDRAW)
CLOSED: tuple[ReferralCommand, ...] = (*DECLINED, CLOSE)

OPEN = (DRAFTED, SUBMITTED, REVIEWED, ASKED, WAITLISTED)
ANSWERED = (ACCEPTED, LINKED, DECLINED, REDIRECTED, WITHDRAWN)

Path = tuple[ReferralCommand, ...]


def by(command: Command) -> Actor:
    """Return who sends a command."""
    by_the_referrer = DraftReferral | SubmitReferral | ProvideInformation | WithdrawReferral
    return REFERRER if isinstance(command, by_the_referrer) else SUPERVISOR


def history(*commands: ReferralCommand) -> list[Event]:
    """Return what the commands decide, one after the other."""
    return perform(referral, *commands, by=by)
