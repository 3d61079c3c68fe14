"""Nobody is let in without the password, and nobody else can read it."""

import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scp_events.database import DatabaseError, embedded, postmaster
from scp_events.database.home import Home
from tests.database.programs import seen

pytestmark = pytest.mark.once  # who is let in; test_embedded runs the same program from the wheel


@pytest.fixture
def server(home: Path) -> Iterator[embedded.EmbeddedPostgres]:
    with embedded.hold(home) as server:
        yield server


def test_nobody_but_the_owner_can_enter_what_the_server_uses(
    empty_home: Path, server: embedded.EmbeddedPostgres
) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in empty_home.iterdir()}
    assert modes == {
        "postgres": 0o700,
        "socket": 0o700,
        "passfile": 0o600,
        "lock": 0o600,
        "holders": 0o600,
        "processes": 0o600,
        "server.log": 0o600,
    }
    assert stat.S_IMODE(empty_home.stat().st_mode) == 0o700


@pytest.mark.parametrize("password", ["wrong", ""])
@pytest.mark.parametrize("database", ["scp", "postgres", "template1"])
def test_a_wrong_password_is_refused(server: embedded.EmbeddedPostgres, database: str, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.conninfo, dbname=database, password=password, passfile="/nowhere")


def test_no_rule_trusts_anybody(server: embedded.EmbeddedPostgres) -> None:
    with psycopg.connect(server.conninfo) as connection:
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules").fetchall()
    assert methods == [("scram-sha-256",)]


def test_every_home_has_a_password_of_its_own(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with embedded.hold(other):
        assert len(password_of(other)) >= 43
        assert password_of(other) != password_of(home)


def test_the_password_is_in_nothing_that_is_shown(server: embedded.EmbeddedPostgres, home: Path) -> None:
    password = password_of(home)
    assert password not in repr(server)
    assert password not in (home / "server.log").read_text()
    assert password not in (seen(server.pid) / "cmdline").read_text()
    assert password not in (seen(server.pid) / "environ").read_text()


def test_a_password_that_others_can_read_is_refused(home: Path) -> None:
    (home / "passfile").chmod(0o640)
    refused(home, r"others may read it \(mode 0640\)")


def test_a_missing_password_is_named(home: Path) -> None:
    (home / "passfile").unlink()
    refused(home, "restore .*passfile from a backup")


def test_a_password_that_is_not_the_servers_is_named_and_not_shown(home: Path) -> None:
    Home(home).write(home / "passfile", "*:*:*:scp:guessed\n")
    assert "guessed" not in refused(home, "(?s)does not let us in: .*Its password is in .*passfile")


def test_the_log_holds_no_personal_data(server: embedded.EmbeddedPostgres, home: Path) -> None:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text PRIMARY KEY, born int)")
        connection.execute("INSERT INTO person VALUES ('Juniper Marigold', 2009)")
        with pytest.raises(psycopg.errors.UniqueViolation, match="Juniper"):
            connection.execute("INSERT INTO person VALUES ('Juniper Marigold', 2009)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s, 2009)", ["Juniper Marigold"])
    said = (home / "server.log").read_text()
    assert "duplicate key value" in said
    assert "Juniper" not in said


def test_the_environment_of_the_program_is_not_the_servers(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    monkeypatch.setenv("PGUSER", "somebody-else")
    monkeypatch.setenv("PGPASSWORD", "another")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("SCP_SECRET", "do-not-pass-on")
    with embedded.hold(home) as server:
        assert "do-not-pass-on" not in (seen(server.pid) / "environ").read_text()


def refused(home: Path, reason: str) -> str:
    """Fail unless the server cannot be had for this reason; return what was said."""
    with pytest.raises(DatabaseError, match=reason) as said, embedded.hold(home):
        pass
    assert postmaster.running(Home(home)) is None
    return str(said.value)


def password_of(home: Path) -> str:
    return (home / "passfile").read_text().strip().rpartition(":")[2]
