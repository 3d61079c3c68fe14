"""docs/FACTS.md: every fact of the source documents, where it lives, and what other programs got wrong."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FACTS = {"S0": 17, "S1": 12, "S2": 18, "S3": 23, "S4": 11}
"""How many facts each document has."""
FAILURES = 15
"""How many are known at least."""
ROW = re.compile(
    r"^\| (S\d\.\d+) \| ([^|]+) \| ([a-z ]+) \| (?:`([^`|]+)`)? \| (?:`([^`|]+)`)? \|$", re.MULTILINE
)
FAILURE = re.compile(r"^\| ([^|`]+) \| `([^`|]+)` \|$", re.MULTILINE)
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
            assert is_there(test), fact
            assert (ROOT / "src" / "scp_events" / room).exists(), fact


def test_every_failure_of_other_programs_has_a_test_that_is_there() -> None:
    failures = FAILURE.findall((ROOT / "docs" / "FACTS.md").read_text())
    assert len(failures) >= FAILURES
    for failure, test in failures:
        assert is_there(test), failure


def is_there(test: str) -> bool:
    file, name = test.split("::")
    return f"def {name}(" in (ROOT / file).read_text()
