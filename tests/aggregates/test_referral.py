from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from scp_events.aggregates import referral
from scp_events.aggregates.referral import (
    AcceptReferral,
    AcknowledgeReferral,
    AssessSuitability,
    CloseReferral,
    CorrectReferral,
    DeclineReferral,
    DetermineEligibility,
    DraftReferral,
    EligibilityDetermined,
    InformationProvided,
    InformationRequested,
    LinkToEnrolment,
    ProvideInformation,
    RedirectReferral,
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralCommand,
    ReferralCorrected,
    ReferralDeclined,
    ReferralDrafted,
    ReferralEvent,
    ReferralLinked,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWaitlisted,
    ReferralWithdrawn,
    RequestInformation,
    Status,
    SubmitReferral,
    Suitability,
    SuitabilityAssessed,
    WaitlistReferral,
    WithdrawnBy,
    WithdrawReferral,
)
from scp_events.policy import CURRENT
from scp_events.scenario import given, perform
from scp_events.vocabulary import EnrolmentId, OrganisationId, ReferralId, Stream, fold
from tests.aggregates.laws import machine, one_of_these
from tests.words import MONDAY, PARTICIPANT, REFERRAL, REFERRER, SUPERVISOR, decision, event_id

pytestmark = pytest.mark.once  # pure rules

ENROLMENT = EnrolmentId(UUID("55555555-5555-4555-8555-555555555555"))
OTHER_ENROLMENT = EnrolmentId(UUID("66666666-6666-4666-8666-666666666666"))
OTHER_REFERRAL = ReferralId(UUID("77777777-7777-4777-8777-777777777777"))
ELSEWHERE = OrganisationId("housing-first")

DRAFT = DraftReferral(
    event_id=event_id(1),
    participant_id=PARTICIPANT,
    case_reference="SC-2025-001",
    programme="second-chance",
    route="diversion",
    referred_by=REFERRER,
    circumstances="An invented account.",
    drafted_on=MONDAY,
    policy_version="2025.1",
)
SUBMIT = SubmitReferral(decision=decision(by=REFERRER), submitted_on=MONDAY)
ACKNOWLEDGE = AcknowledgeReferral()
ASK = RequestInformation(request="An invented question.")
ANSWER = ProvideInformation(answer="An invented answer.")
ELIGIBLE = DetermineEligibility(decision=decision(), eligible=True)
NOT_ELIGIBLE = DetermineEligibility(decision=decision(), eligible=False)
SUITABLE = AssessSuitability(decision=decision(), suitability=Suitability.SUITABLE)
NOT_READY = AssessSuitability(decision=decision(), suitability=Suitability.SUITABLE_NOT_READY)
NOT_SUITABLE = AssessSuitability(decision=decision(), suitability=Suitability.NOT_SUITABLE)
ACCEPT = AcceptReferral(decision=decision())
DECLINE = DeclineReferral(decision=decision())
REDIRECT = RedirectReferral(decision=decision(), to=ELSEWHERE)
WAITLIST = WaitlistReferral()
WITHDRAW = WithdrawReferral(decision=decision(by=REFERRER), withdrawn_by=WithdrawnBy.REFERRER)
LINK = LinkToEnrolment(enrolment_id=ENROLMENT)
CLOSE = CloseReferral(note="Invented: filed.")
CORRECT = CorrectReferral(
    decision=decision(),
    corrects=event_id(1),
    programme="second-chance",
    route="court-order",
    circumstances="What it should have said.",
)

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


def history(*commands: ReferralCommand) -> list[ReferralEvent]:
    return perform(referral, *commands)


# --- drafting and submitting ------------------------------------------------------------------------------


def test_a_referral_lives_in_a_stream_of_its_own() -> None:
    assert referral.stream(REFERRAL) == Stream("referral", REFERRAL)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ((), Status.NOT_DRAFTED),
        (DRAFTED, Status.DRAFT),
        (SUBMITTED, Status.SUBMITTED),
        (REVIEWED, Status.UNDER_REVIEW),
        (ASKED, Status.INFORMATION_REQUESTED),
        ((*ASKED, ANSWER), Status.UNDER_REVIEW),
        (WAITLISTED, Status.WAITLISTED),
        (ACCEPTED, Status.ACCEPTED),
        (LINKED, Status.LINKED),
        (DECLINED, Status.DECLINED),
        (REDIRECTED, Status.REDIRECTED),
        (WITHDRAWN, Status.WITHDRAWN),
        (CLOSED, Status.CLOSED),
    ],
)
def test_a_referral_is_where_its_history_left_it(path: Path, status: Status) -> None:
    assert fold(referral, history(*path)).status is status


