from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection

from scp_events import casework, erasure, event_log, follower, history
from scp_events.aggregates import participant, referral
from scp_events.aggregates.participant import Erasure, ErasureOrigin
from scp_events.database import open_database
from scp_events.erasure import ErasureIncompleteError, Step
from scp_events.event_log import EventLog
from scp_events.follower.projection import Statements
from scp_events.privacy import GROUPS
from scp_events.projections import ALL as PROJECTIONS
from scp_events.projections import caseload, decisions
from scp_events.publishing.audiences import BY_NAME
from scp_events.publishing.cloud_events import Edition
from scp_events.vocabulary import (
    NOTHING_YET,
    CommandId,
    ParticipantId,
    Position,
    Provenance,
    ReferralId,
    Refused,
)
from tests.aggregates.test_referral import DRAFT
from tests.check_log import check_log
from tests.opened import opened_log
from tests.planting import plant
from tests.services.cli_case import SECRET, write_case
from tests.words import KEY_WORKER, NOON, SUPERVISOR, decision, event_id

LATER = NOON + timedelta(days=1)


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    follower.prepare(log_database, PROJECTIONS)
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(log_database, autocommit=True) as connection:
        yield connection


def say(log: EventLog, case_id: ParticipantId, *commands: participant.ParticipantCommand) -> None:
    for command in commands:
        sent = Provenance(
            by=SUPERVISOR, command_id=CommandId(uuid4()), occurred_at=NOON, purpose=erasure.PURPOSE
        )
        casework.handle(log, participant, case_id, command, sent, case_id=case_id)


ASKED = participant.RequestErasure(origin=ErasureOrigin.PARTICIPANT, requested_by=KEY_WORKER)
APPROVED = participant.ApproveErasure(
    decision=decision(reason_code="right-to-erasure", reason_text="Planted in the approval."),
    approved_on=NOON.date(),
)


def approve(log: EventLog, case_id: ParticipantId) -> None:
    say(log, case_id, ASKED, APPROVED)


def erase(log: EventLog, case_id: ParticipantId, **how: Any) -> erasure.Certificate:
    return erasure.carry_out(log, case_id, PROJECTIONS, by=SUPERVISOR, now=LATER, **how)


def catch_up(log: EventLog) -> None:
    for projection in PROJECTIONS:
        with follower.Follower(log, projection) as following:
            assert following.catch_up() == log.head()


def everything_said(log: EventLog) -> str:
    return "".join(recorded.envelope.model_dump_json() for recorded in log.read_all())


