from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from scp_events.privacy import KeyringError
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
