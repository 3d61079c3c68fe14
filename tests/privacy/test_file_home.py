from __future__ import annotations

import json
import os
import stat
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from scp_events.privacy import KeyringError, key_traces
from scp_events.privacy.file_home import FileHome

HERE = uuid4()
KEYS = [b"k" * 32, b"another key, of another length"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "keyring"


@pytest.fixture
def home(file: Path) -> FileHome:
    home = FileHome(file, HERE)
    assert home.begin_epoch() == 1
    return home


def test_what_was_wrapped_is_unwrapped_by_whoever_has_the_file(home: FileHome, file: Path) -> None:
    wrapped = home.wrap(1, KEYS)
    assert FileHome(file, HERE).unwrap([(1, each) for each in wrapped]) == KEYS
    assert not [key for key, each in zip(KEYS, wrapped, strict=True) if key in each]
    assert home.wrap(1, KEYS) != wrapped


def test_only_its_owner_can_read_the_file(home: FileHome, file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    home.begin_epoch()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused_with_the_remedy(
    home: FileHome, file: Path, mode: int
) -> None:
    del home
    file.chmod(mode)
    with pytest.raises(KeyringError, match=f"mode {mode:04o}.*chmod 600"):
        FileHome(file, HERE).epochs()


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{}",
        "no keyring",
        '{"scp-events keyring": 2, "installations": {}}',
        "[]",
        '{"scp-events keyring": 1}',
    ],
)
def test_what_is_no_keyring_is_refused_and_left_as_it_is(file: Path, written: str) -> None:
    file.parent.mkdir(parents=True)
    file.write_text(written)
    file.chmod(0o600)
    with pytest.raises(KeyringError, match="is not a keyring"):
        FileHome(file, HERE).begin_epoch()
    assert file.read_text() == written


