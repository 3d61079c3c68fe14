"""Which database a program works with, and what it says when there is none."""

import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from scp_events.database import DatabaseError, open_database, postmaster
from scp_events.database.__main__ import main
from scp_events.database.address import default_home
from scp_events.database.home import Home

SECRET = "hunter2-and-more"  # noqa: S105  # must not be shown


def test_the_environment_names_a_server(
    new_database: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCP_DATABASE_URL", new_database)
    monkeypatch.setenv("SCP_HOME", str(home))
    with open_database() as conninfo:
        assert conninfo == new_database
        assert postmaster.running(Home(home)) is None


def test_without_one_the_environment_names_the_home_of_an_embedded_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCP_HOME", str(home))
    with open_database() as conninfo, psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("scp",)
        assert postmaster.running(Home(home)) is not None


def test_what_the_caller_passes_counts_more_than_the_environment(
    new_database: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCP_DATABASE_URL", "host=/nowhere")
    monkeypatch.setenv("SCP_HOME", "/nowhere")
    with open_database(url=new_database) as conninfo:
        assert conninfo == new_database
    with open_database(home=home) as conninfo:
        assert str(home.resolve()) in conninfo


def test_an_empty_variable_is_one_that_is_not_set(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCP_DATABASE_URL", "")
    monkeypatch.setenv("SCP_HOME", str(home))
    with open_database() as conninfo:
        assert str(home.resolve()) in conninfo


def test_a_home_is_made_where_this_system_keeps_the_data_of_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_home() == tmp_path / ".local" / "share" / "scp-events"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert default_home() == Path("/data/scp-events")
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_home() == tmp_path / "Library" / "Application Support" / "scp-events"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://scp:{SECRET}@127.0.0.1:1/scp",
        f"postgresql://scp:{SECRET}@127.0.0.1:port/scp",
        f"postgresql://scp:{SECRET}@[::1/scp",
        f"postgresql://127.0.0.1:1/scp?password={SECRET}&nonsense=1",
        f"postgresql://scp:{SECRET}",
        f"host=127.0.0.1 port=1 password={SECRET}",
        f"host=127.0.0.1 password='{SECRET}",
        f"host=127.0.0.1 password = pass {SECRET}",
        f"postgresql://scp:{SECRET}/x@127.0.0.1:1/scp",
        f"postgresql://scp:1/{SECRET}@127.0.0.1:1/scp",
        f"postgresql://scp:x@{SECRET}@127.0.0.1:1/scp",
        SECRET,
    ],
)
def test_an_error_never_shows_the_password(url: str) -> None:
    with pytest.raises(DatabaseError, match="SCP_DATABASE_URL") as refused, open_database(url):
        pass
    shown: BaseException | None = refused.value
    while shown is not None and not shown.__suppress_context__:
        assert SECRET not in str(shown)
        shown = shown.__cause__ or shown.__context__
    assert SECRET not in str(shown)


def test_a_wrong_password_is_told_with_the_server_and_the_user(new_database: str) -> None:
    url = make_conninfo(new_database, password=SECRET)
    with (
        pytest.raises(DatabaseError, match=r"(?s)user=.* cannot be reached: .*password") as refused,
        open_database(url),
    ):
        pass
    assert SECRET not in str(refused.value)


def test_an_older_server_than_the_tests_have_seen_is_refused(
    new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scp_events.database.address.SUPPORTED", 99)
    with pytest.raises(DatabaseError, match=r"is PostgreSQL \d+; 99 or newer"), open_database(new_database):
        pass


def test_a_program_of_postgresql_can_be_run_on_the_database(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCP_HOME", str(home))
    monkeypatch.setenv("PGUSER", "somebody-else")
    connect = "import psycopg; print(psycopg.connect('').info.user)"
    assert main([sys.executable, "-c", connect]) == 0
    assert capfd.readouterr().out == "scp\n"
    assert main([sys.executable, "-c", "raise SystemExit(7)"]) == 7


def test_running_a_program_without_a_database_says_why(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SCP_DATABASE_URL", "host=/nowhere")
    assert main(["true"]) == 1
    assert "cannot be reached" in capfd.readouterr().err
    assert main([]) == 2


def test_a_system_without_embedded_servers_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(DatabaseError, match="Set SCP_DATABASE_URL"), open_database(home=tmp_path):
        pass
