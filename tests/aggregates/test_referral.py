from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from scp_events.aggregates import referral
from scp_events.aggregates.referral.commands import AssessSuitability, LinkToEnrolment, ReferralCommand
from scp_events.aggregates.referral.events import (
    EligibilityDetermined,
    InformationProvided,
    InformationRequested,
    ReferralAccepted,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralDeclined,
    ReferralDrafted,
    ReferralLinked,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWaitlisted,
    ReferralWithdrawn,
    Suitability,
    SuitabilityAssessed,
    WithdrawnBy,
)
from scp_events.aggregates.referral.rules import Status
from scp_events.scenario import Given, Outcome, Told, elsewhere, given, known_as, on
from scp_events.scenario import by as told_by
from scp_events.vocabulary import Correct, Event, Retract, Stream, fold
from tests.aggregates.laws import machine, one_of_these
from tests.examples.referral import (
    ACCEPT,
    ACCEPTED,
    ACKNOWLEDGE,
    ADMITTED,
    ANSWER,
    ANSWERED,
    ASK,
    ASKED,
    CLOSE,
    CLOSED,
    DECLINE,
    DECLINED,
    DRAFT,
    DRAFTED,
    ELIGIBLE,
    ELSEWHERE,
    ENROLMENT,
    LINK,
    LINKED,
    NOT_ELIGIBLE,
    NOT_READY,
    NOT_SUITABLE,
    OPEN,
    OTHER_ENROLMENT,
    REDIRECT,
    REDIRECTED,
    REVIEWED,
    SUBMIT,
    SUBMITTED,
    SUITABLE,
    WAITLIST,
    WAITLISTED,
    WITHDRAW,
    WITHDRAWN,
    Path,
    by,
    history,
)
from tests.words import REFERRER, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once


def asked(path: Path, command: ReferralCommand, on: str | None = None) -> Outcome:
    """Return what came of a command after others, sent by whoever sends such."""
    return given(referral, *history(*path)).when(command, by=by(command), on=on)


def drafted(**changes: object) -> ReferralDrafted:
    said: dict[str, object] = {
        "event_id": event_id(1),
        "case_reference": "SC-2025-001",
        "programme": "second-chance",
        "route": "diversion",
        "referred_by": REFERRER,
        "circumstances": "An invented account.",
        "policy_version": "2025.1",
        "expires_on": date(2025, 3, 31),
    }
    return ReferralDrafted.model_validate(said | changes)


# --- drafting and submitting ------------------------------------------------------------------------------


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
    asked((), DRAFT, on="2025-03-03").then(drafted(expires_on=date(2025, 3, 31)))


def test_a_referral_is_drafted_once() -> None:
    other = DRAFT.model_copy(update={"event_id": event_id(2)})
    asked((DRAFT,), other).then_refused("already-drafted")
    asked(CLOSED, other).then_refused("already-drafted")


def test_the_same_draft_reported_twice_is_one_draft() -> None:
    asked((DRAFT,), DRAFT).then_nothing_new()
    asked(CLOSED, DRAFT).then_nothing_new()


def test_a_draft_names_rules_that_were_in_force() -> None:
    unruled = DRAFT.model_copy(update={"policy_version": "1999.1"})
    asked((), unruled).then_refused("unknown-policy-version")


def test_a_draft_is_submitted_with_its_grounds() -> None:
    asked((DRAFT,), SUBMIT).then(ReferralSubmitted(decision=decision(REFERRER)))


@pytest.mark.parametrize("path", [(), SUBMITTED, REVIEWED, WAITLISTED, CLOSED])
def test_only_a_draft_is_submitted(path: Path) -> None:
    asked(path, SUBMIT).then_refused("not-a-draft")


def test_a_draft_expires() -> None:
    draft = given(referral, on("2025-03-03", drafted(expires_on=date(2025, 3, 31))))
    draft.when(SUBMIT, on="2025-03-31", by=REFERRER).then(ReferralSubmitted(decision=decision(REFERRER)))
    draft.when(SUBMIT, on="2025-04-01", by=REFERRER).then_refused("draft-expired")


