"""docs/FACTS.md: every fact of the source documents, and where it lives."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTS = {"S0": 17, "S1": 12, "S2": 18, "S3": 23, "S4": 11}
"""How many facts each document has."""
ROW = re.compile(
    r"^\| (S\d\.\d+) \| ([^|]+) \| ([a-z ]+) \| (?:`([^`|]+)`)? \| (?:`([^`|]+)`)? \|$", re.MULTILINE
)
STATES = {"built", "partly", "not yet"}


def rows() -> list[tuple[str, ...]]:
    return ROW.findall((ROOT / "docs" / "FACTS.md").read_text())


def test_every_fact_of_every_document_is_there_once() -> None:
    every = [f"{document}.{n}" for document, count in FACTS.items() for n in range(1, count + 1)]
    assert [row[0] for row in rows()] == every


def test_what_is_built_has_a_room_and_a_test_and_nothing_else_claims_one() -> None:
    for fact, _, state, room, test in rows():
        assert state in STATES, fact
        assert (state == "not yet") == (not room) == (not test), fact


def test_the_rooms_and_tests_that_are_named_are_there() -> None:
    for fact, _, _, room, test in rows():
        if test:
            file, name = test.split("::")
            assert f"def {name}(" in (ROOT / file).read_text(), fact
            assert (ROOT / "src" / "scp_events" / room).exists(), fact
