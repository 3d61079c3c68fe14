"""PostgreSQL killed in each step and each rewrite: nothing is certified before, nothing left after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from scp_events import erasure
from scp_events.aggregates.record import Erasure
from scp_events.erasure import Step
from scp_events.projections import ALL as PROJECTIONS
from tests.erasure.about_to_be_erased import AboutToBeErased
from tests.erasure.conftest import SETTINGS
from tests.erasure.large import ROWS, enlarge, files_of_no_relation
from tests.own_server import OwnServer, own_server
from tests.waiting import until
from tests.words import SUPERVISOR

pytestmark = [pytest.mark.faults, pytest.mark.once]  # it is about the server's files, whoever has it erase

SCANNING, INDEXING = "seq scanning heap", "rebuilding index"
TABLES = ("keyring.keys", "rm_caseload_v1.judgements", "rm_decisions_v1.decisions")
KILLS = [
    pytest.param(table, phase, everything, marks=() if short else pytest.mark.long)
    for table in TABLES
    for phase in (SCANNING, INDEXING)
    for everything in (True, False)
    for short in [(table, phase, everything) == (TABLES[0], SCANNING, True)]
]


@pytest.fixture
def server() -> Iterator[OwnServer]:
    with own_server(SETTINGS) as server:
        yield server


@pytest.mark.parametrize(
    "step",
    [
        Step.DESTROY,
        *(pytest.param(s, marks=pytest.mark.long) for s in Step if s not in {Step.DESTROY, Step.RECORD}),
    ],
)
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


@pytest.mark.parametrize(("table", "phase", "everything"), KILLS)
def test_a_rewrite_that_is_killed_is_done_again_and_leaves_no_file_behind(
    case: AboutToBeErased, server: OwnServer, table: str, phase: str, *, everything: bool
) -> None:
    """The whole server, or the one process that rewrites, which PostgreSQL takes for a crash of all."""
    enlarge(case.conninfo)
    assert files_of_no_relation(case) == []
    with rewriting(case, table, phase) as pid:
        if everything:
            server.kill_all()
        else:
            server.kill_session(pid)
    if everything:
        server.start()
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
                    " AND heap_tuples_scanned > %s",
                    [table, phase, ROWS // 4],
                )
            ]
            return bool(found)

        erasing.start()
        until(looks, f"{table} is rewritten: {phase}")
        yield found[0]
    erasing.join(120)
    assert failed
