"""A referral: the rules.

    draft -> submitted -> under review <-> information requested
          -> accepted -> linked | waitlisted | declined | redirected | withdrawn -> closed

`waitlisted` is still open: the young person is suitable and there is no place yet. Nothing personal is
remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import assert_never

from scp_events.aggregates.agreement.events import Disclosure, must_be_agreed
from scp_events.aggregates.programme.events import Programme
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
from scp_events.aggregates.referral.criteria import (
    ELIGIBILITY,
    SUITABILITY,
    Applicant,
    suitability_by,
)
from scp_events.aggregates.referral.events import (
    EligibilityDetermined,
    InformationProvided,
    InformationRequested,
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralDeclined,
    ReferralDrafted,
    ReferralEvent,
    ReferralLinked,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWaitlisted,
    ReferralWithdrawn,
    Suitability,
    SuitabilityAssessed,
)
from scp_events.aggregates.referral.evidence import Submissions
from scp_events.vocabulary import (
    Context,
    EnrolmentId,
    Erased,
    Findings,
    OrganisationId,
    PersonId,
    Refused,
    Word,
    criteria_under,
    replace,
    values_in,
)

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the referral stands."""

    NOT_DRAFTED = "not-drafted"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    UNDER_REVIEW = "under-review"
    INFORMATION_REQUESTED = "information-requested"
    WAITLISTED = "waitlisted"
    ACCEPTED = "accepted"
    LINKED = "linked"
    DECLINED = "declined"
    REDIRECTED = "redirected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


OPEN = frozenset(
    {
        Status.DRAFT,
        Status.SUBMITTED,
        Status.UNDER_REVIEW,
        Status.INFORMATION_REQUESTED,
        Status.WAITLISTED,
    },
)
"""Not decided yet: these may still be withdrawn."""
DECIDABLE = frozenset({Status.UNDER_REVIEW, Status.WAITLISTED})
SCOPE_OF_REFERRALS = "referral"
"""The scope of an agreement under which somebody may be referred."""
ANSWERED = frozenset({Status.LINKED, Status.ACCEPTED, Status.DECLINED, Status.REDIRECTED, Status.WITHDRAWN})


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    status: Status = Status.NOT_DRAFTED
    programme: str | None = None
    route: str | None = None
    referred_by: PersonId | None = None
    expires_on: date | None = None
    eligible: bool | None = None
    eligibility: Findings | None = None
    """What the criteria came to when it was determined; None where they were not asked."""
    suitability: Suitability | None = None
    suitability_found: Findings | None = None
    enrolment_id: EnrolmentId | None = None


initial = State()


class View(Word):
    """What others may read of a referral."""

    status: Status
    programme: str | None
    route: str | None
    expires_on: date | None
    eligible: bool | None
    suitability: Suitability | None
    enrolment_id: EnrolmentId | None


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        status=state.status,
        programme=state.programme,
        route=state.route,
        expires_on=state.expires_on,
        eligible=state.eligible,
        suitability=state.suitability,
        enrolment_id=state.enrolment_id,
    )


