from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scp_events.aggregates import referral
from scp_events.aggregates.participant import ContactOutcome
from scp_events.event_log import EventLog
from scp_events.projections import referrals
from scp_events.vocabulary import Refused, fold
from tests.aggregates import test_irp as plans
from tests.aggregates import test_participant as people
from tests.aggregates import test_referral as asking
from tests.aggregates.test_participant import but
from tests.examples import examples
from tests.projections.cases import Case, day
from tests.projections.conftest import Reading
from tests.words import REFERRER, decision

AGENCY = REFERRER.organisation


def taken_on(log: EventLog) -> Case:
    """Submitted on day 2, acknowledged on day 3, accepted on day 8."""
    case = Case(log)
    case.on(1).refer(asking.DRAFT).on(2).refer(asking.SUBMIT).on(3).refer(asking.ACKNOWLEDGE)
    return case.on(8).refer(asking.ELIGIBLE, asking.SUITABLE, asking.ACCEPT)


def steps(reading: Reading) -> list[datetime | None]:
    (row,) = referrals.of_agency(reading(referrals), AGENCY)
    return [
        row.submitted_at,
        row.acknowledged_at,
        row.answered_at,
        row.first_contact_at,
        row.plan_agreed_at,
    ]


def test_a_referral_tells_when_each_step_was_taken(log: EventLog, reading: Reading) -> None:
    case = taken_on(log)
    case.on(9).meet(*people.ENGAGING, people.MISS).on(12).meet(people.MEET).on(15).meet(people.MEET_AGAIN)
    case.on(30).plan(*plans.ACTIVE)
    assert steps(reading) == [day(2), day(3), day(8), day(12), day(30)]
    (row,) = referrals.of_agency(reading(referrals), AGENCY)
    assert (row.referral_id, row.participant_id) == (case.referral_id, case.participant_id)
    assert (row.status, row.answer, row.programme) == ("accepted", "accepted", "second-chance")


def test_a_step_not_taken_yet_has_no_time(log: EventLog, reading: Reading) -> None:
    taken_on(log).on(9).meet(*people.ENGAGING, people.MISS).plan(*plans.PROPOSED)
    assert steps(reading) == [day(2), day(3), day(8), None, None]


def test_the_first_contact_is_found_again_when_contacts_are_put_right(
    log: EventLog, reading: Reading
) -> None:
    case = taken_on(log).on(9).meet(*people.ENGAGING)
    case.on(12).meet(people.MEET).on(15).meet(people.MEET_AGAIN)
    held_earlier = but(
        people.CORRECT_CONTACT, happened_at=day(11), outcome=ContactOutcome.HELD, held_minutes=9
    )
    case.on(20).meet(held_earlier)
    assert steps(reading)[3] == day(11)
    case.on(21).meet(people.RETRACT_CONTACT)
    assert steps(reading)[3] == day(12)


def test_what_happened_before_a_referral_is_not_its_fruit(log: EventLog, reading: Reading) -> None:
    case = Case(log).on(1).meet(*people.ENGAGING, people.MEET).plan(*plans.AGREED)
    case.on(2).refer(*asking.ACCEPTED)
    assert steps(reading)[3:] == [None, None]


def test_the_pipeline_counts_by_agency_and_status(log: EventLog, reading: Reading) -> None:
    for path in (
        asking.DRAFTED,
        asking.ASKED,
        asking.ACCEPTED,
        asking.ACCEPTED,
        asking.LINKED,
        asking.CLOSED,
    ):
        Case(log).refer(*path)
    elsewhere = REFERRER.model_copy(update={"organisation": "juvenile-court"})
    Case(log).refer(but(asking.DRAFT, referred_by=elsewhere))
    counted = [(c.agency, c.status, c.referrals) for c in referrals.counts(reading(referrals))]
    assert counted == [
        ("juvenile-court", "draft", 1),
        ("police", "accepted", 2),
        ("police", "closed", 1),
        ("police", "draft", 1),
        ("police", "information-requested", 1),
        ("police", "linked", 1),
    ]


