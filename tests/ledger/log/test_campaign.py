"""A log of real cases, attacked by somebody who may do everything in the database and has no file of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

import pytest

from scp_events.ledger.format.trust import Trust
from scp_events.ledger.log.holding import Anchor, Held
from scp_events.ledger.log.outcomes import Outcome
from scp_events.ledger.log.verifying import Verified, verify_within
from tests.asking import Case
from tests.conftest import database
from tests.ledger.edits import KINDS, Expected, Ledger, as_superuser
from tests.ledger.filled import LOG, connected, fill, tree_writer
from tests.ledger.log.test_tree_writer import checkpoints
from tests.opened import opened_handler
from tests.services.cli_case import CONTACT, write_case

pytestmark = pytest.mark.once  # the command line verifies, from the wheel

CASES = 4
TIMES = 15
"""How often each kind of edit is made in the long campaign: more than 1,500 edits."""


@pytest.fixture(scope="module")
def attacked(postgres_server: str, log_template: str) -> Iterator[tuple[Ledger, Held]]:
    """Yield a log that was covered in steps, and what somebody holds of it."""
    with database(postgres_server, log_template) as conninfo, connected(conninfo) as connection:
        for seed in (1, 2):
            fill(connection, 150, seed=seed)
            tree_writer(connection).write(at_once=True)
        for number in range(CASES):
            write_case(conninfo, f"SC-2025-{number:03}")
            tree_writer(connection).write(at_once=True)
        known_by_its_day(conninfo)
        tree_writer(connection).write(at_once=True)
        anchors = tuple(Anchor(size, root, "the court") for size, root, _ in checkpoints(connection))
        yield connection, Held(trust=Trust(logs=(LOG.verifier,)), anchors=anchors)


def known_by_its_day(conninfo: str) -> None:
    """Record what is known by its day alone, which hangs on whose days these are."""
    with opened_handler(conninfo) as handler:
        case = Case(handler, "SC-2025-000")
        case.ask(CONTACT, at=date(2025, 3, 12))


def found_of(attacked: tuple[Ledger, Held], kind: str, random: Random) -> tuple[Expected, Verified]:
    """Make an edit, verify, and take it back."""
    connection, held = attacked
    size = checkpoints(connection)[-1][0]
    with connection.transaction(force_rollback=True):
        as_superuser(connection)
        expected = KINDS[kind](connection, random, size)
        return expected, verify_within(connection, connection, connection, held)


def is_told(expected: Expected, found: Verified) -> bool:
    """Whether somebody hears of it: by its outcome, and by its position or its name."""
    return found.outcome is expected.outcome and any(
        each.outcome is expected.outcome
        and expected.position in {None, each.position}
        and (each.name or "").startswith(expected.name or "")
        for each in found.findings
    )


def test_there_are_ninety_kinds_of_edits() -> None:
    assert len(KINDS) >= 90
    assert len(KINDS) * TIMES >= 1500


def test_the_log_is_verified_before_anybody_attacks_it(attacked: tuple[Ledger, Held]) -> None:
    connection, held = attacked
    with connection.transaction(force_rollback=True):
        as_superuser(connection)
        found = verify_within(connection, connection, connection, held)
    assert (found.outcome, found.findings) == (Outcome.VERIFIED, ())


@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_is_found_with_its_position_or_its_name(attacked: tuple[Ledger, Held], kind: str) -> None:
    expected, found = found_of(attacked, kind, Random(kind))  # noqa: S311 - the same edits every time
    assert is_told(expected, found), (expected, found.findings)


@pytest.mark.long
def test_fifteen_hundred_edits_are_all_found(attacked: tuple[Ledger, Held]) -> None:
    random = Random(11)  # noqa: S311 - the same edits every time
    missed = []
    for kind in KINDS:
        for _ in range(TIMES):
            expected, found = found_of(attacked, kind, random)
            if not is_told(expected, found):
                missed.append((kind, expected, found.findings))
    assert missed == []
