"""The policy is what the tables of `matrix` say, in every cell, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

import pytest

from scp_events.access import Allow, Deny, Import, Purpose, Read, Resource, Send, decide, policy
from scp_events.access.policy import Action
from scp_events.aggregates import ALL, BY_CATEGORY
from scp_events.aggregates.engagement.commands import RecordContact
from scp_events.commands import OFFERS
from scp_events.vocabulary import Act, AnyAggregate, Correct, Retract, Role, command_name
from tests.access import matrix
from tests.words import person

T = TypeVar("T")
COMMANDS, READS, IMPORTS = matrix.commands(), matrix.reads(), matrix.imports()


def every_command() -> Iterator[tuple[str, Send]]:
    """Yield everything that can be sent, as the table names it."""
    for aggregate in ALL:
        reports = [command for command in aggregate.COMMANDS if not issubclass(command, Act)]
        for command in aggregate.COMMANDS:
            yield f"{aggregate.CATEGORY} {command_name(command)}", Send(aggregate, command)
        for command in reports:
            yield (
                f"{aggregate.CATEGORY} correct {command_name(command)}",
                Send(aggregate, Correct, command),
            )
        if reports:
            yield f"{aggregate.CATEGORY} correct", Send(aggregate, Correct)
            yield f"{aggregate.CATEGORY} retract", Send(aggregate, Retract)


SENT = dict(every_command())


def differences() -> Iterator[str]:
    """Yield every cell in which the policy is not what the tables say."""
    for (row, role), purposes in COMMANDS.items():
        yield from _differing(f"{role} {row}", role, SENT[row], purposes)
    for (resource, role), purposes in READS.items():
        yield from _differing(f"{role} reads {resource}", role, Read(resource), purposes)
    for (what, role), purposes in IMPORTS.items():
        yield from _differing(f"{role} imports {what}", role, Import(), purposes)


def _differing(cell: str, role: Role, action: Action, allowed: set[Purpose]) -> Iterator[str]:
    somebody = person("pp-x", role)
    for purpose in Purpose:
        if isinstance(decide(somebody, action, purpose), Allow) != (purpose in allowed):
            yield f"{cell} for {purpose}"


def test_the_policy_is_what_the_tables_say() -> None:
    assert list(differences()) == []


def test_the_tables_have_a_cell_for_everything_there_is() -> None:
    assert {*matrix.ROLES.values(), Role.ACTIVATION_WORKER} == set(Role)
    assert set(matrix.PURPOSES.values()) == set(Purpose)
    assert {row for row, _ in COMMANDS} == set(SENT)
    assert {resource for resource, _ in READS} == {*BY_CATEGORY, *Resource}


# --- a cell that changes is seen --------------------------------------------------------------------------

OPEN_PURPOSES = set(Purpose) - {Purpose.ADULT_PROCEEDINGS}
"""For the other one nothing is opened, whatever the tables say."""
Change = Callable[[pytest.MonkeyPatch], None]


def mutations() -> Iterator[tuple[str, Change]]:
    """Yield every change of one cell of the policy."""
    for aggregate in ALL:
        yield from _other_roles(aggregate)
    for changed in _each_toggled(policy.LEADING, Role):
        yield f"LEADING {changed}", _setting(policy, "LEADING", changed)
    for changed in _each_toggled(policy.WORK, OPEN_PURPOSES):
        yield f"WORK {changed}", _setting(policy, "WORK", changed)
    for changed in _each_toggled(policy.IMPORTING, Role):
        yield f"IMPORTING {changed}", _setting(policy, "IMPORTING", changed)
    yield from _other_readers()


def _other_readers() -> Iterator[tuple[str, Change]]:
    for resource, readers in policy.READERS.items():
        for role in Role:
            for changed in _each_toggled(readers.get(role, frozenset()), OPEN_PURPOSES):
                others = {**policy.READERS, resource: {**readers, role: changed}}
                yield f"{role} reads {resource} for {changed}", _setting(policy, "READERS", others)


def _other_roles(aggregate: AnyAggregate) -> Iterator[tuple[str, Change]]:
    for command in aggregate.COMMANDS:
        may: Mapping[Any, frozenset[Role]] = aggregate.MAY
        for changed in _each_toggled(may.get(command, frozenset()), Role):
            yield (
                f"{aggregate.CATEGORY} {command_name(command)} {changed}",
                _setting(aggregate, "MAY", {**may, command: changed}),
            )


def _each_toggled(said: frozenset[T], every: Iterable[T]) -> Iterator[frozenset[T]]:
    for one in every:
        yield said ^ {one}


def _setting(owner: object, name: str, value: object) -> Change:
    return lambda patch: patch.setattr(owner, name, value)


MUTATIONS = list(mutations())


def unseen(chosen: Iterable[tuple[str, Change]]) -> list[str]:
    """Return the changes that the tables do not show."""
    found = []
    for told, change in chosen:
        with pytest.MonkeyPatch.context() as patch:
            change(patch)
            if next(differences(), None) is None:
                found.append(told)
    return found


def test_some_cells_that_change_are_seen() -> None:
    assert unseen(random.sample(MUTATIONS, 40)) == []


@pytest.mark.long
def test_every_cell_that_changes_is_seen() -> None:
    assert len(MUTATIONS) > 2000
    assert unseen(MUTATIONS) == []


# --- what is more than a cell -----------------------------------------------------------------------------


def test_a_system_decides_nothing_corrects_nothing_and_retracts_nothing() -> None:
    for send in SENT.values():
        if "decision" in send.command.model_fields:
            for role in Role:
                system = person("sys-x", role).model_copy(update={"kind": "system"})
                answer = decide(system, send, Purpose.CASEWORK)
                assert isinstance(answer, Deny)
                assert answer.rule == "a-person-decides"


def test_a_system_imports_nothing_as_rows_hold_decisions() -> None:
    system = person("sys-x", Role.DATA_CLERK).model_copy(update={"kind": "system"})
    answer = decide(system, Import(), Purpose.IMPORT)
    assert isinstance(answer, Deny)
    assert answer.rule == "a-person-decides"


def test_a_system_reports_what_its_role_may() -> None:
    engagement = SENT["engagement record-contact"].aggregate
    feed = person("feed-x", Role.INTEGRATOR).model_copy(update={"kind": "system"})
    assert decide(feed, Send(engagement, RecordContact), Purpose.CASEWORK) == Allow(
        "engagement/record-contact"
    )


def test_whoever_decides_about_something_may_read_the_version_it_is_decided_on() -> None:
    for offer in OFFERS:
        if offer.decides and not offer.is_for_every_fact and not offer.begins:
            for role in offer.aggregate.MAY[offer.command]:
                read = Read(offer.aggregate.CATEGORY)
                assert isinstance(decide(person("pp-x", role), read, Purpose.CASEWORK), Allow), (
                    offer.full_name
                )


def test_adult_proceedings_are_told_what_they_need_whatever_the_tables_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything = dict.fromkeys(policy.READERS, dict.fromkeys(Role, frozenset(Purpose)))
    monkeypatch.setattr(policy, "READERS", everything)
    answer = decide(person("sv-x", Role.SUPERVISOR), Read(Resource.HISTORY), Purpose.ADULT_PROCEEDINGS)
    assert isinstance(answer, Deny)
    assert answer.rule == "adult-proceedings-need-a-court-order"


def test_what_no_rule_allows_is_denied_and_says_so() -> None:
    answer = decide(person("pp-x", Role.REPORTING), Read(Resource.HISTORY), Purpose.CASEWORK)
    assert isinstance(answer, Deny)
    assert answer.rule == "nothing-allows-it"
