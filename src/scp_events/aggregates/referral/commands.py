"""A referral: what doors offer. Whoever sends a command is who refers, or who decides."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.referral import events
from scp_events.aggregates.referral.events import (
    Particulars,
    Readiness,
    Redirection,
    ReferralDetails,
    Sending,
    Suitability,
    WithdrawnBy,
)
from scp_events.vocabulary import (
    Command,
    DecisionCommand,
    EnrolmentId,
    IdentifiedCommand,
    Narrative,
    members,
)


class DraftReferral(IdentifiedCommand, ReferralDetails):
    """Begin a referral. Its day starts the time within which it must be submitted."""

    RECORDS = events.ReferralDrafted


class SubmitReferral(DecisionCommand, Sending):
    """Send the referral."""

    RECORDS = events.ReferralSubmitted


class AcknowledgeReferral(Command):
    """Confirm receipt; review begins."""

    RECORDS = events.ReferralAcknowledged


class RequestInformation(Command):
    """Ask the referrer for something."""

    RECORDS = events.InformationRequested
    request: Narrative


class ProvideInformation(Command):
    """Answer what was asked."""

    RECORDS = events.InformationProvided
    answer: Narrative


class DetermineEligibility(DecisionCommand):
    """Say whether the criteria admit the young person. Where it says what is `known`, each is asked."""

    RECORDS = events.EligibilityDetermined
    eligible: bool
    known: Particulars | None = None
    departs_because: Narrative | None = None


class AssessSuitability(DecisionCommand):
    """Say whether the programme would help. Where it says what is `known`, each criterion is asked."""

    RECORDS = events.SuitabilityAssessed
    suitability: Suitability
    known: Readiness | None = None
    departs_because: Narrative | None = None


class AcceptReferral(DecisionCommand):
    """Take the young person on."""

    RECORDS = events.ReferralAccepted


class DeclineReferral(DecisionCommand):
    """Say no."""

    RECORDS = events.ReferralDeclined


class RedirectReferral(DecisionCommand, Redirection):
    """Send the referral on."""

    RECORDS = events.ReferralRedirected


class WaitlistReferral(Command):
    """Keep the referral open until there is a place."""

    RECORDS = events.ReferralWaitlisted


class WithdrawReferral(DecisionCommand):
    """Take the referral back."""

    RECORDS = events.ReferralWithdrawn
    withdrawn_by: WithdrawnBy


class LinkToEnrolment(Command):
    """Say which enrolment the accepted referral led to."""

    RECORDS = events.ReferralLinked
    enrolment_id: EnrolmentId


class CloseReferral(Command):
    """Say that nothing more will happen."""

    RECORDS = events.ReferralClosed
    note: Narrative | None = None


ReferralCommand: TypeAlias = (
    DraftReferral
    | SubmitReferral
    | AcknowledgeReferral
    | RequestInformation
    | ProvideInformation
    | DetermineEligibility
    | AssessSuitability
    | AcceptReferral
    | DeclineReferral
    | RedirectReferral
    | WaitlistReferral
    | WithdrawReferral
    | LinkToEnrolment
    | CloseReferral
)
COMMANDS: tuple[type[ReferralCommand], ...] = members(ReferralCommand)
