"""A referral: one agency asks that a young person be taken on, and the programme answers.

    draft -> submitted -> under review <-> information requested
          -> accepted -> linked | waitlisted | declined | redirected | withdrawn -> closed

`waitlisted` is still open: the young person is suitable and there is no place yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias, assert_never

from scp_events.policy import policy_of
from scp_events.vocabulary import (
    Actor,
    CaseReference,
    Code,
    Command,
    CorrectableEvent,
    CorrectionEvent,
    DecisionCommand,
    DecisionEvent,
    EnrolmentId,
    Erased,
    Event,
    EventId,
    FromSender,
    Gathered,
    Narrative,
    OrganisationCode,
    ParticipantId,
    PolicyVersion,
    ReferralId,
    Refused,
    Stream,
    members,
    replace,
)

# --- events -----------------------------------------------------------------------------------------------


class ReferralDrafted(CorrectableEvent):
    """An agency began to refer a young person to a programme."""

    type: Literal["referral.drafted"] = "referral.drafted"
    participant_id: ParticipantId
    case_reference: CaseReference
    programme: Code
    route: Code
    """How the young person comes to us, such as `diversion`, `court-order`, `self`."""
    referred_by: Actor
    circumstances: Narrative
    expires_on: date


class ReferralSubmitted(DecisionEvent):
    """The agency sent the referral and answers for its legal basis."""

    type: Literal["referral.submitted"] = "referral.submitted"


class ReferralAcknowledged(Event):
    """The programme confirmed that it received the referral and is reviewing it."""

    type: Literal["referral.acknowledged"] = "referral.acknowledged"


class InformationRequested(Event):
    """The programme asked the referrer for something it needs to decide."""

    type: Literal["referral.information-requested"] = "referral.information-requested"
    request: Narrative


class InformationProvided(Event):
    """The referrer answered what was asked."""

    type: Literal["referral.information-provided"] = "referral.information-provided"
    answer: Narrative


class EligibilityDetermined(DecisionEvent):
    """Somebody determined whether the programme's criteria admit the young person."""

    type: Literal["referral.eligibility-determined"] = "referral.eligibility-determined"
    eligible: bool


class Suitability(StrEnum):
    """Whether the programme would help this young person, now."""

    SUITABLE = "suitable"
    SUITABLE_NOT_READY = "suitable-not-ready"
    NOT_SUITABLE = "not-suitable"


class SuitabilityAssessed(DecisionEvent):
    """Somebody judged whether the programme would help this young person, now."""

    type: Literal["referral.suitability-assessed"] = "referral.suitability-assessed"
    suitability: Suitability


class ReferralAccepted(DecisionEvent):
    """The programme took the young person on."""

    type: Literal["referral.accepted"] = "referral.accepted"


class ReferralDeclined(DecisionEvent):
    """The programme said no, and why."""

    type: Literal["referral.declined"] = "referral.declined"


class ReferralRedirected(DecisionEvent):
    """The programme sent the referral on to a service that fits better."""

    type: Literal["referral.redirected"] = "referral.redirected"
    to: OrganisationCode


class ReferralWaitlisted(Event):
    """There is no place yet; the referral stays open."""

    type: Literal["referral.waitlisted"] = "referral.waitlisted"


class WithdrawnBy(StrEnum):
    """Who took the referral back."""

    REFERRER = "referrer"
    PARTICIPANT = "participant"
    GUARDIAN = "guardian"


class ReferralWithdrawn(DecisionEvent):
    """The referral was taken back before it was decided."""

    type: Literal["referral.withdrawn"] = "referral.withdrawn"
    withdrawn_by: WithdrawnBy


class ReferralLinked(Event):
    """The accepted referral led to this enrolment."""

    type: Literal["referral.linked-to-enrolment"] = "referral.linked-to-enrolment"
    enrolment_id: EnrolmentId


class ReferralClosed(Event):
    """Nothing more will happen to the referral."""

    type: Literal["referral.closed"] = "referral.closed"
    note: Narrative | None = None


class ReferralCorrected(CorrectionEvent):
    """What the draft said was wrong; this is what it should have said."""

    type: Literal["referral.corrected"] = "referral.corrected"
    programme: Code
    route: Code
    circumstances: Narrative


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
    | ReferralCorrected
)
EVENTS: tuple[type[ReferralEvent], ...] = members(ReferralEvent)

