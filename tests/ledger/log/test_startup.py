"""A log that others know more of, or otherwise, is not appended to; one that cannot be compared neither."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.log import startup
from scp_events.ledger.log.keeping import checkpoint_now
from scp_events.ledger.log.log_key import log_key
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.startup import Asked, Guard, ReadOnlyError, StaleLogError, Standing, compare
from tests.ledger.filled import LOG, fill, settings
from tests.ledger.log.test_publishing import rewrite
from tests.ledger.witnessed import Court, court

Ledger = Connection[Any]


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    with court(tmp_path_factory.mktemp("witnesses")) as found:
        yield found


def grow(connection: Ledger, said: LedgerSettings, events: int, seed: int = 1) -> None:
    """Append events, and publish a checkpoint of them."""
    fill(connection, events, seed=seed)
    _, came = checkpoint_now(connection.info.dsn, said)
    assert came is not None
    assert came.published


def restored(connection: Ledger, size: int) -> None:
    """Bring the database back to where it was when it had so many events, covered as they were then."""
    for table in ("event_log.events", "event_log.commands", "ledger.tiles", "ledger.checkpoints"):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
    connection.execute("DELETE FROM event_log.events WHERE position > %s", (size,))
    connection.execute("DELETE FROM event_log.commands WHERE first_position > %s", (size,))
    connection.execute("DELETE FROM ledger.checkpoints WHERE size > %s", (size,))
    connection.execute("UPDATE event_log.head SET position = %s", (size,))
    connection.execute("TRUNCATE ledger.tiles, ledger.head_pages")
    connection.execute("UPDATE ledger.edge SET size = 0, rows = '{}'")


def test_a_log_that_is_as_far_as_its_anchors_may_be_appended_to(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    said = witnesses.log(tmp_path)
    grow(connection, said, 20)
    fill(connection, 5, seed=2)
    standing = compare(connection.info.dsn, said)
    standing.must_allow_appending()
    assert standing.head == 25
    assert [each.size for each in standing.asked] == [20, 20, 20, 20]
    assert all(each.agrees for each in standing.asked)


def test_a_database_that_names_another_key_is_not_appended_to(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    said = witnesses.log(tmp_path)
    grow(connection, said, 20)
    connection.execute("ALTER TABLE ledger.log_keys DISABLE TRIGGER ALL")
    connection.execute("UPDATE ledger.log_keys SET vkey = %s", (LOG.verifier.vkey,))
    assert said.anchor_file is not None
    said.anchor_file.unlink()
    with pytest.raises(StaleLogError, match="the database names"):
        compare(connection.info.dsn, said.model_copy(update={"ledger_witnesses": ()})).must_allow_appending()


def test_a_new_log_may_be_appended_to(connection: Ledger, tmp_path: Path, witnesses: Court) -> None:
    said = witnesses.log(tmp_path)
    startup.prepare(connection.info.dsn, said)
    compare(connection.info.dsn, said).must_allow_appending()


def test_a_log_restored_from_an_older_backup_is_refused_by_its_file(
    connection: Ledger, tmp_path: Path
) -> None:
    said = settings(tmp_path)
    for turn in range(2):
        grow(connection, said, 20, seed=turn)
    restored(connection, 20)
    with pytest.raises(StaleLogError, match=r"holds a checkpoint of 40 events, and this log ends at 20"):
        compare(connection.info.dsn, said).must_allow_appending()


def test_a_log_restored_from_an_older_backup_is_refused_by_its_witnesses(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    said = witnesses.log(tmp_path)
    for turn in range(2):
        grow(connection, said, 20, seed=turn)
    restored(connection, 20)
    said.anchor_file.unlink()
    expected = r"court\.example/witness has cosigned a checkpoint of 40 events, and the newest here is of 20"
    with pytest.raises(StaleLogError, match=expected):
        compare(connection.info.dsn, said).must_allow_appending()


def test_a_database_that_was_lost_altogether_is_refused(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    said = witnesses.log(tmp_path)
    grow(connection, said, 20)
    restored(connection, 0)
    connection.execute("DROP SCHEMA ledger CASCADE")
    for anchor in (said.anchor_file, None):
        startup.prepare(connection.info.dsn, said)
        with pytest.raises(StaleLogError, match="a checkpoint of 20 events"):
            compare(connection.info.dsn, said).must_allow_appending()
        if anchor:
            anchor.unlink()


@pytest.mark.parametrize("with_file", [True, False], ids=["file", "witnesses"])
def test_a_rewritten_log_is_refused(
    connection: Ledger, tmp_path: Path, witnesses: Court, *, with_file: bool
) -> None:
    said = witnesses.log(tmp_path)
    grow(connection, said, 30)
    rewrite(connection, log_key(connection, said.key_file), 30)
    if not with_file:
        said.anchor_file.unlink()
    expected = "the first 30 of the 130 events of this log" if with_file else "another history"
    with pytest.raises(StaleLogError, match=expected):
        compare(connection.info.dsn, said).must_allow_appending()


def test_nothing_is_covered_of_a_log_that_is_refused(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path)
    grow(connection, said, 40)
    restored(connection, 20)
    with pytest.raises(StaleLogError):
        checkpoint_now(connection.info.dsn, said)
    assert connection.execute("SELECT size FROM ledger.edge").fetchone() == (0,)


# --- anchors that cannot be asked -------------------------------------------------------------------------


def test_without_a_quorum_of_witnesses_it_may_only_be_read(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    grow(connection, witnesses.log(tmp_path), 20)
    compare(connection.info.dsn, witnesses.settings(tmp_path, without=1)).must_allow_appending()
    standing = compare(connection.info.dsn, witnesses.settings(tmp_path, without=2))
    with pytest.raises(ReadOnlyError, match=r"court\.example/witness cannot be reached"):
        standing.must_allow_appending()


def test_a_file_that_was_named_and_is_gone_is_missed(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path, ledger_anchor=tmp_path / "far" / "checkpoints")
    startup.prepare(connection.info.dsn, said)
    compare(connection.info.dsn, said).must_allow_appending()
    grow(connection, said, 5)
    (tmp_path / "far" / "checkpoints").unlink()
    with pytest.raises(ReadOnlyError, match="cannot be read: No such file"):
        compare(connection.info.dsn, said).must_allow_appending()


def test_a_file_nobody_named_may_be_elsewhere(connection: Ledger, tmp_path: Path) -> None:
    grow(connection, settings(tmp_path), 5)
    compare(connection.info.dsn, settings(tmp_path / "another machine")).must_allow_appending()


def test_another_logs_file_is_a_problem_and_no_contradiction(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path)
    grow(connection, said, 5)
    line = said.anchor_file.read_text()
    said.anchor_file.write_text(re.sub(r"\\u2014 \S+", r"\\u2014 log.example/other", line))
    with pytest.raises(ReadOnlyError, match="is not this log's"):
        compare(connection.info.dsn, said).must_allow_appending()


# --- the guard of a program that serves -------------------------------------------------------------------


def test_a_guard_compares_once_while_all_is_well() -> None:
    looks: list[int] = []
    guard = Guard(lambda: looks.append(1) or Standing(5))
    for _ in range(3):
        guard.must_allow_appending()
    assert looks == [1]


def test_a_guard_looks_again_after_a_while() -> None:
    clock = [0.0, 1.0, 4.9, 5.0, 5.0]
    standings = iter([Standing(5, may_append=False), Standing(5, (Asked("x", 5),))])
    guard = Guard(lambda: next(standings), lambda: clock.pop(0))
    for _ in range(3):
        with pytest.raises(ReadOnlyError):
            guard.must_allow_appending()
    guard.must_allow_appending()


def test_while_one_compares_the_others_are_refused_and_not_kept_waiting() -> None:
    looking, done, at = threading.Event(), threading.Event(), 0.0

    def look() -> Standing:
        if at:
            looking.set()
            done.wait(30)
        return Standing(5, may_append=bool(at))

    guard = Guard(look, lambda: at)
    with pytest.raises(ReadOnlyError):
        guard.must_allow_appending()
    at = 10.0
    first = threading.Thread(target=guard.must_allow_appending)
    first.start()
    assert looking.wait(30)
    with pytest.raises(ReadOnlyError):
        guard.must_allow_appending()
    done.set()
    first.join()
    guard.must_allow_appending()
