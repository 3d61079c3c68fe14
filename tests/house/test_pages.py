from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scp_events import projections
from scp_events.aggregates import ALL
from scp_events.vocabulary import command_name, stored_type

ROOT = Path(__file__).parents[2]


def listed(section: str) -> set[str]:
    """Return the words a section of the glossary lists."""
    page = (ROOT / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")
    text = page.split(f"<!-- drawn: {section} -->")[1].split(f"<!-- end: {section} -->")[0]
    return set(re.findall(r"^\| `([^`]+)` \| \S", text, flags=re.MULTILINE))


def test_the_glossary_lists_every_event_and_no_other() -> None:
    assert listed("events") == {stored_type(event) for aggregate in ALL for event in aggregate.EVENTS}


def test_the_glossary_lists_every_command_and_no_other() -> None:
    assert listed("commands") == {command_name(c) for aggregate in ALL for c in aggregate.COMMANDS}


def test_the_glossary_lists_every_projection_and_no_other() -> None:
    assert listed("projections") == {projection.NAME for projection in projections.ALL}


@pytest.mark.parametrize("program", ["docs/draw.py", "docs/draw_benchmarks.py"])
def test_the_drawings_are_those_of_the_code_and_of_the_results(program: str) -> None:
    check = [sys.executable, program, "--check"]
    drawn = subprocess.run(check, cwd=ROOT, capture_output=True, text=True, check=False)
    assert drawn.returncode == 0, drawn.stderr


def test_every_file_begins_with_a_sentence() -> None:
    for path in (*ROOT.glob("src/**/*.py"), *ROOT.glob("services/**/*.py"), *ROOT.glob("benchmarks/*.py")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r'"""[A-Z`].+[.:?]("""|)', first), (
            f"{path.relative_to(ROOT)} begins with {first!r}"
        )