def test_a_directory_in_its_place_is_refused(file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(KeyringError, match="cannot be read"):
        FileHome(file, HERE).epochs()


def test_there_are_no_epochs_before_the_first(file: Path) -> None:
    assert FileHome(file, HERE).epochs() == []
    assert not file.exists()


def test_what_another_epoch_or_nobody_wrapped_is_not_opened(home: FileHome) -> None:
    (wrapped,) = home.wrap(1, KEYS[:1])
    home.begin_epoch()
    broken = bytes([wrapped[0] ^ 1]) + wrapped[1:]
    assert home.unwrap([(2, wrapped), (1, broken), (7, wrapped), (1, b""), (1, wrapped)]) == [
        *(None, None, None, None),
        KEYS[0],
    ]


def test_ending_an_epoch_ends_those_before_and_can_be_repeated(home: FileHome) -> None:
    (wrapped,) = home.wrap(1, KEYS[:1])
    home.begin_epoch()
    home.begin_epoch()
    for _ in range(2):
        home.end_epoch(2)
        assert home.epochs() == [3]
    assert home.unwrap([(1, wrapped)]) == [None]
    assert home.begin_epoch() == 4


def test_a_change_by_another_process_is_seen(home: FileHome, file: Path) -> None:
    assert home.epochs() == [1]
    FileHome(file, HERE).begin_epoch()
    assert home.epochs() == [1, 2]


def test_processes_that_change_it_at_once_lose_nothing(file: Path) -> None:
    installations = [uuid4() for _ in range(8)]
    with ThreadPoolExecutor(8) as together:
        list(together.map(lambda who: [FileHome(file, who).begin_epoch() for _ in range(4)], installations))
    assert [FileHome(file, who).epochs() for who in installations] == [[1, 2, 3, 4]] * 8


def test_the_file_that_was_replaced_is_overwritten(home: FileHome, file: Path) -> None:
    """Whoever finds its bytes on the disk finds no keys in them."""
    with file.open("rb") as replaced:
        before = replaced.read()
        home.begin_epoch()
        home.end_epoch(1)
        replaced.seek(0)
        assert replaced.read() == bytes(len(before))


def test_a_crash_leaves_the_file_as_it_was(
    home: FileHome, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = file.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("the machine went down")

    for step in ("fsync", "rename"):
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fail) if step == "fsync" else broken.setattr(Path, "rename", fail)
            with pytest.raises(OSError, match="the machine went down"):
                home.begin_epoch()
        assert file.read_bytes() == before
    assert FileHome(file, HERE).epochs() == [1]


def test_its_name_shows_where_it_is_and_no_key(home: FileHome, file: Path) -> None:
    for shown in (home.name, repr(home)):
        assert str(file) in shown
        assert not [word for word in file.read_text().split('"') if len(word) == 64 and word in shown]


# --- nothing beside it ------------------------------------------------------------------------------------


def test_whatever_is_changed_there_is_one_file_and_its_lock(home: FileHome, file: Path) -> None:
    home.begin_epoch()
    home.end_epoch(1)
    assert sorted(path.name for path in file.parent.iterdir()) == ["keyring", "keyring.lock"]


def test_a_change_that_a_crash_left_half_done_is_wiped_by_the_next_program(
    home: FileHome, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before it was put in place, so that nothing could tidy up."""
    home.begin_epoch()
    left = file.with_name("keyring.new")

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(Path, "rename", killed)
        broken.setattr(Path, "unlink", lambda *_: None)
        broken.setattr(os, "fsync", lambda *_: None)
        broken.setattr(FileHome, "_wipe_aside", lambda _: None)
        with pytest.raises(SystemExit):
            home.end_epoch(1)
    with left.open("rb") as nameless:
        assert nameless.read() != b""
        assert FileHome(file, HERE).epochs() == [1, 2]
        nameless.seek(0)
        assert set(nameless.read()) == {0}
    assert not left.exists()


def test_keys_are_wiped_when_they_are_let_go_of(home: FileHome) -> None:
    held = home._current()[1]  # noqa: SLF001 - the very memory
    assert set(held) != {0}
    home.begin_epoch()
    home.epochs()
    assert held == bytes(32), "the file was read anew"
    held = home._current()[1]  # noqa: SLF001 - as above
    home.close()
    assert held == bytes(32)
    assert home.epochs() == [1, 2], "they are read again when they are asked for"


AS_WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "hexadecimal": lambda key: key.hex().encode(),
    "capitals": lambda key: key.hex().upper().encode(),
    "base64": b64encode,
    "base64 of more": lambda key: b64encode(b"k:" + key + b"."),
    "base64 of yet more": lambda key: b64encode(b"key:" + key + b"..."),
    "base64 for addresses": urlsafe_b64encode,
    "over two chunks": lambda key: bytes(key_traces.CHUNK - 7) + key,
}


@pytest.mark.parametrize("written", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_a_file_that_holds_a_key_is_found_however_it_is_written(
    home: FileHome, file: Path, tmp_path: Path, written: Callable[[bytes], bytes]
) -> None:
    key = bytes.fromhex(json.loads(file.read_text())["installations"][str(HERE)]["1"])
    elsewhere = tmp_path / "elsewhere" / "below" / "notes"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_bytes(b"innocent " + bytes(range(256)) + written(key)[:-9])
    home.must_be_nowhere_else(1, [tmp_path / "elsewhere"])
    elsewhere.write_bytes(b"before " + written(key) + b" after")
    with pytest.raises(KeyringError, match=f"{elsewhere} holds the key of epoch 1.*shred -u"):
        home.must_be_nowhere_else(1, [tmp_path / "elsewhere"])
    home.must_be_nowhere_else(0, [tmp_path / "elsewhere"])


def test_a_copy_beside_the_file_is_found_and_the_file_itself_is_none(home: FileHome, file: Path) -> None:
    home.must_be_nowhere_else(1, [file.parent])
    copy = file.with_name("keyring~")
    copy.write_bytes(file.read_bytes())
    with pytest.raises(KeyringError, match="keyring~ holds the key of epoch 1"):
        home.must_be_nowhere_else(1, [])
