"""`scp-events init` makes a log, and no other command does: a typing error makes no empty installation."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from tests.services.cli_run import Ran, scp, scp_process
from tests.services.terminal import on_a_terminal

GROUNDS = "--by", "sv-rowan", "--role", "supervisor"
EVERY_COMMAND = [
    ("cases",),
    ("referrals",),
    ("caseload",),
    ("outcomes",),
    ("decisions",),
    ("replay", "SC-2025-014"),
    ("diff", "SC-2025-014", "--from-known-at", "1"),
    ("projections",),
    ("projections", "verify"),
    ("rebuild", "all"),
    ("verify",),
    ("anchors",),
    ("export", "SC-2025-014"),
    ("sample", "--size", "1", "--purpose", "a review"),
    ("absence", "SC-2025-014", "--what", "engagement", "--from", "2025-03-01", "--to", "2025-03-31"),
    ("erase", "SC-2025-014", "--by", "kw-juniper", "--role", "key-worker"),
    ("erase", "--unfinished"),
    ("ledger", "keys"),
    ("keys", "status"),
    ("keys", "rotate"),
    ("import", str(Path(__file__).parent)),
    ("import", str(Path(__file__).parent), "--dry-run"),
    ("serve", "--port", "0", "--tiles-port", "0"),
]


def tables(database: str) -> int:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema|public)'"
        ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=" ".join)
def test_no_command_makes_a_log_unasked(new_database: str, tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = scp(*command, database=new_database, SCP_HOME=str(tmp_path))
    assert (ran.code, ran.out) == (1, ""), ran.err
    assert "there is no log in" in ran.err
    assert "`scp-events init` makes one there" in ran.err
    assert "SCP_DATABASE_URL" in ran.err
    assert tables(new_database) == 0


def at_home(home: Path, *command: str) -> Ran:
    """Run a command in a process of its own, with an embedded server in a home."""
    keyring = os.environ.pop("SCP_KEYRING")
    try:
        process = scp_process(*command, database="", SCP_HOME=str(home))
        out, err = process.communicate()
    finally:
        os.environ["SCP_KEYRING"] = keyring
    return Ran(process.returncode, out, err)


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    home = tmp_path / "hmoe"
    ran = at_home(home, "cases")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"scp-events: there is no log in {home}: `scp-events init` makes one there,"
        " or let SCP_HOME name another place\n"
    )
    assert not home.exists()


def test_init_makes_a_log_once_and_commands_then_work_in_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = at_home(home, "init", "--time-zone", "America/Antigua")
    assert (first.code, first.out) == (0, "")
    assert first.err == f"scp-events: log in {home}, 0 events, whose days are those of America/Antigua\n"
    assert (home / "keyring").stat().st_mode & 0o777 == 0o600
    again = at_home(home, "init")
    assert (again.code, again.err) == (first.code, first.err)
    other = at_home(home, "init", "--time-zone", "Europe/Paris")
    assert other.code == 1
    assert "the days of this log are those of America/Antigua" in other.err
    listed = at_home(home, "cases", "--format", "json")
    assert (listed.code, listed.out, listed.err) == (0, "[]\n", "")


def test_a_command_says_which_log_it_opened_where_somebody_looks(log_database: str, tmp_path: Path) -> None:
    assert not scp("cases", database=log_database).err
    said = scp("cases", "--verbose", database=log_database)
    assert said.err.startswith("scp-events: log in host=")
    assert "password" not in said.err
    assert said.out == "Nothing to show.\n"
    seen = on_a_terminal("cases", database=log_database, columns=300)
    assert seen.lines[0].startswith("scp-events: log in host=")