def test_a_draft_says_until_when_it_can_be_submitted() -> None:
    given(referral).when(DRAFT).then(
        ReferralDrafted(
            event_id=event_id(1),
            participant_id=PARTICIPANT,
            case_reference="SC-2025-001",
            programme="second-chance",
            route="diversion",
            referred_by=REFERRER,
            circumstances="An invented account.",
            expires_on=MONDAY + timedelta(days=CURRENT.draft_open_days),
        )
    )


def test_a_referral_is_drafted_once() -> None:
    other = DRAFT.model_copy(update={"event_id": event_id(2)})
    given(referral, *history(DRAFT)).when(other).then_refused("drafted-once")
    given(referral, *history(*CLOSED)).when(other).then_refused("drafted-once")


def test_the_same_draft_reported_twice_is_one_draft() -> None:
    given(referral, *history(DRAFT)).when(DRAFT).then_nothing_new()
    given(referral, *history(*CLOSED)).when(DRAFT).then_nothing_new()


def test_a_draft_names_rules_that_were_in_force() -> None:
    unruled = DRAFT.model_copy(update={"policy_version": "1999.1"})
    given(referral).when(unruled).then_refused("known-policy-version")


def test_a_draft_is_submitted_with_its_grounds() -> None:
    given(referral, *history(DRAFT)).when(SUBMIT).then(ReferralSubmitted(decision=SUBMIT.decision))


@pytest.mark.parametrize("path", [(), SUBMITTED, REVIEWED, WAITLISTED, CLOSED])
def test_only_a_draft_is_submitted(path: Path) -> None:
    given(referral, *history(*path)).when(SUBMIT).then_refused("a-draft-is-submitted")


def test_a_draft_expires() -> None:
    last_day = MONDAY + timedelta(days=CURRENT.draft_open_days)
    in_time = SUBMIT.model_copy(update={"submitted_on": last_day})
    late = SUBMIT.model_copy(update={"submitted_on": last_day + timedelta(days=1)})
    given(referral, *history(DRAFT)).when(in_time).then(ReferralSubmitted(decision=SUBMIT.decision))
    given(referral, *history(DRAFT)).when(late).then_refused("drafts-expire")


def test_one_referral_to_a_programme_is_open_at_a_time() -> None:
    second = SUBMIT.model_copy(update={"open_elsewhere": (OTHER_REFERRAL,)})
    given(referral, *history(DRAFT)).when(second).then_refused("one-open-referral")


def test_a_referral_is_submitted_under_rules_that_were_in_force() -> None:
    unruled = SUBMIT.model_copy(update={"decision": decision(by=REFERRER, policy_version="1999.1")})
    given(referral, *history(DRAFT)).when(unruled).then_refused("known-policy-version")


def test_a_submitted_referral_is_acknowledged_once() -> None:
    given(referral, *history(*SUBMITTED)).when(ACKNOWLEDGE).then(ReferralAcknowledged())
    given(referral, *history(*REVIEWED)).when(ACKNOWLEDGE).then_nothing_new()


@pytest.mark.parametrize("path", [(), DRAFTED, ASKED, WAITLISTED, ACCEPTED, CLOSED])
def test_only_a_submitted_referral_is_acknowledged(path: Path) -> None:
    asked = given(referral, *history(*path)).when(ACKNOWLEDGE)
    asked.then_refused("a-submitted-referral-is-acknowledged")


# --- under review -----------------------------------------------------------------------------------------


def test_the_reviewer_asks_and_the_referrer_answers() -> None:
    given(referral, *history(*REVIEWED)).when(ASK).then(InformationRequested(request="An invented question."))
    given(referral, *history(*ASKED)).when(ANSWER).then(InformationProvided(answer="An invented answer."))


def test_the_reviewer_asks_one_thing_at_a_time() -> None:
    given(referral, *history(*ASKED)).when(ASK).then_refused("one-question-at-a-time")
    assert given(referral, *history(*ASKED, ANSWER)).when(ASK).events != []


@pytest.mark.parametrize("path", [(), DRAFTED, SUBMITTED, REVIEWED, (*ASKED, ANSWER), CLOSED])
def test_an_answer_belongs_to_a_question(path: Path) -> None:
    given(referral, *history(*path)).when(ANSWER).then_refused("an-answer-needs-a-question")


def test_eligibility_is_determined_and_may_be_determined_again() -> None:
    given(referral, *history(*REVIEWED)).when(NOT_ELIGIBLE).then(
        EligibilityDetermined(decision=NOT_ELIGIBLE.decision, eligible=False)
    )
    given(referral, *history(*REVIEWED, NOT_ELIGIBLE)).when(ELIGIBLE).then(
        EligibilityDetermined(decision=ELIGIBLE.decision, eligible=True)
    )
    given(referral, *history(*REVIEWED, ELIGIBLE)).when(ELIGIBLE).then_nothing_new()


