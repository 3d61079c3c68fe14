"""Trying commands before they are recorded: what was tried is there until it is undone, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing.rehearsal import Rehearsal
from scp_events.vocabulary import CommandId, Refused
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.engagement import AGREE, MEET
from tests.examples.participant import REGISTER
from tests.opened import opened_handler, opened_reader

REFERENCE = "SC-2025-001"
COMMAND = CommandId(UUID("11111111-1111-4111-8111-111111111111"))


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler


@pytest.fixture
def rehearsal(log: LogReader) -> Iterator[Rehearsal]:
    with Rehearsal(log) as rehearsal:
        yield rehearsal


def test_a_rule_sees_what_was_tried_before_and_the_log_does_not(log: LogReader, rehearsal: Rehearsal) -> None:
    case = Case(rehearsal, REFERENCE)
    case.ask_all((REGISTER, AGREE))
    assert case.ask(MEET).version == 2
    assert log.head() == 0
    assert (rehearsal.case_of(REFERENCE), log.case_of(REFERENCE)) == (case.id, None)


def test_what_was_tried_is_found_by_its_command_with_what_it_says(rehearsal: Rehearsal) -> None:
    case = Case(rehearsal, REFERENCE)
    case.ask(REGISTER, command_id=COMMAND)
    [registered] = rehearsal.events_of_command(COMMAND)
    assert registered.event.name == REGISTER.name


def test_what_a_trial_decided_is_forgotten_when_it_ends(rehearsal: Rehearsal) -> None:
    case = Case(rehearsal, REFERENCE)
    case.ask(REGISTER)
    with rehearsal.trial():
        case.ask(AGREE)
        assert case.ask(MEET).events == 1
    with pytest.raises(Refused) as refused:
        case.ask(MEET)
    assert refused.value.rule == "boundaries-not-agreed"


def test_a_trial_that_was_refused_leaves_nothing(rehearsal: Rehearsal) -> None:
    case = Case(rehearsal, REFERENCE)
    with pytest.raises(Refused), rehearsal.trial():
        case.ask_all((REGISTER, MEET))
    assert case.ask(REGISTER).events == 1


def test_what_was_recorded_since_is_seen_by_the_next_trial(
    handler: BlockingCommandHandler, rehearsal: Rehearsal
) -> None:
    real, tried = Case(handler, REFERENCE), Case(handler, REFERENCE)
    tried.handler = rehearsal
    with rehearsal.trial(), pytest.raises(Refused):
        tried.ask(AGREE)
    real.ask(REGISTER)
    with rehearsal.trial():
        assert tried.ask(AGREE).events == 1
    assert real.ask(AGREE).events == 1
