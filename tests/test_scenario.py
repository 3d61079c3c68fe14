from __future__ import annotations

import pytest

from scp_events.aggregates import referral
from scp_events.aggregates.referral import (
    AcknowledgeReferral,
    CloseReferral,
    DeclineReferral,
    DraftReferral,
    ReferralAcknowledged,
    ReferralClosed,
    ReferralCommand,
    ReferralDeclined,
    ReferralEvent,
    ReferralSubmitted,
    SubmitReferral,
)
from scp_events.scenario import given, perform
from scp_events.vocabulary import Refused
from tests.words import MONDAY, PARTICIPANT, REFERRER, decision, event_id

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
SUBMIT = SubmitReferral(decision=decision(), submitted_on=MONDAY)
SUBMITTED = ReferralSubmitted(decision=SUBMIT.decision)
ACKNOWLEDGE, ACKNOWLEDGED = AcknowledgeReferral(), ReferralAcknowledged()
DECLINE, DECLINED = DeclineReferral(decision=decision()), ReferralDeclined(decision=decision())


def performed(*commands: ReferralCommand) -> list[ReferralEvent]:
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
    with pytest.raises(AssertionError, match="refused by under-review-first: cannot decline"):
        given(referral, SUBMITTED).when(DECLINE).then(DECLINED)


def test_nothing_new_holds_when_it_was_already_so() -> None:
    given(referral, SUBMITTED, ACKNOWLEDGED).when(ACKNOWLEDGE).then_nothing_new()


def test_nothing_new_fails_when_something_was_decided() -> None:
    with pytest.raises(AssertionError, match="decided"):
        given(referral, SUBMITTED).when(ACKNOWLEDGE).then_nothing_new()


def test_nothing_new_fails_when_a_rule_said_no() -> None:
    with pytest.raises(AssertionError, match="refused by a-submitted-referral-is-acknowledged"):
        given(referral).when(ACKNOWLEDGE).then_nothing_new()


def test_a_refusal_is_expected_by_the_name_of_its_rule() -> None:
    given(referral, SUBMITTED).when(DECLINE).then_refused("under-review-first")


def test_a_refusal_by_another_rule_fails_and_names_it() -> None:
    with pytest.raises(AssertionError, match="refused by under-review-first"):
        given(referral, SUBMITTED).when(DECLINE).then_refused("withdrawn-before-decided")


def test_a_refusal_that_did_not_come_fails() -> None:
    with pytest.raises(AssertionError, match="not refused, but decided"):
        given(referral, SUBMITTED).when(ACKNOWLEDGE).then_refused("under-review-first")
    with pytest.raises(AssertionError, match="not refused, but decided"):
        given(referral, SUBMITTED, ACKNOWLEDGED).when(ACKNOWLEDGE).then_refused("under-review-first")


def test_a_mistake_in_the_program_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(AssertionError, match="unreachable"):
        given(referral, SUBMITTED).when(None)  # type: ignore[arg-type]


def test_performed_commands_follow_one_another() -> None:
    decided = performed(DRAFT, SUBMIT, ACKNOWLEDGE, ACKNOWLEDGE, DECLINE)
    assert decided[1:] == [SUBMITTED, ACKNOWLEDGED, DECLINED]


def test_performing_what_is_refused_says_so() -> None:
    with pytest.raises(Refused, match="decide or withdraw it first"):
        performed(DRAFT, CloseReferral())
