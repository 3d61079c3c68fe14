"""Whatever keeps old rows, or write-ahead log, keeps an erasure from being done: named and waited for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import IsolationLevel
from psycopg.conninfo import conninfo_to_dict

from scp_events import erasure, follower
from scp_events.database.binaries import find_binaries
from scp_events.erasure import ErasureIncompleteError, OutOfReach, write_ahead_log
from scp_events.erasure.rewriting import NotRewrittenError, Table, rewrite
from scp_events.ledger.log.outcomes import Outcome
from scp_events.projections import caseload
from scp_events.vocabulary import Refused
from tests.conftest import database
from tests.erasure.about_to_be_erased import AboutToBeErased, catch_up
from tests.erasure.standby import standby_of
from tests.own_server import OwnServer
from tests.services.cli_run import scp_process

# Once: it is about the server's files, whoever has it erase
pytestmark = [pytest.mark.faults, pytest.mark.once]
Holding = Callable[[AboutToBeErased, OwnServer], AbstractContextManager[str]]


@contextmanager
def an_older_snapshot(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    with psycopg.connect(case.conninfo, application_name="a long report") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT count(*) FROM keyring.keys")
        yield r"session \d+ \(a long report\) since .*pg_terminate_backend"


@contextmanager
def a_transaction_in_another_database(_case: AboutToBeErased, server: OwnServer) -> Iterator[str]:
    """Whoever takes a snapshot while it runs, in any database, may have to see what was there before."""
    with (
        database(server.conninfo) as other,
        psycopg.connect(other, application_name="elsewhere") as connection,
    ):
        connection.execute("SELECT pg_current_xact_id()")
        yield r"session \d+ \(elsewhere\)"


@contextmanager
def a_dump(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    """It has begun, and nobody takes what it writes."""
    program = [str(find_binaries().bin / "pg_dump"), "--dbname", case.conninfo, "--schema", "event_log"]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as dump:
        assert dump.stdout is not None
        try:
            assert dump.stdout.read(1)
            yield r"session \d+ \(pg_dump\)"
        finally:
            dump.stdout.read()


@contextmanager
def a_copy(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    with (
        psycopg.connect(case.conninfo, application_name="a copy") as connection,
        connection.cursor().copy("COPY event_log.events TO STDOUT") as rows,
    ):
        rows.read()
        yield r"session \d+ \(a copy\)"
        for _ in rows:
            pass


@contextmanager
def a_prepared_transaction(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT pg_current_xact_id()")
        connection.execute("PREPARE TRANSACTION 'left behind'")
        yield r"prepared transaction 'left behind' .*ROLLBACK PREPARED 'left behind'"
        connection.execute("ROLLBACK PREPARED 'left behind'")


@contextmanager
def a_replication_slot(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    """Of a standby that is away: the write-ahead log is kept for it."""
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_create_physical_replication_slot('away', true)")
        yield r"replication slot 'away', which keeps write-ahead log: .*pg_drop_replication_slot\('away'\)"
        connection.execute("SELECT pg_drop_replication_slot('away')")


@contextmanager
def a_standby_that_reports_what_it_shows(case: AboutToBeErased, server: OwnServer) -> Iterator[str]:
    with (
        standby_of(server, str(conninfo_to_dict(case.conninfo)["dbname"])) as conninfo,
        psycopg.connect(conninfo) as connection,
    ):
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SELECT count(*) FROM keyring.keys")
        server.wait_for("SELECT FROM pg_stat_replication WHERE backend_xmin IS NOT NULL")
        yield r"standby walreceiver, which reports what its sessions see"


@contextmanager
def a_table_in_use(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    """By a transaction that has no snapshot any more, and could take another."""
    with psycopg.connect(case.conninfo, application_name="idle") as connection:
        connection.execute("SELECT FROM rm_decisions_v1.decisions LIMIT 1")
        yield r"session \d+ \(idle\)"


@contextmanager
def a_question_as_of_another_day(case: AboutToBeErased, _server: OwnServer) -> Iterator[str]:
    """Its temporary tables hold what they were built from."""
    point = follower.Point(as_of=date(2199, 1, 1))
    with follower.at(case.log, caseload, point):
        yield r"temporary tables of session \d+"


FEW: tuple[Holding, ...] = (an_older_snapshot, a_prepared_transaction, a_question_as_of_another_day)
MORE: tuple[Holding, ...] = (
    a_transaction_in_another_database,
    a_dump,
    a_copy,
    a_replication_slot,
    a_standby_that_reports_what_it_shows,
    a_table_in_use,
)
HOLDING = [*FEW, *(pytest.param(each, marks=pytest.mark.long) for each in MORE)]


@pytest.mark.parametrize("holding", HOLDING, ids=lambda holding: holding.__name__)
def test_an_erasure_that_something_holds_is_not_finished_and_says_by_what(
    case: AboutToBeErased, server: OwnServer, holding: Holding
) -> None:
    assert len(case.traces.texts) > 500
    assert len([line for line in case.left() if "planted" in line]) >= 300, "they are there to be found"
    with holding(case, server) as named:
        with pytest.raises(ErasureIncompleteError, match=named) as held:
            case.erase(wait=1.0)
        assert erasure.unfinished(case.log) == [case.case_id]
        assert erasure.attempts(case.conninfo)[case.case_id].reasons == held.value.reasons
        with pytest.raises(Refused, match="nothing to certify"):
            erasure.certificate(case.log, case.case_id)
    certificate = case.erase()
    assert case.left() == []
    assert "write-ahead-log" not in certificate.out_of_reach
    assert erasure.unfinished(case.log) == []
    assert erasure.attempts(case.conninfo) == {}
    catch_up(case.log)
    assert case.left() == []


def test_what_ends_in_time_is_waited_for(case: AboutToBeErased, server: OwnServer) -> None:
    with an_older_snapshot(case, server):
        done = threading.Event()
        erasing = threading.Thread(target=lambda: (case.erase(), done.set()))
        erasing.start()
        assert not done.wait(1.0), "it waits"
    erasing.join(60)
    assert done.is_set()
    assert case.left() == []


def test_a_server_that_keeps_its_write_ahead_log_is_not_vouched_for(
    case: AboutToBeErased, server: OwnServer
) -> None:
    """Segments that are written over some day hold what they held until then."""
    server.set("wal_recycle", "on")
    try:
        certificate = case.erase()
    finally:
        server.set("wal_recycle", "off")
    assert certificate.out_of_reach == (OutOfReach.WRITE_AHEAD_LOG,)
    assert erasure.certificate(case.log, case.case_id) == certificate


def test_what_a_user_may_not_look_at_is_not_vouched_for(case: AboutToBeErased) -> None:
    """Tables are rewritten by whoever owns them, and the server says so."""
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("CREATE ROLE tenant")
        connection.execute("GRANT USAGE ON SCHEMA keyring, rm_decisions_v1 TO tenant")
        connection.execute("ALTER TABLE keyring.keys OWNER TO tenant")
    tenant = f"{case.conninfo} options='-c role=tenant'"
    assert rewrite(tenant, [Table("keyring", "keys")], deadline=0) == ()
    assert write_ahead_log.let_go(tenant, deadline=0) == ((), (OutOfReach.WRITE_AHEAD_LOG,))
    with pytest.raises(NotRewrittenError, match=r"VACUUM FULL rm_decisions_v1\.decisions"):
        rewrite(tenant, [Table("rm_decisions_v1", "decisions")], deadline=0)


def test_a_verification_that_runs_meanwhile_and_an_erasure_do_not_harm_each_other(
    case: AboutToBeErased, tmp_path: Path
) -> None:
    verifying = [
        scp_process("verify", "--no-checkpoint", database=case.conninfo, SCP_HOME=str(tmp_path))
        for _ in range(3)
    ]
    case.erase()
    assert case.left() == []
    for each in verifying:
        _, said = each.communicate(timeout=120)
        assert "WRONG" not in said
        assert each.returncode not in {Outcome.ALTERED.code, Outcome.CONTRADICTED.code}, said