# --- commands ---------------------------------------------------------------------------------------------


class DraftReferral(Command):
    """Begin a referral. `drafted_on` starts the time within which it must be submitted."""

    event_id: EventId
    participant_id: Annotated[ParticipantId, Gathered()]
    case_reference: CaseReference
    programme: Code
    route: Code
    referred_by: Annotated[Actor, FromSender()]
    circumstances: Narrative
    drafted_on: date
    policy_version: PolicyVersion


class SubmitReferral(DecisionCommand):
    """Send the referral. `open_elsewhere` are this young person's other open referrals to the programme."""

    submitted_on: date
    open_elsewhere: Annotated[tuple[ReferralId, ...], Gathered()] = ()


class AcknowledgeReferral(Command):
    """Confirm receipt; review begins."""


class RequestInformation(Command):
    """Ask the referrer for something."""

    request: Narrative


class ProvideInformation(Command):
    """Answer what was asked."""

    answer: Narrative


class DetermineEligibility(DecisionCommand):
    """Say whether the criteria admit the young person."""

    eligible: bool


class AssessSuitability(DecisionCommand):
    """Say whether the programme would help."""

    suitability: Suitability


class AcceptReferral(DecisionCommand):
    """Take the young person on."""


class DeclineReferral(DecisionCommand):
    """Say no."""


class RedirectReferral(DecisionCommand):
    """Send the referral on."""

    to: OrganisationCode


class WaitlistReferral(Command):
    """Keep the referral open until there is a place."""


class WithdrawReferral(DecisionCommand):
    """Take the referral back."""

    withdrawn_by: WithdrawnBy


class LinkToEnrolment(Command):
    """Say which enrolment the accepted referral led to."""

    enrolment_id: EnrolmentId


class CloseReferral(Command):
    """Say that nothing more will happen."""

    note: Narrative | None = None


class CorrectReferral(DecisionCommand):
    """Say what the draft should have said. `corrects` names the event that was wrong."""

    corrects: EventId
    programme: Code
    route: Code
    circumstances: Narrative


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
    | CorrectReferral
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
ANSWERED = frozenset({Status.LINKED, Status.ACCEPTED, Status.DECLINED, Status.REDIRECTED, Status.WITHDRAWN})


@dataclass(frozen=True)
class State:
    """What we remember of a referral: no more than the next decision needs."""

    status: Status = Status.NOT_DRAFTED
    participant_id: ParticipantId | None = None
    programme: str | None = None
    route: str | None = None
    circumstances: str | Erased | None = None
    referred_by: Actor | None = None
    expires_on: date | None = None
    drafted_as: EventId | None = None
    eligible: bool | None = None
    suitability: Suitability | None = None
    enrolment_id: EnrolmentId | None = None


initial = State()


def stream(referral_id: ReferralId) -> Stream:
    """Return where this referral's history lives."""
    return Stream("referral", referral_id)


