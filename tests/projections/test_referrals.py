from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scp_events.aggregates import engagement, referral
from scp_events.aggregates.engagement.events import ContactOutcome
from scp_events.event_log import BlockingCommandHandler
from scp_events.projections import referrals
from tests.examples import engagement as people
from tests.examples import irp as plans
from tests.examples import referral as asking
from tests.examples.assessment import ASSESS
from tests.projections.cases import Case, but, day
from tests.projections.conftest import Reading
from tests.words import REFERRER, event_id, grounds

AGENCY = REFERRER.organisation


def taken_on(handler: BlockingCommandHandler) -> Case:
    """Submitted on day 2, acknowledged on day 3, accepted on day 8."""
    case = Case(handler).on(1).refer(asking.DRAFT).on(2).refer(asking.SUBMIT).on(3).refer(asking.ACKNOWLEDGE)
    return case.on(8).refer(asking.ELIGIBLE, asking.SUITABLE, asking.ACCEPT)


def engaged(case: Case) -> Case:
    return case.register().meet(people.AGREE)


def planned(case: Case) -> Case:
    return case.meet(people.TELL, people.CONFIRM).assess(1, ASSESS).plan(*plans.AGREED)


def steps(reading: Reading) -> list[date | None]:
    (row,) = referrals.of_agency(reading(referrals), AGENCY)
    return [
        row.submitted_on,
        row.acknowledged_on,
        row.answered_on,
        row.first_contact_on,
        row.plan_agreed_on,
    ]


def test_a_referral_tells_on_which_day_each_step_was_taken(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(taken_on(handler).on(9)).meet(people.MISS).on(12).meet(people.MEET)
    planned(case.on(15).meet(people.MEET_AGAIN).on(30))
    assert steps(reading) == [day(2), day(3), day(8), day(12), day(30)]
    (row,) = referrals.of_agency(reading(referrals), AGENCY)
    assert (row.referral_id, row.case_id) == (case.referral_id, case.case_id)
    assert (row.status, row.answer, row.programme) == ("accepted", "accepted", "second-chance")


def test_a_step_not_taken_yet_has_no_day(handler: BlockingCommandHandler, reading: Reading) -> None:
    engaged(taken_on(handler).on(9)).meet(people.MISS)
    assert steps(reading) == [day(2), day(3), day(8), None, None]


def test_the_first_contact_is_found_again_when_contacts_are_put_right(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(taken_on(handler).on(9)).on(15).meet(people.MEET_AGAIN)
    assert steps(reading)[3] == day(15)
    case.on(12).meet(people.MEET)
    assert steps(reading)[3] == day(12)
    case.correct(engagement, people.SECOND, people.MEET_AGAIN, day(11))
    assert steps(reading)[3] == day(11)
    case.retract(engagement, people.SECOND)
    assert steps(reading)[3] == day(12)


def test_a_contact_of_the_day_of_submission_follows_it_and_one_of_the_day_before_does_not(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(Case(handler).on(1)).on(datetime(2025, 1, 5, 8, tzinfo=UTC)).meet(people.MEET)
    case.on(4).meet(people.MEET_AGAIN)
    case.on(5).refer(*asking.ACCEPTED)
    assert steps(reading)[3] == day(5)


def test_what_happened_before_a_referral_does_not_follow_from_it(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = planned(engaged(Case(handler).on(1)).meet(people.MEET, people.MEET_AGAIN))
    case.on(2).refer(*asking.ACCEPTED)
    assert steps(reading)[3:] == [None, None]


def test_the_pipeline_counts_by_agency_and_status(handler: BlockingCommandHandler, reading: Reading) -> None:
    for path in (
        asking.DRAFTED,
        asking.ASKED,
        asking.ACCEPTED,
        asking.ACCEPTED,
        asking.LINKED,
        asking.CLOSED,
    ):
        Case(handler).refer(*path)
    elsewhere = REFERRER.model_copy(update={"organisation": "juvenile-court"})
    Case(handler).refer(asking.DRAFT, by=elsewhere)
    counted = [(c.agency, c.status, c.referrals) for c in referrals.counts(reading(referrals))]
    assert counted == [
        ("juvenile-court", "draft", 1),
        ("police", "accepted", 2),
        ("police", "closed", 1),
        ("police", "draft", 1),
        ("police", "information-requested", 1),
        ("police", "linked", 1),
    ]


def test_a_corrected_referral_says_what_it_should_have_said_and_stands_where_it_stood(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = Case(handler).refer(*asking.REVIEWED)
    case.correct(referral, event_id(1), but(asking.DRAFT, route="court-order"))
    (row,) = referrals.of_agency(reading(referrals), AGENCY)
    assert (row.route, row.status) == ("court-order", "under-review")


def test_whoever_waits_longest_is_first_on_the_waiting_list(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    second = Case(handler).on(10).refer(*asking.WAITLISTED)
    first = Case(handler).on(5).refer(*asking.WAITLISTED)
    Case(handler).on(4).refer(*asking.WAITLISTED).on(6).refer(asking.ACCEPT)
    waiting = referrals.waiting_list(reading(referrals), day(20))
    assert [(w.referral_id, w.days, w.waiting_since) for w in waiting] == [
        (first.referral_id, 15, day(5)),
        (second.referral_id, 10, day(10)),
    ]


def test_reasons_to_decline_are_counted_by_the_day_of_the_answer(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    for number, code in ((4, "too-far"), (5, "too-far"), (6, "no-place"), (7, "no-place"), (8, "too-far")):
        declined = but(asking.DECLINE, decision=grounds(code))
        Case(handler).on(number).refer(*asking.REVIEWED, declined)
    Case(handler).on(6).refer(*asking.REDIRECTED)
    reasons = referrals.decline_reasons(reading(referrals), day(5), day(7))
    assert [(r.reason_code, r.referrals) for r in reasons] == [("no-place", 2), ("too-far", 1)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (asking.WITHDRAWN, (None, None, day(3), "referrer")),
        (asking.REDIRECTED, ("redirected", asking.ELSEWHERE, None, None)),
    ],
    ids=["withdrawn", "redirected"],
)
def test_an_end_is_told_apart_from_an_answer(
    handler: BlockingCommandHandler, reading: Reading, path: tuple[Any, ...], expected: tuple[Any, ...]
) -> None:
    Case(handler).on(3).refer(*path)
    found = reading(referrals).execute(
        "SELECT answer, redirected_to, withdrawn_on, withdrawn_by FROM rm_referrals_v1.referrals"
    )
    assert found.fetchall() == [expected]


def test_a_missed_contact_is_no_first_contact_until_it_turns_out_to_have_been_held(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(taken_on(handler).on(9)).meet(people.MISS)
    assert steps(reading)[3] is None
    held = but(people.MISS, outcome=ContactOutcome.HELD, held_minutes=9)
    case.correct(engagement, people.MISSED, held)
    assert steps(reading)[3] == day(9)
