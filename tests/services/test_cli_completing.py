"""A tab offers what the log holds, and never makes a log nor says anything."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.services.cli_case import REFERENCE, write_case
from tests.services.cli_run import Ran, scp, scp_process


def tab(*typed: str, database: str, **environment: str) -> Ran:
    """Press the tab key after these words, as bash would have it answered."""
    asked = {
        "_SCP_EVENTS_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("scp-events", *typed)),
        "COMP_CWORD": str(len(typed)),
    }
    process = scp_process(database=database, **asked, **environment)
    out, err = process.communicate()
    return Ran(process.returncode, out, err)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("replay", "SC-2025"), [REFERENCE, "SC-2025-015"]),
        (("replay", "sc-2025-014"), ["sc-2025-014"]),
        (("export", "SC-2025-015"), ["SC-2025-015"]),
        (("decisions", "--case", "SC-2025-014"), [REFERENCE]),
        (("decisions", "--by", "sv"), ["sv-rowan"]),
        (("caseload", "--key-worker", "kw-j"), ["kw-juniper"]),
        (("rebuild", "case"), ["caseload"]),
        (("replay", "SC-1999"), []),
    ],
)
def test_a_tab_offers_what_the_log_holds(
    log_database: str, typed: tuple[str, ...], offered: list[str]
) -> None:
    write_case(log_database)
    write_case(log_database, "SC-2025-015")
    for asked in ("decisions", "caseload"):
        scp(asked, database=log_database)
    ran = tab(*typed, database=log_database)
    assert (ran.out.split(), ran.err) == (offered, "")


def test_a_tab_makes_nothing_and_says_nothing(new_database: str, tmp_path: Path) -> None:
    for database, home in ((new_database, tmp_path), ("", tmp_path / "nowhere")):
        ran = tab("replay", "SC", database=database, SCP_HOME=str(home))
        assert (ran.out.strip(), ran.err) == ("", "")
    assert not (tmp_path / "nowhere").exists()
    unreachable = "postgresql://nobody@127.0.0.1:1/nothing"
    begun = time.monotonic()
    ran = tab("replay", "SC", database=unreachable)
    assert (ran.out.strip(), ran.err) == ("", "")
    assert time.monotonic() - begun < 20


def test_the_version_is_the_packages() -> None:
    ran = scp("--version", database="")
    assert (ran.code, ran.out, ran.err) == (0, f"scp-events {version('scp-events')}\n", "")
