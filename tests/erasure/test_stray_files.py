"""Files that belong to no relation: removed where they are ours and nobody can own them, otherwise named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from scp_events.erasure import ErasureIncompleteError, OutOfReach, stray_files
from tests.erasure.about_to_be_erased import AboutToBeErased
from tests.erasure.conftest import SETTINGS
from tests.erasure.large import ROWS, enlarge, files_of_no_relation
from tests.own_server import OwnServer, own_server
from tests.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.once]  # it is about the server's files, whoever has it erase
TABLE = "rm_decisions_v1.decisions"


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server(SETTINGS) as server:
        yield server


def kill_a_rewrite(case: AboutToBeErased, server: OwnServer) -> None:
    """Have somebody write a table anew, and kill that in the middle."""
    enlarge(case.conninfo)
    with (
        closing(psycopg.connect(case.conninfo, autocommit=True)) as rewriting,
        closing(psycopg.connect(case.conninfo, autocommit=True)) as looking,
    ):
        pid = rewriting.info.backend_pid
        rewriting.pgconn.send_query(f"VACUUM FULL {TABLE}".encode())
        until(
            lambda: (
                looking.execute(
                    "SELECT FROM pg_stat_progress_cluster WHERE heap_tuples_scanned > %s", [ROWS // 4]
                ).rowcount
            ),
            "it is in the middle",
        )
        server.kill_session(pid)
    assert files_of_no_relation(case)


def test_what_a_killed_rewrite_had_copied_is_gone_once_the_person_is_erased(
    case: AboutToBeErased, server: OwnServer
) -> None:
    kill_a_rewrite(case, server)
    strays = files_of_no_relation(case)
    assert [line for line in case.left() if line.rpartition("/")[2] in strays], "it had copied words"
    case.erase()
    assert files_of_no_relation(case) == []
    assert case.left() == []


@pytest.mark.long
def test_a_stray_file_on_a_server_of_others_is_named_and_left(
    case: AboutToBeErased, server: OwnServer
) -> None:
    kill_a_rewrite(case, server)
    strays = files_of_no_relation(case)
    held, not_seen = stray_files.sweep(case.conninfo, None, deadline=0)
    assert not_seen == ()
    assert len(held) == len(strays)
    assert all(
        "of no relation" in str(each) and "whoever looks after the server" in str(each) for each in held
    )
    assert files_of_no_relation(case) == strays


def test_nothing_is_said_of_files_where_they_cannot_be_looked_at(case: AboutToBeErased) -> None:
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("CREATE ROLE somebody LOGIN")
    held = stray_files.sweep(f"{case.conninfo} options='-c role=somebody'", None, deadline=0)
    assert held == ((), (OutOfReach.STRAY_FILES,))


def test_a_table_that_a_transaction_is_making_is_left_alone(case: AboutToBeErased) -> None:
    with psycopg.connect(case.conninfo, application_name="at work") as connection:
        connection.execute("CREATE TABLE made AS SELECT 1 FROM generate_series(1, 1000)")
        assert files_of_no_relation(case)
        held, _ = stray_files.sweep(case.conninfo, case.data, deadline=0)
        assert ["(at work)" in str(each) for each in held] == [True]
        assert connection.execute("SELECT count(*) FROM made").fetchone() == (1000,)


@pytest.mark.long
def test_a_table_of_a_prepared_transaction_outlives_a_crash_and_an_erasure(
    case: AboutToBeErased, server: OwnServer
) -> None:
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE made AS SELECT 1 FROM generate_series(1, 1000)")
        connection.execute("PREPARE TRANSACTION 'half way'")
    server.kill_all()
    server.start()
    assert files_of_no_relation(case)
    held, _ = stray_files.sweep(case.conninfo, case.data, deadline=0)
    assert ["prepared transaction 'half way'" in str(each) for each in held] == [True]
    with pytest.raises(ErasureIncompleteError, match="prepared transaction 'half way'"):
        case.erase(wait=0)
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("COMMIT PREPARED 'half way'")
        assert connection.execute("SELECT count(*) FROM made").fetchone() == (1000,)
    case.erase()
    assert case.left() == []
