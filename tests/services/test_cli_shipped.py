"""`scp-events shipped`: the programmes that come with it, ready to be defined."""

from __future__ import annotations

import json
from pathlib import Path

from tests.check_log import check_log
from tests.opened import opened_reader
from tests.services.cli_run import scp

LEAD = ("--by", "sv-rowan", "--role", "supervisor")


def test_they_are_listed_and_one_that_is_not_there_is_named() -> None:
    assert scp("shipped", database="").out.split() == ["resocialisation", "weekly-themes"]
    ran = scp("shipped", "juggling", database="")
    assert ran.code == 2
    assert "juggling" in ran.err


def test_what_is_printed_can_be_sent_as_it_is(log_database: str, tmp_path: Path) -> None:
    file = tmp_path / "programme.json"
    for name in ("resocialisation", "weekly-themes"):
        file.write_text(scp("shipped", name, database="").out)
        ran = scp(
            *("do", "define-programme", "--id", name, "--json", str(file), *LEAD, "--format", "json"),
            database=log_database,
        )
        assert (ran.code, ran.err) == (0, "")
        assert json.loads(ran.out)[0]["events"] == 1
    with opened_reader(log_database) as log:
        assert [recorded.event.code for recorded in log.read(after=0)] == ["resocialisation", "weekly-themes"]
    check_log(log_database)