def test_a_submission_recorded_late_was_in_time_if_it_happened_in_time() -> None:
    draft = given(referral, on("2025-03-03", drafted(expires_on=date(2025, 3, 31))))
    late = draft.when(SUBMIT, on="2025-03-20", by=REFERRER, now=datetime(2025, 6, 2, 9, tzinfo=UTC))
    late.then(ReferralSubmitted(decision=decision(REFERRER)))


def test_a_referral_is_submitted_under_rules_that_were_in_force() -> None:
    unruled = SUBMIT.model_copy(update={"decision": grounds(policy_version="1999.1")})
    asked((DRAFT,), unruled).then_refused("unknown-policy-version")


def test_a_submitted_referral_is_acknowledged_once() -> None:
    asked(SUBMITTED, ACKNOWLEDGE).then(ReferralAcknowledged())
    asked(REVIEWED, ACKNOWLEDGE).then_nothing_new()


@pytest.mark.parametrize("path", [(), DRAFTED, ASKED, WAITLISTED, ACCEPTED, CLOSED])
def test_only_a_submitted_referral_is_acknowledged(path: Path) -> None:
    asked(path, ACKNOWLEDGE).then_refused("not-submitted")


# --- under review -----------------------------------------------------------------------------------------


def test_the_reviewer_asks_and_the_referrer_answers() -> None:
    asked(REVIEWED, ASK).then(InformationRequested(request="An invented question."))
    asked(ASKED, ANSWER).then(InformationProvided(answer="An invented answer."))


def test_the_reviewer_asks_one_thing_at_a_time() -> None:
    asked(ASKED, ASK).then_refused("information-already-requested")
    assert asked((*ASKED, ANSWER), ASK).events != []


@pytest.mark.parametrize("path", [(), DRAFTED, SUBMITTED, REVIEWED, (*ASKED, ANSWER), CLOSED])
def test_an_answer_belongs_to_a_question(path: Path) -> None:
    asked(path, ANSWER).then_refused("information-not-requested")


def test_eligibility_is_determined_and_may_be_determined_again() -> None:
    asked(REVIEWED, NOT_ELIGIBLE).then(EligibilityDetermined(decision=decision(), eligible=False))
    asked((*REVIEWED, NOT_ELIGIBLE), ELIGIBLE).then(EligibilityDetermined(decision=decision(), eligible=True))
    asked((*REVIEWED, ELIGIBLE), ELIGIBLE).then_nothing_new()


def test_suitability_is_assessed_and_may_be_assessed_again() -> None:
    eligible = (*REVIEWED, ELIGIBLE)
    asked(eligible, NOT_READY).then(
        SuitabilityAssessed(decision=decision(), suitability=Suitability.SUITABLE_NOT_READY)
    )
    asked((*eligible, NOT_READY), SUITABLE).then(
        SuitabilityAssessed(decision=decision(), suitability=Suitability.SUITABLE)
    )
    asked((*eligible, SUITABLE), SUITABLE).then_nothing_new()


UNDER_REVIEW = [ASK, ELIGIBLE, SUITABLE, ACCEPT, DECLINE, REDIRECT, WAITLIST]


@pytest.mark.parametrize("command", UNDER_REVIEW)
@pytest.mark.parametrize("path", [(), DRAFTED, SUBMITTED, *ANSWERED, CLOSED])
def test_a_referral_is_decided_under_review(path: Path, command: ReferralCommand) -> None:
    asked(path, command).then_refused("not-under-review")


@pytest.mark.parametrize("command", UNDER_REVIEW[1:])
def test_open_questions_are_settled_before_a_decision(command: ReferralCommand) -> None:
    asked(ASKED, command).then_refused("not-under-review")


