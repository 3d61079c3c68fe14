"""What people see, as somebody has looked at it and found it good: on a terminal, through a pipe, in a pager.

`drawn` has each screen. One that has changed is written beside the test's other files, to be looked at.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scp_events.aggregates.referral.commands import (
    AcknowledgeReferral,
    DeclineReferral,
    DetermineEligibility,
    DraftReferral,
    SubmitReferral,
)
from scp_events.vocabulary import Actor, OrganisationId, PersonId, Role
from tests.asking import Case
from tests.conftest import database
from tests.needs import need
from tests.opened import opened_handler
from tests.services.cli_case import REFERENCE, Writer, referred, registered, write_case
from tests.services.cli_run import scp
from tests.services.terminal import Seen, on_a_terminal
from tests.services.told_cases import EXAMPLES, write_mistakes
from tests.words import SUPERVISOR, grounds

pytestmark = pytest.mark.once  # the same commands; test_cli_reads and its neighbours run them from the wheel

DRAWN = Path(__file__).with_name("drawn")
TALL = 400
COMMANDS = {
    "cases": ("cases",),
    "referrals": ("referrals",),
    "decisions": ("decisions",),
    "decisions-late": ("decisions", "--late"),
    "replay": ("replay", REFERENCE),
    "replay-summary": ("replay", REFERENCE, "--summary"),
    "diff": ("diff", REFERENCE, "--from-known-at", "10", "--to-known-at", "12"),
    "caseload": ("caseload",),
    "outcomes": ("outcomes",),
    "report": ("import", "mistakes", "--dry-run"),
    "map": ("import", "map", "theirs", "--organisation", "riverside-youth", "--to", "mapping.toml"),
}
COLOURFUL = ("decisions", "replay", "report")
TEACHER = Actor(
    id=PersonId("sc-clover"), role=Role.REFERRER, organisation=OrganisationId("hillside-example-school")
)
ALWAYS_OTHERWISE = (
    (
        re.compile(r"scp-events: log in [^\r\n]*(\r\n(\w+=\S*[ ]?)+(?=\r))*"),
        "scp-events: log in a database of its own",
    ),
    (re.compile(r"\d\d:\d\d:\d\d(?=\s+UTC)"), "03:04:05"),
    (
        re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        "01234567-89ab-4cde-8f01-23456789abcd",
    ),
    (re.compile(re.escape(datetime.now(UTC).date().isoformat())), "2026-01-02"),
)
"""What differs from run to run, and what stands in its place."""


@pytest.fixture(scope="module")
def office(postgres_server: str, log_template: str) -> Iterator[str]:
    """Yield how to connect to a log of two young people, one entered late, and of a declined referral."""
    with database(postgres_server, log_template) as conninfo:
        write_case(conninfo, promptly=True)
        with opened_handler(conninfo) as handler:
            late = Writer(Case(handler, "SC-2025-020"), promptly=True)
            referred(late)
            registered(late, entered=20)
            _declined(Writer(Case(handler, "SC-2025-021"), promptly=True))
        yield conninfo


def _declined(writer: Writer) -> None:
    drafted = DraftReferral(
        programme="resocialisation",
        route="school",
        circumstances="An invented account.",
        policy_version="2025.1",
    )
    writer.record(drafted, 1, by=TEACHER)
    writer.record(SubmitReferral(decision=grounds("school")), 2, by=TEACHER)
    writer.record(AcknowledgeReferral(), 3)
    writer.record(DetermineEligibility(decision=grounds("too-young"), eligible=False), 6, by=SUPERVISOR)
    writer.record(DeclineReferral(decision=grounds("too-young")), 6, by=SUPERVISOR)


@pytest.fixture(autouse=True)
def _among_sheets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where the sheets are that commands name."""
    write_mistakes(tmp_path / "mistakes")
    shutil.copytree(EXAMPLES / "riverside-youth", tmp_path / "theirs")
    monkeypatch.chdir(tmp_path)


def as_ever(said: str) -> str:
    """Return what was said, without what differs from run to run."""
    for pattern, instead in ALWAYS_OTHERWISE:
        said = pattern.sub(instead, said)
    return said


def must_be_as_drawn(name: str, lines: list[str]) -> None:
    """Compare a screen with the one that was looked at."""
    now, drawn = Path.cwd() / f"{name}.txt", DRAWN / f"{name}.txt"
    now.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    reviewed = drawn.read_text("utf-8").splitlines() if drawn.exists() else []
    assert lines == reviewed, f"look at {now}; if it is good, copy it to {drawn}"


def seen(office: str, name: str, columns: int, **environment: str) -> list[str]:
    found = on_a_terminal(*COMMANDS[name], database=office, columns=columns, rows=TALL, **environment)
    assert found.code in {0, 3}, found.out
    return Seen(found.code, as_ever(found.out)).screen(columns, TALL)


@pytest.mark.parametrize("columns", [80, 160])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_screen_is_as_it_was_looked_at(office: str, name: str, columns: int) -> None:
    must_be_as_drawn(f"{name}-at-{columns}", seen(office, name, columns))


@pytest.mark.parametrize("name", COLOURFUL)
def test_without_colour_the_same_is_said(office: str, name: str) -> None:
    shown = seen(office, name, 80, NO_COLOR="1")
    drawn = (DRAWN / f"{name}-at-80.txt").read_text("utf-8").splitlines()
    assert texts(shown) == texts(drawn)
    assert {*"".join(line for line in shown if line.startswith("~"))} <= {*"~BF "}


def texts(lines: Iterable[str]) -> list[str]:
    """Return the lines of a screen that are text."""
    return [line for line in lines if not line.startswith("~")]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_pipe_gets_text_as_it_was_looked_at(office: str, name: str) -> None:
    said = piped(office, name, "160")
    assert piped(office, name, "40") == said, "a pipe is not cut to anybody's terminal"
    assert "\x1b" not in said
    must_be_as_drawn(f"{name}-piped", said.splitlines())


def piped(office: str, name: str, columns: str) -> str:
    Path("mapping.toml").unlink(missing_ok=True)
    ran = scp(*COMMANDS[name], database=office, COLUMNS=columns)
    assert ran.code in {0, 3}, ran.err
    return as_ever(ran.out)


@pytest.mark.parametrize(("keys", "name"), [("q", "first"), (" q", "second"), ("Gq", "last")])
def test_a_long_story_is_leafed_through(office: str, keys: str, name: str) -> None:
    need(shutil.which("less"), "less, the pager", "install the package `less`")
    found = on_a_terminal("replay", REFERENCE, database=office, columns=80, rows=24, typed=keys)
    assert found.code == 0
    must_be_as_drawn(f"replay-in-less-{name}", Seen(0, as_ever(found.out)).screen(80, 24))