def test_suitability_is_assessed_and_may_be_assessed_again() -> None:
    eligible = (*REVIEWED, ELIGIBLE)
    given(referral, *history(*eligible)).when(NOT_READY).then(
        SuitabilityAssessed(decision=NOT_READY.decision, suitability=Suitability.SUITABLE_NOT_READY)
    )
    given(referral, *history(*eligible, NOT_READY)).when(SUITABLE).then(
        SuitabilityAssessed(decision=SUITABLE.decision, suitability=Suitability.SUITABLE)
    )
    given(referral, *history(*eligible, SUITABLE)).when(SUITABLE).then_nothing_new()


UNDER_REVIEW = [ASK, ELIGIBLE, SUITABLE, ACCEPT, DECLINE, REDIRECT, WAITLIST]


@pytest.mark.parametrize("command", UNDER_REVIEW)
@pytest.mark.parametrize("path", [(), DRAFTED, SUBMITTED, *ANSWERED, CLOSED])
def test_a_referral_is_decided_under_review(path: Path, command: ReferralCommand) -> None:
    given(referral, *history(*path)).when(command).then_refused("under-review-first")


@pytest.mark.parametrize("command", UNDER_REVIEW[1:])
def test_open_questions_are_settled_before_a_decision(command: ReferralCommand) -> None:
    given(referral, *history(*ASKED)).when(command).then_refused("under-review-first")


@pytest.mark.parametrize("command", [SUITABLE, ACCEPT, WAITLIST])
@pytest.mark.parametrize("path", [REVIEWED, (*REVIEWED, NOT_ELIGIBLE), (*ADMITTED, NOT_ELIGIBLE)])
def test_only_the_eligible_are_assessed_accepted_or_waitlisted(path: Path, command: ReferralCommand) -> None:
    given(referral, *history(*path)).when(command).then_refused("eligible-first")


# --- the answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [ADMITTED, WAITLISTED])
def test_a_referral_is_accepted_once_it_is_reviewed_eligible_and_suitable(path: Path) -> None:
    given(referral, *history(*path)).when(ACCEPT).then(ReferralAccepted(decision=ACCEPT.decision))


@pytest.mark.parametrize("assessed", [(), (NOT_READY,), (NOT_SUITABLE,), (SUITABLE, NOT_READY)])
def test_only_the_suitable_are_accepted(assessed: Path) -> None:
    eligible = history(*REVIEWED, ELIGIBLE, *assessed)
    given(referral, *eligible).when(ACCEPT).then_refused("suitable-before-accepted")


def test_nobody_accepts_their_own_referral() -> None:
    own = DRAFT.model_copy(update={"referred_by": SUPERVISOR})
    reviewed = history(own, SUBMIT, ACKNOWLEDGE, ELIGIBLE, SUITABLE)
    given(referral, *reviewed).when(ACCEPT).then_refused("nobody-accepts-their-own-referral")


@pytest.mark.parametrize("path", [REVIEWED, ADMITTED, WAITLISTED])
def test_a_referral_under_review_can_be_declined_or_redirected(path: Path) -> None:
    given(referral, *history(*path)).when(DECLINE).then(ReferralDeclined(decision=DECLINE.decision))
    given(referral, *history(*path)).when(REDIRECT).then(
        ReferralRedirected(decision=REDIRECT.decision, to=ELSEWHERE)
    )


@pytest.mark.parametrize("assessed", [SUITABLE, NOT_READY])
def test_who_is_suitable_may_wait_for_a_place(assessed: AssessSuitability) -> None:
    eligible = history(*REVIEWED, ELIGIBLE, assessed)
    given(referral, *eligible).when(WAITLIST).then(ReferralWaitlisted())


def test_a_referral_is_waitlisted_once() -> None:
    given(referral, *history(*WAITLISTED)).when(WAITLIST).then_nothing_new()


@pytest.mark.parametrize("assessed", [(), (NOT_SUITABLE,)])
def test_the_waiting_list_is_for_the_suitable(assessed: Path) -> None:
    eligible = history(*REVIEWED, ELIGIBLE, *assessed)
    given(referral, *eligible).when(WAITLIST).then_refused("the-waiting-list-is-for-the-suitable")


@pytest.mark.parametrize("path", OPEN)
def test_an_open_referral_can_be_withdrawn(path: Path) -> None:
    given(referral, *history(*path)).when(WITHDRAW).then(
        ReferralWithdrawn(decision=WITHDRAW.decision, withdrawn_by=WithdrawnBy.REFERRER)
    )


@pytest.mark.parametrize("path", [(), *ANSWERED, CLOSED])
def test_a_decided_referral_is_not_withdrawn(path: Path) -> None:
    given(referral, *history(*path)).when(WITHDRAW).then_refused("withdrawn-before-decided")


# --- afterwards -------------------------------------------------------------------------------------------


