from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Literal

from scp_events.aggregates import BY_CATEGORY, concern, engagement
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.history import effective, state_of
from scp_events.replay import CaseReplay, NotKnownYetError, Point, UnknownCaseError, diff, replay
from scp_events.vocabulary import (
    CaseId,
    Command,
    Correct,
    EventId,
    Position,
    Precision,
    Refused,
    Retract,
    stored_type,
    title_of,
)
from tests.asking import Case
from tests.check_log import check_log
from tests.conftest import database
from tests.every_event import STORED_CLASSES, planted
from tests.examples import examples
from tests.examples.concern import RAISE
from tests.examples.engagement import (
    AGREE,
    ASSIGN,
    CHOOSE,
    CONFIRM,
    EXIT,
    MEET,
    MEET_AGAIN,
    MISS,
    PAUSE,
    RE_ENGAGE,
    RESUME,
    TELL,
)
from tests.examples.participant import RECORD_DEATH, REGISTER
from tests.examples.referral import DRAFT
from tests.opened import opened_handler, opened_reader
from tests.words import KEY_WORKER, NOON, OTHER_KEY_WORKER, SUPERVISOR, grounds

DAY = timedelta(days=1)
NEVER = datetime(1900, 1, 1, tzinfo=UTC)


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler


def a_case(handler: BlockingCommandHandler) -> Case:
    """Return a case of somebody registered, at noon on Monday."""
    case = Case(handler)
    case.ask(REGISTER, at=NOON)
    return case


# --- the laws, in a log -----------------------------------------------------------------------------------

Asked = tuple[Command, int]
"""A command, and how many days after noon on Monday its fact happened."""

COMMANDS = (AGREE, MEET, MEET_AGAIN, MISS, TELL, CONFIRM, CHOOSE, ASSIGN, PAUSE, RESUME, EXIT, RE_ENGAGE)
ASKED = st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(0, 60)), max_size=14)
on_a_database = settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def after_each(case: Case, asked: Iterable[Asked]) -> Iterator[datetime]:
    """Ask one command after the other; yield when each accepted one happened."""
    for command, day in asked:
        happened = NOON + day * DAY
        try:
            if case.ask(command, at=happened).events:
                yield happened
        except Refused:
            continue


def with_boundaries(asked: Iterable[Asked]) -> list[Asked]:
    """Return an agreement on boundaries on the tenth day, and after it what is asked, some of it late."""
    return [(AGREE, 10), *asked]


def live(log: LogReader, case: Case) -> list[Any]:
    """Return what the rules go by now, folded from the streams, not replayed."""
    streams = dict.fromkeys(recorded.stream for recorded in log.case_history(case.id))
    return [state_now(log, BY_CATEGORY[stream.category], stream) for stream in streams]


def state_now(log: LogReader, aggregate: Any, stream: Any) -> Any:
    facts = effective(recorded.fact for recorded in log.stream_history(stream))
    return aggregate.view(state_of(aggregate, facts)).model_dump(mode="json")


@on_a_database
@given(asked=ASKED, later=ASKED)
def test_what_was_known_at_a_position_never_changes(
    log: LogReader, handler: BlockingCommandHandler, asked: list[Asked], later: list[Asked]
) -> None:
    case = a_case(handler)
    captured = {log.head(): live(log, case) for _ in after_each(case, with_boundaries(asked))}
    list(after_each(case, later))
    for position, state in captured.items():
        replayed = replay(log, case.id, Point(known_at=position))
        assert [stream.state for stream in replayed.streams] == state
        assert replayed.log_position == position


@on_a_database
@given(asked=ASKED)
def test_without_late_entries_the_world_then_is_what_was_live_then(
    log: LogReader, handler: BlockingCommandHandler, asked: list[Asked]
) -> None:
    case = a_case(handler)
    on_time = [(command, day) for day, (command, _) in enumerate(with_boundaries(asked), start=1)]
    captured = {happened: live(log, case) for happened in after_each(case, on_time)}
    for moment, state in captured.items():
        assert [stream.state for stream in replay(log, case.id, Point(as_of=moment)).streams] == state


