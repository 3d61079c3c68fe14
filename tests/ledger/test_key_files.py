"""Signing keys in files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.key_files import KeyFileError, read_key, write_key

KEY = Signer("programme.example/log", KeyKind.NOTE, bytes(range(32)))


def test_a_key_is_read_as_it_was_written_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.key"
    write_key(path, KEY)
    assert read_key(path, KeyKind.NOTE) == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    write_key(tmp_path / "key", KEY)
    with pytest.raises(KeyFileError, match="holds a key already"):
        write_key(tmp_path / "key", Signer("another", KeyKind.NOTE, bytes(32)))
    assert read_key(tmp_path / "key", KeyKind.NOTE) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_key_that_others_may_read_or_change_is_not_used(tmp_path: Path, mode: int) -> None:
    write_key(tmp_path / "key", KEY)
    (tmp_path / "key").chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_key(tmp_path / "key", KeyKind.NOTE)


def test_a_key_of_another_kind_is_not_used(tmp_path: Path) -> None:
    write_key(tmp_path / "key", KEY)
    with pytest.raises(KeyFileError, match="a note key, not a cosignature key"):
        read_key(tmp_path / "key", KeyKind.COSIGNATURE)


@pytest.mark.parametrize("content", [b"", b"\xff", KEY.verifier.vkey.encode(), KEY.skey[:-1].encode()])
def test_what_is_no_key_is_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match="does not hold a signing key") as refused:
        read_key(path, KeyKind.NOTE)
    assert KEY.skey[-40:-4] not in str(refused.value)


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=str(tmp_path / "key")):
        read_key(tmp_path / "key", KeyKind.NOTE)