def test_an_accepted_referral_leads_to_one_enrolment() -> None:
    given(referral, *history(*ACCEPTED)).when(LINK).then(ReferralLinked(enrolment_id=ENROLMENT))
    given(referral, *history(*LINKED)).when(LINK).then_nothing_new()
    other = LinkToEnrolment(enrolment_id=OTHER_ENROLMENT)
    given(referral, *history(*LINKED)).when(other).then_refused("an-accepted-referral-is-linked")


@pytest.mark.parametrize("path", [(), *OPEN, DECLINED, REDIRECTED, WITHDRAWN, CLOSED])
def test_only_an_accepted_referral_leads_to_an_enrolment(path: Path) -> None:
    given(referral, *history(*path)).when(LINK).then_refused("an-accepted-referral-is-linked")


@pytest.mark.parametrize("path", ANSWERED)
def test_an_answered_referral_is_closed_once(path: Path) -> None:
    given(referral, *history(*path)).when(CLOSE).then(ReferralClosed(note="Invented: filed."))
    given(referral, *history(*path, CLOSE)).when(CLOSE).then_nothing_new()


@pytest.mark.parametrize("path", [(), *OPEN])
def test_a_referral_is_answered_before_it_is_closed(path: Path) -> None:
    given(referral, *history(*path)).when(CLOSE).then_refused("answered-before-closed")


# --- corrections ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*OPEN, *ANSWERED, CLOSED])
def test_what_a_draft_said_can_be_corrected_at_any_time(path: Path) -> None:
    given(referral, *history(*path)).when(CORRECT).then(
        ReferralCorrected(
            decision=CORRECT.decision,
            corrects=event_id(1),
            programme="second-chance",
            route="court-order",
            circumstances="What it should have said.",
        )
    )


def test_a_corrected_referral_is_remembered_as_corrected() -> None:
    elsewhere = CORRECT.model_copy(update={"programme": "other-programme"})
    corrected = fold(referral, history(*SUBMITTED, elsewhere))
    assert (corrected.programme, corrected.route) == ("other-programme", "court-order")
    assert corrected.status is Status.SUBMITTED


def test_a_referral_remembers_whom_and_what_it_is_about() -> None:
    drafted = fold(referral, history(DRAFT))
    assert (drafted.participant_id, drafted.programme) == (PARTICIPANT, "second-chance")


@pytest.mark.parametrize("path", [(), DRAFTED])
def test_a_correction_names_the_draft_it_corrects(path: Path) -> None:
    elsewhere = CORRECT.model_copy(update={"corrects": event_id(2)})
    given(referral, *history(*path)).when(elsewhere).then_refused("a-correction-names-what-it-corrects")


def test_a_referral_that_was_never_drafted_cannot_be_corrected() -> None:
    given(referral).when(CORRECT).then_refused("a-correction-names-what-it-corrects")


@pytest.mark.parametrize("field", ["programme", "route", "circumstances"])
def test_a_correction_says_something_else(field: str) -> None:
    as_drafted = CORRECT.model_copy(
        update={name: getattr(DRAFT, name) for name in ("programme", "route", "circumstances")}
    )
    given(referral, *history(DRAFT)).when(as_drafted).then_nothing_new()
    given(referral, *history(DRAFT, CORRECT)).when(CORRECT).then_nothing_new()
    different = as_drafted.model_copy(update={field: "something-else"})
    assert given(referral, *history(DRAFT)).when(different).events != []


def test_a_correction_can_be_corrected_back() -> None:
    back = CORRECT.model_copy(update={"route": DRAFT.route, "circumstances": DRAFT.circumstances})
    assert given(referral, *history(DRAFT, CORRECT)).when(back).events != []


# --- what holds whatever the rules ------------------------------------------------------------------------


DRAFTING = (DRAFT, DRAFT.model_copy(update={"event_id": event_id(2)}), SUBMIT, ACKNOWLEDGE)
REVIEWING = (ASK, ANSWER, ELIGIBLE, NOT_ELIGIBLE, SUITABLE, NOT_READY, WAITLIST)
ANSWERING = (ACCEPT, DECLINE, REDIRECT, WITHDRAW)
AFTERWARDS = (LINK, LinkToEnrolment(enrolment_id=OTHER_ENROLMENT), CLOSE, CORRECT)
TestLawsOfDraftingAReferral = machine(referral, one_of_these(*DRAFTING, *REVIEWING, ACCEPT)).TestCase
TestLawsOfAReview = machine(
    referral, one_of_these(*REVIEWING, *REVIEWING, *ANSWERING, NOT_SUITABLE, CORRECT), history(*REVIEWED)
).TestCase
TestLawsOfTheAnswer = machine(
    referral, one_of_these(*REVIEWING, *ANSWERING, *AFTERWARDS), history(*ADMITTED)
).TestCase
