"""What the house asks of every aggregate, event and command, whatever they are about."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from scp_events.aggregates import ALL, participant
from scp_events.history import every_event, evidence_types
from scp_events.privacy import marks_of
from scp_events.scenario import given
from scp_events.vocabulary import (
    Act,
    AnyAggregate,
    Bound,
    Command,
    Event,
    IdentifiedEvent,
    correction_of,
    fields_in,
    retraction_of,
    shared_fields,
    stored_type,
    title_of,
)
from tests.aggregates.laws import MACHINES
from tests.every_event import planted
from tests.examples import participant as participants

pytestmark = pytest.mark.once

EVENTS = [event for aggregate in ALL for event in aggregate.EVENTS]
COMMANDS = [command for aggregate in ALL for command in aggregate.COMMANDS]
each_aggregate = pytest.mark.parametrize("aggregate", ALL, ids=lambda a: a.CATEGORY)
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda e: e.__name__)
each_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.__name__)
each_message = pytest.mark.parametrize("message", [*EVENTS, *COMMANDS], ids=lambda m: m.__name__)


# --- names ------------------------------------------------------------------------------------------------


@each_aggregate
def test_what_is_stored_is_named_by_its_kind(aggregate: AnyAggregate) -> None:
    stored = [stored_type(event) for event in every_event(aggregate)]
    assert [name for name in stored if not name.startswith(f"{aggregate.CATEGORY}.")] == []
    assert len(set(stored)) == len(stored)


def test_no_stored_name_discloses_what_is_feared_or_found() -> None:
    """Save that a case has a record of offences: partners, who are told of nothing in it, do not see that."""
    telling = ("safeguard", "high", "drug", "offence", "abuse")
    names = (stored_type(event).removeprefix("offence.") for event in EVENTS)
    assert [name for name in names if any(word in name for word in telling)] == []


@each_message
def test_what_an_event_or_command_says_is_told_in_one_line(message: type[BaseModel]) -> None:
    assert message.__doc__
    assert "\n" not in message.__doc__
    assert message.__doc__.endswith(".")


def test_no_two_things_have_one_name() -> None:
    names = [message.__name__ for message in (*EVENTS, *COMMANDS)]
    assert sorted(set(names)) == sorted(names)


# --- commands and their events ----------------------------------------------------------------------------


@each_command
def test_a_command_says_nothing_that_its_event_does_not(command: type[Command]) -> None:
    assert set(command.model_fields) <= set(command.RECORDS.model_fields)


@each_command
def test_what_a_command_and_its_event_both_say_is_of_one_type(command: type[Command]) -> None:
    one, other = command.model_fields, command.RECORDS.model_fields
    told_otherwise = {"decision", "event_id"}  # the event says who decided, and always has an id
    for name in set(shared_fields(command)) - told_otherwise:
        assert one[name].annotation == other[name].annotation, name
        assert one[name].metadata == other[name].metadata, name


@each_aggregate
def test_a_command_leads_to_one_event_and_an_event_comes_of_one_command(aggregate: AnyAggregate) -> None:
    recorded = [command.RECORDS for command in aggregate.COMMANDS]
    assert set(recorded) <= set(aggregate.EVENTS)
    assert len(set(recorded)) == len(recorded)


def test_every_event_comes_of_a_command_but_those_that_come_with_another() -> None:
    """A plan is superseded by what another plan decided; a mentor's place is taken and freed by a match."""
    of_none = set(EVENTS) - {command.RECORDS for command in COMMANDS}
    assert {event.__name__ for event in of_none} == {"IrpSuperseded", "MentorPlaceTaken", "MentorPlaceFreed"}


@each_aggregate
def test_who_may_say_what_and_what_it_needs_is_said_of_its_own_commands(aggregate: AnyAggregate) -> None:
    assert set(aggregate.MAY) <= set(aggregate.COMMANDS)
    assert set(aggregate.EVIDENCE) <= set(aggregate.COMMANDS)
    assert all(aggregate.MAY.values())


