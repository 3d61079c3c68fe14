"""Rows are read whatever becomes of a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import psycopg
import pytest

from scp_events.database.insisting import ATTEMPTS
from scp_events.event_log import LogUnreachableError
from scp_events.event_log.reading import Reading
from scp_events.event_log.recorder import LogRecorder
from scp_events.event_log.roles import READER
from tests.event_log.appending import one
from tests.event_log.test_subscription import out_of_reach
from tests.wire import wire

HEAD = "SELECT position FROM event_log.head"
WHO = "SELECT current_user::text"


@pytest.fixture
def recorder(log_database: str) -> Iterator[LogRecorder]:
    recorder = LogRecorder(log_database)
    yield recorder
    recorder.close()


@pytest.fixture
def reading(log_database: str) -> Iterator[Reading]:
    reading = Reading(log_database, READER, pool_size=2, patience=10.0)
    yield reading
    reading.close()


def end_every_reader(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND query LIKE '%event_log.head%'"
        )


def test_a_connection_that_was_ended_is_replaced(
    recorder: LogRecorder, reading: Reading, log_database: str
) -> None:
    recorder.append(one())
    for _ in range(3):
        reading.fetch(HEAD)
        end_every_reader(log_database)
    assert reading.fetch(HEAD) == [(1,)]


def test_who_only_reads_has_the_rights_of_a_reader(reading: Reading) -> None:
    assert reading.fetch(WHO) == [(READER,)]


def test_a_database_that_cannot_be_reached_is_told_as_such(log_database: str, postgres_server: str) -> None:
    reading = Reading(log_database, READER, pool_size=1, patience=0.2)
    with out_of_reach(log_database, postgres_server), pytest.raises(LogUnreachableError, match="try again"):
        reading.fetch(HEAD)
    reading.close()


def test_what_the_server_refuses_is_not_asked_again(reading: Reading) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        reading.fetch("SELECT FROM event_log.no_such_table")


def test_what_goes_on_breaking_is_given_up(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    execute = psycopg.Connection.execute

    def breaking(connection: Any, query: object, *more: object, **how: object) -> Any:
        if query != HEAD:  # such as whether the connection still is one
            return execute(connection, query, *more, **how)
        asked.append(query)
        raise psycopg.DatabaseError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "execute", breaking)
    with pytest.raises(LogUnreachableError, match="cannot be reached"):
        reading.fetch(HEAD)
    assert len(asked) == ATTEMPTS


def test_a_network_that_falls_silent_ends_in_an_error_while_the_caller_is_patient(log_database: str) -> None:
    with wire(log_database) as way:
        reading = Reading(way.conninfo, READER, pool_size=2, patience=1.0)
        assert reading.fetch(HEAD) == [(0,)]
        way.fall_silent()
        began = monotonic()
        with pytest.raises(LogUnreachableError):
            reading.fetch(HEAD)
        assert monotonic() - began < 10
        way.speak()
        until_it_answers(lambda: reading.fetch(HEAD))
        reading.close()


def until_it_answers(ask: Callable[[], object]) -> None:
    """A connection that was made while nobody answered may still be waited for."""
    deadline = monotonic() + 30
    while True:
        try:
            ask()
        except LogUnreachableError:
            assert monotonic() < deadline
        else:
            return
