from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from scp_events import erasure, event_log, follower
from scp_events.aggregates.feedback.commands import GiveTestimony, PublishTestimony, TakeDownTestimony
from scp_events.aggregates.record import Erasure
from scp_events.aggregates.record.commands import ApproveErasure
from scp_events.aggregates.record.events import (
    ErasureApproved,
    ErasureOrigin,
    ErasureRequested,
    PersonalDataErased,
)
from scp_events.database import open_database
from scp_events.erasure import ErasureIncompleteError, Step
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.follower import checkpoints, purging
from scp_events.follower.taking_in import Tables
from scp_events.privacy import GROUPS
from scp_events.projections import ALL as PROJECTIONS
from scp_events.projections import caseload, decisions
from scp_events.publishing.audiences import BY_NAME
from scp_events.publishing.cloud_events import Edition
from scp_events.replay import Point, replay
from scp_events.vocabulary import NOTHING_YET, CaseId, Command, OrganisationId, Position, Refused, the_one
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.consent import GIVE
from tests.examples.engagement import TELL
from tests.examples.participant import REGISTER
from tests.examples.record import REFUSE, REQUEST
from tests.examples.referral import DRAFT
from tests.opened import listening, opened_handler, opened_reader
from tests.planting import Planted, append, plant
from tests.services.cli_case import SECRET, write_case
from tests.words import KEY_WORKER, LEGAL_BASIS, NOON, SUPERVISOR, decision, event_id, grounds


@dataclass(frozen=True)
class Office:
    """Where a case is known, and its data erased."""

    log: LogReader
    handler: BlockingCommandHandler

    def plant(self, reference: str = "SC-2025-001", *, first: int = 100_000) -> Planted:
        return plant(self.log, self.handler, reference, first=first)

    def say(self, reference: str, *commands: Command) -> None:
        """Ask the record; a key worker asks for an erasure, a supervisor decides."""
        case = Case(self.handler, reference)
        for command in commands:
            case.ask(command, by=KEY_WORKER if command is REQUEST else SUPERVISOR, purpose=erasure.PURPOSE)

    def approve(self, reference: str = "SC-2025-001") -> None:
        self.say(reference, REQUEST, APPROVE)

    def erase(self, case_id: CaseId, **how: Any) -> erasure.Certificate:
        return erasure.carry_out(self.log, self.handler, case_id, PROJECTIONS, by=SUPERVISOR, **how)

    def catch_up(self) -> None:
        for projection in PROJECTIONS:
            with follower.Follower(self.log, projection) as following:
                assert following.catch_up() == self.log.head()

    def everything_said(self) -> str:
        return "".join(recorded.envelope.model_dump_json() for recorded in self.log.read_all())


APPROVE = ApproveErasure(
    decision=grounds(reason_code="right-to-erasure", reason_text="Planted in the approval.")
)


PAPER = OrganisationId("example-paper")
MAY_PUBLISH = GIVE.model_copy(update={"scope": "publish-testimony", "recipient": PAPER, "valid_until": None})
GIVE_TESTIMONY = GiveTestimony(event_id=event_id(701), words="Invented words: it helped me.")
PUBLISH = PublishTestimony(decision=grounds(), testimony=event_id(701), publisher=PAPER)
TAKE_DOWN = TakeDownTestimony(decision=grounds(), testimony=event_id(701), publisher=PAPER)


@contextmanager
def opened(conninfo: str) -> Iterator[Office]:
    follower.prepare(conninfo, PROJECTIONS)
    with opened_reader(conninfo) as log, opened_handler(conninfo) as handler:
        yield Office(log, handler)
    check_log(conninfo)


@pytest.fixture
def office(log_database: str) -> Iterator[Office]:
    with opened(log_database) as office:
        yield office


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(log_database, autocommit=True) as connection:
        yield connection


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
        with opened(conninfo) as office, psycopg.connect(conninfo, autocommit=True) as connection:
            case, other = office.plant(), office.plant("SC-2025-002", first=500_000)
            assert len(set(case.texts)) > 200
            assert case.found_in(office.everything_said()) == case.texts, "readable while the keys exist"
            office.catch_up()
            connection.execute("ANALYZE")
            connection.execute("CHECKPOINT")
            before = bytes_on_disk(home)
            assert set(case.found_in(before)) == set(case.references), "only what a read model keeps"
            messages = published(office.log)
            wrapped = wrapped_keys(connection, case.case_id)
            assert all(each in before for each in wrapped)

            office.approve()
            office.erase(case.case_id)
            office.catch_up()
            connection.execute("ANALYZE")

            after = bytes_on_disk(home)
            assert case.found_in(after) == []
            assert not [each for each in wrapped if each in after]
            assert case.found_in(office.everything_said()) == []
            assert case.found_in(str(tables(connection))) == []
            assert case.found_in(messages + published(office.log)) == []
            told = replay(office.log, case.case_id, Point(with_restricted=True))
            assert case.found_in(told.model_dump_json()) == []
            assert "Planted in the approval" not in office.everything_said()

            assert other.found_in(office.everything_said()) == other.texts, "nobody else is forgotten"
            assert set(other.found_in(str(tables(connection)))) == set(other.references)


