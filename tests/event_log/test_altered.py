"""Nothing is decided on, and nothing told of, an event that is filed as another one than it says it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection

from scp_events.event_log import AlteredEventError, LogReader
from scp_events.replay import Point, diff, replay
from scp_events.vocabulary import CommandId, EventId, Position
from tests.asking import Case
from tests.opened import opened_handler, opened_reader
from tests.services.cli_case import CONTACT, Written, write_case


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


@pytest.fixture
def other(log_database: str, written: Written) -> Written:
    assert written
    return write_case(log_database, "SC-2025-015")


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log


@pytest.fixture
def attacker(log_database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(log_database, autocommit=True) as connection:
        for table in ("events", "commands"):
            connection.execute(f"ALTER TABLE event_log.{table} DISABLE TRIGGER ALL".encode())
        yield connection


def test_a_case_is_not_told_with_an_event_of_another(
    log: LogReader, attacker: Connection[Any], written: Written, other: Written
) -> None:
    attacker.execute("UPDATE event_log.events SET case_id = %s WHERE position = 9", [other.case_id])
    with pytest.raises(AlteredEventError, match="`scp-events verify`"):
        replay(log, other.case_id)
    with pytest.raises(AlteredEventError, match="`scp-events verify`"):
        replay(log, written.case_id)
    with pytest.raises(AlteredEventError, match="position 9 is filed under another case"):
        log.read(Position(8), 1)


def test_a_case_is_not_told_under_the_name_of_another(
    log: LogReader, attacker: Connection[Any], written: Written, other: Written
) -> None:
    attacker.execute("DELETE FROM event_log.cases")
    attacker.execute(
        "INSERT INTO event_log.cases VALUES ('SC-2025-014', %s), ('SC-2025-015', %s)",
        [other.case_id, written.case_id],
    )
    with pytest.raises(AlteredEventError, match="position 1 calls its case otherwise"):
        replay(log, written.case_id)
    with pytest.raises(AlteredEventError, match="calls its case otherwise"):
        diff(log, written.case_id, Point(known_at=Position(5)), Point())


@pytest.mark.parametrize(
    "change", ["case_id = gen_random_uuid()", "category = 'irp'", "case_id = NULL"], ids=str
)
def test_nothing_is_decided_on_a_stream_that_lacks_an_event(
    log_database: str, attacker: Connection[Any], written: Written, change: str
) -> None:
    attacker.execute(f"UPDATE event_log.events SET {change} WHERE position = 9".encode())  # noqa: S608 - ours
    with opened_handler(log_database) as handler:
        case = Case(handler, "SC-2025-014")
        assert case.id == written.case_id
        with pytest.raises(AlteredEventError):
            case.ask(CONTACT)


def test_an_event_filed_under_the_id_of_another_is_not_told(
    log: LogReader, attacker: Connection[Any], written: Written
) -> None:
    stolen = EventId(uuid4())
    attacker.execute(
        "UPDATE event_log.events SET event_id = %s WHERE event_id = %s", [stolen, written.late_contact]
    )
    with pytest.raises(AlteredEventError, match="is filed as event"):
        log.event(stolen)


def test_what_a_command_came_to_is_told_by_events_that_say_so(
    log: LogReader, attacker: Connection[Any], written: Written
) -> None:
    assert written
    row = attacker.execute("SELECT command_id FROM event_log.commands WHERE first_position = 3").fetchone()
    assert row is not None
    attacker.execute("UPDATE event_log.commands SET first_position = 4 WHERE first_position = 3")
    with pytest.raises(AlteredEventError, match="is counted for command"):
        log.events_of_command(CommandId(row[0]))
