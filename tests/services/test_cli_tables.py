"""Tables at the width of the terminal: nothing is broken that must not be, and what has no room is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from scp_cli.tables import fitted
from tests.services.cli_case import REFERENCE, Written, write_case
from tests.services.cli_run import scp
from tests.services.terminal import on_a_terminal

COLUMNS = {"#": "#", "case": "case", "on": "on", "what": "what", "by": "by"}
ROWS = [
    {
        "#": 7,
        "case": "SC-2025-014",
        "on": "2025-03-10",
        "what": "engagement: contact recorded",
        "by": "kw-juniper",
    },
    {"#": 12, "case": "SC-2025-002", "on": "2025-03-21", "what": "referral: accepted", "by": "sv-rowan"},
]


def drawn(width: int | None, *spare: str) -> str:
    """Return a table as text."""
    console = Console(width=1000, color_system=None)
    with console.capture() as captured:
        console.print(fitted(ROWS, COLUMNS, width, spare).drawn)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def test_sentences_break_between_words_and_codes_never() -> None:
    assert (
        drawn(56)
        == """\
 #  case         on          what             by
────────────────────────────────────────────────────────
 7  SC-2025-014  2025-03-10  engagement:      kw-juniper
                             contact
                             recorded
12  SC-2025-002  2025-03-21  referral:        sv-rowan
                             accepted
"""
    )


def test_what_can_be_spared_is_left_out_and_named() -> None:
    assert (
        drawn(47, "by", "what")
        == """\
 #  case         on          what
───────────────────────────────────────────────
 7  SC-2025-014  2025-03-10  engagement:
                             contact recorded
12  SC-2025-002  2025-03-21  referral: accepted
"""
    )
    assert fitted(ROWS, COLUMNS, 47, ("by", "what")).left_out == ("by",)
    assert fitted(ROWS, COLUMNS, 28, ("by", "what")).left_out == ("by", "what")


def test_without_room_for_what_is_needed_each_row_is_a_record() -> None:
    assert drawn(20).startswith("""\
#     7
case  SC-2025-014
on    2025-03-10
what  engagement:
      contact
      recorded
by    kw-juniper

#     12
""")


def test_without_a_width_nothing_is_broken() -> None:
    assert len(drawn(None).splitlines()) == len(ROWS) + 2


LONG = "needs-a-longer-look", "kw-juniper-of-the-north", "SC-2025-0140-7781-A"
words = st.sampled_from(LONG) | st.text("abcdefgh-0123456789", min_size=1, max_size=20)
cells = st.one_of(words, st.lists(words, min_size=2, max_size=6).map(" ".join), st.integers(0, 10**9))


@given(
    rows=st.lists(st.fixed_dictionaries(dict.fromkeys("abcd", cells)), min_size=1, max_size=4),
    width=st.integers(10, 120),
    spare=st.lists(st.sampled_from("bcd"), unique=True),
)
def test_no_word_is_broken_at_any_width(rows: list[dict[str, object]], width: int, spare: list[str]) -> None:
    found = fitted(rows, {each: each.upper() for each in "abcd"}, width, spare)
    console = Console(width=1000, color_system=None)
    with console.capture() as captured:
        console.print(found.drawn)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    shown = [field for field in "abcd" if field.upper() not in found.left_out]
    expected = sorted(word for row in rows for field in shown for word in str(row[field]).split())
    labels = {field.upper() for field in "abcd"}
    told = [word for line in lines for word in line.split() if word not in labels and "─" not in word]
    assert sorted(told) == expected
    if any("─" in line for line in lines):
        assert max(map(len, lines)) <= width


# --- the pager --------------------------------------------------------------------------------------------


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """Return a pager that says it was used."""
    program = tmp_path / "pager"
    program.write_text("#!/bin/sh\necho PAGED\ncat\n")
    program.chmod(0o755)
    return str(program)


def test_what_does_not_fit_the_screen_goes_through_the_pager(
    log_database: str, written: Written, pager: str
) -> None:
    story = on_a_terminal("replay", REFERENCE, database=log_database, rows=24, PAGER=pager)
    assert "PAGED" in story.lines
    assert any("Built from log position" in line for line in story.lines)


def test_what_fits_needs_no_pager(log_database: str, written: Written, pager: str) -> None:
    assert "PAGED" not in on_a_terminal("cases", database=log_database, rows=24, PAGER=pager).lines


def test_no_pager_means_none(log_database: str, written: Written, pager: str) -> None:
    story = on_a_terminal("replay", REFERENCE, "--no-pager", database=log_database, rows=24, PAGER=pager)
    assert "PAGED" not in story.lines


def test_a_pipe_has_no_pager(log_database: str, written: Written, pager: str) -> None:
    assert "PAGED" not in scp("replay", REFERENCE, database=log_database, PAGER=pager).out


def test_whoever_leaves_the_pager_had_what_they_wanted(log_database: str, written: Written) -> None:
    story = on_a_terminal("replay", REFERENCE, database=log_database, rows=24, PAGER="head -1")
    assert (story.code, [line for line in story.lines if "Traceback" in line]) == (0, [])


def test_a_pager_nobody_installed_is_done_without(log_database: str, written: Written) -> None:
    story = on_a_terminal("replay", REFERENCE, database=log_database, rows=24, PAGER=f"{os.sep}nowhere")
    assert any("Built from log position" in line for line in story.lines)
