"""A referral rests on an agreement, which belongs to no case: what the log reads, and what comes between."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from scp_events.aggregates import BY_CATEGORY
from scp_events.aggregates.agreement.commands import ResumeAgreement, SuspendAgreement
from scp_events.aggregates.organisation.commands import RegisterOrganisation
from scp_events.aggregates.organisation.events import OrganisationKind
from scp_events.aggregates.referral.events import ReferralSubmitted
from scp_events.event_log import BlockingCommandHandler, CommandRequest, Outcome
from scp_events.scenario import CASE
from scp_events.vocabulary import Command, CommandId, Provenance, Refused, Stream, named
from tests.anew import anew
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.agreement import SIGN
from tests.examples.referral import DRAFT, SUBMIT
from tests.opened import opened_handler, opened_reader
from tests.words import REFERRER, SUPERVISOR, grounds

SEND = SUBMIT.model_copy(
    update={
        "decision": grounds(policy_version="2025.2"),
        "to": SUPERVISOR.organisation,
        "agreement": "youth-police",
    }
)
SUSPEND = SuspendAgreement(reason_code="data-breach")
JANUARY, MARCH = (datetime(2025, month, 1, 12, tzinfo=UTC) for month in (1, 3))
LATER_IN_MARCH, AT_ITS_END = (datetime(2025, 3, day, 12, tzinfo=UTC) for day in (10, 20))


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler
    check_log(log_database)


def say(handler: BlockingCommandHandler, category: str, name: str, command: Command, at: datetime) -> Outcome:
    """Say something of what belongs to no case."""
    return handler.handle(
        CommandRequest(
            aggregate=BY_CATEGORY[category],
            stream=named(category, name),
            case_id=None,
            name=name,
            command=anew(command, CASE),
            provenance=Provenance(
                by=SUPERVISOR, command_id=CommandId(uuid4()), purpose="casework", occurred_at=at
            ),
        )
    )


@pytest.fixture
def signed(handler: BlockingCommandHandler) -> Outcome:
    """The police and we agreed in January, from February on."""
    for party in SIGN.parties:
        registered = RegisterOrganisation(
            title="An invented agency", kind=OrganisationKind.NON_PROFIT, services=()
        )
        say(handler, "organisation", party, registered, JANUARY)
    return say(handler, "agreement", "youth-police", SIGN, JANUARY)


def drafted(handler: BlockingCommandHandler) -> tuple[Case, Stream]:
    """Return a referral that was drafted in March, in a case of its own."""
    case, stream = Case(handler, now=MARCH), Stream("referral", uuid4())
    case.ask(DRAFT.model_copy(update={"event_id": None}), by=REFERRER, stream=stream)
    return case, stream


def submitted(case: Case, stream: Stream) -> bool:
    try:
        return case.ask(SEND, by=REFERRER, stream=stream).events == 1
    except Refused as refusal:
        assert refusal.rule == "agreement-not-in-force"
        return False


def test_a_referral_names_the_agreement_it_rests_on_and_is_refused_outside_of_it(
    log_database: str, handler: BlockingCommandHandler, signed: Outcome
) -> None:
    case, stream = drafted(handler)
    assert submitted(case, stream)
    with opened_reader(log_database) as log:
        [sent] = [each for each in log.case_history(case.id) if isinstance(each.event, ReferralSubmitted)]
    assert sent.event.decision.relied_on == signed.event_ids
    say(handler, "agreement", "youth-police", SUSPEND, MARCH)
    assert not submitted(*drafted(handler))
    say(handler, "agreement", "youth-police", ResumeAgreement(), MARCH)
    assert submitted(*drafted(handler))


def test_a_referral_entered_late_is_judged_by_the_agreement_as_it_stood(
    handler: BlockingCommandHandler, signed: Outcome
) -> None:
    assert signed.events == 1
    case, stream = drafted(handler)
    say(handler, "agreement", "youth-police", SUSPEND, LATER_IN_MARCH)
    other, later = drafted(handler)
    other.now = AT_ITS_END
    assert not submitted(other, later)
    assert submitted(case, stream)


def test_a_suspension_and_the_referrals_of_several_processes_come_one_after_the_other(
    log_database: str, handler: BlockingCommandHandler, signed: Outcome
) -> None:
    """Whichever came first: no referral stands in the log after the suspension of that very time."""
    assert signed.events == 1
    drafts = [drafted(handler) for _ in range(4)]
    with ExitStack() as stack:
        elsewhere = [stack.enter_context(opened_handler(log_database)) for _ in drafts]

        def submit(asked: tuple[BlockingCommandHandler, tuple[Case, Stream]]) -> bool:
            mine, (case, stream) = asked
            return submitted(Case(mine, case.reference, now=MARCH), stream)

        with ThreadPoolExecutor(len(drafts) + 1) as pool:
            suspension = pool.submit(say, handler, "agreement", "youth-police", SUSPEND, MARCH)
            passed = list(pool.map(submit, zip(elsewhere, drafts, strict=True)))
            at = suspension.result().first_position
    with opened_reader(log_database) as log:
        sent = [
            each.position
            for case, _ in drafts
            for each in log.case_history(case.id)
            if isinstance(each.event, ReferralSubmitted)
        ]
    assert len(sent) == sum(passed)
    assert all(position < at for position in sent)
