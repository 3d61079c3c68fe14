from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from scp_events.aggregates import referral
from scp_events.aggregates.referral.commands import ReferralCommand
from scp_events.aggregates.referral.events import (
    ReferralAcknowledged,
    ReferralClosed,
    ReferralDeclined,
    ReferralSubmitted,
)
from scp_events.scenario import SOMEBODY, at, by, elsewhere, given, known_as, on, perform
from scp_events.vocabulary import Event, Precision, Refused, Stream
from tests.examples.referral import ACKNOWLEDGE, CLOSE, DECLINE, DRAFT, SUBMIT
from tests.words import REFERRER, decision, event_id

pytestmark = pytest.mark.once

SUBMITTED = ReferralSubmitted(decision=decision(SOMEBODY))
ACKNOWLEDGED = ReferralAcknowledged()
DECLINED = ReferralDeclined(decision=decision(SOMEBODY))


def performed(*commands: ReferralCommand) -> list[Event]:
    return perform(referral, *commands)


def test_then_holds_when_exactly_these_events_were_decided() -> None:
    given(referral, SUBMITTED).when(ACKNOWLEDGE).then(ACKNOWLEDGED)


def test_then_fails_when_something_else_was_decided() -> None:
    with pytest.raises(AssertionError, match="decided"):
        given(referral, SUBMITTED).when(ACKNOWLEDGE).then(ReferralClosed())


def test_then_fails_when_less_or_more_was_decided() -> None:
    acknowledged = given(referral, SUBMITTED).when(ACKNOWLEDGE)
    with pytest.raises(AssertionError, match="decided"):
        acknowledged.then(ACKNOWLEDGED, ACKNOWLEDGED)
    with pytest.raises(AssertionError, match="decided"):
        acknowledged.then()


def test_then_fails_when_a_rule_said_no_and_names_the_rule() -> None:
    with pytest.raises(AssertionError, match="refused by not-under-review: cannot decline"):
        given(referral, SUBMITTED).when(DECLINE).then(DECLINED)


def test_nothing_new_holds_when_it_was_already_so() -> None:
    given(referral, SUBMITTED, ACKNOWLEDGED).when(ACKNOWLEDGE).then_nothing_new()


def test_nothing_new_fails_when_something_was_decided() -> None:
    with pytest.raises(AssertionError, match="decided"):
        given(referral, SUBMITTED).when(ACKNOWLEDGE).then_nothing_new()


def test_nothing_new_fails_when_a_rule_said_no() -> None:
    with pytest.raises(AssertionError, match="refused by not-submitted"):
        given(referral).when(ACKNOWLEDGE).then_nothing_new()


def test_a_refusal_is_expected_by_the_name_of_its_rule() -> None:
    given(referral, SUBMITTED).when(DECLINE).then_refused("not-under-review")


def test_a_refusal_by_another_rule_fails_and_names_it() -> None:
    with pytest.raises(AssertionError, match="refused by not-under-review"):
        given(referral, SUBMITTED).when(DECLINE).then_refused("not-open")


def test_a_refusal_that_did_not_come_fails() -> None:
    with pytest.raises(AssertionError, match="not refused, but decided"):
        given(referral, SUBMITTED).when(ACKNOWLEDGE).then_refused("not-under-review")
    with pytest.raises(AssertionError, match="not refused, but decided"):
        given(referral, SUBMITTED, ACKNOWLEDGED).when(ACKNOWLEDGE).then_refused("not-under-review")


def test_a_mistake_in_the_program_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(AttributeError):
        given(referral, SUBMITTED).when(None)  # type: ignore[arg-type]  # the mistake itself


def test_performed_commands_follow_one_another() -> None:
    decided = performed(DRAFT, SUBMIT, ACKNOWLEDGE, ACKNOWLEDGE, DECLINE)
    assert decided[1:] == [SUBMITTED, ACKNOWLEDGED, DECLINED]


def test_performing_what_is_refused_says_so() -> None:
    with pytest.raises(Refused, match="decide it or withdraw it first"):
        performed(DRAFT, CLOSE)


def test_what_has_no_time_follows_a_minute_after_what_was_told_before() -> None:
    first, second = given(referral, SUBMITTED, ACKNOWLEDGED).facts()
    assert (second.when.at - first.when.at).total_seconds() == 60


def test_what_is_told_has_a_time_an_author_an_id_and_a_stream_of_its_own() -> None:
    other = Stream("referral", UUID(int=101))
    told = elsewhere(other, by(REFERRER, known_as(event_id(1), on("2025-03-10", SUBMITTED))))
    (fact,) = given(referral, told).facts()
    assert (fact.stream, fact.by, fact.event_id) == (other, REFERRER, event_id(1))
    assert (fact.when.day, fact.when.precision) == (date(2025, 3, 10), Precision.DAY)


def test_a_command_is_of_now_unless_it_says_otherwise() -> None:
    so_far = given(referral, at("2025-03-10T09:30", SUBMITTED))
    assert so_far.when(ACKNOWLEDGE).decided[0].when.at == datetime(2025, 3, 11, 9, 30, tzinfo=UTC)
    so_far.when(ACKNOWLEDGE, on="2025-03-09").then_refused("not-submitted")
    so_far.when(ACKNOWLEDGE, at="2025-03-10T09:31").then(ACKNOWLEDGED)


def test_what_other_streams_say_is_not_performed_history() -> None:
    assert performed(DRAFT, SUBMIT)[1:] == perform(referral, DRAFT, SUBMIT, knowing=[DECLINED])[1:]


def test_a_story_goes_on_from_what_a_command_decided() -> None:
    told = given(referral, SUBMITTED)
    acknowledged = told.then_so(told.when(ACKNOWLEDGE, on="2025-03-04"))
    (submitted, fact) = acknowledged.facts()
    assert (submitted.event, fact.event) == (SUBMITTED, ACKNOWLEDGED)
    assert (fact.when.day, fact.when.precision) == (date(2025, 3, 4), Precision.DAY)
    assert acknowledged.state.status == "under-review"


def test_a_story_does_not_go_on_from_a_refusal() -> None:
    told = given(referral)
    with pytest.raises(Refused):
        told.then_so(told.when(ACKNOWLEDGE))
