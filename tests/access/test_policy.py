"""The policy as a matrix: every role, every action, every kind of thing, every purpose."""

from __future__ import annotations

from itertools import product

import pytest

from scp_events.access.policy import (
    ANSWERED_FOR_BY_LEADERS,
    LEADING,
    NOT_FOR_PEOPLE,
    READ,
    REFERRING,
    RULES,
    STAFF,
    Action,
    Allow,
    Deny,
    Purpose,
    Resource,
    commands_of,
    decide,
)
from scp_events.aggregates import irp, participant, referral
from scp_events.vocabulary import Command, DecisionCommand, Role
from tests.words import person

ALL_COMMANDS: dict[type[Command], Resource] = {
    command: resource for resource in Resource for command in commands_of(resource)
}
ENTRIES = {
    referral.DraftReferral,
    referral.ProvideInformation,
    participant.RecordContact,
    participant.GiveConsent,
    participant.WithdrawConsent,
}


def roles_that_may(action: Action, resource: Resource, purpose: Purpose) -> set[Role]:
    return {
        role for role in Role if isinstance(decide(person("pp-x", role), action, resource, purpose), Allow)
    }


READERS: dict[tuple[Resource, Purpose], set[Role]] = {
    (Resource.REFERRAL, Purpose.CASEWORK): set(STAFF | REFERRING),
    (Resource.PARTICIPANT, Purpose.CASEWORK): set(STAFF),
    (Resource.IRP, Purpose.CASEWORK): set(STAFF),
    (Resource.CASES, Purpose.CASEWORK): set(STAFF),
    (Resource.HISTORY, Purpose.CASEWORK): set(STAFF),
    (Resource.CASELOAD, Purpose.CASEWORK): set(STAFF),
    (Resource.DECISIONS, Purpose.CASEWORK): set(),
    (Resource.OUTCOMES, Purpose.CASEWORK): set(),
    **{(resource, Purpose.AUDIT): {Role.AUDITOR} for resource in Resource},
    **{(resource, Purpose.REPORTING): set() for resource in Resource},
    (Resource.DECISIONS, Purpose.SUPERVISION): set(LEADING),
    (Resource.OUTCOMES, Purpose.SUPERVISION): set(LEADING),
    (Resource.DECISIONS, Purpose.REPORTING): set(LEADING),
    (Resource.OUTCOMES, Purpose.REPORTING): {*LEADING, Role.REPORTING, Role.MINISTRY_OFFICER},
    **{(resource, Purpose.ADULT_PROCEEDINGS): set() for resource in Resource},
}


@pytest.mark.parametrize(("resource", "purpose"), READERS)
def test_who_may_read_what_for_which_purpose(resource: Resource, purpose: Purpose) -> None:
    assert roles_that_may(READ, resource, purpose) == READERS[resource, purpose]


def expected(command: type[Command]) -> set[Role]:
    """Say again, in other words than the table, who may send a command."""
    if command in NOT_FOR_PEOPLE:
        return set()
    clerks = {Role.DATA_CLERK, Role.INTEGRATOR} if command in ENTRIES else set()
    if ALL_COMMANDS[command] is Resource.REFERRAL:
        making = {"Draft", "Submit", "Provide", "Withdraw", "Correct"}
        agencies = REFERRING if any(command.__name__.startswith(word) for word in making) else set()
        feeds = {Role.INTEGRATOR, Role.SERVICE} if command is referral.LinkToEnrolment else set()
        return {*LEADING, *agencies, *clerks, *feeds}
    courts = {"SealRecord", "PlaceLegalHold", "ReleaseLegalHold"}
    court = {Role.COURT_OFFICER} if command.__name__ in courts else set()
    return {*(LEADING if command in ANSWERED_FOR_BY_LEADERS else STAFF), *clerks, *court}


@pytest.mark.parametrize(
    "command",
    sorted(ALL_COMMANDS, key=lambda command: command.__name__),
    ids=lambda command: command.__name__,
)
def test_who_may_send_a_command(command: type[Command]) -> None:
    assert roles_that_may(command, ALL_COMMANDS[command], Purpose.CASEWORK) == expected(command)


def test_every_command_of_every_aggregate_is_in_the_table() -> None:
    allowed = {action for rule in RULES for action in rule.actions if action != READ}
    assert set(ALL_COMMANDS) == allowed | NOT_FOR_PEOPLE


def test_a_command_is_allowed_on_its_own_kind_of_thing_only() -> None:
    for command, resource in product(ALL_COMMANDS, Resource):
        if ALL_COMMANDS[command] is not resource:
            assert roles_that_may(command, resource, Purpose.CASEWORK) == set(), (command, resource)


def test_nothing_is_allowed_for_adult_proceedings() -> None:
    for action, resource in product([READ, *ALL_COMMANDS], Resource):
        assert roles_that_may(action, resource, Purpose.ADULT_PROCEEDINGS) == set()


def test_adult_proceedings_are_told_what_they_need() -> None:
    answer = decide(person("sv-x", Role.SUPERVISOR), READ, Resource.HISTORY, Purpose.ADULT_PROCEEDINGS)
    assert isinstance(answer, Deny)
    assert answer.rule == "adult-proceedings-need-a-court-order"


def test_nobody_sends_commands_for_audit_or_reporting() -> None:
    for purpose, (command, resource) in product((Purpose.AUDIT, Purpose.REPORTING), ALL_COMMANDS.items()):
        assert roles_that_may(command, resource, purpose) == set()


def test_a_system_never_decides() -> None:
    for role, (command, resource) in product(Role, ALL_COMMANDS.items()):
        system = person("sys-x", role).model_copy(update={"kind": "system"})
        answer = decide(system, command, resource, Purpose.CASEWORK)
        if issubclass(command, DecisionCommand):
            assert isinstance(answer, Deny)
            assert answer.rule == "a-person-decides"


def test_what_no_rule_allows_is_denied_and_says_so() -> None:
    answer = decide(person("pp-x", Role.REPORTING), READ, Resource.HISTORY, Purpose.CASEWORK)
    assert isinstance(answer, Deny)
    assert answer.rule == "nothing-allows-it"


def test_rules_have_ids_of_their_own() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_a_plan_is_approved_by_somebody_who_leads() -> None:
    assert roles_that_may(irp.ApproveIrp, Resource.IRP, Purpose.CASEWORK) == set(LEADING)
