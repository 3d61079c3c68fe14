"""What read models keep of people in the clear: what they list, and what is found in the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from scp_events import follower
from scp_events.aggregates import ALL as AGGREGATES
from scp_events.aggregates import record
from scp_events.aggregates.assessment.events import RiskLevel
from scp_events.event_log import LogReader
from scp_events.follower import Follower, PersonalColumn, schema_of
from scp_events.follower.statements import Statements
from scp_events.projections import ALL, caseload
from scp_events.vocabulary import ErasureEvent, personal_fields
from tests.conftest import database
from tests.opened import opened_handler, opened_reader
from tests.planting import Planted, plant

Column = tuple[str, str, str]
"""Schema, table, column."""


@pytest.fixture(scope="module")
def filled(postgres_server: str, log_template: str) -> Iterator[tuple[LogReader, Planted]]:
    """Yield a log with planted words, and every read model in step with it."""
    with (
        database(postgres_server, log_template) as conninfo,
        opened_reader(conninfo) as log,
        opened_handler(conninfo) as handler,
    ):
        follower.prepare(conninfo, ALL)
        case = plant(log, handler)
        for projection in ALL:
            with Follower(log, projection) as following:
                assert following.catch_up() == log.head()
        yield log, case


@pytest.fixture
def connection(filled: tuple[LogReader, Planted]) -> Iterator[Connection[Any]]:
    with psycopg.connect(filled[0].conninfo, autocommit=True) as connection:
        yield connection


def registered() -> dict[Column, PersonalColumn]:
    return {
        (schema_of(each.NAME, each.VERSION), kept.table, kept.column): kept
        for each in ALL
        for kept in each.PERSONAL.values()
    }


def in_the_catalogue(connection: Connection[Any]) -> set[Column]:
    """Return every column of every table outside PostgreSQL's own."""
    return set(
        connection.execute(
            "SELECT n.nspname, c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE a.attnum > 0 AND NOT a.attisdropped"
            " AND c.relkind IN ('r', 'm', 'p') AND n.nspname <> 'information_schema'"
            " AND n.nspname NOT LIKE 'pg\\_%'"
        ).fetchall()
    )


def test_every_registered_column_is_in_the_catalogue_and_can_say_that_it_was_erased(
    connection: Connection[Any],
) -> None:
    assert set(registered()) <= in_the_catalogue(connection)
    for schema, table, column in registered():
        rows = connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s AND column_name = ANY(%s)",
            [schema, table, [column, "case_id"]],
        ).fetchall()
        types = dict(rows)
        assert types[column] in {"text", "jsonb"}
        assert types["case_id"] == "uuid"


def test_words_of_people_are_found_in_registered_columns_and_nowhere_else(
    filled: tuple[LogReader, Planted], connection: Connection[Any]
) -> None:
    """Every personal field of every event was filled, and every column of the database is looked at."""
    _, case = filled
    found = {place for place in in_the_catalogue(connection) if case.found_in(said(connection, place))}
    assert found == {
        ("rm_decisions_v1", "decisions", "legal_basis"),
        ("rm_outcomes_v1", "rankings", "candidates"),
    }
    assert found <= set(registered())
    levels = said(connection, ("rm_caseload_v1", "judgements", "risk_level"))
    assert any(level in levels for level in RiskLevel)


def said(connection: Connection[Any], place: Column) -> str:
    schema, table, column = map(Identifier, place)
    rows = connection.execute(SQL("SELECT {}::text FROM {}.{}").format(column, schema, table)).fetchall()
    return str(rows)


def test_the_planner_keeps_no_copies_of_personal_values(connection: Connection[Any]) -> None:
    connection.execute("ANALYZE")
    known = set(connection.execute("SELECT schemaname, tablename, attname FROM pg_stats").fetchall())
    assert ("rm_caseload_v1", "assessments", "case_id") in known, "there are statistics at all"
    secret = {*registered(), ("keyring", "keys", "wrapped")}
    assert not known & secret


@pytest.mark.parametrize("projection", ALL, ids=lambda each: each.NAME)
def test_what_keeps_something_of_people_is_told_of_erasures_whatever_it_reads(projection: Any) -> None:
    erasures = {event for event in record.EVENTS if issubclass(event, ErasureEvent)}
    assert erasures
    left_out = Statements(projection)._without  # noqa: SLF001 - what is read cannot be seen from outside
    assert left_out or projection.READS == AGGREGATES
    assert not erasures & set(left_out)


def test_a_registered_value_is_personal_in_every_event_it_comes_from() -> None:
    for event, statement in caseload.ON.items():
        for name in caseload.PERSONAL:
            if f"%({name})s" in statement:
                assert name in personal_fields(event)
