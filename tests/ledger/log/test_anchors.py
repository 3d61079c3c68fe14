"""The file of published checkpoints only grows, and is read for what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scp_events.ledger.format.checkpoint import Checkpoint, sign
from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.log.anchors import AnchorError, AnchorFile
from tests.ledger.filled import LOG, NOON

pytestmark = pytest.mark.once  # pure

STRANGER = Signer("log.example/tests", KeyKind.NOTE, b"a stranger of the same name".ljust(32))


def checkpoint(size: int, root: bytes = bytes(32)) -> Checkpoint:
    return Checkpoint(LOG.name, size, root, ("heads AAAA",))


def add(file: AnchorFile, size: int, signer: Signer = LOG) -> None:
    file.add(sign(checkpoint(size), signer), checkpoint(size), NOON)


@pytest.fixture
def file(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "far" / "away" / "checkpoints.ndjson")


def test_checkpoints_are_written_down_in_their_order(file: AnchorFile) -> None:
    for size in (1, 5, 9):
        add(file, size)
    assert [anchored.opened(LogKeys(LOG.verifier)).size for anchored in file.all()] == [1, 5, 9]
    last = file.last()
    assert last is not None
    assert last.opened(LogKeys(LOG.verifier)) == checkpoint(9)


def test_the_same_checkpoint_is_written_down_once(file: AnchorFile) -> None:
    for size in (1, 5, 5):
        add(file, size)
    assert len(list(file.all())) == 2


def test_a_line_is_readable_by_people_and_programs(file: AnchorFile) -> None:
    add(file, 7)
    said = json.loads(file.path.read_text())
    assert (said["published_at"], said["size"], said["root"]) == (NOON.isoformat(), 7, "00" * 32)


def test_an_unfinished_line_counts_for_nothing(file: AnchorFile) -> None:
    add(file, 1)
    add(file, 2)
    whole = file.path.read_bytes()
    for end in range(len(whole) // 2 + 1, len(whole)):
        file.path.write_bytes(whole[:end])
        last = file.last()
        assert last is not None
        assert last.size == 1
    file.path.write_bytes(whole[:-9])
    add(file, 3)
    assert [anchored.size for anchored in file.all()] == [1, 3]


def test_what_the_log_has_not_signed_is_not_believed(file: AnchorFile) -> None:
    add(file, 1, STRANGER)
    with pytest.raises(AnchorError, match="is not this log's"):
        [anchored.opened(LogKeys(LOG.verifier)) for anchored in file.all()]


def test_a_file_without_checkpoints_has_no_last(file: AnchorFile) -> None:
    file.path.parent.mkdir(parents=True)
    file.path.write_text("")
    assert file.last() is None


def test_a_file_that_is_not_there_or_no_file_is_an_error_that_names_it(file: AnchorFile) -> None:
    with pytest.raises(AnchorError, match=r"checkpoints\.ndjson cannot be read: No such file"):
        file.last()
    file.path.mkdir(parents=True)
    with pytest.raises(AnchorError, match=r"checkpoints\.ndjson cannot be written: Is a directory"):
        add(file, 1)


def test_a_long_file_is_read_from_its_end(file: AnchorFile) -> None:
    for size in range(1, 400):
        add(file, size)
    assert file.path.stat().st_size > 2 * 64 * 1024
    last = file.last()
    assert last is not None
    assert last.size == 399