def published(log: LogReader) -> bytes:
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


def wrapped_keys(connection: Connection[Any], case_id: CaseId) -> list[bytes]:
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
        with opened(conninfo) as office:
            write_case(conninfo)
            case = office.plant()
            office.catch_up()
    written_down = (home / "server.log").read_text()
    assert "INSERT INTO decisions" in written_down
    assert "Parameters: $1" in written_down
    assert set(case.found_in(written_down)) == set(case.references)
    for words in (SECRET, "Ash Example", "A walk along the river", "We meet where I feel safe"):
        assert words not in written_down


# --- what an erasure does ---------------------------------------------------------------------------------


def test_the_log_is_not_touched_and_every_event_is_still_there(
    office: Office, connection: Connection[Any]
) -> None:
    case = office.plant()
    bodies = "SELECT position, body FROM event_log.events ORDER BY position"
    before = connection.execute(bodies).fetchall()
    office.approve()
    office.erase(case.case_id)
    after = connection.execute(bodies).fetchall()
    assert after[: len(before)] == before
    assert len(after) == len(before) + 4  # requested, approved, begun, done
    told = replay(office.log, case.case_id, Point(with_restricted=True))
    assert len(told.story) == len(after)


def test_the_certificate_says_who_when_and_what_and_nothing_personal(office: Office) -> None:
    case = office.plant()
    office.approve()
    certificate = office.erase(case.case_id)
    assert certificate.case_reference == "SC-2025-001"
    assert certificate.subjects == (case.case_id,)
    assert certificate.origin is ErasureOrigin.PARTICIPANT
    assert (certificate.requested.by, certificate.approved.by) == (KEY_WORKER, SUPERVISOR)
    assert certificate.requested.position < certificate.approved.position < certificate.log_position
    assert {key.group for key in certificate.keys} == set(GROUPS)
    assert {key.epoch for key in certificate.keys} == {1}
    assert certificate.stores == ("keyring", "caseload", "decisions", "outcomes")
    assert case.found_in(certificate.model_dump_json()) == []
    assert erasure.certificate(office.log, case.case_id) == certificate
    assert office.erase(case.case_id) == certificate, "carried out again it is the same"


def test_the_grounds_of_an_erasure_are_codes_and_its_words_are_erased(office: Office) -> None:
    case = office.plant()
    office.approve()
    office.erase(case.case_id)
    done = erasure.standing(office.log, case.case_id).done
    assert done is not None
    assert done.event.decision.reason_code == "right-to-erasure"
    assert done.event.decision.by == SUPERVISOR
    assert done.event.decision.reason_text == next(
        key.erased for key in done.event.destroyed if key.group == "narrative"
    )


def test_what_was_never_approved_is_not_erased(office: Office) -> None:
    case = office.plant()
    for before in ((), (REQUEST,), (REFUSE,)):
        office.say("SC-2025-001", *before)
        with pytest.raises(Refused) as refused:
            office.erase(case.case_id)
        assert refused.value.rule == "erasure-not-approved"
    assert case.found_in(office.everything_said()) == case.texts


def test_somebody_who_was_referred_and_never_registered_can_be_erased(office: Office) -> None:
    case = Case(office.handler, "SC-2025-009")
    case.ask(DRAFT.model_copy(update={"circumstances": "Planted words."}))
    office.approve("SC-2025-009")
    office.erase(case.id)
    assert "Planted words." not in office.everything_said()
    with pytest.raises(Refused) as refused:
        case.ask(REGISTER)
    assert refused.value.rule == "personal-data-erased"


def test_an_approval_on_a_basis_that_has_lapsed_since_is_still_carried_out(office: Office) -> None:
    case = office.plant()
    lapsed = LEGAL_BASIS.model_copy(update={"valid_to": NOON.date()})
    append(
        office.log,
        case.case_id,
        the_one("record", case.case_id),
        [
            ErasureRequested(origin=ErasureOrigin.PARTICIPANT, requested_by=KEY_WORKER),
            ErasureApproved(decision=decision(legal_basis=lapsed)),
        ],
    )
    assert office.erase(case.case_id).log_position == office.log.head()