def test_only_what_the_program_says_itself_is_for_nobody_to_say() -> None:
    silent = [c.__name__ for aggregate in ALL for c in aggregate.COMMANDS if c not in aggregate.MAY]
    assert silent == ["BeginErasure", "ErasePersonalData"]


# --- tested, and at once ------------------------------------------------------------------------------------


@each_aggregate
def test_every_aggregate_has_a_state_machine_beside_its_scenarios(aggregate: AnyAggregate) -> None:
    tests = vars(import_module(f"tests.aggregates.test_{aggregate.CATEGORY}"))
    assert [
        name for name, each in tests.items() if isinstance(each, type) and MACHINES.get(each) is aggregate
    ]


@pytest.mark.parametrize(
    "command", [command for aggregate in ALL for command in aggregate.EVIDENCE], ids=lambda c: c.__name__
)
def test_whatever_a_rule_rests_on_is_read_with_what_corrects_it(command: type[Command]) -> None:
    """An append is made on condition that none of what was read has come since: so none is left out."""
    aggregate = next(each for each in ALL if command in each.EVIDENCE)
    named = aggregate.EVIDENCE[command].over
    read = evidence_types(aggregate, command.model_construct())
    assert named
    assert set(read) == {
        each for event in named for each in (event, correction_of(event), retraction_of(event))
    }


# --- times and dates --------------------------------------------------------------------------------------

DATES = {
    "jurisdiction.defined": {"legal_bases.valid_from", "legal_bases.valid_until"},
    "jurisdiction.profile-changed": {"legal_bases.valid_from", "legal_bases.valid_until"},
    "jurisdiction.policy-adopted": {"in_force_from"},
    "organisation.member-joined": {"valid_until"},
    "agreement.signed": {"valid_from", "valid_until"},
    "agreement.amended": {"valid_from", "valid_until"},
    "agreement.ended": {"last_day"},
    "agreement.contribution-recorded": {"available_from", "available_until"},
    "agreement.funding-source-recorded": {"available_from", "available_until"},
    "participant.registered": {"date_of_birth"},
    "referral.drafted": {"expires_on"},
    "consent.given": {"valid_until"},
    "irp.goal-added": {"target_date"},
    "irp.step-added": {"due_on"},
    "irp.started": {"next_review_on"},
    "irp.reviewed": {"next_review_on"},
    "support.court-accompanied": {"hearing_on"},
    "practitioner.credential-awarded": {"valid_from", "valid_until"},
    "practitioner.credential-renewed": {"valid_from", "valid_until"},
    "offence.alleged": {"committed_on"},
    "offence.charge-recorded": {"committed_on"},
    "offence.proven": {"committed_on", "proven_on"},
    "offence.conviction-quashed": {"quashed_on"},
    "sanction.imposed": {"due_on", "ends_on"},
    "session.scheduled": {"planned_on"},
    "session.rescheduled": {"planned_on"},
    "record.legal-hold-placed": {"ordered_on", "expires_on"},
    "mentor.background-check-recorded": {"valid_from", "valid_until"},
    "mentor.training-completed": {"valid_until"},
    "match.started": {"next_review_on"},
    "match.reviewed": {"next_review_on"},
}
"""Dates that are other facts. None repeats the time of its event."""


def test_an_event_has_one_time_of_its_own() -> None:
    said = {stored_type(event): {name for name, _ in dates_of(event)} - OF_GROUNDS for event in EVENTS}
    assert {event: names for event, names in said.items() if names} == DATES


OF_GROUNDS = {"decision.legal_basis.valid_from", "decision.legal_basis.valid_to", "decision.review_on"}


