"""A checkpoint is published once enough witnesses have cosigned it, and no sooner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.format.checkpoint import open_checkpoint
from scp_events.ledger.format.note import Signer
from scp_events.ledger.log import startup, tables
from scp_events.ledger.log.anchors import AnchorError, AnchorFile
from scp_events.ledger.log.log_key import log_key
from scp_events.ledger.log.publishing import Publisher
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tree_writer import TreeWriter
from tests.ledger.filled import NOON, connected, fill, settings
from tests.ledger.witnessed import Court, court

pytestmark = pytest.mark.once  # test_startup publishes, from the wheel

Ledger = Connection[Any]


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    with court(tmp_path_factory.mktemp("witnesses")) as found:
        yield found


def begin(connection: Ledger, said: LedgerSettings) -> Signer:
    """Make the tables and the key of a log."""
    startup.prepare(connection.info.dsn, said)
    return log_key(connection, said.key_file)


def grow(connection: Ledger, signer: Signer, events: int, seed: int = 1) -> None:
    """Append events and cover them by a checkpoint."""
    fill(connection, events, seed=seed)
    TreeWriter(connection, signer).write(at_once=True)


def published(connection: Ledger) -> list[int]:
    rows = connection.execute(
        "SELECT size FROM ledger.checkpoints WHERE published_at IS NOT NULL ORDER BY size"
    ).fetchall()
    return [size for (size,) in rows]


def anchored(said: LedgerSettings) -> list[int]:
    return [each.size for each in AnchorFile(said.anchor_file).all()]


def test_without_witnesses_a_checkpoint_is_published_at_once(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path)
    signer = begin(connection, said)
    grow(connection, signer, 5)
    ours = Publisher(connection, said)
    came = ours.publish(NOON)
    assert came is not None
    assert (came.size, came.published) == (5, True)
    assert ours.publish(NOON) is None, "it is published already"
    assert (published(connection), anchored(said)) == ([5], [5])


def test_three_witnesses_cosign_what_continues_what_they_know(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    said = witnesses.log(tmp_path)
    signer = begin(connection, said)
    ours = Publisher(connection, said)
    for turn in range(3):
        grow(connection, signer, 300, seed=turn)
        came = ours.publish()
        assert came is not None
        assert came.published
    note = tables.published_at(connection, None)
    assert note is not None
    opened = said.trust(signer.verifier).open(note)
    assert (opened.checkpoint.size, len(opened.cosigned)) == (900, 3)
    assert published(connection) == anchored(said) == [300, 600, 900]


def test_a_publisher_that_starts_anew_asks_how_far_they_are(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    said = witnesses.log(tmp_path)
    signer = begin(connection, said)
    for turn in range(2):
        grow(connection, signer, 40, seed=turn)
        came = Publisher(connection, said).publish()
        assert came is not None
        assert came.published


def test_two_of_three_are_enough_and_one_is_not(connection: Ledger, tmp_path: Path, witnesses: Court) -> None:
    witnesses.log(tmp_path)
    alone, both = (witnesses.settings(tmp_path, without=gone) for gone in (2, 1))
    signer = begin(connection, alone)
    grow(connection, signer, 7)
    came = Publisher(connection, alone).publish()
    assert came is not None
    assert (came.published, [reply.problem is None for reply in came.replies]) == (
        False,
        [False, False, True],
    )
    assert (published(connection), alone.anchor_file.exists()) == ([], False)
    came = Publisher(connection, both).publish()
    assert came is not None
    assert came.published
    assert [reply.witness.name for reply in came.replies] == [
        witness.verifier.name for witness in witnesses.witnesses[:2]
    ]


def test_cosignatures_are_kept_until_there_are_enough(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    witnesses.log(tmp_path)
    alone = witnesses.settings(tmp_path, without=2)
    signer = begin(connection, alone)
    grow(connection, signer, 7)
    for _ in range(2):
        Publisher(connection, alone).publish()
    note = tables.newest_checkpoint(connection)
    assert note is not None
    keys = [witness.verifier for witness in witnesses.witnesses]
    assert list(open_checkpoint(note, [signer.verifier], witnesses=keys).cosigned) == [keys[2]]
    assert note.count("\n") == len(("origin", "size", "root", "heads", "", "log", "one witness"))


def test_a_newer_checkpoint_vouches_for_those_that_were_not_published(
    connection: Ledger, tmp_path: Path
) -> None:
    said = settings(tmp_path)
    signer = begin(connection, said)
    for turn in range(4):
        grow(connection, signer, 10, seed=turn)
    ours = Publisher(connection, said)
    came = ours.publish()
    assert came is not None
    assert (came.size, ours.publish()) == (40, None)
    assert published(connection) == anchored(said) == [40]


def test_what_cannot_be_written_down_is_not_published(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path, ledger_anchor=tmp_path)
    signer = begin(connection, said)
    grow(connection, signer, 5)
    with pytest.raises(AnchorError, match="Is a directory"):
        Publisher(connection, said).publish()
    assert published(connection) == []


def test_a_crash_before_it_is_noted_writes_no_second_line(connection: Ledger, tmp_path: Path) -> None:
    said = settings(tmp_path)
    signer = begin(connection, said)
    grow(connection, signer, 5)
    ours = Publisher(connection, said)
    ours.publish()
    connection.execute("UPDATE ledger.checkpoints SET published_at = NULL")
    assert ours.publish() is not None
    assert (published(connection), anchored(said)) == ([5], [5])


def test_two_publishers_do_not_publish_at_once(connection: Ledger, log_database: str, tmp_path: Path) -> None:
    said = settings(tmp_path)
    signer = begin(connection, said)
    grow(connection, signer, 5)
    with connected(log_database) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('scp_events.ledger.publisher', 0))")
        assert Publisher(connection, said).publish() is None
    assert published(connection) == []


def test_with_the_stolen_key_no_other_history_is_cosigned(
    connection: Ledger, tmp_path: Path, witnesses: Court
) -> None:
    """Somebody has the log's key, rewrites all of it, and signs it anew: no quorum follows."""
    said = witnesses.log(tmp_path)
    signer = begin(connection, said)
    grow(connection, signer, 300)
    Publisher(connection, said).publish()
    rewrite(connection, signer, 300)
    came = Publisher(connection, said).publish()
    assert came is not None
    assert not came.published
    assert [reply.cosignature for reply in came.replies] == [None] * 3
    note = tables.newest_checkpoint(connection)
    assert note is not None
    assert open_checkpoint(note, [signer.verifier]).checkpoint.size == 400, "the log itself has signed it"


def rewrite(connection: Ledger, signer: Signer, events: int) -> None:
    """Make another history of the log, with a ledger that fits it."""
    for table in ("event_log.events", "ledger.tiles", "ledger.checkpoints"):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
    connection.execute("TRUNCATE event_log.events, ledger.tiles, ledger.checkpoints, ledger.head_pages")
    connection.execute("UPDATE ledger.edge SET size = 0, rows = '{}'")
    connection.execute("UPDATE event_log.head SET position = 0")
    grow(connection, signer, events + 100, seed=666)
