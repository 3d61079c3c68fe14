"""What a witness has promised outlives it; and without it, or beside another, it does not start."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scp_events.ledger import durable
from scp_events.ledger.format.note import KeyKind, Signature, Signer
from scp_events.ledger.key_files import KeyFileError
from scp_events.ledger.witness.cosigning import Accepted
from scp_events.ledger.witness.promises import KEY, PROMISES, PromisesError, found, opened
from tests.ledger.history import LOG, History
from tests.ledger.leaves import invented

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WITNESS = Signer("court.example/witness", KeyKind.COSIGNATURE, bytes(range(32)))
HISTORY = History(invented(80))
OTHER = replace(HISTORY, signer=Signer("other.example/log", KeyKind.NOTE, bytes(32)))


def accepted(size: int, history: History = HISTORY) -> tuple[Accepted, Signature]:
    """Return a checkpoint that was accepted, and its cosignature."""
    checkpoint = history.checkpoint(size)
    return Accepted(checkpoint, history.signed(size)), WITNESS.cosign(checkpoint.text(), NOON)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found(tmp_path / "witness", WITNESS)
    return tmp_path / "witness"


def test_a_new_witness_has_promised_nothing(home: Path) -> None:
    with opened(home) as (signer, promised):
        assert signer == WITNESS
        assert promised.latest(LOG.name) is None


def test_what_was_promised_is_known_after_a_restart(home: Path) -> None:
    with opened(home) as (_, promised):
        promised.keep(*accepted(40))
        promised.keep(*accepted(7, OTHER))
        promised.keep(*accepted(41))
        assert promised.latest(LOG.name) == HISTORY.checkpoint(41)
    with opened(home) as (_, promised):
        assert promised.latest(LOG.name) == HISTORY.checkpoint(41)
        assert promised.latest(OTHER.signer.name) == OTHER.checkpoint(7)


def test_a_promise_is_on_the_disk_before_it_is_given(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is flushed, then it takes the name, then the name is flushed."""
    done: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def flushing(descriptor: int) -> None:
        names = {path.stat().st_ino: path.name for path in (home, *home.iterdir())}
        done.append(f"flush {names[os.fstat(descriptor).st_ino]}")
        fsync(descriptor)

    def renaming(path: Path, target: Path) -> Path:
        done.append(f"{path.name} becomes {target.name}")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", flushing)
    monkeypatch.setattr(Path, "replace", renaming)
    with opened(home) as (_, promised):
        promised.keep(*accepted(40))
    assert done == [f"flush {PROMISES}.new", f"{PROMISES}.new becomes {PROMISES}", "flush witness"]


@pytest.mark.parametrize("step", ["_write", "flush_directory"])
def test_what_could_not_be_written_was_not_promised(
    home: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "no space left on device")

    with opened(home) as (_, promised):
        promised.keep(*accepted(40))
        monkeypatch.setattr(durable, step, fails)
        with pytest.raises(OSError, match="no space"):
            promised.keep(*accepted(41))
        assert promised.latest(LOG.name) == HISTORY.checkpoint(40)
        monkeypatch.undo()
        promised.keep(*accepted(42))
    with opened(home) as (_, promised):
        assert promised.latest(LOG.name) == HISTORY.checkpoint(42)


def test_a_file_left_half_written_by_a_crash_does_not_matter(home: Path) -> None:
    with opened(home) as (_, promised):
        promised.keep(*accepted(40))
    (home / f"{PROMISES}.new").write_bytes(b'{"half')
    with opened(home) as (_, promised):
        promised.keep(*accepted(41))
    with opened(home) as (_, promised):
        assert promised.latest(LOG.name) == HISTORY.checkpoint(41)


def test_two_witnesses_do_not_share_what_they_promise(home: Path) -> None:
    with opened(home), pytest.raises(PromisesError, match="another witness runs"), opened(home):
        pass
    with opened(home):
        pass


def test_a_witness_without_memory_does_not_start(home: Path) -> None:
    (home / PROMISES).unlink()
    with pytest.raises(PromisesError, match="would cosign any history"), opened(home):
        pass


def test_a_witness_with_the_memory_of_another_key_does_not_start(home: Path, tmp_path: Path) -> None:
    found(tmp_path / "other", Signer("other.example", KeyKind.COSIGNATURE, bytes(32)))
    (tmp_path / "other" / PROMISES).rename(home / PROMISES)
    with pytest.raises(PromisesError, match=r"other\.example"), opened(home):
        pass


def test_a_memory_that_was_changed_is_refused_wherever_it_was(home: Path) -> None:
    with opened(home) as (_, promised):
        promised.keep(*accepted(40))
    whole = (home / PROMISES).read_bytes()
    for at in range(0, len(whole), 7):
        (home / PROMISES).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(PromisesError, match="not as it was written"), opened(home):
            pass
    for changed in (b"", b"[]", b"null", whole[:-1], whole + b"x"):
        (home / PROMISES).write_bytes(changed)
        with pytest.raises(PromisesError, match="not as it was written"), opened(home):
            pass


def test_a_witness_is_founded_once(home: Path) -> None:
    with pytest.raises(KeyFileError, match="already"):
        found(home, WITNESS)


def test_a_founding_that_was_interrupted_can_be_done_again(home: Path) -> None:
    (home / KEY).unlink()
    found(home, WITNESS)
    with opened(home) as (signer, _):
        assert signer == WITNESS


def test_what_was_promised_is_not_thrown_away_for_a_new_key(home: Path) -> None:
    with opened(home) as (_, promised):
        promised.keep(*accepted(40))
    (home / KEY).unlink()
    with pytest.raises(PromisesError, match="another key has promised"):
        found(home, Signer("new.example", KeyKind.COSIGNATURE, bytes(32)))