@pytest.mark.parametrize("command", [SUITABLE, ACCEPT, WAITLIST])
@pytest.mark.parametrize("path", [REVIEWED, (*REVIEWED, NOT_ELIGIBLE), (*ADMITTED, NOT_ELIGIBLE)])
def test_only_the_eligible_are_assessed_accepted_or_waitlisted(path: Path, command: ReferralCommand) -> None:
    asked(path, command).then_refused("not-eligible")


# --- the answer -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [ADMITTED, WAITLISTED])
def test_a_referral_is_accepted_once_it_is_reviewed_eligible_and_suitable(path: Path) -> None:
    asked(path, ACCEPT).then(ReferralAccepted(decision=decision()))


@pytest.mark.parametrize("assessed", [(), (NOT_READY,), (NOT_SUITABLE,), (SUITABLE, NOT_READY)])
def test_only_the_suitable_are_accepted(assessed: Path) -> None:
    eligible = (*REVIEWED, ELIGIBLE, *assessed)
    asked(eligible, ACCEPT).then_refused("not-suitable")


def test_nobody_accepts_their_own_referral() -> None:
    given(referral, *history(*ADMITTED)).when(ACCEPT, by=REFERRER).then_refused("own-referral")


@pytest.mark.parametrize("path", [REVIEWED, ADMITTED, WAITLISTED])
def test_a_referral_under_review_can_be_declined_or_redirected(path: Path) -> None:
    asked(path, DECLINE).then(ReferralDeclined(decision=decision()))
    asked(path, REDIRECT).then(ReferralRedirected(decision=decision(), to=ELSEWHERE))


@pytest.mark.parametrize("assessed", [SUITABLE, NOT_READY])
def test_who_is_suitable_may_wait_for_a_place(assessed: AssessSuitability) -> None:
    eligible = (*REVIEWED, ELIGIBLE, assessed)
    asked(eligible, WAITLIST).then(ReferralWaitlisted())


def test_a_referral_is_waitlisted_once() -> None:
    asked(WAITLISTED, WAITLIST).then_nothing_new()


@pytest.mark.parametrize("assessed", [(), (NOT_SUITABLE,)])
def test_the_waiting_list_is_for_the_suitable(assessed: Path) -> None:
    eligible = (*REVIEWED, ELIGIBLE, *assessed)
    asked(eligible, WAITLIST).then_refused("not-suitable")


@pytest.mark.parametrize("path", OPEN)
def test_an_open_referral_can_be_withdrawn(path: Path) -> None:
    asked(path, WITHDRAW).then(
        ReferralWithdrawn(decision=decision(REFERRER), withdrawn_by=WithdrawnBy.REFERRER)
    )


@pytest.mark.parametrize("path", [(), *ANSWERED, CLOSED])
def test_a_decided_referral_is_not_withdrawn(path: Path) -> None:
    asked(path, WITHDRAW).then_refused("not-open")


# --- afterwards -------------------------------------------------------------------------------------------


def test_an_accepted_referral_leads_to_one_enrolment() -> None:
    asked(ACCEPTED, LINK).then(ReferralLinked(enrolment_id=ENROLMENT))
    asked(LINKED, LINK).then_nothing_new()
    other = LinkToEnrolment(enrolment_id=OTHER_ENROLMENT)
    asked(LINKED, other).then_refused("not-accepted")


@pytest.mark.parametrize("path", [(), *OPEN, DECLINED, REDIRECTED, WITHDRAWN, CLOSED])
def test_only_an_accepted_referral_leads_to_an_enrolment(path: Path) -> None:
    asked(path, LINK).then_refused("not-accepted")


@pytest.mark.parametrize("path", ANSWERED)
def test_an_answered_referral_is_closed_once(path: Path) -> None:
    asked(path, CLOSE).then(ReferralClosed(note="Invented: filed."))
    asked((*path, CLOSE), CLOSE).then_nothing_new()


@pytest.mark.parametrize("path", [(), *OPEN])
def test_a_referral_is_answered_before_it_is_closed(path: Path) -> None:
    asked(path, CLOSE).then_refused("not-answered")


