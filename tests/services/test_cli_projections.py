"""`scp-events projections verify`: read models are compared with what the log comes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scp_events.projections import ALL
from tests.services.cli_case import write_case
from tests.services.cli_run import Ran, scp


@pytest.fixture
def followed(log_database: str, tmp_path: Path) -> str:
    """Return a log whose projections are up to date, though a case was entered late and corrected."""
    write_case(log_database)
    for projection in ALL:
        assert scp("rebuild", projection.NAME, database=log_database, SCP_HOME=str(tmp_path)).code == 0
    write_case(log_database, "SC-2025-015")
    for asked in ("caseload", "decisions", "outcomes"):
        assert scp(asked, database=log_database, SCP_HOME=str(tmp_path)).code == 0
    return log_database


def verified(database: str, home: Path, *named: str) -> tuple[Ran, list[dict[str, Any]]]:
    ran = scp("projections", "verify", *named, "--format", "json", database=database, SCP_HOME=str(home))
    assert ran.err == ""
    return ran, json.loads(ran.out)


def altered(database: str, statement: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_tables_are_what_the_log_comes_to_whatever_the_order_of_entry(followed: str, tmp_path: Path) -> None:
    ran, rows = verified(followed, tmp_path)
    assert ran.code == 0
    assert [(row["name"], row["says"]) for row in rows] == [
        (projection.NAME, "as the log has it") for projection in ALL
    ]
    assert {row["position"] for row in rows} > {12}


@pytest.mark.parametrize(
    ("statement", "table", "says"),
    [
        ("UPDATE rm_caseload_v{}.contacts SET held_minutes = held_minutes + 1", "contacts", "otherwise"),
        ("DELETE FROM rm_caseload_v{}.contacts", "contacts", "the log has it, the table has not"),
        (
            (
                "INSERT INTO rm_caseload_v{0}.case_times SELECT gen_random_uuid(), at, day, precision"
                " FROM rm_caseload_v{0}.case_times LIMIT 1"
            ),
            "case_times",
            "the table has it, the log has not",
        ),
        ("ALTER TABLE rm_caseload_v{}.contacts ADD COLUMN more text", "contacts", "another one"),
        ("CREATE TABLE rm_caseload_v{}.more (case_id uuid)", "more", "no such table"),
    ],
)
def test_a_table_that_somebody_altered_is_named_with_its_row(
    followed: str, tmp_path: Path, statement: str, table: str, says: str
) -> None:
    version = next(projection.VERSION for projection in ALL if projection.NAME == "caseload")
    altered(followed, statement.format(version))
    ran, [row] = verified(followed, tmp_path, "caseload")
    assert (ran.code, row["name"], row["table"]) == (4, "caseload", table)
    assert says in row["says"]
    assert (row["key"] is None) == (row["rows"] == 0)
    scp("rebuild", "caseload", database=followed, SCP_HOME=str(tmp_path))
    assert verified(followed, tmp_path, "caseload")[0].code == 0


def test_nothing_is_left_behind_by_comparing(followed: str, tmp_path: Path) -> None:
    verified(followed, tmp_path)
    with psycopg.connect(followed) as connection:
        left = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE '%compared'"
        ).fetchall()
    assert left == []


def test_how_far_projections_are_is_still_shown(followed: str, tmp_path: Path) -> None:
    ran = scp("projections", "--format", "json", database=followed, SCP_HOME=str(tmp_path))
    assert [row["name"] for row in json.loads(ran.out)] == sorted(projection.NAME for projection in ALL)