@each_message
def test_every_date_has_a_bound_against_something_that_is_there(message: type[BaseModel]) -> None:
    for path, mark in dates_of(message):
        assert mark is not None, f"{path} is a date without a `Bound`"
        beside = {*(other.rpartition(".")[2] for other, _ in dates_of(message)), "occurred_at", None}
        assert {mark.not_before, mark.after, mark.not_after} <= beside, path
        ends = (mark.not_before, mark.after, mark.not_after, mark.years_before)
        assert any(ends) != bool(mark.none_because), f"{path} has a bound, or says why it has none"


@each_message
def test_no_instant_is_said_besides_the_time_of_the_event(message: type[BaseModel]) -> None:
    assert [path for path, kinds in fields_of(message) if datetime in kinds] == []


def dates_of(model: type[BaseModel]) -> list[tuple[str, Bound | None]]:
    """Return the date fields of a model, at whatever depth, each with its bound."""
    return [
        (path, next((mark for mark in kinds if isinstance(mark, Bound)), None))
        for path, kinds in fields_of(model)
        if date in kinds
    ]


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Return every field that is no model, with its types and marks."""
    for name, info in model.model_fields.items():
        kinds = [*_within(info.annotation), *info.metadata]
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not [kind for kind in inner if kind.__name__ != "Erased"] or date in kinds:
            yield prefix + name, kinds
        elif inner[0].__name__ != "DestroyedKey":  # the keyring's own words, not a caller's
            yield from fields_of(inner[0], f"{prefix}{name}.")


def _within(annotation: Any) -> list[Any]:
    """Return an annotation and all it is made of."""
    return [annotation, *(each for part in get_args(annotation) for each in _within(part))]


# --- titles -----------------------------------------------------------------------------------------------


@each_event
def test_a_title_uses_nothing_personal(event: type[Event]) -> None:
    personal = {".".join(mark.path) for mark in marks_of(event)}
    used = {tuple(field.split(".")) for field in fields_in(event.TITLE)}
    tells = {tuple(path.replace("[]", "").split(".")) for path in personal}
    assert not [field for field in used if any(path[: len(field)] == field for path in tells)]


@each_event
def test_a_title_says_what_happened_before_how_it_came_out(event: type[Event]) -> None:
    happened, _, outcome = event.TITLE.partition(":")
    assert fields_in(happened) == []
    assert not outcome or outcome.startswith(" ")


@each_aggregate
def test_a_title_states_what_happened_with_everything_in_it_filled_in(aggregate: AnyAggregate) -> None:
    for event in every_event(aggregate):
        title = title_of(planted(event))
        assert not set(title) & set("{}"), title
        assert title[0] in string.ascii_uppercase
        assert title[-1] not in ".:", title
        assert len(title) <= 160, title  # codes may be long


# --- what is given and what is kept -----------------------------------------------------------------------


@each_aggregate
def test_what_nobody_has_said_anything_of_can_be_read(aggregate: AnyAggregate) -> None:
    assert aggregate.view(aggregate.initial).model_dump_json()


@each_aggregate
def test_every_event_alone_gives_a_state_that_can_be_read(aggregate: AnyAggregate) -> None:
    """Whatever came before it may be missing: it is not recorded yet, or was retracted."""
    for event in aggregate.EVENTS:
        state = aggregate.evolve(aggregate.initial, planted(event))
        assert aggregate.view(state).model_dump_json()


def test_what_others_name_and_acts_do_not_mix() -> None:
    """An act has no id that somebody chose before: nobody reports it."""
    acts = [c for c in COMMANDS if issubclass(c, Act)]
    assert [act for act in acts if issubclass(act.RECORDS, IdentifiedEvent)] == []


# --- refusals ---------------------------------------------------------------------------------------------


def test_an_impossible_birth_is_refused_without_being_repeated() -> None:
    unborn = participants.REGISTER.model_copy(update={"date_of_birth": date(2031, 7, 9)})
    refusal = given(participant).when(unborn).refusal
    assert refusal is not None
    assert "date_of_birth" in refusal.remedy
    assert "2031" not in refusal.remedy