# --- one open referral to a programme ---------------------------------------------------------------------

FIRST, SECOND = (Stream("referral", UUID(int=number)) for number in (101, 102))
SENT = ReferralSubmitted(decision=decision(REFERRER))
TO_HOUSING = {"programme": "housing", "event_id": event_id(2)}


def in_february(stream: Stream, *events: Event) -> list[Told]:
    """Return what happened to another referral on the days of February, one after the other."""
    return [elsewhere(stream, on(f"2025-02-{day:02}", event)) for day, event in enumerate(events, start=1)]


@pytest.mark.parametrize(
    "more", [(), (ReferralAcknowledged(),), (ReferralAcknowledged(), ReferralWaitlisted())]
)
def test_one_referral_to_a_programme_is_open_at_a_time(more: tuple[Event, ...]) -> None:
    open_one = in_february(FIRST, drafted(event_id=event_id(2)), SENT, *more)
    draft = given(referral, on("2025-03-03", drafted())).knowing(*open_one)
    draft.when(SUBMIT, by=REFERRER, on="2025-03-04").then_refused("one-open-referral")
    draft.when(SUBMIT, by=REFERRER, on="2025-03-04").then_refused("one-open-referral")


@pytest.mark.parametrize(
    "answer",
    [
        ReferralAccepted(decision=decision()),
        ReferralDeclined(decision=decision()),
        ReferralRedirected(decision=decision(), to=ELSEWHERE),
        ReferralWithdrawn(decision=decision(), withdrawn_by=WithdrawnBy.GUARDIAN),
    ],
)
def test_a_decided_referral_is_in_nobodys_way(answer: Event) -> None:
    decided = in_february(FIRST, drafted(event_id=event_id(2)), SENT, ReferralAcknowledged(), answer)
    given(referral, on("2025-03-03", drafted())).knowing(*decided).when(SUBMIT, by=REFERRER).then(SENT)


def test_a_draft_or_another_programme_is_in_nobodys_way() -> None:
    others = [
        *in_february(FIRST, drafted(event_id=event_id(2))),
        *in_february(SECOND, drafted(event_id=event_id(3), programme="housing"), SENT),
    ]
    draft = given(referral, on("2025-03-03", drafted())).knowing(*others)
    draft.when(SUBMIT, by=REFERRER, on="2025-03-04").then(SENT)


def test_a_referral_sent_before_the_other_was_is_taken_late() -> None:
    later = [
        elsewhere(FIRST, on("2025-03-10", drafted(event_id=event_id(2)))),
        elsewhere(FIRST, on("2025-03-11", SENT)),
    ]
    draft = given(referral, on("2025-03-03", drafted())).knowing(*later)
    draft.when(SUBMIT, by=REFERRER, on="2025-03-04").then(SENT)
    draft.when(SUBMIT, by=REFERRER, on="2025-03-12").then_refused("one-open-referral")


# --- corrections ------------------------------------------------------------------------------------------


def sent_to_second_chance() -> Given:
    return given(
        referral,
        told_by(REFERRER, on("2025-03-03", drafted())),
        told_by(REFERRER, known_as(event_id(5), on("2025-03-04", SENT))),
    )


def correct_programme(programme: str) -> Correct:
    instead = DRAFT.model_copy(update={"programme": programme})
    return Correct(decision=grounds(), corrects=event_id(1), instead=instead)


def test_what_a_draft_said_can_be_corrected_afterwards_and_stays_the_referrers() -> None:
    (corrected,) = sent_to_second_chance().when(correct_programme("housing"), by=SUPERVISOR).decided
    assert corrected.event.fact == drafted(programme="housing")
    assert corrected.event.decision == decision(SUPERVISOR)


def test_no_referral_is_corrected_into_a_programme_where_another_is_open() -> None:
    open_one = in_february(FIRST, drafted(**TO_HOUSING), SENT)
    sent = sent_to_second_chance().knowing(*open_one)
    sent.when(correct_programme("housing")).then_refused("one-open-referral")
    assert sent.when(correct_programme("mentoring")).events