def evolve(state: State, event: ReferralEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case ReferralDrafted():
            return replace(
                state,
                status=Status.DRAFT,
                programme=event.programme,
                route=event.route,
                referred_by=event.referred_by.id,
                expires_on=event.expires_on,
            )
        case ReferralSubmitted():
            return replace(state, status=Status.SUBMITTED)
        case ReferralAcknowledged() | InformationProvided():
            return replace(state, status=Status.UNDER_REVIEW)
        case InformationRequested():
            return replace(state, status=Status.INFORMATION_REQUESTED)
        case EligibilityDetermined():
            return replace(state, eligible=event.eligible, eligibility=event.found)
        case SuitabilityAssessed():
            return replace(state, suitability=event.suitability, suitability_found=event.found)
        case ReferralAccepted():
            return replace(state, status=Status.ACCEPTED)
        case ReferralDeclined():
            return replace(state, status=Status.DECLINED)
        case ReferralRedirected():
            return replace(state, status=Status.REDIRECTED)
        case ReferralWaitlisted():
            return replace(state, status=Status.WAITLISTED)
        case ReferralWithdrawn():
            return replace(state, status=Status.WITHDRAWN)
        case ReferralLinked():
            return replace(state, status=Status.LINKED, enrolment_id=event.enrolment_id)
        case ReferralClosed():
            return replace(state, status=Status.CLOSED)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: ReferralCommand, context: Context) -> list[ReferralEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case DraftReferral():
            return draft(state, command, context)
        case SubmitReferral():
            return submit(state, command, context)
        case AcknowledgeReferral():
            return acknowledge(state, command, context)
        case RequestInformation():
            return request_information(state, command, context)
        case ProvideInformation():
            return provide_information(state, command, context)
        case DetermineEligibility():
            return determine_eligibility(state, command, context)
        case AssessSuitability():
            return assess_suitability(state, command, context)
        case AcceptReferral():
            return accept(state, command, context)
        case DeclineReferral():
            return decline(state, command, context)
        case RedirectReferral():
            return redirect(state, command, context)
        case WaitlistReferral():
            return waitlist(state, command, context)
        case WithdrawReferral():
            return withdraw(state, command, context)
        case LinkToEnrolment():
            return link_to_enrolment(state, command, context)
        case CloseReferral():
            return close(state, command, context)
    assert_never(command)


# --- the rules: drafting and submitting -------------------------------------------------------------------


def draft(state: State, command: DraftReferral, context: Context) -> list[ReferralEvent]:
    """A referral is drafted once, by whoever refers."""
    if state.status is not Status.NOT_DRAFTED:
        raise Refused(
            "already-drafted",
            f"this referral is {state.status}: `correct` its draft, or draft another with `draft-referral`",
        )
    days = context.policy.draft_open_days
    return [
        command.fact(
            context.by,
            event_id=context.event_id,
            case_reference=context.name,
            referred_by=context.by,
            expires_on=context.when.day + timedelta(days=days),
        )
    ]


def submit(state: State, command: SubmitReferral, context: Context) -> list[ReferralEvent]:
    """A draft is submitted in time, under an agreement, and is the only open one for its programme."""
    if state.status is not Status.DRAFT:
        raise Refused("not-a-draft", f"the referral is {state.status}: only a draft is submitted")
    _must_be_in_time(state, context.when.day)
    policy = context.policy
    known: Submissions = context.evidence
    others = known.referrals.waiting_for(state.programme)
    if len(others) >= policy.open_referrals_per_programme:
        raise Refused(
            "one-open-referral",
            f"referral {others[0]} to {state.programme} was open on {context.when.day.isoformat()}:"
            " wait for its answer, or take it back with `withdraw-referral` first",
        )
    agreed = must_be_agreed(
        known.agreements,
        command,
        _disclosure(command.to, context),
        asked_for=policy.agreement_to_refer,
    )
    return [command.relying_on(agreed).fact(context.by)]


def _disclosure(to: OrganisationId | None, context: Context) -> Disclosure:
    return Disclosure(scope=SCOPE_OF_REFERRALS, by=context.by.organisation, to=to, day=context.when.day)


def _must_be_in_time(state: State, day: date) -> None:
    if state.expires_on is not None and day > state.expires_on:
        raise Refused(
            "draft-expired",
            f"the draft could be submitted until {state.expires_on.isoformat()}, not on {day.isoformat()}:"
            " draft the referral anew with `draft-referral`, so that what it says is still true",
        )


def acknowledge(state: State, command: AcknowledgeReferral, context: Context) -> list[ReferralEvent]:
    """A submitted referral is acknowledged; review begins."""
    if state.status is Status.UNDER_REVIEW:
        return []
    if state.status is not Status.SUBMITTED:
        raise Refused(
            "not-submitted",
            f"the referral is {state.status}: it is acknowledged once, after `submit-referral`",
        )
    return [command.fact(context.by)]


# --- the rules: under review ------------------------------------------------------------------------------


def request_information(state: State, command: RequestInformation, context: Context) -> list[ReferralEvent]:
    """The reviewer asks one thing at a time."""
    if state.status is Status.INFORMATION_REQUESTED:
        raise Refused(
            "information-already-requested",
            "an earlier request is unanswered: record its answer with `provide-information` first",
        )
    _must_be_under_review(state, "request information")
    return [command.fact(context.by)]


def provide_information(state: State, command: ProvideInformation, context: Context) -> list[ReferralEvent]:
    """An answer belongs to a question."""
    if state.status is not Status.INFORMATION_REQUESTED:
        raise Refused(
            "information-not-requested",
            f"the referral is {state.status} and nothing was asked: `correct` its draft instead",
        )
    return [command.fact(context.by)]


def determine_eligibility(
    state: State, command: DetermineEligibility, context: Context
) -> list[ReferralEvent]:
    """Eligibility is determined under review by the criteria in force; who departs from them says why."""
    _must_be_under_review(state, "determine eligibility")
    found = _eligibility(state, command, context)
    if found is not None and command.eligible != found.all_hold:
        _must_say_why(command.departs_because, found)
    if (state.eligible, state.eligibility) == (command.eligible, found):
        return []
    return [command.fact(context.by, found=found)]


def _eligibility(state: State, command: DetermineEligibility, context: Context) -> Findings | None:
    if command.known is None or _is_erased(command.known):
        return None
    if command.known.programme != state.programme:
        raise Refused(
            "another-programme",
            f"the referral is to {state.programme} and `known` is about {command.known.programme}: say what"
            " is known for the programme of the referral",
        )
    programme: Programme = context.evidence
    criteria = criteria_under(ELIGIBILITY, context.policy.criteria)
    return criteria.find(Applicant(command.known, programme.audience, programme.is_open))


def assess_suitability(state: State, command: AssessSuitability, context: Context) -> list[ReferralEvent]:
    """Suitability is assessed under review, of a young person who is eligible."""
    _must_be_under_review(state, "assess suitability")
    _must_be_eligible(state)
    found = None
    if command.known is not None and not _is_erased(command.known):
        found = criteria_under(SUITABILITY, context.policy.criteria).find(command.known)
        if command.suitability is not suitability_by(found):
            _must_say_why(command.departs_because, found)
    if (state.suitability, state.suitability_found) == (command.suitability, found):
        return []
    return [command.fact(context.by, found=found)]


def _is_erased(known: Word) -> bool:
    return any(isinstance(value, Erased) for value in values_in(known))


def _must_say_why(because: object, found: Findings) -> None:
    if because is None:
        outcome = f"not met: {', '.join(found.failed)}" if found.failed else "all of them are met"
        raise Refused(
            "departs-from-criteria",
            f"by the criteria of {found.criteria_version} it comes out otherwise ({outcome}): decide as they"
            " do, correct what is `known`, or say in `departs_because` why not",
        )


# --- the rules: the answer --------------------------------------------------------------------------------


def accept(state: State, command: AcceptReferral, context: Context) -> list[ReferralEvent]:
    """Whoever is eligible and suitable is accepted, by somebody other than the referrer."""
    _must_be_under_review(state, "accept")
    _must_be_eligible(state)
    if state.suitability is not Suitability.SUITABLE:
        raise Refused(
            "not-suitable",
            f"suitability is {state.suitability or 'not assessed'}: `assess-suitability` as suitable first,"
            " or waitlist, decline or redirect the referral",
        )
    if state.referred_by == context.by.id:
        raise Refused(
            "own-referral", f"{context.by.id} made this referral: let somebody else decide about it"
        )
    return [command.fact(context.by)]


def decline(state: State, command: DeclineReferral, context: Context) -> list[ReferralEvent]:
    """A referral under review can be declined at any point."""
    _must_be_under_review(state, "decline")
    return [command.fact(context.by)]


def redirect(state: State, command: RedirectReferral, context: Context) -> list[ReferralEvent]:
    """A referral under review can be sent on to a service that fits better, under an agreement with it."""
    _must_be_under_review(state, "redirect")
    agreed = must_be_agreed(
        context.evidence,
        command,
        _disclosure(command.to, context),
        asked_for=context.policy.agreement_to_refer,
    )
    return [command.relying_on(agreed).fact(context.by)]


def waitlist(state: State, command: WaitlistReferral, context: Context) -> list[ReferralEvent]:
    """Who is eligible and not unsuitable may wait for a place."""
    if state.status is Status.WAITLISTED:
        return []
    _must_be_under_review(state, "waitlist")
    _must_be_eligible(state)
    if state.suitability in (None, Suitability.NOT_SUITABLE):
        raise Refused(
            "not-suitable",
            f"suitability is {state.suitability or 'not assessed'}: `assess-suitability` first,"
            " or decline or redirect the referral",
        )
    return [command.fact(context.by)]


def withdraw(state: State, command: WithdrawReferral, context: Context) -> list[ReferralEvent]:
    """A referral can be taken back until it is decided."""
    if state.status not in OPEN:
        raise Refused("not-open", f"the referral is {state.status}: only an open one is withdrawn")
    return [command.fact(context.by)]


# --- the rules: afterwards --------------------------------------------------------------------------------


def link_to_enrolment(state: State, command: LinkToEnrolment, context: Context) -> list[ReferralEvent]:
    """An accepted referral leads to one enrolment."""
    if state.status is Status.LINKED and state.enrolment_id == command.enrolment_id:
        return []
    if state.status is not Status.ACCEPTED:
        raise Refused(
            "not-accepted",
            f"the referral is {state.status}: `accept-referral` first; it leads to one enrolment",
        )
    return [command.fact(context.by)]


def close(state: State, command: CloseReferral, context: Context) -> list[ReferralEvent]:
    """A referral is closed once it was answered or taken back."""
    if state.status is Status.CLOSED:
        return []
    if state.status not in ANSWERED:
        raise Refused("not-answered", f"the referral is {state.status}: decide it or withdraw it first")
    return [command.fact(context.by)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_under_review(state: State, doing: str) -> None:
    if state.status not in DECIDABLE:
        raise Refused(
            "not-under-review",
            f"cannot {doing}: the referral is {state.status}; submit it, acknowledge it and answer what was"
            " asked first",
        )


def _must_be_eligible(state: State) -> None:
    if not state.eligible:
        known = (
            "determined not to be eligible" if state.eligible is False else "not determined to be eligible"
        )
        raise Refused(
            "not-eligible",
            f"the young person is {known}: `determine-eligibility` first, or decline or redirect it",
        )
