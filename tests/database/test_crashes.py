"""What is left after a kill -9, and what the next program makes of it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from scp_events.database import DatabaseError, embedded, postmaster
from scp_events.database import home as home_module
from scp_events.database.account import server_account, within_reach
from scp_events.database.binaries import find_binaries, reachable
from scp_events.database.home import Home
from tests.database.programs import program

# Once: the same program in trouble; test_embedded runs it from the wheel
pytestmark = [pytest.mark.faults, pytest.mark.once]

DIE_ONCE_LAUNCHED = "import os\nembedded.postmaster.until = lambda *_: os.kill(os.getpid(), 9)"
DIE_IN_INITDB = (
    "import os\n"
    "from scp_events.database import cluster\n"
    "cluster._read_once = lambda *_: os.kill(os.getpid(), 9)\n"
)


def test_a_server_whose_only_program_was_killed_is_found_and_stopped_by_the_next(home: Path) -> None:
    with program(home) as killed:
        server = killed.server()
        killed.kill()
    assert postmaster.running(Home(home)) == server
    with program(home) as following:
        assert following.server() == server
        following.end()
    assert postmaster.running(Home(home)) is None


def test_a_killed_program_does_not_keep_the_server_from_being_stopped_by_the_others(home: Path) -> None:
    with program(home) as killed, program(home) as other:
        assert killed.server() == other.server()
        killed.kill()
        other.end()
    assert postmaster.running(Home(home)) is None


def test_a_program_killed_while_its_server_starts_leaves_it_to_the_next(home: Path) -> None:
    with program(home, before=DIE_ONCE_LAUNCHED) as killed:
        killed.process.wait()
    with embedded.hold(home) as server:
        assert answers(server.conninfo)
    assert postmaster.running(Home(home)) is None


def test_a_program_killed_while_it_makes_the_data_directory_leaves_nothing_in_the_way(
    empty_home: Path,
) -> None:
    with program(empty_home, before=DIE_IN_INITDB) as killed:
        killed.process.wait()
    left = empty_home / "postgres.making"
    assert left.exists()
    (left / "half-written").touch()
    with embedded.hold(empty_home) as server:
        assert answers(server.conninfo)
    assert not left.exists()


def test_what_was_committed_survives_a_kill_of_the_server(home: Path) -> None:
    with embedded.hold(home) as server:
        with psycopg.connect(server.conninfo) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.pid, signal.SIGKILL)
    with embedded.hold(home) as server, psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert "automatic recovery in progress" in Home(home).log.read_text()


def test_a_server_killed_under_one_program_is_started_again_by_another(home: Path) -> None:
    with embedded.hold(home) as first:
        os.kill(first.pid, signal.SIGKILL)
        with embedded.hold(home) as second:
            assert second.pid != first.pid
            assert answers(first.conninfo), "the first program goes on with the new server"
        assert answers(first.conninfo), "and keeps it running"
    assert postmaster.running(Home(home)) is None


def test_a_process_with_the_number_of_a_killed_server_is_left_alone(home: Path) -> None:
    with killed_server_called(home, ["sleep", "1000"]) as bystander:
        with embedded.hold(home) as server:
            assert answers(server.conninfo)
            assert server.pid != bystander.pid
        assert bystander.poll() is None


def test_a_zombie_with_the_number_of_a_killed_server_is_no_server(home: Path) -> None:
    with killed_server_called(home, ["true"]) as zombie:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays unasked for
        with embedded.hold(home) as server:
            assert answers(server.conninfo)


def test_a_server_started_by_hand_is_named_and_left_alone(home: Path, tmp_path: Path) -> None:
    place = Home(home)
    account = server_account(place.data)
    by_hand = tmp_path / "socket"
    by_hand.mkdir()
    account.give(by_hand)
    with within_reach(account, place.data, by_hand) as ((data, listen), descriptors):
        command = [str(reachable(find_binaries(), account).postgres), "-D", data, "-k", listen]
        with place.log.open("a") as log:
            account.run(
                ["/bin/sh", "-c", postmaster.DETACHED, "sh", *command],
                stderr=log.fileno(),
                inherit=descriptors,
            )
    assert postmaster.until(lambda: postmaster.recorded(place) is not None, 60)
    server = postmaster.recorded(place)
    assert server is not None
    try:
        with pytest.raises(DatabaseError, match=f"`kill -INT {server}` stops it"):
            hold_once(home)
        assert postmaster.recorded(place) == server
    finally:
        os.kill(server, signal.SIGINT)
    assert postmaster.until(lambda: postmaster.recorded(place) is None, 60)
    hold_once(home)


def test_processes_of_a_killed_server_are_waited_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded.hold(home) as server, closing(psycopg.connect(server.conninfo)) as connection:
        backend = connection.info.backend_pid
        os.kill(backend, signal.SIGSTOP)  # it cannot notice that the server has gone
        os.kill(server.pid, signal.SIGKILL)
        try:
            with monkeypatch.context() as patch:
                patch.setattr(embedded, "PATIENCE", 0.1)
                with pytest.raises(DatabaseError, match="lets nobody in"):
                    hold_once(home)
        finally:
            os.kill(backend, signal.SIGCONT)
        with embedded.hold(home) as following:
            assert following.pid != server.pid


def test_an_interrupted_start_leaves_no_server(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postmaster, "STOPPING", ((signal.SIGINT, 30.0),))
    with monkeypatch.context() as patch:

        def interrupt(*_: object) -> None:
            patch.undo()
            raise KeyboardInterrupt

        patch.setattr(postmaster, "until", interrupt)
        with pytest.raises(KeyboardInterrupt):
            hold_once(home)
    assert not Home(home).any_process()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with (home / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(DatabaseError, match='unrecognized configuration parameter "no_such_setting"'):
        hold_once(home)


def test_a_server_that_lets_nobody_in_is_waited_for_and_then_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded.hold(home):
        monkeypatch.setattr(embedded, "PATIENCE", 0.1)
        (Home(home).socket / ".s.PGSQL.5432").unlink()
        with pytest.raises(DatabaseError, match=r"lets nobody in.\nThe end of .*server.log"):
            hold_once(home)


def test_a_program_that_never_finishes_starting_is_waited_for_and_then_named(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Home(home).locked():
        monkeypatch.setattr(home_module, "PATIENCE", 0.1)
        with pytest.raises(DatabaseError, match=f"Process {os.getpid()} has been starting"):
            hold_once(home)


def test_the_last_program_gives_up_on_a_server_that_does_not_stop(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postmaster, "STOPPING", ((signal.SIGCONT, 0.1),))  # a signal it does not mind
    with pytest.raises(DatabaseError, match="does not stop"):
        hold_once(home)
    monkeypatch.undo()
    hold_once(home)


def test_an_old_log_is_put_aside_before_it_fills_the_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "LARGEST_LOG", 10)
    said = Home(home).log.read_text()
    hold_once(home)
    assert (home / "server.log.1").read_text() == said
    assert "ready to accept connections" in Home(home).log.read_text()


def answers(conninfo: str) -> bool:
    """Connect anew and ask."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def hold_once(home: Path) -> None:
    """Get the server of a home and let go of it."""
    with embedded.hold(home):
        pass


@contextmanager
def killed_server_called(home: Path, command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Kill the server of `home`; a process of the same user now has the number that it left everywhere."""
    account = server_account(Home(home).data)
    with embedded.hold(home) as server:
        os.kill(server.pid, signal.SIGKILL)
        assert postmaster.until(lambda: postmaster.running(Home(home)) is None, 60)
    user = {"user": account.uid, "group": account.gid} if account.borrowed else {}
    with subprocess.Popen(command, **user) as process:  # type: ignore[call-overload]  # a dict has one value type
        try:
            for left in (Home(home).data / "postmaster.pid", Home(home).socket / ".s.PGSQL.5432.lock"):
                number, rest = left.read_text().split("\n", 1)
                assert int(number) == server.pid
                left.write_text(f"{process.pid}\n{rest}")
            yield process
        finally:
            process.kill()