# --- killed in the middle ---------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from uuid import UUID
from scp_events import erasure
from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.privacy import open_keyring
from scp_events.projections import ALL as PROJECTIONS
from scp_events.vocabulary import Actor
conninfo, case_id, by, last = sys.argv[1:]

def die(step):
    if step == last:
        os.kill(os.getpid(), signal.SIGKILL)

with (
    open_keyring(conninfo) as keyring,
    LogReader(conninfo, keyring) as log,
    BlockingCommandHandler(CommandHandler(conninfo, keyring)) as handler,
):
    erasure.carry_out(
        log, handler, UUID(case_id), PROJECTIONS, by=Actor.model_validate_json(by),
        after=die,
    )
"""


@pytest.mark.faults
@pytest.mark.parametrize("step", Step)
def test_an_erasure_killed_after_any_step_is_finished_by_whoever_looks(
    office: Office, connection: Connection[Any], step: Step
) -> None:
    case = office.plant()
    office.catch_up()
    office.approve()
    assert erasure.unfinished(office.log) == [case.case_id]
    told = [office.log.conninfo, str(case.case_id), SUPERVISOR.model_dump_json(), str(step)]
    killed = subprocess.run([sys.executable, "-c", KILLED, *told], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (erasure.standing(office.log, case.case_id).erasure is Erasure.DONE) is (step is Step.RECORD)
    with pytest.raises(Refused):
        Case(office.handler, "SC-2025-001").ask(TELL)
    for case_id in erasure.unfinished(office.log):
        office.erase(case_id)
    office.catch_up()
    assert erasure.unfinished(office.log) == []
    assert case.found_in(office.everything_said()) == []
    assert case.found_in(str(tables(connection))) == []
    done = [r for r in office.log.read_all() if isinstance(r.event, PersonalDataErased)]
    assert len(done) == 1


def test_a_published_testimony_is_taken_down_before_its_words_are_erased(office: Office) -> None:
    case = Case(office.handler, "SC-2025-001")
    case.ask(REGISTER)
    case.ask(MAY_PUBLISH)
    case.ask(GIVE_TESTIMONY)
    case.ask(PUBLISH, by=SUPERVISOR)
    office.say(case.reference, REQUEST)
    with pytest.raises(Refused, match="take-down-testimony"):
        office.say(case.reference, APPROVE)
    case.ask(TAKE_DOWN)
    office.say(case.reference, APPROVE)
    assert office.erase(case.id).subjects == (case.id,)


def test_what_could_not_be_purged_is_told_and_nothing_is_said_to_be_done(
    office: Office, connection: Connection[Any]
) -> None:
    """Tables of an earlier version, which nobody reads and nobody knows any more."""
    case = office.plant()
    office.approve()
    connection.execute("CREATE SCHEMA rm_caseload_v0")
    with pytest.raises(ErasureIncompleteError, match='DROP SCHEMA "rm_caseload_v0" CASCADE'):
        office.erase(case.case_id)
    assert erasure.standing(office.log, case.case_id).erasure is Erasure.BEGUN
    assert case.found_in(office.everything_said()) == [], "what can be erased is erased already"
    assert erasure.unfinished(office.log) == [case.case_id]
    connection.execute("DROP SCHEMA rm_caseload_v0")
    office.erase(case.case_id)
    assert erasure.unfinished(office.log) == []


def test_keys_that_come_back_with_a_backup_are_destroyed_again(
    office: Office, connection: Connection[Any]
) -> None:
    case = office.plant()
    backup = connection.execute("SELECT * FROM keyring.keys").fetchall()
    office.approve()
    certificate = office.erase(case.case_id)
    connection.execute("ALTER TABLE keyring.keys DISABLE TRIGGER ALL")
    connection.execute("DELETE FROM keyring.keys")
    connection.cursor().executemany(
        "INSERT INTO keyring.keys VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", backup
    )
    connection.execute("ALTER TABLE keyring.keys ENABLE ALWAYS TRIGGER never_comes_back")
    office.log.keyring.cache.forget_all()
    assert case.found_in(office.everything_said()) == case.texts, "so it would be"
    assert erasure.unfinished(office.log) == [case.case_id]
    assert office.erase(case.case_id) == certificate
    assert case.found_in(office.everything_said()) == []
    assert erasure.unfinished(office.log) == []


# --- read models ------------------------------------------------------------------------------------------


def test_a_read_model_that_was_purged_is_the_one_that_would_be_built_anew(
    office: Office, connection: Connection[Any]
) -> None:
    case = office.plant()
    office.plant("SC-2025-002", first=500_000)
    office.catch_up()
    office.approve()
    office.erase(case.case_id)
    office.catch_up()
    purged = tables(connection)
    for projection in PROJECTIONS:
        follower.rebuild(office.log, projection)
    assert tables(connection) == purged
    kept = decisions.of_case(connection, case.case_id)
    references = {each.legal_basis.reference for each in kept if each.legal_basis.reference}
    (erased,) = {key.erased for key in office.log.keyring.destroyed(case.case_id) if key.group == "core"}
    assert references == {erased}
    levels = connection.execute(
        "SELECT DISTINCT risk_level FROM rm_caseload_v1.judgements WHERE case_id = %s", [case.case_id]
    ).fetchall()
    assert levels == [("erased",)]


def test_a_follower_that_read_before_and_writes_after_leaves_nothing_behind(
    office: Office, connection: Connection[Any]
) -> None:
    case = office.plant()
    head = office.log.head()
    tables_of = {
        each.NAME: Tables(office.log, each, follower.schema_of(each.NAME, each.VERSION))
        for each in (caseload, decisions)
    }
    late = {name: of.read(NOTHING_YET, head) for name, of in tables_of.items()}
    office.approve()
    office.erase(case.case_id)
    for name, of in tables_of.items():
        with connection.transaction():
            of.take_in(connection, late[name], head)
        connection.execute("UPDATE follower.checkpoints SET position = %s WHERE name = %s", [head, name])
    assert case.found_in(str(tables(connection))) != []
    office.catch_up()
    assert case.found_in(str(tables(connection))) == []


def test_a_follower_in_whose_reading_an_erasure_falls_is_fenced_and_reads_anew(
    office: Office, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds the words already, and its own copies of the keys, when the keys are destroyed."""
    case = office.plant()
    office.approve()
    move, erased, before = checkpoints.move, threading.Event(), office.log.head()

    def erase_first(*arguments: Any) -> None:
        if not erased.is_set():
            erased.set()
            office.erase(case.case_id)
        move(*arguments)

    monkeypatch.setattr(checkpoints, "move", erase_first)
    with (
        opened_reader(office.log.conninfo) as its_own,
        follower.Follower(its_own, decisions, span=before) as following,
    ):
        listening(its_own.keyring)
        monkeypatch.setattr(its_own.keyring.cache, "forget", lambda _subject: None)  # the news never comes
        with pytest.raises(follower.FencedError):
            following.catch_up()
        assert erased.is_set()
        assert case.found_in(str(tables(connection))) == []

        def stop_there(*arguments: Any) -> None:
            move(*arguments)
            following.stop()

        monkeypatch.setattr(checkpoints, "move", stop_there)
        following._owns = False  # noqa: SLF001 - as when it takes its place up again
        following.catch_up()
    assert checkpoints.read(connection, decisions).position == before, "it has not read that it is done"
    assert case.found_in(str(tables(connection))) == []


