"""Through the log: whom a fact names was in the register that day, and what comes at once counts."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest

from scp_events.aggregates import organisation
from scp_events.aggregates.engagement.events import KeyWorkerAssigned
from scp_events.aggregates.organisation.commands import (
    AddMember,
    OrganisationCommand,
    RegisterOrganisation,
    RemoveMember,
)
from scp_events.aggregates.organisation.events import OrganisationKind
from scp_events.event_log import BlockingCommandHandler, CommandRequest, Outcome
from scp_events.vocabulary import (
    Actor,
    CommandId,
    Correct,
    OrganisationId,
    Provenance,
    Refused,
    Role,
    named,
)
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.engagement import AGREE, ASSIGN
from tests.examples.participant import REGISTER
from tests.opened import opened_handler, opened_reader
from tests.words import KEY_WORKER, SUPERVISOR, grounds

REQUIRED = "2025.5"
JANUARY, LAST, AFTER = date(2025, 1, 10), date(2025, 4, 30), date(2025, 5, 1)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler
    check_log(log_database)


def say(handler: BlockingCommandHandler, agency: str, command: OrganisationCommand, on: date) -> Outcome:
    """Say something of an organisation."""
    return handler.handle(
        CommandRequest(
            aggregate=organisation,
            stream=named("organisation", agency),
            case_id=None,
            name=agency,
            command=command,
            provenance=Provenance(
                by=SUPERVISOR, command_id=CommandId(uuid4()), purpose="casework", occurred_at=on
            ),
        )
    )


def employed(handler: BlockingCommandHandler) -> Actor:
    """Return a key worker who works for an organisation of its own from January on."""
    agency = f"agency-{uuid4().hex[:8]}"
    begun = RegisterOrganisation(title="An invented agency", kind=OrganisationKind.NON_PROFIT, services=())
    say(handler, agency, begun, JANUARY)
    say(handler, agency, AddMember(person=KEY_WORKER.id, role=Role.KEY_WORKER), JANUARY)
    return KEY_WORKER.model_copy(update={"organisation": OrganisationId(agency)})


def leaves(handler: BlockingCommandHandler, worker: Actor) -> Outcome:
    """Say that the last of April was a key worker's last day."""
    return say(handler, worker.organisation, RemoveMember(person=worker.id, role=Role.KEY_WORKER), LAST)


def assigning(worker: Actor) -> object:
    return ASSIGN.model_copy(update={"key_worker": worker, "decision": grounds(policy_version=REQUIRED)})


def assign(case: Case, worker: Actor, at: date) -> bool:
    try:
        return case.ask(assigning(worker), by=SUPERVISOR, at=at).events == 1  # type: ignore[arg-type]  # it is a command
    except Refused as refusal:
        assert refusal.rule == "not-in-the-register"
        return False


def begun(handler: BlockingCommandHandler) -> Case:
    case = Case(handler)
    case.ask_all((REGISTER, AGREE), at=JANUARY)
    return case


def test_a_key_worker_is_assigned_as_the_register_stood_that_day_late_entries_included(
    log_database: str, handler: BlockingCommandHandler
) -> None:
    worker, case = employed(handler), begun(handler)
    leaves(handler, worker)
    assert not assign(case, worker, AFTER)
    assert assign(case, worker, LAST)
    with opened_reader(log_database) as log:
        [assigned] = [each for each in log.case_history(case.id) if isinstance(each.event, KeyWorkerAssigned)]
        joined = log.stream_history(named("organisation", worker.organisation))[1]
    [listing] = assigned.event.listings
    assert (listing.person, listing.joined_as) == (worker.id, joined.envelope.event_id)


def test_an_assignment_is_not_corrected_to_a_day_after_the_key_worker_left(
    log_database: str, handler: BlockingCommandHandler
) -> None:
    worker, case = employed(handler), begun(handler)
    assert assign(case, worker, LAST)
    leaves(handler, worker)
    with opened_reader(log_database) as log:
        [assigned] = [each for each in log.case_history(case.id) if isinstance(each.event, KeyWorkerAssigned)]
    correct = Correct(
        decision=grounds(),
        corrects=assigned.envelope.event_id,
        instead=assigning(worker),
        occurred_at=AFTER,
    )
    with pytest.raises(Refused, match="was not key-worker at"):
        case.ask(correct, by=SUPERVISOR)


def test_a_leaving_and_an_assignment_of_two_processes_do_not_both_pass(
    log_database: str, handler: BlockingCommandHandler
) -> None:
    """Whoever comes second has read the other: several times."""
    with (
        opened_handler(log_database) as other,
        ThreadPoolExecutor(2) as both,
        opened_reader(log_database) as log,
    ):
        for _ in range(5):
            worker, case = employed(handler), begun(handler)
            leaving = both.submit(leaves, handler, worker)
            assigning = both.submit(assign, Case(other, case.reference), worker, AFTER)
            leaving.result()
            left = log.stream_history(named("organisation", worker.organisation))[-1]
            done = [r for r in log.case_history(case.id) if isinstance(r.event, KeyWorkerAssigned)]
            assert len(done) == int(assigning.result())
            assert all(each.position < left.position for each in done)


def test_what_belongs_to_no_case_is_told_by_name_and_in_whole(
    log_database: str, handler: BlockingCommandHandler
) -> None:
    agencies = [employed(handler), employed(handler)]
    leaves(handler, agencies[0])
    with opened_reader(log_database) as log:
        found = log.named_histories("organisation")
        assert [name for name, _ in found] == log.names("organisation")
        assert dict(found) == {
            agency.organisation: log.stream_history(named("organisation", agency.organisation))
            for agency in agencies
        }
        assert sorted(len(history) for _, history in found) == [2, 3]
        assert log.named_histories("mentor") == []
