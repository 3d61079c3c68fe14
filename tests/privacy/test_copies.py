"""Files that hold something of people: every one our programs write is in the register."""

from __future__ import annotations

import ast
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from scp_events import privacy
from scp_events.privacy.copies import (
    CopyKind,
    copies_of,
    directory_for,
    remove_directory,
    write_copy,
    written_here,
)

ROOT = Path(__file__).parents[2]
MAKES_FILES = {
    "write_text",
    "write_bytes",
    "mkstemp",
    "mkdtemp",
    "TemporaryDirectory",
    "NamedTemporaryFile",
    "extractall",
}
OPENS = {"open", "fdopen"}
TO_READ = {"r", "rb"}
NOTHING_OF_PEOPLE = {
    "access/development.py": "the key of development tokens",
    "access/keys.py": "opens an address",
    "database/binaries.py": "PostgreSQL's programs",
    "database/cluster.py": "the server's settings",
    "database/home.py": "the server's password, locks and log",
    "importing/templates.py": "sheets without a row",
    "ledger/durable.py": "signing keys and what a witness has promised",
    "ledger/log/anchors.py": "published checkpoints",
    "ledger/witness/promises.py": "a lock",
    "privacy/copies.py": "the register itself",
    "ledger/key_files.py": "the log's key",
    "privacy/file_home.py": "epoch keys",
    "publishing/schemas.py": "the published language",
    "runtime/ending.py": "nothing: it opens /dev/null",
    "scp_api/imports/telling.py": "how far an import is: counts, and names of files",
    "scp_api/imports/turn.py": "a lock",
    "scp_api/imports/upload.py": "writes into a directory of the register",
    "importing/report_files/workbook.py": "rows of the report on their way into it: it holds no cell",
    "scp_cli/mapping_command.py": "a mapping: names of columns, and words of closed sets",
    "scp_cli/output.py": "nothing: it opens /dev/null",
    "scp_cli/proof.py": "unpacks into a directory of the register",
    "scp_cli/schemas.py": "the published language",
    "scp_relay/secret.py": "the secret of pseudonyms",
}


def writes_files(source: str) -> bool:
    """Whether a module calls anything by which a file is made or changed."""
    return any(_makes_a_file(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def _makes_a_file(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in OPENS:
        return name in MAKES_FILES
    said = [
        each.value
        for each in ast.walk(call)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    flags = {each.attr for each in ast.walk(call) if isinstance(each, ast.Attribute)}
    return bool(flags & {"O_WRONLY", "O_RDWR", "O_CREAT"}) or bool(
        {*said} & {"w", "wb", "a", "ab", "x", "xb", "r+b"}
    )


def test_no_other_module_writes_files() -> None:
    """A module that is new here says what it writes: something of people goes through `write_copy`."""
    found = {
        str(path.relative_to(place)).removeprefix("scp_events/")
        for place in (ROOT / "src", ROOT / "services")
        for path in place.rglob("*.py")
        if writes_files(path.read_text(encoding="utf-8"))
    }
    assert found - NOTHING_OF_PEOPLE.keys() == set()


@pytest.fixture
def conninfo(new_database: str) -> str:
    privacy.prepare(new_database)
    return new_database


def test_a_copy_is_its_owners_alone_and_is_named(conninfo: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.touch(0o644)
    write_copy(conninfo, CopyKind.REJECTED_ROWS, path, b"Ash Example", ["SC-2025-001"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.path for each in copies_of(conninfo, "SC-2025-001")] == [str(path)]
    assert written_here(conninfo) == [path]


def test_a_directory_that_is_used_for_a_while_is_named_as_long_as_it_is_there(
    conninfo: str, tmp_path: Path
) -> None:
    path = tmp_path / "unpacked"
    with directory_for(conninfo, CopyKind.BUNDLE, path, ["SC-2025-001"]) as directory:
        (directory / "case.json").write_text("Ash Example")
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert [each.path for each in copies_of(conninfo, "SC-2025-001")] == [str(path)]
    assert not path.exists()
    assert copies_of(conninfo, "SC-2025-001") == ()


def test_one_that_a_killed_program_left_is_emptied_by_the_next(conninfo: str, tmp_path: Path) -> None:
    path = tmp_path / "unpacked"
    path.mkdir()
    (path / "case.json").write_text("Ash Example")
    with directory_for(conninfo, CopyKind.BUNDLE, path, ["SC-2025-001"]) as directory:
        assert list(directory.iterdir()) == []
        with psycopg.connect(conninfo) as connection:
            found = connection.execute("SELECT count(*) FROM keyring.copies").fetchone()
        assert found == (1,)


def test_a_directory_that_is_removed_takes_the_files_in_it_out_of_the_register(
    conninfo: str, tmp_path: Path
) -> None:
    removed, beside = tmp_path / "import", tmp_path / "import-2"
    for directory in (removed, beside):
        directory.mkdir()
        write_copy(conninfo, CopyKind.REJECTED_ROWS, directory / "rows.csv", b"Ash Example", ["SC-2025-001"])
    remove_directory(conninfo, removed)
    assert not removed.exists()
    assert [each.path for each in copies_of(conninfo, "SC-2025-001")] == [str(beside / "rows.csv")]


KILLED_ON_THE_WAY = """
import os, signal, sys
from pathlib import Path
from scp_events.privacy.copies import CopyKind, write_copy
Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_copy(sys.argv[1], CopyKind.REJECTED_ROWS, Path(sys.argv[2]), b"Ash Example", ["SC-2025-001"])
"""


@pytest.mark.faults
def test_what_a_program_leaves_that_is_killed_while_it_writes_is_named(conninfo: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("an earlier one")
    ended = subprocess.run([sys.executable, "-c", KILLED_ON_THE_WAY, conninfo, path], check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert path.read_text() == "an earlier one"
    left = {each for each in tmp_path.iterdir() if each != path}
    assert len(left) == 1
    assert {*written_here(conninfo)} == left | {path}
    assert {each.path for each in copies_of(conninfo, "SC-2025-001")} == {str(each) for each in (*left, path)}


@pytest.mark.faults
def test_what_could_not_be_written_is_not_named(conninfo: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_copy(
            conninfo, CopyKind.REJECTED_ROWS, tmp_path / "nowhere" / "rows.csv", b"Ash", ["SC-2025-001"]
        )
    assert copies_of(conninfo, "SC-2025-001") == ()