def test_a_rebuild_that_runs_keeps_an_erasure_from_being_done(
    office: Office, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have read before the keys were destroyed."""
    monkeypatch.setattr(purging, "LOCK_SECONDS", 1)
    case = office.plant()
    office.approve()
    connection.execute(
        "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [checkpoints.only_rebuilder(decisions)]
    )
    with pytest.raises(ErasureIncompleteError, match="rm_decisions_v1: it is being rebuilt"):
        office.erase(case.case_id)
    connection.execute("SELECT pg_advisory_unlock_all()")
    office.erase(case.case_id)


def test_tables_that_a_rebuild_left_behind_are_purged_too(
    office: Office, connection: Connection[Any]
) -> None:
    case = office.plant()
    office.catch_up()
    connection.execute("ALTER SCHEMA rm_decisions_v1 RENAME TO rm_decisions_v1_old")
    connection.execute("CREATE SCHEMA rm_decisions_v1_other")
    office.approve()
    with pytest.raises(ErasureIncompleteError, match="rm_decisions_v1_other"):
        office.erase(case.case_id)
    assert case.found_in(str(tables(connection))) == []


def test_a_case_that_was_erased_counts_no_more_than_before(office: Office) -> None:
    """Nothing that is not personal changes: figures stay what they were."""
    case = office.plant()
    point = Point(known_at=Position(office.log.head()))
    before = replay(office.log, case.case_id, point)
    office.approve()
    office.erase(case.case_id)
    after = replay(office.log, case.case_id, point)
    assert [entry.title for entry in after.story] == [entry.title for entry in before.story]
    assert [entry.occurred_at for entry in after.story] == [entry.occurred_at for entry in before.story]