def test_a_corrected_referral_says_what_it_should_have_said(log: EventLog, reading: Reading) -> None:
    Case(log).refer(*asking.DRAFTED, asking.CORRECT)
    (row,) = referrals.of_agency(reading(referrals), AGENCY)
    assert row.route == "court-order"


def test_whoever_waits_longest_is_first_on_the_waiting_list(log: EventLog, reading: Reading) -> None:
    second = Case(log).on(10).refer(*asking.WAITLISTED)
    first = Case(log).on(5).refer(*asking.WAITLISTED)
    Case(log).on(4).refer(*asking.WAITLISTED).on(6).refer(asking.ACCEPT)
    waiting = referrals.waiting_list(reading(referrals), date(2025, 1, 20))
    assert [(w.referral_id, w.days, w.waiting_since) for w in waiting] == [
        (first.referral_id, 15, day(5)),
        (second.referral_id, 10, day(10)),
    ]


def test_reasons_to_decline_are_counted_by_the_day_of_the_answer(log: EventLog, reading: Reading) -> None:
    for number, code in ((4, "too-far"), (5, "too-far"), (6, "no-place"), (7, "no-place"), (8, "too-far")):
        declined = referral.DeclineReferral(decision=decision(reason_code=code))
        Case(log).on(number).refer(*asking.REVIEWED, declined)
    Case(log).on(6).refer(*asking.REDIRECTED)
    reasons = referrals.decline_reasons(reading(referrals), date(2025, 1, 5), date(2025, 1, 7))
    assert [(r.reason_code, r.referrals) for r in reasons] == [("no-place", 2), ("too-far", 1)]


COMMANDS = [
    *(asking.DRAFT, asking.CORRECT, asking.SUBMIT, asking.ACKNOWLEDGE, asking.ASK, asking.ANSWER),
    *(asking.ELIGIBLE, asking.NOT_ELIGIBLE, asking.SUITABLE, asking.NOT_READY, asking.WAITLIST),
    *(asking.ACCEPT, asking.DECLINE, asking.REDIRECT, asking.WITHDRAW, asking.LINK, asking.CLOSE),
]
BEGINNINGS = st.sampled_from([(), asking.REVIEWED, asking.ADMITTED, asking.WAITLISTED])


@settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(beginning=BEGINNINGS, commands=st.lists(st.sampled_from(COMMANDS), max_size=15))
def test_a_referral_stands_where_a_fold_of_its_events_says(
    log: EventLog, reading: Reading, beginning: tuple[Any, ...], commands: list[Any]
) -> None:
    case = Case(log).refer(*beginning)
    for command in commands:
        with suppress(Refused):
            case.refer(command)
    state = log.load(referral, case.referral_id).state
    rows = reading(referrals).execute(
        "SELECT status, programme, route, eligible, suitability, enrolment_id FROM rm_referrals_v1.referrals"
        " WHERE referral_id = %s",
        [case.referral_id],
    )
    if state.status is referral.Status.NOT_DRAFTED:
        assert rows.fetchall() == []
    else:
        assert rows.fetchall() == [
            (
                state.status,
                state.programme,
                state.route,
                state.eligible,
                state.suitability,
                state.enrolment_id,
            )
        ]
    assert fold(referral, [r.event for r in log.load(referral, case.referral_id).history]) == state


@pytest.mark.parametrize("path", [asking.WITHDRAWN, asking.REDIRECTED])
def test_an_end_is_told_apart_from_an_answer(log: EventLog, reading: Reading, path: tuple[Any, ...]) -> None:
    Case(log).on(3).refer(*path)
    found = reading(referrals).execute(
        "SELECT answer, redirected_to, withdrawn_at, withdrawn_by FROM rm_referrals_v1.referrals"
    )
    expected = (
        (None, None, day(3), "referrer")
        if path == asking.WITHDRAWN
        else ("redirected", asking.ELSEWHERE, None, None)
    )
    assert found.fetchall() == [expected]
