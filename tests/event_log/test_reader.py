from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from scp_events.event_log import BlockingCommandHandler, LogReader, UnreadableEventError
from scp_events.privacy import open_keyring
from scp_events.vocabulary import NOTHING_YET, Position, Retract, Unopened, the_one
from tests.event_log.asking import Case, contact, engaged, recorded, sent
from tests.opened import opened_handler, opened_reader
from tests.words import OTHER_KEY_WORKER, grounds


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler


@pytest.fixture
def reader(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as reader:
        yield reader


def test_an_empty_log_says_so(reader: LogReader) -> None:
    assert reader.head() == NOTHING_YET
    assert reader.read() == []
    assert reader.recorded_at(Position(1)) is None
    assert reader.cases() == []


def test_reading_in_pages_misses_nothing(handler: BlockingCommandHandler, reader: LogReader) -> None:
    for _ in range(3):
        engaged(handler)
    assert [r.position for r in reader.read_all(batch=4)] == [1, 2, 3, 4, 5, 6]
    assert [r.position for r in reader.read(after=Position(3), limit=1)] == [4]
    assert [r.position for r in reader.read(through=Position(2))] == [1, 2]


def test_classes_are_left_out_or_left_unopened(handler: BlockingCommandHandler, reader: LogReader) -> None:
    engaged(handler)
    registered, agreed = (type(r.event) for r in reader.read())
    assert [type(r.event) for r in reader.read(without=[registered])] == [agreed]
    (unopened,) = reader.read(unopened=[registered], limit=1)
    assert isinstance(unopened.event.name, Unopened)


def test_an_instant_means_the_last_position_recorded_by_then(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    engaged(handler)
    first, second = reader.read()
    assert reader.position_at(first.recorded_at - timedelta(microseconds=1)) == 0
    assert reader.position_at(first.recorded_at) == 1
    assert reader.position_at(second.recorded_at) == 2
    assert reader.position_at(datetime(9999, 1, 1, tzinfo=UTC)) == 2
    assert reader.recorded_at(Position(2)) == second.recorded_at


def test_a_case_is_told_with_all_its_streams_and_a_stream_alone(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    case, other = engaged(handler), engaged(handler)
    handler.handle(case.request(contact()))
    assert [r.position for r in reader.case_history(case.id)] == [1, 2, 5]
    assert [r.position for r in reader.case_history(case.id, Position(2))] == [1, 2]
    assert [r.version for r in reader.stream_history(case.engagement)] == [1, 2]
    assert reader.stream_history(the_one("engagement", Case.new().id)) == []
    assert reader.case_of_stream(other.engagement) == other.id
    assert reader.case_of_stream(the_one("engagement", Case.new().id)) is None


def test_what_an_event_says_of_itself_is_a_fact(handler: BlockingCommandHandler, reader: LogReader) -> None:
    case = engaged(handler)
    said = sent(by=OTHER_KEY_WORKER)
    event_id = recorded(handler.handle(case.request(contact(), said)))
    (read,) = reader.events_of_command(said.command_id)
    assert reader.event(event_id) == read
    assert read.fact == (
        read.event,
        event_id,
        case.engagement,
        3,
        read.when,
        OTHER_KEY_WORKER,
        said.command_id,
    )
    retraction = recorded(handler.handle(case.request(Retract(decision=grounds(), corrects=event_id))))
    retracted = reader.event(retraction)
    assert retracted is not None
    assert (retracted.corrects, retracted.when) == (event_id, read.when)
    assert retracted.decision is not None


def test_cases_have_references(handler: BlockingCommandHandler, reader: LogReader) -> None:
    case_id = handler.open_case("SC-2025-007")
    assert handler.open_case("SC-2025-007") == case_id == reader.case_of("SC-2025-007")
    assert reader.reference_of(case_id) == "SC-2025-007"
    assert reader.case_of("SC-2025-008") is None
    assert reader.reference_of(Case.new().id) is None
    assert reader.cases() == []
    engaged(handler, Case(case_id, "SC-2025-007"))
    assert reader.cases() == [("SC-2025-007", case_id)]


def test_an_event_of_an_unknown_type_is_named_with_its_place(
    handler: BlockingCommandHandler, log_database: str
) -> None:
    engaged(handler)
    with (
        open_keyring(log_database) as keyring,
        LogReader(log_database, keyring, aggregates=[]) as older,
        pytest.raises(UnreadableEventError, match=r"position 1 holds participant\.registered"),
    ):
        older.read()


def test_the_log_cannot_be_changed(handler: BlockingCommandHandler, log_database: str) -> None:
    engaged(handler)
    with psycopg.connect(log_database, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for statement in (
            "UPDATE event_log.events SET type = 'other'",
            "DELETE FROM event_log.events",
            "TRUNCATE event_log.events",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                superuser.execute(statement)


def test_a_reader_has_nothing_to_append_with(reader: LogReader) -> None:
    said: list[str] = [name for name in dir(reader) if "append" in name or "handle" in name]
    assert said == []


def test_a_listener_wakes_for_news_and_stops_when_told(
    handler: BlockingCommandHandler, reader: LogReader
) -> None:
    with reader.listener() as listener:
        listener.wait(60)  # the first wait returns at once: listen first, then pull
        engaged(handler)
        listener.wait(60)
        listener.stop()
        listener.wait(60)
    assert reader.head() == 2
