"""`scp-events demo`: one command shows what the programme is for, and leaves something to go on with."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from examples.generate.book import OF_NO_CASE
from examples.generate.writing import told, write
from scp_cli.demonstration import EXAMPLES
from tests.opened import opened_reader
from tests.services.cli_run import Ran, scp

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="a wheel has no examples")


A_FEW = ("HL-2024-001", "HL-2024-005", "HL-2024-008", "HL-2025-901")
"""Cases enough to see that it works, one of them with a lapse; `make demo` shows them all."""


@pytest.fixture
def few(tmp_path: Path) -> Path:
    directory, book = tmp_path / "few", told()
    for name, rows in book.sheets.items():
        if name not in OF_NO_CASE:
            book.sheets[name] = [row for row in rows if str(row["case"]).strip() in A_FEW]
    write(directory, book, day_first=())  # a few days cannot tell how they are written
    return directory


@pytest.fixture
def demo(new_database: str, few: Path, tmp_path: Path) -> Ran:
    return scp("demo", "--examples", str(few), database=new_database, **keys(tmp_path))


def keys(home: Path) -> dict[str, str]:
    """Name a home, and the log's key in it: a log elsewhere has none by itself."""
    return {"SCP_HOME": str(home), "SCP_LEDGER_KEY": str(home / "ledger.key")}


def test_the_demo_tells_one_case_on_two_dates_and_what_makes_the_difference(
    demo: Ran, new_database: str, few: Path, tmp_path: Path
) -> None:
    assert (demo.code, demo.err) == (0, "")
    assert [line for line in demo.out.partition("Try next")[0].splitlines() if len(line) > 100] == []
    assert demo.out.count("As known at the end of") == 2
    assert "a claim, which the log cannot prove" in demo.out
    new, *_ = re.findall(r"\+ #(\d+)", demo.out.partition("What makes the difference")[0])
    difference = demo.out.partition("Newly learned (")[2]
    assert f"#{new} " in difference.partition("Remembered differently")[0]
    assert f"#{new} is not there" in demo.out
    assert f"#{new} is there" in demo.out
    assert "legal basis" in demo.out.partition("What was decided without it")[2].partition("Whom")[0]
    proof = demo.out.partition("14. Proof")[2].partition("15. ")[0]
    assert "Verified: " in proof
    assert "OK: " in proof
    everything_is_touched(demo.out)
    everything_it_suggests_works(demo, new_database, tmp_path)
    again = scp("demo", "--examples", str(few), database=new_database, **keys(tmp_path))
    assert again.code == 0
    assert re.search(r"\d+ rows read, 0 recorded", again.out)


def everything_is_touched(said: str) -> None:
    """Each step says something of its own, beyond its heading."""
    assert re.search(r"resocialisation +2025\.1", said)
    said_of_one = r"HL-2024-005, resocialisation for minors: \d+ of 2100 minutes, requirements lapsed"
    assert re.search(said_of_one, said)
    assert "minutes-missing" in said
    assert "under policy 2025.3" in said
    assert re.search(r"HL-\d{4}-\d{3} +m-\w+ +\d", said)
    assert "held until" in said
    assert "with-ministry" in said
    assert "decisions in this case" in said
    assert "keys destroyed" in said


def everything_it_suggests_works(demo: Ran, database: str, home: Path) -> None:
    for line in demo.out.partition("Try next")[2].splitlines()[2:]:
        command = shlex.split(line.strip())
        if command and "serve" not in command:
            program, arguments = command[0], command[1:]
            assert Path(program).exists()
            ran = scp(*arguments, database=database, **keys(home))
            assert ran.code == 0, line
            assert {"export", "anchors"} & {*arguments} or not ran.err
            assert ran.out


def test_without_its_example_the_demo_says_where_it_comes_from(log_database: str, tmp_path: Path) -> None:
    ran = scp("demo", "--examples", str(tmp_path / "nowhere"), database=log_database)
    assert (ran.code, ran.out) == (1, "")
    assert "nowhere" in ran.err
    assert "in a checkout" in ran.err
    assert "Traceback" not in ran.err


def test_a_log_elsewhere_without_a_key_is_shown_without_proof(
    new_database: str, few: Path, tmp_path: Path
) -> None:
    ran = scp("demo", "--examples", str(few), database=new_database, SCP_HOME=str(tmp_path))
    assert ran.code == 0
    assert "SCP_LEDGER_KEY names one" in ran.out
    assert "scp-events verify" not in ran.out


def test_an_example_without_late_entries_is_told_apart(new_database: str, few: Path, tmp_path: Path) -> None:
    for sheet in few.glob("*.csv"):
        if sheet.stem not in ("staff", "legal-bases", "referrals"):
            sheet.unlink()
    ran = scp("demo", "--examples", str(few), database=new_database, SCP_HOME=str(tmp_path))
    assert ran.code == 1
    assert "nothing was entered late" in ran.err
    assert "Traceback" not in ran.err


def test_the_demo_records_nothing_in_a_log_that_is_not_a_demos(
    log_database: str, few: Path, tmp_path: Path
) -> None:
    ran = scp("demo", "--examples", str(few), database=log_database, SCP_HOME=str(tmp_path))
    assert (ran.code, ran.out) == (1, "")
    assert "is not a demo's" in ran.err
    assert "let it name another place" in ran.err
    with opened_reader(log_database) as log:
        assert log.head() == 0


def test_without_an_external_database_the_demo_has_its_own(tmp_path: Path) -> None:
    """What it suggests names the database's place, so that it works in another shell."""
    from scp_cli.tour import _scp  # noqa: PLC0415 - what this is about

    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("SCP_DATABASE_URL", raising=False)
        environment.chdir(tmp_path)
        assert _scp(tmp_path / ".demo").startswith("SCP_HOME=.demo ")


def test_the_program_says_what_it_is_called() -> None:
    ran = subprocess.run([sys.executable, "-m", "scp_cli", "-h"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("Usage: scp-events ")