def test_no_referral_is_corrected_into_a_programme_to_which_another_was_sent_since() -> None:
    since = [
        elsewhere(FIRST, on("2025-03-10", drafted(**TO_HOUSING))),
        elsewhere(FIRST, on("2025-03-11", SENT)),
    ]
    sent = sent_to_second_chance().knowing(*since)
    sent.when(correct_programme("housing")).then_refused("one-open-referral")


def test_what_contradicts_already_keeps_nothing_else_from_being_corrected() -> None:
    open_one = in_february(FIRST, drafted(event_id=event_id(2)), SENT)
    both = sent_to_second_chance().knowing(*open_one)
    instead = DRAFT.model_copy(update={"route": "court-order"})
    assert both.when(Correct(decision=grounds(), corrects=event_id(1), instead=instead)).events


def test_a_draft_is_corrected_whatever_else_is_open() -> None:
    open_one = in_february(FIRST, drafted(**TO_HOUSING), SENT)
    draft = given(referral, told_by(REFERRER, on("2025-03-03", drafted()))).knowing(*open_one)
    assert draft.when(correct_programme("housing")).events


def test_a_withdrawal_is_not_retracted_once_another_referral_took_the_place() -> None:
    withdrawn = ReferralWithdrawn(decision=decision(REFERRER), withdrawn_by=WithdrawnBy.REFERRER)
    since = [
        elsewhere(FIRST, on("2025-03-10", drafted(event_id=event_id(2)))),
        elsewhere(FIRST, on("2025-03-11", SENT)),
    ]
    retract = Retract(decision=grounds(), corrects=event_id(6))
    taken_back = given(
        referral, *sent_to_second_chance().history, known_as(event_id(6), on("2025-03-05", withdrawn))
    )
    taken_back.knowing(*since).when(retract).then_refused("one-open-referral")
    assert taken_back.when(retract).events


def test_a_draft_corrected_to_an_earlier_day_expires_earlier() -> None:
    correct = Correct(decision=grounds(), corrects=event_id(1), instead=DRAFT, occurred_at=date(2025, 2, 10))
    (corrected,) = sent_to_second_chance().when(correct).decided
    assert corrected.event.fact.expires_on == date(2025, 3, 10)
    assert corrected.when.day == date(2025, 2, 10)


def test_a_correction_that_makes_a_later_step_wrong_is_taken() -> None:
    correct = Correct(decision=grounds(), corrects=event_id(1), instead=DRAFT, occurred_at=date(2025, 1, 6))
    (corrected,) = sent_to_second_chance().when(correct).decided
    assert corrected.event.fact.expires_on < date(2025, 3, 4)


# --- what holds whatever the rules ------------------------------------------------------------------------


DRAFTING = (DRAFT, DRAFT.model_copy(update={"event_id": event_id(2)}), SUBMIT, ACKNOWLEDGE)
REVIEWING = (ASK, ANSWER, ELIGIBLE, NOT_ELIGIBLE, SUITABLE, NOT_READY, WAITLIST)
ANSWERING = (ACCEPT, DECLINE, REDIRECT, WITHDRAW)
AFTERWARDS = (LINK, LinkToEnrolment(enrolment_id=OTHER_ENROLMENT), CLOSE)
TestLawsOfDraftingAReferral = machine(referral, one_of_these(*DRAFTING, *REVIEWING, ACCEPT), by=by).TestCase
TestLawsOfAReview = machine(
    referral, one_of_these(*REVIEWING, *REVIEWING, *ANSWERING, NOT_SUITABLE), history(*REVIEWED), by=by
).TestCase
TestLawsOfTheAnswer = machine(
    referral, one_of_these(*REVIEWING, *ANSWERING, *AFTERWARDS), history(*ADMITTED), by=by
).TestCase
