"""The log under everything at once; and proof that whoever built it a little wrong would be told.

`python -m tests.event_log.oracle --help` says how to run it for longer, or with a seed that was printed.
"""

from __future__ import annotations

import os
import secrets
from typing import Any

import pytest

from scp_events import event_log, privacy
from tests.conftest import database
from tests.event_log.oracle.mutants import MUTANTS
from tests.event_log.oracle.run import run
from tests.own_server import own_server

pytestmark = pytest.mark.once  # of the log as such; test_handler appends from the wheel

TRIES = 3
"""Within so many runs a mutant must be caught."""
QUICK = {"late-listener", "evidence-overlooked"}
"""Mutants that are caught every time the tests run."""
SMALL: dict[str, Any] = {"writers": 2, "tasks": 6}


def a_seed() -> int:
    """Return another seed each time, or the one that is to be played again."""
    return int(os.environ.get("SCP_ORACLE_SEED") or secrets.randbelow(1_000_000))


@pytest.mark.faults
def test_everything_holds_whatever_is_done_to_it(log_database: str) -> None:
    verdict = run(log_database, seed=a_seed(), seconds=4.0, **SMALL)
    print(verdict)  # noqa: T201 - shown where it fails
    assert verdict.events > 0
    assert not verdict.laws


@pytest.mark.faults
@pytest.mark.long
def test_everything_holds_for_longer_and_where_the_server_is_killed_as_well() -> None:
    with own_server() as own:
        event_log.prepare(own.conninfo)
        privacy.prepare(own.conninfo)
        verdict = run(own.conninfo, own, seed=a_seed(), seconds=30.0)
    print(verdict)  # noqa: T201 - shown where it fails
    assert not verdict.laws
    assert {"recorded", "already", "conflict", "reused", "evidence-moved"} <= set(verdict.answers)
    assert {"kill_a_writer", "lose_an_answer", "move_the_log"} <= set(verdict.mischief)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.long) for name in sorted(MUTANTS)]
)
def test_a_mutant_is_caught(name: str, postgres_server: str, log_template: str) -> None:
    mutant = MUTANTS[name]
    for _ in range(TRIES):
        with database(postgres_server, log_template) as conninfo:
            verdict = run(conninfo, seed=a_seed(), mutant=name, **SMALL | {"seconds": 2.0} | mutant.plan)
        print(verdict)  # noqa: T201 - shown where it fails
        if verdict.laws.intersection(mutant.breaks):
            return
    raise AssertionError(f"not caught: {mutant.said}")
