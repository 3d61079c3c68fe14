"""The life of an embedded server: who starts it, who finds it, who stops it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from scp_events.database import embedded, postmaster
from scp_events.database.home import Home
from tests.database.conftest import copied, leave_nothing_running
from tests.database.programs import program


def value(conninfo: str, question: str) -> object:
    """Return the one value that answers a question."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def test_the_first_program_starts_the_server_and_the_last_one_stops_it(empty_home: Path) -> None:
    with program(empty_home) as first:
        server = first.server()
        with program(empty_home) as second:
            assert second.server() == server
            first.end()
            assert postmaster.running(Home(empty_home)) == server
            second.end()
    assert postmaster.running(Home(empty_home)) is None


def test_four_programs_that_start_at_once_get_one_server(empty_home: Path) -> None:
    with ExitStack() as stack:
        programs = [stack.enter_context(program(empty_home)) for _ in range(4)]
        servers = {each.server() for each in programs}
        for each in programs:
            each.end()
    assert len(servers) == 1
    assert postmaster.running(Home(empty_home)) is None


def test_one_program_may_hold_a_server_twice(home: Path) -> None:
    with embedded.hold(home) as outer:
        with embedded.hold(home) as inner:
            assert inner == outer
        assert value(outer.conninfo, "SELECT 1") == 1


def test_the_server_stops_even_if_the_program_fails(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded.hold(home):
        _ = 1 / 0
    assert postmaster.running(Home(home)) is None


def test_what_was_written_is_there_after_the_next_start(home: Path) -> None:
    with embedded.hold(home) as server, psycopg.connect(server.conninfo) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with embedded.hold(home) as server:
        assert value(server.conninfo, "SELECT answer FROM kept") == 42


def test_a_database_that_the_first_start_did_not_get_to_is_made_by_the_next(home: Path) -> None:
    with embedded.hold(home) as server:
        with psycopg.connect(server.conninfo, dbname="postgres", autocommit=True) as connection:
            connection.execute("DROP DATABASE scp")
        with embedded.hold(home) as again:
            assert value(again.conninfo, "SELECT current_database()") == "scp"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("max_connections", "200"),
        ("TimeZone", "UTC"),
    ],
)
def test_nothing_is_traded_for_speed_and_nothing_listens_on_a_network(
    a_running_server: str, setting: str, expected: str
) -> None:
    assert value(a_running_server, f"SHOW {setting}") == expected


def test_text_has_the_same_order_on_every_machine(a_running_server: str) -> None:
    assert value(a_running_server, "SELECT 'Z' < 'a' AND 'z' < 'é'") is True


@pytest.mark.parametrize(
    "name",
    ["with a space", "comma,separated", 'it\'s "quoted"', "long-" * 30, "größe", "percent%20", "$HOME"],
)
def test_a_home_may_have_any_name(a_made_home: Path, tmp_path: Path, name: str) -> None:
    home = copied(a_made_home, tmp_path / name)
    with embedded.hold(home) as server:
        assert value(server.conninfo, "SELECT current_database()") == "scp"
        with embedded.hold(home) as again:
            assert again.pid == server.pid
        listening = Home(home).socket
    leave_nothing_running(home)
    assert listening.exists() == (listening.parent == home), "a directory in a strange place is removed"


def test_a_home_whose_socket_directory_was_swept_away_gets_a_new_one(home: Path) -> None:
    Home(home).write(Home(home).socket_path, "/nowhere/scp-that-is-gone")
    with embedded.hold(home) as server:
        assert value(server.conninfo, "SELECT 1") == 1


def test_a_home_is_found_by_another_path_to_it(home: Path, tmp_path: Path) -> None:
    link = tmp_path / ("too-long-for-a-socket-" * 5)
    link.symlink_to(home)
    with embedded.hold(home) as server, embedded.hold(link) as same:
        assert same == server


def test_a_moved_home_still_works(home: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    home.rename(moved)
    with embedded.hold(moved) as server:
        assert value(server.conninfo, "SELECT 1") == 1
    leave_nothing_running(moved)


@pytest.fixture(scope="module")
def a_running_server(a_made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded.hold(copied(a_made_home, tmp_path_factory.mktemp("running") / "home")) as server:
        yield server.conninfo
