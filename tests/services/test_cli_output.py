"""How `scp-events` behaves among other programs: quick help, closed pipes, colour, text that could harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from scp_cli.output import as_csv
from tests.services.cli_case import REFERENCE, write_case
from tests.services.cli_run import scp, scp_process
from tests.services.terminal import on_a_terminal

HEAVY = {"pydantic", "psycopg", "eventsourcing", "rich", "fastapi", "python_calamine"}
LIGHT = {"scp_events", *(f"scp_events.{each}" for each in ("runtime", "runtime.beginning", "runtime.ending"))}


def test_help_loads_nothing_heavy() -> None:
    asked = "import sys; sys.argv = ['scp', '--help']\nfrom scp_cli.__main__ import main\n"
    told = "try: main()\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", asked + told], capture_output=True, text=True, check=True)
    assert "replay" in ran.stdout
    loaded = {*ran.stderr.split()}
    assert not HEAVY & {name.partition(".")[0] for name in loaded}
    assert {name for name in loaded if name.startswith("scp_events")} <= LIGHT


def test_a_reader_that_stops_early_is_no_error(log_database: str) -> None:
    write_case(log_database)
    reading, writing = os.pipe()
    os.close(reading)
    process = scp_process("replay", REFERENCE, "--format", "json", database=log_database, stdout=writing)
    os.close(writing)
    assert process.communicate()[1] == ""
    assert process.returncode == 0


def test_a_full_disk_is_told_in_one_line(log_database: str) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    process = scp_process("cases", "--format", "json", database=log_database, stdout=full)
    os.close(full)
    assert process.communicate()[1] == "scp-events: output: No space left on device\n"
    assert process.returncode == 1


def test_no_color_means_no_colour(log_database: str) -> None:
    write_case(log_database)
    yellow = "\x1b[33m"
    assert yellow not in on_a_terminal("replay", REFERENCE, database=log_database, NO_COLOR="1").out


def test_a_terminal_shows_late_entries_in_colour(log_database: str) -> None:
    write_case(log_database)
    assert "\x1b[33m" in on_a_terminal("replay", REFERENCE, database=log_database).out


def test_a_file_gets_no_colour(log_database: str) -> None:
    write_case(log_database)
    assert "\x1b" not in scp("replay", REFERENCE, database=log_database).out


def test_text_stays_text_in_a_spreadsheet() -> None:
    written = as_csv([{"a": "=HYPERLINK(1)", "b": -1, "c": "-x", "d": {"e": 1}}], ["a", "b", "c", "d"])
    assert written == 'a,b,c,d\r\n\'=HYPERLINK(1),-1,\'-x,"{""e"": 1}"\r\n'


def test_markup_in_data_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    from scp_cli.output import show_table  # noqa: PLC0415 - as a command imports it

    show_table([{"a": "[red]not markup[/red] :smile:"}], {"a": "a"})
    assert "[red]not markup[/red] :smile:" in capsys.readouterr().out


def test_a_story_is_never_wider_than_legible(log_database: str) -> None:
    write_case(log_database)
    for columns, widest in ((250, 100), (60, 60)):
        shown = on_a_terminal("replay", REFERENCE, database=log_database, columns=columns, NO_COLOR="1")
        longest = max(len(line) for line in shown.lines if not line.startswith("scp-events: log in"))
        assert widest - 10 < longest <= widest


def test_a_story_in_a_file_is_the_same_whatever_the_terminal(log_database: str) -> None:
    write_case(log_database)
    told = {scp("replay", REFERENCE, database=log_database, COLUMNS=columns).out for columns in ("40", "200")}
    assert len(told) == 1


def test_output_is_utf_8_whatever_the_locale(log_database: str) -> None:
    write_case(log_database)
    process = scp_process(
        "replay", REFERENCE, database=log_database, LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert "“I want to try this.”" in out


def test_every_command_explains_itself() -> None:
    listed = scp("--help", database="").out
    commands = [line.split()[0] for line in listed.partition("Commands:")[2].splitlines() if line.strip()]
    for command in (name for name in COMMANDS if name in commands):
        told = scp(command, "--help", database="")
        assert told.code == 0
        assert "Usage:" in told.out
    assert set(COMMANDS) <= set(commands)


COMMANDS = (
    "serve", "demo", "import", "do", "cases", "caseload", "outcomes", "replay", "diff", "decisions",
    "rebuild", "projections",
)  # fmt: skip


def test_an_unknown_command_is_a_usage_error() -> None:
    ran = scp("replya", database="")
    assert ran.code == 2
    assert "replya" in ran.err


def test_json_keeps_every_character() -> None:
    from scp_cli.output import as_json  # noqa: PLC0415 - as a command imports it

    assert json.loads(as_json({"a": "=“é\x1b"})) == {"a": "=“é\x1b"}
