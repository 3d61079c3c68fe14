"""Two people act at once, and one is refused for what the other says: not both pass, whoever is first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import psycopg
import pytest

from scp_events.aggregates import BY_CATEGORY
from scp_events.aggregates.consent.commands import GiveConsent, WithdrawConsent
from scp_events.aggregates.consent.events import ConsentParty
from scp_events.aggregates.programme.commands import DefineProgramme, RetireProgramme
from scp_events.aggregates.record.commands import ApproveErasure, RequestErasure
from scp_events.aggregates.record.events import ErasureOrigin
from scp_events.event_log import BlockingCommandHandler, CommandRequest, Outcome
from scp_events.vocabulary import Act, Code, Command, CommandId, EventId, Provenance, Refused, Retract, named
from tests.aggregates import test_session as sessions
from tests.aggregates.test_feedback import PAPER, PUBLISH, TELL
from tests.anew import anew
from tests.asking import Case
from tests.check_log import check_log
from tests.event_log.appending import waiting_for_the_head
from tests.examples import enrolment as enrolments
from tests.examples.participant import REGISTER
from tests.examples.record import HOLD
from tests.opened import opened_handler
from tests.waiting import until
from tests.words import NOON, SUPERVISOR, grounds

pytestmark = pytest.mark.once  # of the log as such; test_handler appends from the wheel

ADULT = REGISTER.model_copy(update={"date_of_birth": date(1999, 6, 15)})
TOGETHER = NOON + timedelta(days=1)
"""When both act. What comes second in the log stands after the other: so the other speaks against it."""


@dataclass(frozen=True)
class Race:
    """Two acts: what rests on something, and what takes that away. Each says what came of it."""

    act: Callable[[BlockingCommandHandler], Outcome]
    against: Callable[[BlockingCommandHandler], Outcome]
    refused_as: str


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler
    check_log(log_database)


def say(
    handler: BlockingCommandHandler, category: str, code: Code, command: Command, **more: date
) -> Outcome:
    """Say something of what belongs to no case."""
    stream = named(category, code)
    own = command if isinstance(command, Retract) else anew(command, stream.id)
    provenance = Provenance(
        by=SUPERVISOR, command_id=CommandId(uuid4()), purpose="casework", occurred_at=more.get("at", NOON)
    )
    return handler.handle(
        CommandRequest(
            aggregate=BY_CATEGORY[category],
            stream=stream,
            case_id=None,
            name=code,
            command=own,
            provenance=provenance,
        )
    )


def a_programme(handler: BlockingCommandHandler) -> Code:
    """Define a programme that nobody else uses."""
    code = f"programme-{uuid4().hex[:8]}"
    defined = DefineProgramme.model_validate(
        {name: said for name, said in dict(enrolments.DEFINED).items() if name not in {"type", "code"}}
    )
    say(handler, "programme", code, defined)
    return code


def offered(handler: BlockingCommandHandler, programme: Code) -> Case:
    """Offer somebody a place."""
    case = Case(handler, now=NOON)
    case.ask(ADULT)
    case.ask(enrolments.OFFER.model_copy(update={"programme": programme}), by=SUPERVISOR)
    return case


def elsewhere(case: Case, handler: BlockingCommandHandler, command: Command) -> Outcome:
    """Ask by another handler."""
    theirs = Case(handler, case.reference, streams=case.streams)
    return theirs.ask(command, by=SUPERVISOR, at=None if isinstance(command, Act) else TOGETHER)


def enrolling_and_retiring(handler: BlockingCommandHandler) -> Race:
    programme = a_programme(handler)
    case = offered(handler, programme)
    enrol = enrolments.ENROL.model_copy(update={"programme": programme})
    retire = RetireProgramme(reason_code="replaced")
    return Race(
        lambda mine: elsewhere(case, mine, enrol),
        lambda mine: say(mine, "programme", programme, retire, at=TOGETHER),
        "programme-retired",
    )


def attending_and_taking_back_that_it_was_held(handler: BlockingCommandHandler) -> Race:
    programme, session = a_programme(handler), f"session-{uuid4().hex[:8]}"
    case = offered(handler, programme)
    case.ask(enrolments.ENROL.model_copy(update={"programme": programme}), by=SUPERVISOR)
    plan = {"programme": programme, "module": None, "planned_on": TOGETHER.date()}
    say(handler, "session", session, sessions.SCHEDULE.model_copy(update=plan))
    held = say(
        handler, "session", session, sessions.HOLD.model_copy(update={"module": None}), at=TOGETHER.date()
    )
    [wrong] = held.event_ids
    attend = enrolments.ATTEND.model_copy(update={"session": session, "left_minutes": 75})
    return Race(
        lambda mine: elsewhere(case, mine, attend),
        lambda mine: say(mine, "session", session, retracting(wrong)),
        "session-not-held",
    )


def retracting(wrong: EventId) -> Retract:
    return Retract(decision=grounds(), corrects=wrong)


def told(handler: BlockingCommandHandler) -> Case:
    """Somebody tells how it was, and lets it be published."""
    case = Case(handler, now=NOON)
    case.ask(REGISTER)
    case.ask(TELL)
    case.ask(
        GiveConsent(
            scope="publish-testimony",
            recipient=PAPER,
            given_by=ConsentParty.PARTICIPANT,
            capacity_noted=True,
            valid_until=None,
        )
    )
    return case


def publishing_and_withdrawing_consent(handler: BlockingCommandHandler) -> Race:
    case = told(handler)
    withdraw = WithdrawConsent(
        scope="publish-testimony", recipient=PAPER, withdrawn_by=ConsentParty.PARTICIPANT
    )
    return Race(
        lambda mine: elsewhere(case, mine, PUBLISH),
        lambda mine: elsewhere(case, mine, withdraw),
        "no-consent-to-publish",
    )


def approving_an_erasure_and_publishing(handler: BlockingCommandHandler) -> Race:
    case = told(handler)
    case.ask(RequestErasure(origin=ErasureOrigin.PARTICIPANT))
    return Race(
        lambda mine: elsewhere(case, mine, ApproveErasure(decision=grounds())),
        lambda mine: elsewhere(case, mine, PUBLISH),
        "testimony-published",
    )


def approving_an_erasure_and_holding_the_record(handler: BlockingCommandHandler) -> Race:
    case = told(handler)
    case.ask(RequestErasure(origin=ErasureOrigin.PARTICIPANT))
    return Race(
        lambda mine: elsewhere(case, mine, ApproveErasure(decision=grounds())),
        lambda mine: elsewhere(case, mine, HOLD.model_copy(update={"expires_on": date(2099, 12, 31)})),
        "legal-hold",
    )


RACES = (
    approving_an_erasure_and_holding_the_record,
    approving_an_erasure_and_publishing,
    enrolling_and_retiring,
    attending_and_taking_back_that_it_was_held,
    publishing_and_withdrawing_consent,
)


@pytest.mark.parametrize("prepare", RACES, ids=lambda each: each.__name__.replace("_", " "))
def test_an_act_decided_before_it_knew_what_speaks_against_it_is_not_recorded_after_that(
    log_database: str, handler: BlockingCommandHandler, prepare: Callable[[BlockingCommandHandler], Race]
) -> None:
    """Both are decided while nothing can be recorded, and wait: what speaks against the act comes first."""
    race = prepare(handler)
    with (
        opened_handler(log_database) as one,
        opened_handler(log_database) as other,
        ThreadPoolExecutor(2) as both,
        psycopg.connect(log_database) as holding,
    ):
        holding.execute("SELECT FROM event_log.head FOR UPDATE")
        speaking = both.submit(race.against, other)
        until(lambda: waiting_for_the_head(log_database) == 1, "the one is being recorded")
        acting = both.submit(race.act, one)
        until(lambda: waiting_for_the_head(log_database) == 2, "the other is being recorded")
        holding.rollback()
        assert speaking.result(30).events == 1
        with pytest.raises(Refused) as refused:
            acting.result(30)
        assert refused.value.rule == race.refused_as
