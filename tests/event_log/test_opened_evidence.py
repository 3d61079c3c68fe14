"""Rules that look at what is personal in another stream: the log opens it for them, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from scp_events import follower
from scp_events.aggregates import BY_CATEGORY, participant
from scp_events.aggregates.enrolment import commands as enrolling
from scp_events.aggregates.enrolment.events import AttendanceRecorded, EnrolmentEvent
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.programme.commands import DefineProgramme
from scp_events.aggregates.programme.events import Audience
from scp_events.aggregates.session.commands import RecordSessionHeld, ScheduleSession
from scp_events.event_log import BlockingCommandHandler, CommandRequest, LogReader
from scp_events.event_log.memory import About, Gathered, Memory
from scp_events.projections import decisions
from scp_events.register import Registered, register
from scp_events.replay import replay
from scp_events.vocabulary import (
    Command,
    CommandId,
    Correct,
    Position,
    Provenance,
    Refused,
    Stream,
    named,
)
from tests.asking import Case
from tests.check_log import check_log
from tests.event_log.test_evidence import drafted_plan, refused_by, those
from tests.examples.assessment import ASSESS
from tests.examples.enrolment import ADULTS, DEFINED, ENROL, MINORS, OFFER, PROGRAMME, held
from tests.examples.irp import AGREE, PROPOSE
from tests.examples.participant import REGISTER
from tests.opened import opened_handler, opened_reader
from tests.words import NOON, SUPERVISOR, grounds

DEFINE = DefineProgramme(template_version="2025.1", title=DEFINED.title, variants=(ADULTS, MINORS))


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        say(handler, "programme", PROGRAMME, DEFINE, at=NOON - timedelta(days=30))
        yield handler


def say(
    handler: BlockingCommandHandler, category: str, name: str, command: Command, *, at: datetime | date
) -> None:
    """Say something of what belongs to no case."""
    handler.handle(
        CommandRequest(
            aggregate=BY_CATEGORY[category],
            stream=named(category, name),
            case_id=None,
            name=name,
            command=command,
            provenance=Provenance(
                by=SUPERVISOR, occurred_at=at, command_id=CommandId(uuid4()), purpose="casework"
            ),
        )
    )


def offered(handler: BlockingCommandHandler, birth: date) -> Case:
    """Return the case of somebody born on a day, with a place in the programme."""
    case = Case(handler, now=NOON)
    case.ask(REGISTER.model_copy(update={"date_of_birth": birth}))
    case.ask(OFFER)
    return case


def in_variant(code: str) -> Command:
    return ENROL.model_copy(update={"variant": code})


def test_somebody_is_enrolled_by_their_date_of_birth(log: LogReader, handler: BlockingCommandHandler) -> None:
    minor, adult = offered(handler, date(2007, 3, 4)), offered(handler, date(2007, 3, 3))
    for case, variant, other in ((minor, "minors", "adults"), (adult, "adults", "minors")):
        with refused_by("variant-of-another-age"):
            case.ask(in_variant(other), by=SUPERVISOR)
        assert case.ask(in_variant(variant), by=SUPERVISOR).events == 1


def test_whoever_remembers_nothing_opens_it_too(
    log_database: str, log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = offered(handler, date(2010, 1, 1))
    with opened_handler(log_database) as another:
        again = Case(another, case.reference, now=NOON, streams=case.streams)
        with refused_by("variant-of-another-age"):
            again.ask(in_variant("adults"), by=SUPERVISOR)


def test_a_corrected_date_of_birth_is_the_one_that_counts(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = offered(handler, date(2010, 1, 1))
    [registered] = those(log, case, ParticipantRegistered)
    instead = REGISTER.model_copy(update={"event_id": None, "date_of_birth": date(1999, 1, 1)})
    case.ask(
        Correct(decision=grounds(), corrects=registered.event_id, instead=instead),
        by=SUPERVISOR,
        stream=case.stream(participant),
    )
    with refused_by("variant-of-another-age"):
        case.ask(in_variant("minors"), by=SUPERVISOR)
    assert case.ask(in_variant("adults"), by=SUPERVISOR).events == 1


def test_an_enrolment_is_corrected_by_the_date_of_birth_too(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = offered(handler, date(1999, 1, 1))
    [enrolled] = case.ask(in_variant("adults"), by=SUPERVISOR).event_ids
    with refused_by("variant-of-another-age"):
        case.ask(Correct(decision=grounds(), corrects=enrolled, instead=in_variant("minors")), by=SUPERVISOR)


def test_somebody_is_enrolled_by_how_they_describe_themselves(handler: BlockingCommandHandler) -> None:
    """S4.1: what is encrypted in the registration decides, and an unsaid word is asked for."""
    women = DEFINE.model_copy(update={"audience": Audience(female_only=True)})
    say(handler, "programme", "for-women", women, at=NOON - timedelta(days=30))
    enrol = ENROL.model_copy(update={"programme": "for-women"})
    for gender, rule in (("female", None), ("male", "not-of-the-audience"), (None, "audience-unknown")):
        case = Case(handler, now=NOON)
        case.ask(REGISTER.model_copy(update={"date_of_birth": date(1999, 1, 1), "gender": gender}))
        case.ask(OFFER.model_copy(update={"programme": "for-women"}))
        if rule is None:
            assert case.ask(enrol, by=SUPERVISOR).events == 1
        else:
            with refused_by(rule):
                case.ask(enrol, by=SUPERVISOR)


def test_what_was_opened_is_remembered_apart_and_forgotten_with_the_person() -> None:
    memory, subject = Memory(), uuid4()
    closed, opened = (About(("participant.registered",), (subject,), each) for each in (False, True))
    memory.put_evidence(opened, Gathered((), Position(7)))
    assert memory.evidence(closed) is None
    memory.put_evidence(closed, Gathered((), Position(6)))
    memory.forget_person(uuid4())
    assert memory.evidence(opened) == Gathered((), Position(7))
    memory.forget_person(subject)
    assert memory.evidence(opened) is memory.evidence(closed) is None


def test_of_two_enrolments_in_one_programme_at_once_by_several_processes_one_is_recorded(
    log_database: str, log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = offered(handler, date(1999, 1, 1))
    places = [case.streams["enrolment"], *(Stream("enrolment", uuid4()) for _ in range(3))]
    for place in places[1:]:
        case.ask(OFFER.model_copy(update={"event_id": None}), stream=place)
    with ExitStack() as stack:
        desks = [
            Case(stack.enter_context(opened_handler(log_database)), case.reference, now=NOON) for _ in places
        ]

        def enrol(asked: tuple[Case, Stream]) -> bool:
            desk, place = asked
            try:
                return desk.ask(in_variant("adults"), by=SUPERVISOR, stream=place).events == 1
            except Refused as refusal:
                assert refusal.rule == "already-enrolled"
                return False

        with ThreadPoolExecutor(len(places)) as pool:
            assert sum(pool.map(enrol, zip(desks, places, strict=True))) == 1


# --- the whole course -------------------------------------------------------------------------------------


def meet(handler: BlockingCommandHandler, code: str, day: datetime, minutes: int) -> None:
    """Have a session scheduled and held."""
    scheduled, met = (told.event for told in held(code, day.date().isoformat(), minutes))
    plan = {name: getattr(scheduled, name) for name in ScheduleSession.model_fields if name != "event_id"}
    say(handler, "session", code, ScheduleSession(**plan), at=NOON)
    how = {name: getattr(met, name) for name in RecordSessionHeld.model_fields if name != "event_id"}
    say(handler, "session", code, RecordSessionHeld(**how), at=day)


def attend(code: str, minutes: int) -> enrolling.RecordAttendance:
    return enrolling.RecordAttendance(session=code, arrived_minutes=0, left_minutes=minutes)


@pytest.fixture
def completed(log: LogReader, handler: BlockingCommandHandler) -> Case:
    """A case in which 1,800 minutes were attended, a plan was agreed to and the programme completed."""
    case = Case(handler, now=NOON).engage()
    case.ask(ASSESS)
    case.ask_all((PROPOSE, AGREE), stream=drafted_plan(log, case))
    case.ask(OFFER)
    case.ask(in_variant("minors"), by=SUPERVISOR)
    case.ask(enrolling.ChangeVariant(decision=grounds("invented-haste"), variant="adults"), by=SUPERVISOR)
    for number in range(3):
        day = NOON + timedelta(days=1 + number)
        meet(handler, f"day-{number}", day, 600)
        outcome = case.ask(attend(f"day-{number}", 600), at=day)
        assert outcome.events == (2 if number == 2 else 1), "the last one announces what it made so"
    case.ask(enrolling.CompleteProgramme(decision=grounds()), by=SUPERVISOR, at=NOON + timedelta(days=9))
    return case


def told_in(log: LogReader, case: Case) -> tuple[Sequence[tuple[str, str]], str]:
    """Return the contradictions of the enrolment that the replay shows, and whether requirements are met."""
    seen = replay(log, case.id)
    [state] = [each.state for each in seen.streams if each.category == "enrolment"]
    return [(each.title, each.rule) for each in seen.contradictions], state["requirements"]


def test_a_correction_to_1799_minutes_shows_in_the_replay_that_completion_lapsed(
    log: LogReader, completed: Case
) -> None:
    """D4: the announcement and the decision stay, and both are contradicted."""
    assert told_in(log, completed) == ([], "met")
    *_, last = those(log, completed, AttendanceRecorded)
    corrected = Correct(decision=grounds(), corrects=last.event_id, instead=attend("day-2", 599))
    completed.ask(corrected, by=SUPERVISOR)
    contradictions, requirements = told_in(log, completed)
    assert contradictions == [
        ("Requirements of completion met: 1800 of 1800 minutes, plan agreed", "minutes-missing"),
        ("Programme completed: 1800 of 1800 minutes", "minutes-missing"),
    ]
    assert requirements == "lapsed"


def test_a_correction_to_1799_minutes_shows_in_the_decisions_register_until_it_is_settled(
    log: LogReader, completed: Case
) -> None:
    """D4: the decision to complete stays, and the register says by which rule it would be refused today."""
    assert not any(each.contradictions for each in registered_in(log))
    *_, last = those(log, completed, AttendanceRecorded)
    for minutes, broken in ((599, ["minutes-missing"]), (600, [])):
        corrected = Correct(decision=grounds(), corrects=last.event_id, instead=attend("day-2", minutes))
        completed.ask(corrected, by=SUPERVISOR)
        said = {each.type: [rule.rule for rule in each.contradictions] for each in registered_in(log)}
        assert said.pop("enrolment.programme-completed") == broken
        assert not any(said.values())


def registered_in(log: LogReader) -> list[Registered]:
    """Return the whole register of decisions, as it stands."""
    follower.prepare(log.conninfo, [decisions])
    with psycopg.connect(log.conninfo) as connection, follower.Follower(log, decisions) as following:
        following.catch_up()
        return register(log, connection, limit=None)


def test_what_was_announced_names_the_events_that_prove_it(log: LogReader, completed: Case) -> None:
    told = [r for r in log.case_history(completed.id) if isinstance(r.event, EnrolmentEvent)]
    [met] = [r.event for r in told if r.event.type == "enrolment.completion-requirements-met"]
    known = {r.event_id: r.event.type for r in log.case_history(completed.id)}
    assert [known[event_id] for event_id in met.evidence] == [  # type: ignore[union-attr]  # it is known by its type
        *["enrolment.attendance-recorded"] * 3,
        "irp.agreed-by-participant",
    ]
    assert len({r.event_id for r in told}) == len(told)
