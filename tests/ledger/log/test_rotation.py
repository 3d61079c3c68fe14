"""A log hands over to its next key: nothing breaks on the way, and whoever knows one key knows the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from psycopg import Connection

from scp_events.ledger import key_files
from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import KeyKind, SignatureError, Signer
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.key_files import KeyFileError, before, next_of, read_key
from scp_events.ledger.log import log_key as log_key_module
from scp_events.ledger.log import rotation, startup, tables
from scp_events.ledger.log.anchors import AnchorFile
from scp_events.ledger.log.holding import held_by
from scp_events.ledger.log.keeping import Keeper, checkpoint_now
from scp_events.ledger.log.log_key import keys_by, known_keys, log_key
from scp_events.ledger.log.outcomes import Outcome
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import HandedOverError, LedgerError
from scp_events.ledger.log.tree_writer import TreeWriter
from scp_events.ledger.log.verifying import verify
from tests.ledger.filled import connected, fill, settings
from tests.waiting import until

Ledger = Connection[Any]


@pytest.fixture
def said(connection: Ledger, tmp_path: Path) -> LedgerSettings:
    """Return the settings of a log whose first 300 events are published."""
    said = settings(tmp_path)
    fill(connection, 300)
    checkpoint_now(connection.info.dsn, said)
    return said


def path_of(said: LedgerSettings) -> Path:
    assert said.key_file is not None
    return said.key_file


def the_key(said: LedgerSettings) -> Signer:
    return read_key(path_of(said), KeyKind.NOTE)


def keys_of(connection: Ledger) -> LogKeys:
    keys = known_keys(connection)
    assert keys is not None
    return keys


def go_on(connection: Ledger, said: LedgerSettings, events: int = 40, seed: int = 2) -> str:
    """Append, cover and publish; return the checkpoint."""
    fill(connection, events, seed=seed)
    size, _ = checkpoint_now(connection.info.dsn, said)
    note = tables.published_at(connection, size)
    assert note is not None
    return note


def everything_agrees(connection: Ledger, said: LedgerSettings, known: Signer) -> None:
    """Verify the log and the file of checkpoints, from one key that somebody knows."""
    policy = said.home / "known.policy"
    policy.write_text(Trust.of([known.verifier], {}, 0).text())
    elsewhere = {"ledger_key": said.home / "nowhere", "ledger_anchor": said.anchor_file}
    held = held_by(connection, said.model_copy(update=elsewhere), policy)
    assert held.trust.logs == (known.verifier,)
    found = verify(connection.info.dsn, held)
    assert (found.outcome, found.wrong, found.size) == (Outcome.VERIFIED, None, found.head), found
    assert startup.compare(connection.info.dsn, said).may_append


def test_the_next_checkpoint_is_signed_by_the_new_key_and_those_before_stay_good(
    connection: Ledger, said: LedgerSettings
) -> None:
    old = the_key(said)
    rotation.rotate(connection, path_of(said))
    new = the_key(said)
    assert new != old
    note = go_on(connection, said)
    first = tables.published_at(connection, 300)
    assert first is not None
    keys = keys_of(connection)
    assert tuple(AnchorFile(said.anchor_file or Path()).hand_overs()) == keys.notes
    assert keys == LogKeys.of(old.verifier, keys.notes) == LogKeys.of(new.verifier, keys.notes)
    assert keys.open(note).log == new.verifier
    assert keys.open(first).log == old.verifier
    assert [(each.size, each.root) for each in keys.hand_overs] == [(300, tables.root_at(connection, 300))]
    for known in (old, new):
        everything_agrees(connection, said, known)


def test_a_log_hands_over_again_and_again(connection: Ledger, said: LedgerSettings) -> None:
    first = the_key(said)
    for turn in range(3):
        rotation.rotate(connection, path_of(said))
        go_on(connection, said, seed=turn + 2)
    assert len(keys_of(connection).all) == 4
    assert [each.size for each in keys_of(connection).hand_overs] == [300, 340, 380]
    everything_agrees(connection, said, first)
    everything_agrees(connection, said, the_key(said))


def test_the_old_secret_is_written_over_and_gone(connection: Ledger, said: LedgerSettings) -> None:
    path = path_of(said)
    with path.open("rb") as held:
        secret = held.read()
        rotation.rotate(connection, path)
        held.seek(0)
        assert held.read() == b"\0" * len(secret), "whoever still has the file open finds nothing in it"
    assert sorted(each.name for each in path.parent.iterdir()) == ["checkpoints.ndjson", "ledger.key"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_next_key_can_be_told_before_it_signs(connection: Ledger, said: LedgerSettings) -> None:
    old = the_key(said)
    coming = rotation.next_key(connection, path_of(said))
    assert rotation.next_key(connection, path_of(said)) == coming
    assert (the_key(said), coming.name) == (old, old.name)
    assert keys_of(connection).open(go_on(connection, said)).log == old.verifier
    assert rotation.rotate(connection, path_of(said)).new == coming.verifier
    assert the_key(said) == coming


def test_after_the_hand_over_the_old_key_signs_nothing(connection: Ledger, said: LedgerSettings) -> None:
    writer = TreeWriter(connection, the_key(said))
    rotation.rotate(connection, path_of(said))
    fill(connection, 5, seed=2)
    with pytest.raises(HandedOverError, match="read its key anew"):
        writer.write(at_once=True)
    assert tables.read_edge(connection).size == 300, "nothing of the step was done"


def test_a_keeper_that_runs_goes_on_with_the_new_key(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path, ledger_checkpoint_seconds=0.05)
    fill(connection, 20)
    keeper = Keeper(connection.info.dsn, said)
    running = threading.Thread(target=keeper.run)
    running.start()
    try:
        until(lambda: tables.are_there(connection) and _published(connection) == 20, "it is published")
        rotation.rotate(connection, path_of(said))
        fill(connection, 20, seed=2)
        until(lambda: _published(connection) == 40, "what comes after the hand-over is published")
    finally:
        keeper.stop()
        running.join(60)
    note = tables.published_at(connection, None)
    assert note is not None
    assert keys_of(connection).open(note).log == the_key(said).verifier
    everything_agrees(connection, said, the_key(said))


def _published(connection: Ledger) -> int:
    found = connection.execute(
        "SELECT coalesce(max(size), -1) FROM ledger.checkpoints WHERE published_at IS NOT NULL"
    ).fetchone()
    assert found
    return int(found[0])


# --- crashes ----------------------------------------------------------------------------------------------


class _PowerCutError(BaseException):
    """The machine is off."""


def cut(*_arguments: object, **_named: object) -> None:
    raise _PowerCutError


def cut_after(done: Callable[..., Any]) -> Callable[..., Any]:
    def then_cut(*arguments: Any, **named: Any) -> None:
        done(*arguments, **named)
        raise _PowerCutError

    return then_cut


STEPS = {
    "before the next key is written": (rotation, "next_key", cut),
    "after the next key is written": (rotation, "next_key", cut_after(rotation.next_key)),
    "before the hand-over is noted": (rotation, "hand_over", cut),
    "before the files change places": (log_key_module, "take_over", cut),
    "before the old key is destroyed": (key_files, "destroy", cut),
    "while the old key is destroyed": (key_files.durable, "flush_directory", cut),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_a_log_that_works(
    connection: Ledger, said: LedgerSettings, step: str
) -> None:
    old, (place, name, crash) = the_key(said), STEPS[step]
    calls = 0

    def at_the_second_call(path: Path, key: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise _PowerCutError
        key_files.take_over(path, key)

    with (
        mock.patch.object(place, name, at_the_second_call if name == "take_over" else crash),
        pytest.raises(_PowerCutError),
    ):
        rotation.rotate(connection, path_of(said))
    assert keys_of(connection).open(go_on(connection, said))
    assert log_key(connection, path_of(said)).verifier == keys_of(connection).newest
    assert not before(path_of(said)).exists(), "what was begun is finished"
    everything_agrees(connection, said, old)
    rotation.rotate(connection, path_of(said))
    go_on(connection, said, seed=3)
    everything_agrees(connection, said, old)
    assert not next_of(path_of(said)).exists()


@pytest.mark.parametrize("moved", [1, 2])
def test_a_crash_between_the_files_loses_no_key(connection: Ledger, said: LedgerSettings, moved: int) -> None:
    """As the files lie after one rename, and after both."""
    path, old = path_of(said), the_key(said)
    with (
        mock.patch.object(log_key_module, "take_over"),
        pytest.raises(KeyFileError, match="this log signs with"),
    ):
        rotation.rotate(connection, path)
    path.rename(before(path))
    if moved > 1:
        next_of(path).rename(path)
    go_on(connection, said)
    assert sorted(each.name for each in path.parent.iterdir()) == ["checkpoints.ndjson", "ledger.key"]
    everything_agrees(connection, said, old)


# --- what is not believed ---------------------------------------------------------------------------------


def test_a_key_that_somebody_puts_into_the_table_is_no_key_of_the_log(
    connection: Ledger, said: LedgerSettings
) -> None:
    thief = Signer(the_key(said).name, KeyKind.NOTE, b"thief".ljust(32))
    connection.execute("INSERT INTO ledger.log_keys VALUES (1, %s, 'invented')", (thief.verifier.vkey,))
    with pytest.raises(LedgerError, match="table of the log's keys was altered"):
        known_keys(connection)


def test_of_what_the_table_says_that_counts_for_which_a_key_vouches(
    connection: Ledger, said: LedgerSettings
) -> None:
    old = the_key(said).verifier
    assert keys_by(connection, old) == LogKeys(old)
    rotation.rotate(connection, path_of(said))
    assert keys_by(connection, old) == keys_by(connection, the_key(said).verifier) == keys_of(connection)
    thief = Signer(old.name, KeyKind.NOTE, b"thief".ljust(32))
    with pytest.raises(LedgerError, match="does not vouch for the keys"):
        keys_by(connection, thief.verifier)


def test_the_key_of_a_table_must_be_the_one_that_was_handed_over_to(
    connection: Ledger, said: LedgerSettings
) -> None:
    rotation.rotate(connection, path_of(said))
    thief = Signer(the_key(said).name, KeyKind.NOTE, b"thief".ljust(32))
    connection.execute("ALTER TABLE ledger.log_keys DISABLE TRIGGER ALL")
    connection.execute("UPDATE ledger.log_keys SET vkey = %s WHERE number = 1", (thief.verifier.vkey,))
    with pytest.raises(LedgerError, match="names another than it proves"):
        known_keys(connection)


def test_a_checkpoint_beyond_the_hand_over_by_the_old_key_is_not_believed(
    connection: Ledger, said: LedgerSettings
) -> None:
    """Somebody has kept a copy of the old secret."""
    old = the_key(said)
    rotation.rotate(connection, path_of(said))
    notes = keys_of(connection).notes
    connection.execute("ALTER TABLE ledger.log_keys DISABLE TRIGGER ALL")
    connection.execute("DELETE FROM ledger.log_keys WHERE number = 1")
    fill(connection, 5, seed=2)
    TreeWriter(connection, old).write(at_once=True)
    forged = tables.newest_checkpoint(connection)
    assert forged is not None
    with pytest.raises(SignatureError):
        LogKeys.of(the_key(said).verifier, notes).open(forged)


def test_nothing_is_handed_over_from_a_checkpoint_that_the_log_has_not_signed(
    connection: Ledger, said: LedgerSettings
) -> None:
    thief = Signer(the_key(said).name, KeyKind.NOTE, b"thief".ljust(32))
    fill(connection, 5, seed=2)
    connection.execute("ALTER TABLE ledger.log_keys DISABLE TRIGGER ALL")
    with mock.patch.object(tables, "must_sign_with"), mock.patch.object(TreeWriter, "_must_be_ours"):
        TreeWriter(connection, thief).write(at_once=True)
    with pytest.raises(LedgerError, match="has not signed its newest checkpoint"):
        rotation.rotate(connection, path_of(said))
    assert len(keys_of(connection).all) == 1


@pytest.mark.parametrize(("grown", "size"), [(False, 300), (True, 340)])
def test_a_lost_database_is_still_known_to_be_behind_after_a_hand_over(
    connection: Ledger, said: LedgerSettings, *, grown: bool, size: int
) -> None:
    """The key's file is the new one; the last line of the anchor is by the old one, or by the new."""
    old, anchor = the_key(said), AnchorFile(said.anchor_file or Path())
    rotation.rotate(connection, path_of(said), anchor)
    if grown:
        go_on(connection, said)
    assert tuple(anchor.hand_overs()) == keys_of(connection).notes
    connection.execute("DROP SCHEMA ledger CASCADE")
    connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
    connection.execute("DELETE FROM event_log.events WHERE position > 100")
    connection.execute("UPDATE event_log.head SET position = 100, recorded_at = %s", (datetime.now(UTC),))
    standing = startup.compare(connection.info.dsn, said)
    with pytest.raises(startup.StaleLogError, match=f"holds a checkpoint of {size} events"):
        standing.must_not_contradict()
    assert old != the_key(said)


def test_programs_that_rotate_at_once_take_turns(
    connection: Ledger, said: LedgerSettings, log_database: str
) -> None:
    def one(_: int) -> str:
        with connected(log_database) as mine:
            try:
                return rotation.rotate(mine, path_of(said)).new.vkey
            except (LedgerError, KeyFileError) as error:
                return f"refused: {error}"

    with ThreadPoolExecutor(4) as threads:
        came = list(threads.map(one, range(4)))
    done = [each for each in came if not each.startswith("refused")]
    assert done
    assert len(keys_of(connection).all) == 1 + len(done)
    everything_agrees(connection, said, the_key(said))
