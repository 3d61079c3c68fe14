"""PostgreSQL killed in each step, and within each rewrite: before it is done nothing is certified; then nothing is left."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from scp_events import erasure
from scp_events.aggregates.record import Erasure
from scp_events.erasure import Step
from scp_events.projections import ALL as PROJECTIONS
from tests.conftest import database
from tests.erasure.about_to_be_erased import AboutToBeErased, planted_in
from tests.erasure.conftest import NUMBERS, PREPARED
from tests.own_server import OwnServer, own_server
from tests.waiting import until
from tests.words import SUPERVISOR

pytestmark = pytest.mark.faults

LARGE = 20_000
"""Rows of others in each table that is rewritten: it takes long enough to be killed in the middle."""
PHASES = ("seq scanning heap", "writing new heap", "rebuilding index", "swapping relation files")
TABLES = ("keyring.keys", "rm_caseload_v1.judgements", "rm_decisions_v1.decisions")


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server(PREPARED) as server:
        yield server


@pytest.mark.parametrize("step", [step for step in Step if step is not Step.RECORD])
def test_an_erasure_whose_server_is_killed_after_any_step_is_finished_later(
    case: AboutToBeErased, server: OwnServer, step: Step
) -> None:
    def kill(reached: Step) -> None:
        if reached is step:
            server.kill_all()

    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever noticed it first
        erasure.carry_out(
            case.log, case.handler, case.case_id, PROJECTIONS, by=SUPERVISOR, data=case.data, after=kill
        )
    server.start()
    finished_later(case)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("everything", [True, False], ids=["server", "session"])
def test_a_rewrite_that_is_killed_leaves_no_file_behind(
    case: AboutToBeErased, server: OwnServer, table: str, *, everything: bool
) -> None:
    enlarge(case.conninfo, LARGE)
    before = files_of_no_relation(case)
    assert before == []
    with rewriting(case, table, PHASES[0]) as pid:
        if everything:
            server.kill_all()
        else:
            os.kill(pid, signal.SIGKILL)
    if everything:
        server.start()
    until(lambda: answers(case.conninfo), "the server answers again")
    assert files_of_no_relation(case), "it was killed in the middle"
    finished_later(case)
    assert files_of_no_relation(case) == []


def finished_later(case: AboutToBeErased) -> None:
    assert erasure.standing(case.log, case.case_id).erasure is not Erasure.DONE
    assert erasure.unfinished(case.log) == [case.case_id]
    case.erase()
    assert case.left() == []
    assert erasure.unfinished(case.log) == []


@contextmanager
def rewriting(case: AboutToBeErased, table: str, phase: str) -> Iterator[int]:
    """Yield the process that rewrites a table, in a phase of that; after the block the erasure has failed."""
    failed: list[Exception] = []

    def erase() -> None:
        try:
            case.erase()
        except Exception as error:  # noqa: BLE001 - whatever noticed it first
            failed.append(error)

    erasing = threading.Thread(target=erase)
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        found: list[int] = []

        def looks() -> bool:
            found[:] = [
                pid
                for (pid,) in connection.execute(
                    "SELECT pid FROM pg_stat_progress_cluster WHERE relid = %s::regclass AND phase = %s"
                    " AND heap_tuples_scanned > 100",
                    [table, phase],
                )
            ]
            return bool(found)

        erasing.start()
        until(looks, f"{table} is rewritten: {phase}")
        yield found[0]
    erasing.join(120)
    assert failed


def enlarge(conninfo: str, rows: int) -> None:
    """Add rows of people who do not exist to every table that an erasure rewrites."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO keyring.keys (key_id, subject, field_group, epoch, wrapped)"
            " SELECT gen_random_uuid(), gen_random_uuid(), 'core', 1, decode(repeat(md5(n::text), 100), 'hex')"
            " FROM generate_series(1, %s) n",
            [rows],
        )
        connection.execute(
            """
            INSERT INTO rm_decisions_v1.decisions
            SELECT (jsonb_populate_record(NULL::rm_decisions_v1.decisions, to_jsonb(one) || jsonb_build_object(
                'position', -1000000 - n, 'event_id', gen_random_uuid(), 'case_id', gen_random_uuid(),
                'legal_basis', one.legal_basis || jsonb_build_object('reference', repeat(md5(n::text), 40))
            ))).*
            FROM (SELECT * FROM rm_decisions_v1.decisions LIMIT 1) AS one, generate_series(1, %s) AS n""",
            [rows],
        )
        connection.execute(
            """
            INSERT INTO rm_caseload_v1.judgements
            SELECT (jsonb_populate_record(NULL::rm_caseload_v1.judgements, to_jsonb(one) || (
                SELECT jsonb_object_agg(column_name, gen_random_uuid()) FROM information_schema.columns
                WHERE table_schema = 'rm_caseload_v1' AND table_name = 'judgements' AND data_type = 'uuid'
                AND n > 0) || jsonb_build_object('risk_level', repeat(md5(n::text), 60)))).*
            FROM (SELECT * FROM rm_caseload_v1.judgements LIMIT 1) AS one, generate_series(1, %s) AS n""",
            [rows],
        )


def files_of_no_relation(case: AboutToBeErased) -> list[str]:
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        (directory,) = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchone() or (0,)
        known = {n for (n,) in connection.execute("SELECT pg_relation_filenode(oid)::text FROM pg_class")}
    found = (case.data / "base" / str(directory)).glob("[0-9]*")
    return [
        each.name
        for each in found
        if each.stat().st_size and each.name.split("_")[0].split(".")[0] not in known
    ]


def answers(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError:
        return False
    return True
