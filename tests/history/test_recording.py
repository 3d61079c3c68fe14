from __future__ import annotations

from typing import Any

import pytest

from scp_events.aggregates import ALL, irp, referral
from scp_events.aggregates.irp.events import IrpDraftStarted, IrpSuperseded
from scp_events.aggregates.referral.events import ReferralAccepted, ReferralSubmitted
from scp_events.history import (
    asked_again,
    command_recording,
    every_event,
    evidence_types,
    is_correctable,
    says_the_same,
)
from scp_events.vocabulary import Act, Command, Correct, Retract, correction_of, retraction_of
from tests.examples import irp as plans
from tests.examples.referral import ACCEPT, DRAFT, SUBMIT
from tests.words import SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once


@pytest.mark.parametrize("aggregate", ALL, ids=lambda aggregate: aggregate.CATEGORY)
def test_every_command_names_its_event_and_says_no_more_than_it(aggregate: Any) -> None:
    for command in aggregate.COMMANDS:
        assert command.RECORDS in aggregate.EVENTS
        assert set(command.model_fields) <= set(command.RECORDS.model_fields), command
    assert len({command.RECORDS for command in aggregate.COMMANDS}) == len(aggregate.COMMANDS)


@pytest.mark.parametrize("aggregate", ALL, ids=lambda aggregate: aggregate.CATEGORY)
def test_a_stream_may_hold_its_events_and_corrections_of_all_but_acts(aggregate: Any) -> None:
    held = every_event(aggregate)
    for event in aggregate.EVENTS:
        command = command_recording(aggregate, event)
        is_act = command is not None and issubclass(command, Act)
        assert is_correctable(aggregate, event) is (command is not None and not is_act)
        assert (correction_of(event) in held) is not is_act
        assert (retraction_of(event) in held) is not is_act
    assert len(set(held)) == len(held)


def test_an_event_that_comes_with_another_has_no_command() -> None:
    assert command_recording(irp, IrpSuperseded) is None


def test_evidence_is_read_with_what_corrects_it() -> None:
    types = evidence_types(referral, SUBMIT)
    assert {ReferralSubmitted, correction_of(ReferralAccepted), retraction_of(ReferralAccepted)} <= set(types)
    assert evidence_types(referral, ACCEPT) == ()


@pytest.mark.parametrize(
    "command",
    [
        Correct(decision=grounds(), corrects=event_id(1), instead=plans.START),
        Retract(decision=grounds(), corrects=event_id(1)),
    ],
)
def test_a_correction_reads_what_any_rule_of_the_stream_would(command: Command) -> None:
    types = set(evidence_types(irp, command))
    assert {IrpDraftStarted, *irp.EVIDENCE[plans.ProposeIrp].over} <= types


def test_an_event_is_turned_back_into_its_command() -> None:
    for command in (SUBMIT, ACCEPT, plans.need(), plans.achieve(), plans.KEPT):
        event = command.fact(SUPERVISOR)
        again = asked_again(type(command), event)
        assert says_the_same(again, event)
        assert again.fact(SUPERVISOR) == event


def test_what_a_decision_was_found_to_rest_on_is_no_difference() -> None:
    submitted = ReferralSubmitted(decision=decision(SUPERVISOR, relied_on=(event_id(1),)))
    assert says_the_same(SUBMIT, submitted)
    assert not says_the_same(SUBMIT.model_copy(update={"decision": grounds("other")}), submitted)
    assert not says_the_same(DRAFT, submitted)