@on_a_database
@given(asked=ASKED, as_of=st.integers(-1, 61), known=st.integers(0, 30))
def test_any_point_of_any_history_gives_a_state(
    log: LogReader, handler: BlockingCommandHandler, asked: list[Asked], as_of: int, known: int
) -> None:
    case = a_case(handler)
    before = log.head()
    list(after_each(case, with_boundaries(asked)))
    point = Point(as_of=NOON + as_of * DAY, known_at=Position(min(before + known, log.head())))
    story = replay(log, case.id, point).story
    assert all(entry.occurred_at <= NOON + as_of * DAY for entry in story)
    assert all(entry.position <= before + known for entry in story)
    difference = diff(log, case.id, point, Point())
    seen = {entry.position for entry in story}
    causes = (difference.newly_happened, difference.newly_learned, difference.corrected)
    added = {entry.position for cause in causes for entry in cause}
    assert seen | added == {entry.position for entry in replay(log, case.id).story}
    assert not seen & added


# --- a late entry, told -----------------------------------------------------------------------------------


def with_a_late_entry(log: LogReader, handler: BlockingCommandHandler) -> tuple[CaseId, Position]:
    """Return a case with a contact that was entered after a later one, and the position before that."""
    case = a_case(handler)
    case.ask(AGREE, at=NOON + DAY)
    case.ask(MEET, at=NOON + 7 * DAY)
    before = log.head()
    case.ask(MISS, at=NOON + 4 * DAY)
    return case.id, before


def types(told: CaseReplay) -> list[str]:
    return [entry.type.partition(".")[2] for entry in told.story]


def engaged(told: CaseReplay) -> dict[str, Any]:
    [state] = (stream.state for stream in told.streams if stream.category == "engagement")
    return state