def evolve(state: State, event: ReferralEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case ReferralDrafted():
            return _drafted(state, event)
        case ReferralSubmitted():
            return replace(state, status=Status.SUBMITTED)
        case ReferralAcknowledged() | InformationProvided():
            return replace(state, status=Status.UNDER_REVIEW)
        case InformationRequested():
            return replace(state, status=Status.INFORMATION_REQUESTED)
        case EligibilityDetermined():
            return replace(state, eligible=event.eligible)
        case SuitabilityAssessed():
            return replace(state, suitability=event.suitability)
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
        case ReferralCorrected():
            return _corrected(state, event)
    assert_never(event)


def _drafted(state: State, event: ReferralDrafted) -> State:
    return replace(
        state,
        status=Status.DRAFT,
        participant_id=event.participant_id,
        programme=event.programme,
        route=event.route,
        circumstances=event.circumstances,
        referred_by=event.referred_by,
        expires_on=event.expires_on,
        drafted_as=event.event_id,
    )


def _corrected(state: State, event: ReferralCorrected) -> State:
    return replace(
        state,
        programme=event.programme,
        route=event.route,
        circumstances=event.circumstances,
    )


# --- the rules --------------------------------------------------------------------------------------------


def decide(state: State, command: ReferralCommand) -> list[ReferralEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case DraftReferral():
            return draft(state, command)
        case SubmitReferral():
            return submit(state, command)
        case AcknowledgeReferral():
            return acknowledge(state, command)
        case RequestInformation():
            return request_information(state, command)
        case ProvideInformation():
            return provide_information(state, command)
        case DetermineEligibility():
            return determine_eligibility(state, command)
        case AssessSuitability():
            return assess_suitability(state, command)
        case AcceptReferral():
            return accept(state, command)
        case DeclineReferral():
            return decline(state, command)
        case RedirectReferral():
            return redirect(state, command)
        case WaitlistReferral():
            return waitlist(state, command)
        case WithdrawReferral():
            return withdraw(state, command)
        case LinkToEnrolment():
            return link_to_enrolment(state, command)
        case CloseReferral():
            return close(state, command)
        case CorrectReferral():
            return correct(state, command)
    assert_never(command)


def draft(state: State, command: DraftReferral) -> list[ReferralEvent]:
    """A referral is drafted once."""
    if state.drafted_as == command.event_id:
        return []
    if state.status is not Status.NOT_DRAFTED:
        raise Refused("drafted-once", "this referral exists already: correct it, or draft another")
    policy = policy_of(command.policy_version)
    return [
        ReferralDrafted(
            event_id=command.event_id,
            participant_id=command.participant_id,
            case_reference=command.case_reference,
            programme=command.programme,
            route=command.route,
            referred_by=command.referred_by,
            circumstances=command.circumstances,
            expires_on=command.drafted_on + timedelta(days=policy.draft_open_days),
        ),
    ]


def submit(state: State, command: SubmitReferral) -> list[ReferralEvent]:
    """A draft is submitted in time, on a legal basis, and is the only open one for its programme."""
    if state.status is not Status.DRAFT:
        raise Refused(
            "a-draft-is-submitted", f"the referral is {state.status}: only a draft can be submitted"
        )
    _must_be_in_time(state, command.submitted_on)
    policy = policy_of(command.decision.policy_version)
    if len(command.open_elsewhere) >= policy.open_referrals_per_programme:
        raise Refused(
            "one-open-referral",
            f"referral {command.open_elsewhere[0]} to the same programme is still open:"
            " wait for its answer or withdraw it first",
        )
    return [ReferralSubmitted(decision=command.decision)]


def _must_be_in_time(state: State, day: date) -> None:
    if state.expires_on is not None and day > state.expires_on:
        raise Refused(
            "drafts-expire",
            f"the draft could be submitted until {state.expires_on.isoformat()}, not on {day.isoformat()}:"
            " draft the referral anew, so that what it says is still true",
        )


def acknowledge(state: State, _command: AcknowledgeReferral) -> list[ReferralEvent]:
    """A submitted referral is acknowledged; review begins."""
    if state.status is Status.UNDER_REVIEW:
        return []
    if state.status is not Status.SUBMITTED:
        raise Refused(
            "a-submitted-referral-is-acknowledged",
            f"the referral is {state.status}: it is acknowledged once, after it was submitted",
        )
    return [ReferralAcknowledged()]


def request_information(state: State, command: RequestInformation) -> list[ReferralEvent]:
    """The reviewer asks one thing at a time."""
    if state.status is Status.INFORMATION_REQUESTED:
        raise Refused(
            "one-question-at-a-time", "an earlier request is unanswered: wait for it, or record its answer"
        )
    _must_be_under_review(state, "ask for information")
    return [InformationRequested(request=command.request)]


def provide_information(state: State, command: ProvideInformation) -> list[ReferralEvent]:
    """An answer belongs to a question."""
    if state.status is not Status.INFORMATION_REQUESTED:
        raise Refused(
            "an-answer-needs-a-question",
            f"the referral is {state.status} and nothing was asked: correct the referral instead",
        )
    return [InformationProvided(answer=command.answer)]


def determine_eligibility(state: State, command: DetermineEligibility) -> list[ReferralEvent]:
    """Eligibility is determined under review, and may be determined again before the answer."""
    _must_be_under_review(state, "determine eligibility")
    if state.eligible == command.eligible:
        return []
    return [EligibilityDetermined(decision=command.decision, eligible=command.eligible)]


def assess_suitability(state: State, command: AssessSuitability) -> list[ReferralEvent]:
    """Suitability is assessed under review, of a young person who is eligible."""
    _must_be_under_review(state, "assess suitability")
    _must_be_eligible(state)
    if state.suitability == command.suitability:
        return []
    return [SuitabilityAssessed(decision=command.decision, suitability=command.suitability)]


def accept(state: State, command: AcceptReferral) -> list[ReferralEvent]:
    """Whoever is eligible and suitable is accepted, by somebody other than the referrer."""
    _must_be_under_review(state, "accept")
    _must_be_eligible(state)
    if state.suitability is not Suitability.SUITABLE:
        raise Refused(
            "suitable-before-accepted",
            f"suitability is {state.suitability or 'not assessed'}: assess it as suitable first,"
            " or waitlist, decline or redirect the referral",
        )
    if state.referred_by is not None and state.referred_by.id == command.decision.by.id:
        raise Refused(
            "nobody-accepts-their-own-referral",
            f"{command.decision.by.id} made this referral: let somebody else decide it",
        )
    return [ReferralAccepted(decision=command.decision)]


def decline(state: State, command: DeclineReferral) -> list[ReferralEvent]:
    """A referral under review can be declined at any point."""
    _must_be_under_review(state, "decline")
    return [ReferralDeclined(decision=command.decision)]


def redirect(state: State, command: RedirectReferral) -> list[ReferralEvent]:
    """A referral under review can be sent on to a service that fits better."""
    _must_be_under_review(state, "redirect")
    return [ReferralRedirected(decision=command.decision, to=command.to)]


def waitlist(state: State, _command: WaitlistReferral) -> list[ReferralEvent]:
    """Who is eligible and not unsuitable may wait for a place."""
    if state.status is Status.WAITLISTED:
        return []
    _must_be_under_review(state, "waitlist")
    _must_be_eligible(state)
    if state.suitability in (None, Suitability.NOT_SUITABLE):
        raise Refused(
            "the-waiting-list-is-for-the-suitable",
            f"suitability is {state.suitability or 'not assessed'}: assess it first, or decline or redirect",
        )
    return [ReferralWaitlisted()]


def withdraw(state: State, command: WithdrawReferral) -> list[ReferralEvent]:
    """A referral can be taken back until it is decided."""
    if state.status not in OPEN:
        raise Refused(
            "withdrawn-before-decided", f"the referral is {state.status}: only an open one is withdrawn"
        )
    return [ReferralWithdrawn(decision=command.decision, withdrawn_by=command.withdrawn_by)]


def link_to_enrolment(state: State, command: LinkToEnrolment) -> list[ReferralEvent]:
    """An accepted referral leads to one enrolment."""
    if state.status is Status.LINKED and state.enrolment_id == command.enrolment_id:
        return []
    if state.status is not Status.ACCEPTED:
        raise Refused(
            "an-accepted-referral-is-linked",
            f"the referral is {state.status}: accept it first; it leads to one enrolment",
        )
    return [ReferralLinked(enrolment_id=command.enrolment_id)]


def close(state: State, command: CloseReferral) -> list[ReferralEvent]:
    """A referral is closed once it was answered or taken back."""
    if state.status is Status.CLOSED:
        return []
    if state.status not in ANSWERED:
        raise Refused(
            "answered-before-closed", f"the referral is {state.status}: decide or withdraw it first"
        )
    return [ReferralClosed(note=command.note)]


def correct(state: State, command: CorrectReferral) -> list[ReferralEvent]:
    """A correction names the draft it corrects, and says something else."""
    if state.drafted_as is None or command.corrects != state.drafted_as:
        raise Refused(
            "a-correction-names-what-it-corrects",
            f"event {command.corrects} is not this referral's draft:"
            f" name {state.drafted_as or 'an existing one'}",
        )
    known = (state.programme, state.route, state.circumstances)
    if (command.programme, command.route, command.circumstances) == known:
        return []
    return [
        ReferralCorrected(
            decision=command.decision,
            corrects=command.corrects,
            programme=command.programme,
            route=command.route,
            circumstances=command.circumstances,
        ),
    ]


def _must_be_under_review(state: State, doing: str) -> None:
    if state.status not in DECIDABLE:
        raise Refused(
            "under-review-first",
            f"cannot {doing}: the referral is {state.status};"
            " submit, acknowledge and settle open questions first",
        )


def _must_be_eligible(state: State) -> None:
    if not state.eligible:
        known = (
            "determined not to be eligible" if state.eligible is False else "not determined to be eligible"
        )
        raise Refused(
            "eligible-first",
            f"the young person is {known}: determine eligibility first, or decline or redirect the referral",
        )