def tables(connection: Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every read model."""
    names = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname LIKE 'rm\\_%' ORDER BY 1, 2"
    ).fetchall()
    return {
        f"{schema}.{table}": sorted(connection.execute(f"SELECT * FROM {schema}.{table}").fetchall(), key=str)  # type: ignore[arg-type] # noqa: S608 - names of ours
        for schema, table in names
    }


# --- the whole of it, down to the bytes on the disk -------------------------------------------------------


@pytest.fixture
def home() -> Iterator[Path]:
    """Yield the home of a server of this test's own; its path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="scp-test-") as directory:
        yield Path(directory) / "home"


def bytes_on_disk(home: Path) -> bytes:
    """Return all that lies in the data directory, write-ahead log included, and in the server's log."""
    files = [path for path in (home / "postgres").rglob("*") if path.is_file()] + [home / "server.log"]
    return b"".join(path.read_bytes() for path in files)


def test_none_of_200_planted_texts_is_left_anywhere_after_an_erasure(home: Path) -> None:
    with open_database(home=home) as conninfo:
        event_log.prepare(conninfo)
        follower.prepare(conninfo, PROJECTIONS)
        with opened_log(conninfo) as log, psycopg.connect(conninfo, autocommit=True) as connection:
            case, other = plant(log), plant(log, "SC-2025-002", first=5000)
            assert len(set(case.texts)) > 200
            assert case.found_in(everything_said(log)) == case.texts, "they can be read while the keys exist"
            catch_up(log)
            connection.execute("ANALYZE")
            connection.execute("CHECKPOINT")
            before = bytes_on_disk(home)
            assert set(case.found_in(before)) == set(case.references), "only what a read model keeps"
            messages = published(log)
            wrapped = wrapped_keys(connection, case.case_id)
            assert all(each in before for each in wrapped)

            approve(log, case.case_id)
            erase(log, case.case_id)
            catch_up(log)
            connection.execute("ANALYZE")

            after = bytes_on_disk(home)
            assert case.found_in(after) == []
            assert not [each for each in wrapped if each in after]
            assert case.found_in(everything_said(log)) == []
            assert case.found_in(str(tables(connection))) == []
            assert case.found_in(messages + published(log)) == []
            told = history.replay(log, case.case_id)
            assert case.found_in(told.model_dump_json()) == []
            assert "Planted in the approval" not in everything_said(log)

            assert other.found_in(everything_said(log)) == other.texts, "nobody else is forgotten"
            assert set(other.found_in(str(tables(connection)))) == set(other.references)
        check_log(conninfo)


def published(log: EventLog) -> bytes:
    """Return every message that any audience was or would be sent."""
    editions = [Edition(audience, bytes(32), "urn:scp:test") for audience in BY_NAME.values()]
    messages = [
        edition.kafka_message(recorded, NOTHING_YET)
        for edition in editions
        for recorded in log.read_all()
        if edition.audience.is_told_of(recorded)
    ]
    assert len(messages) > 100
    return repr([(each.key, each.headers, each.value) for each in messages]).encode()


def wrapped_keys(connection: Connection[Any], case_id: ParticipantId) -> list[bytes]:
    rows = connection.execute("SELECT wrapped FROM keyring.keys WHERE subject = %s", [case_id]).fetchall()
    return [bytes(wrapped) for (wrapped,) in rows]


LOGS_EVERYTHING = (
    "log_statement = 'all'",
    "log_error_verbosity = 'verbose'",
    "log_min_error_statement = 'info'",
)


def test_no_words_are_sent_to_the_database_but_those_a_read_model_keeps(home: Path) -> None:
    """Asked of a server that writes down every statement with every value."""
    with open_database(home=home) as conninfo:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            for setting in LOGS_EVERYTHING:
                connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[arg-type] # settings of ours
            connection.execute("SELECT pg_reload_conf()")
        event_log.prepare(conninfo)
        follower.prepare(conninfo, PROJECTIONS)
        write_case(conninfo)
        with opened_log(conninfo) as log:
            case = plant(log)
            catch_up(log)
    written_down = (home / "server.log").read_text()
    assert "INSERT INTO decisions" in written_down
    assert "Parameters: $1" in written_down
    assert set(case.found_in(written_down)) == set(case.references)
    for words in (SECRET, "Ash Example", "A walk along the river", "We meet where I feel safe"):
        assert words not in written_down


# --- what an erasure does ---------------------------------------------------------------------------------


def test_the_log_is_not_touched_and_every_event_is_still_there(
    log: EventLog, connection: Connection[Any]
) -> None:
    case = plant(log)
    bodies = "SELECT position, body FROM event_log.events ORDER BY position"
    before = connection.execute(bodies).fetchall()
    approve(log, case.case_id)
    erase(log, case.case_id)
    after = connection.execute(bodies).fetchall()
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3
    told = history.replay(log, case.case_id)
    assert len(told.story) == len(after)


def test_the_certificate_says_who_when_and_what_and_nothing_personal(log: EventLog) -> None:
    case = plant(log)
    approve(log, case.case_id)
    certificate = erase(log, case.case_id)
    assert certificate.case_reference == "SC-2025-001"
    assert certificate.subjects == (case.case_id,)
    assert certificate.origin is ErasureOrigin.PARTICIPANT
    assert (certificate.requested.by, certificate.approved.by) == (KEY_WORKER, SUPERVISOR)
    assert certificate.requested.position < certificate.approved.position < certificate.log_position
    assert {key.group for key in certificate.keys} == set(GROUPS)
    assert {key.epoch for key in certificate.keys} == {1}
    assert certificate.stores == ("keyring", "caseload", "decisions")
    assert case.found_in(certificate.model_dump_json()) == []
    assert erasure.certificate(log, case.case_id) == certificate
    assert erase(log, case.case_id) == certificate, "carried out again it is the same"


def test_the_grounds_of_an_erasure_are_codes_and_its_words_are_erased(log: EventLog) -> None:
    case = plant(log)
    approve(log, case.case_id)
    erase(log, case.case_id)
    done = erasure.standing(log, case.case_id).done
    assert done is not None
    assert done.event.decision.reason_code == "right-to-erasure"
    assert done.event.decision.by == SUPERVISOR
    assert done.event.decision.reason_text == next(
        key.erased for key in done.event.destroyed if key.group == "narrative"
    )


def test_what_was_never_approved_is_not_erased(log: EventLog) -> None:
    case = plant(log)
    for before in ((), (ASKED,), (participant.RefuseErasure(decision=decision()),)):
        say(log, case.case_id, *before)
        with pytest.raises(Refused) as refused:
            erase(log, case.case_id)
        assert refused.value.rule == "an-erasure-is-approved-first"
    assert case.found_in(everything_said(log)) == case.texts


def test_somebody_who_was_referred_and_never_registered_can_be_erased(log: EventLog) -> None:
    case_id = log.open_case("SC-2025-009")
    drafted = DRAFT.model_copy(update={"participant_id": case_id, "circumstances": "Planted words."})
    sent = Provenance(by=SUPERVISOR, command_id=CommandId(uuid4()), occurred_at=NOON, purpose="referral")
    casework.handle(log, referral, ReferralId(uuid4()), drafted, sent, case_id=case_id)
    approve(log, case_id)
    erase(log, case_id)
    assert "Planted words." not in everything_said(log)
    with pytest.raises(Refused) as refused:
        say(
            log,
            case_id,
            participant.Register(
                event_id=event_id(1),
                case_reference="SC-2025-009",
                name="Ash Example",
                date_of_birth=NOON.date(),
                preferred_language="en",
            ),
        )
    assert refused.value.rule == "nothing-is-written-after-erasure"


def test_an_approval_on_a_basis_that_has_lapsed_since_is_still_carried_out(log: EventLog) -> None:
    case = plant(log)
    basis = APPROVED.decision.legal_basis.model_copy(update={"valid_to": NOON.date()})
    grounds = APPROVED.decision.model_copy(update={"legal_basis": basis})
    say(log, case.case_id, ASKED, APPROVED.model_copy(update={"decision": grounds}))
    assert erase(log, case.case_id).log_position == log.head()


# --- killed in the middle ---------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from datetime import datetime
from uuid import UUID
from scp_events import erasure
from scp_events.aggregates import ALL
from scp_events.event_log import EventLog
from scp_events.privacy import open_keyring
from scp_events.projections import ALL as PROJECTIONS
from scp_events.vocabulary import Actor
conninfo, case_id, by, now, last = sys.argv[1:]

def die(step):
    if step == last:
        os.kill(os.getpid(), signal.SIGKILL)

with open_keyring(conninfo) as keyring, EventLog(conninfo, ALL, keyring=keyring) as log:
    erasure.carry_out(
        log, UUID(case_id), PROJECTIONS, by=Actor.model_validate_json(by),
        now=datetime.fromisoformat(now), after=die,
    )
"""


@pytest.mark.parametrize("step", Step)
def test_an_erasure_killed_after_any_step_is_finished_by_whoever_looks(
    log: EventLog, connection: Connection[Any], step: Step
) -> None:
    case = plant(log)
    catch_up(log)
    approve(log, case.case_id)
    assert erasure.unfinished(log) == [case.case_id]
    told = [log.conninfo, str(case.case_id), SUPERVISOR.model_dump_json(), LATER.isoformat(), str(step)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *told], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (erasure.standing(log, case.case_id).erasure is Erasure.DONE) is (step is Step.RECORD)
    with pytest.raises(Refused):
        say(log, case.case_id, participant.WithdrawConsent(scope="x", recipient="y", withdrawn_by="guardian"))
    for case_id in erasure.unfinished(log):
        erase(log, case_id)
    catch_up(log)
    assert erasure.unfinished(log) == []
    assert case.found_in(everything_said(log)) == []
    assert case.found_in(str(tables(connection))) == []
    done = [r for r in log.read_all() if isinstance(r.event, participant.PersonalDataErased)]
    assert len(done) == 1


def test_what_could_not_be_purged_is_told_and_nothing_is_said_to_be_done(
    log: EventLog, connection: Connection[Any]
) -> None:
    """Tables of an earlier version, which nobody reads and nobody knows any more."""
    case = plant(log)
    approve(log, case.case_id)
    connection.execute("CREATE SCHEMA rm_caseload_v0")
    with pytest.raises(ErasureIncompleteError, match='DROP SCHEMA "rm_caseload_v0" CASCADE'):
        erase(log, case.case_id)
    assert erasure.standing(log, case.case_id).erasure is Erasure.APPROVED
    assert case.found_in(everything_said(log)) == [], "what can be erased is erased already"
    assert erasure.unfinished(log) == [case.case_id]
    connection.execute("DROP SCHEMA rm_caseload_v0")
    erase(log, case.case_id)
    assert erasure.unfinished(log) == []


def test_keys_that_come_back_with_a_backup_are_destroyed_again(
    log: EventLog, connection: Connection[Any]
) -> None:
    case = plant(log)
    backup = connection.execute("SELECT * FROM keyring.keys").fetchall()
    approve(log, case.case_id)
    certificate = erase(log, case.case_id)
    connection.execute("ALTER TABLE keyring.keys DISABLE TRIGGER ALL")
    connection.execute("DELETE FROM keyring.keys")
    connection.cursor().executemany(
        "INSERT INTO keyring.keys VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", backup
    )
    connection.execute("ALTER TABLE keyring.keys ENABLE ALWAYS TRIGGER never_comes_back")
    log.keyring.cache.forget_all()
    assert case.found_in(everything_said(log)) == case.texts, "so it would be"
    assert erasure.unfinished(log) == [case.case_id]
    assert erase(log, case.case_id) == certificate
    assert case.found_in(everything_said(log)) == []
    assert erasure.unfinished(log) == []


# --- read models ------------------------------------------------------------------------------------------


def test_a_read_model_that_was_purged_is_the_one_that_would_be_built_anew(
    log: EventLog, connection: Connection[Any]
) -> None:
    case = plant(log)
    plant(log, "SC-2025-002", first=5000)
    catch_up(log)
    approve(log, case.case_id)
    erase(log, case.case_id)
    catch_up(log)
    purged = tables(connection)
    for projection in PROJECTIONS:
        follower.rebuild(log, projection)
    assert tables(connection) == purged
    kept = decisions.of_case(connection, case.case_id)
    references = {each.legal_basis.reference for each in kept if each.legal_basis.reference}
    (erased,) = {key.erased for key in log.keyring.destroyed(case.case_id) if key.group == "core"}
    assert references == {erased}
    levels = connection.execute(
        "SELECT DISTINCT risk_level FROM rm_caseload_v1.assessments WHERE participant_id = %s", [case.case_id]
    ).fetchall()
    assert levels == [("erased",)]


def test_a_follower_that_read_before_and_writes_after_leaves_nothing_behind(
    log: EventLog, connection: Connection[Any]
) -> None:
    case = plant(log)
    head = log.head()
    late = {each.NAME: Statements(each).read(log, NOTHING_YET, head) for each in (caseload, decisions)}
    approve(log, case.case_id)
    erase(log, case.case_id)
    for projection in (caseload, decisions):
        schema = follower.schema_of(projection.NAME, projection.VERSION)
        with connection.transaction():
            Statements(projection).apply(connection, late[projection.NAME], schema)
        connection.execute(
            "UPDATE follower.checkpoints SET position = %s WHERE name = %s", [head, projection.NAME]
        )
    assert case.found_in(str(tables(connection))) != []
    catch_up(log)
    assert case.found_in(str(tables(connection))) == []


def test_tables_that_a_rebuild_left_behind_are_purged_too(log: EventLog, connection: Connection[Any]) -> None:
    case = plant(log)
    catch_up(log)
    connection.execute("ALTER SCHEMA rm_decisions_v1 RENAME TO rm_decisions_v1_old")
    connection.execute("CREATE SCHEMA rm_decisions_v1_other")
    approve(log, case.case_id)
    with pytest.raises(ErasureIncompleteError, match="rm_decisions_v1_other"):
        erase(log, case.case_id)
    assert case.found_in(str(tables(connection))) == []


def test_a_case_that_was_erased_counts_no_more_than_before(log: EventLog) -> None:
    """Nothing that is not personal changes: figures stay what they were."""
    case = plant(log)
    point = history.Point(known_at=Position(log.head()))
    before = history.replay(log, case.case_id, point)
    approve(log, case.case_id)
    erase(log, case.case_id)
    after = history.replay(log, case.case_id, point)
    assert [entry.title for entry in after.story] == [entry.title for entry in before.story]
    assert [entry.occurred_at for entry in after.story] == [entry.occurred_at for entry in before.story]