def test_a_late_entry_shows_once_it_was_typed_in_and_where_it_happened(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, before = with_a_late_entry(log, handler)
    friday = date(2025, 3, 7)
    known_before = replay(log, case, Point(as_of=friday, known_at=before))
    known_after = replay(log, case, Point(as_of=friday, known_at=log.head()))
    assert types(known_before) == ["registered", "boundaries-agreed"]
    assert types(known_after) == ["registered", "boundaries-agreed", "contact-recorded"]
    assert [*engaged(known_before)["contacts"].values()] == []
    assert [*engaged(known_after)["contacts"].values()] == ["did-not-attend"]
    assert (known_before.log_position, known_after.log_position) == (before, log.head())
    assert [*engaged(replay(log, case))["contacts"].values()] == ["did-not-attend", "held"]


def test_an_instant_of_knowing_is_the_last_position_recorded_by_then(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, before = with_a_late_entry(log, handler)
    recorded_at = log.recorded_at(before)
    assert recorded_at is not None
    assert replay(log, case, Point(known_at=recorded_at)).log_position == before
    assert replay(log, case, Point(known_at=NEVER)).story == ()


@pytest.mark.parametrize("ahead", ["an instant", "a position"])
def test_what_will_be_known_is_not_answered(
    log: LogReader, handler: BlockingCommandHandler, ahead: str
) -> None:
    case, _ = with_a_late_entry(log, handler)
    known = log.now() + DAY if ahead == "an instant" else Position(log.head() + 1)
    with pytest.raises(NotKnownYetError):
        replay(log, case, Point(known_at=known))
    with pytest.raises(NotKnownYetError):
        diff(log, case, Point(), Point(known_at=known))


def test_the_difference_names_what_was_newly_learned_and_who_said_so(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, before = with_a_late_entry(log, handler)
    world = NOON + 30 * DAY
    told = diff(log, case, Point(as_of=world, known_at=before), Point(as_of=world))
    assert [entry.type for entry in told.newly_learned] == ["engagement.contact-recorded"]
    assert told.newly_learned[0].by == KEY_WORKER
    assert (told.newly_happened, told.corrected, told.not_yet) == ((), (), ())
    [change] = told.changes
    assert (change.field, [*change.before.values()], [*change.after.values()]) == (
        "contacts",
        ["held"],
        ["did-not-attend", "held"],
    )


def test_the_difference_between_two_days_is_what_newly_happened(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, _ = with_a_late_entry(log, handler)
    told = diff(log, case, Point(as_of=NOON + 5 * DAY), Point(as_of=NOON + 8 * DAY))
    assert [entry.type for entry in told.newly_happened] == ["engagement.contact-recorded"]
    assert told.newly_learned == ()


def test_looking_back_says_what_was_not_yet(log: LogReader, handler: BlockingCommandHandler) -> None:
    case, before = with_a_late_entry(log, handler)
    told = diff(log, case, Point(), Point(known_at=before))
    assert [entry.says["outcome"] for entry in told.not_yet] == ["did-not-attend"]


# --- days -------------------------------------------------------------------------------------------------


def test_a_day_means_all_of_it(log: LogReader, handler: BlockingCommandHandler) -> None:
    case, _ = with_a_late_entry(log, handler)
    assert len(types(replay(log, case, Point(as_of=date(2025, 3, 7))))) == 3
    assert len(types(replay(log, case, Point(as_of=date(2025, 3, 6))))) == 2


def test_a_day_is_the_organisations(postgres_server: str, log_template: str) -> None:
    """What happened at nine in the evening in Antigua happened on that day, though UTC had the next one."""
    with database(postgres_server, log_template) as conninfo:
        live_in(conninfo, "America/Antigua")
        with opened_reader(conninfo) as log, opened_handler(conninfo) as handler:
            case = a_case(handler)
            case.ask(AGREE, at=datetime(2025, 3, 5, 21, tzinfo=ZoneInfo("America/Antigua")))
            [*_, agreed] = replay(log, case.id, Point(as_of=date(2025, 3, 5))).story
            assert (agreed.type, agreed.occurred_on) == ("engagement.boundaries-agreed", date(2025, 3, 5))
            assert agreed.occurred_at == datetime(2025, 3, 6, 1, tzinfo=UTC)


def live_in(conninfo: str, time_zone: str) -> None:
    """Settle another time zone in a database made for tests; an installation never changes its own."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("ALTER TABLE event_log.installation DISABLE TRIGGER ALL")
        connection.execute(SQL("UPDATE event_log.installation SET time_zone = {}").format(Literal(time_zone)))
        connection.execute("ALTER TABLE event_log.installation ENABLE ALWAYS TRIGGER never_changed")


def test_what_is_known_to_the_day_says_so(log: LogReader, handler: BlockingCommandHandler) -> None:
    case = a_case(handler)
    case.ask(AGREE, at=date(2025, 3, 5))
    [registered, agreed] = replay(log, case.id).story
    assert (registered.precision, agreed.precision) == (Precision.MINUTE, Precision.DAY)
    assert agreed.occurred_on == date(2025, 3, 5)
    assert types(replay(log, case.id, Point(as_of=datetime(2025, 3, 5, 8, tzinfo=UTC)))) == [
        "registered",
        "boundaries-agreed",
    ], "it may have been so by then: nobody can say otherwise"


# --- corrections ------------------------------------------------------------------------------------------


def with_a_contact(handler: BlockingCommandHandler) -> tuple[Case, EventId]:
    case = a_case(handler)
    case.ask(AGREE, at=NOON + DAY)
    [contact] = case.ask(MEET, at=NOON + 2 * DAY).event_ids
    return case, contact


def test_a_correction_stands_where_the_corrected_fact_stands(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, contact = with_a_contact(handler)
    before, world = log.head(), NOON + 3 * DAY
    correct = Correct(
        decision=grounds(), corrects=contact, instead=MISS.model_copy(update={"event_id": None})
    )
    case.ask(correct, by=SUPERVISOR)
    assert [*engaged(replay(log, case.id, Point(world)))["contacts"].values()] == ["did-not-attend"]
    assert [*engaged(replay(log, case.id, Point(world, before)))["contacts"].values()] == ["held"]
    told = diff(log, case.id, Point(world, before), Point(world))
    assert [entry.corrects for entry in told.corrected] == [contact]
    assert told.corrected[0].by == SUPERVISOR
    assert told.corrected[0].decision is not None
    assert told.corrected[0].decision.reason_code == correct.decision.reason_code
    assert replay(log, case.id, Point(world)).story[-2].corrected_by == (told.corrected[0].event_id,)


def test_a_fact_corrected_to_another_day_is_not_seen_before_that(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, contact = with_a_contact(handler)
    case.ask(
        Correct(
            decision=grounds(),
            corrects=contact,
            instead=MEET.model_copy(update={"event_id": None}),
            occurred_at=NOON + 20 * DAY,
        )
    )
    assert engaged(replay(log, case.id, Point(NOON + 10 * DAY)))["contacts"] == {}
    assert [*engaged(replay(log, case.id, Point(NOON + 20 * DAY)))["contacts"]] == [str(contact)]


def test_what_never_was_is_told_and_counts_for_nothing(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, contact = with_a_contact(handler)
    case.ask(Retract(decision=grounds(), corrects=contact), stream=case.stream(engagement))
    told = replay(log, case.id)
    assert engaged(told)["contacts"] == {}
    assert types(told)[-2:] == ["contact-recorded", "contact-recorded.retracted"]
    assert told.story[-1].title == "Retracted, because it never was so: contact recorded"


# --- what no longer fits together -------------------------------------------------------------------------


def test_a_late_report_that_contradicts_what_stands_is_told_until_it_is_settled(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case, contact = with_a_contact(handler)
    before = log.head()
    [death] = case.ask(RECORD_DEATH, at=NOON + DAY).event_ids
    [found] = (c for c in replay(log, case.id).contradictions if c.event_id == contact)
    assert (found.rule, found.category) == ("died", "engagement")
    assert replay(log, case.id, Point(known_at=before)).contradictions == ()
    assert replay(log, case.id, Point(as_of=NOON + DAY - timedelta(minutes=1))).contradictions == ()
    told = diff(log, case.id, Point(known_at=before), Point())
    assert [c.event_id for c in told.contradictions][-1] == contact
    case.ask(Retract(decision=grounds(), corrects=death), stream=case.stream(BY_CATEGORY["participant"]))
    assert replay(log, case.id).contradictions == ()


# --- who may see what -------------------------------------------------------------------------------------


def test_a_restricted_stream_is_seen_by_those_it_is_for_and_by_nobody_else(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = a_case(handler)
    case.ask(RAISE, at=NOON + DAY)
    ordinary = replay(log, case.id)
    assert [stream.category for stream in ordinary.streams] == ["participant"]
    assert "bruise" not in ordinary.model_dump_json()
    with_it = replay(log, case.id, Point(with_restricted=True))
    assert [stream.category for stream in with_it.streams] == ["participant", concern.CATEGORY]
    assert [entry.says["concern"] for entry in with_it.story[1:]] == ["An invented bruise."]
    told = diff(log, case.id, Point(NOON), Point())
    assert told.newly_happened == ()


def test_an_imported_event_is_known_since_its_source_says_so_only_where_sources_are_trusted(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = a_case(handler)
    entered = NOON + 10 * DAY
    case.ask(AGREE, at=NOON + DAY, source_recorded_at=entered)
    by_source = [
        len(replay(log, case.id, Point(known_at=moment, trust_source=True)).story)
        for moment in (entered - DAY, entered)
    ]
    assert by_source == [0, 1], "the registration has no source: it is known since the log recorded it"
    assert replay(log, case.id, Point(known_at=entered)).story == ()


def test_a_replay_tells_of_every_stream_of_the_case_and_of_no_other(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = a_case(handler)
    a_case(handler)
    case.ask(DRAFT, at=NOON + DAY)
    told = replay(log, case.id)
    assert [stream.category for stream in told.streams] == ["participant", "referral"]
    assert len(told.story) == 2
    assert told.case_reference == case.reference
    assert CaseReplay.model_validate_json(told.model_dump_json()) == told


def test_who_answers_for_an_event_and_who_typed_it_in_are_told_apart(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    case = a_case(handler)
    case.ask(AGREE, at=NOON + DAY, by=OTHER_KEY_WORKER, on_behalf_of=KEY_WORKER)
    told = replay(log, case.id).story[-1]
    assert (told.by, told.recorded_by) == (KEY_WORKER, OTHER_KEY_WORKER)


@pytest.mark.parametrize("event", STORED_CLASSES, ids=stored_type)
def test_every_event_can_be_told_in_a_sentence(event: Any) -> None:
    told = title_of(planted(event))
    assert told
    assert "{" not in told


def test_an_unknown_case_is_said_to_be_unknown(log: LogReader) -> None:
    with pytest.raises(UnknownCaseError):
        replay(log, CaseId(uuid4()))
