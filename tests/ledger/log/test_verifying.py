"""Verification finds every edit, names the first position that is wrong, and cries wolf about nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from scp_events.ledger.format.leaf import leaf_hash_of
from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.log import tables
from scp_events.ledger.log.holding import Anchor, Held, Pin, PinError
from scp_events.ledger.log.outcomes import Outcome
from scp_events.ledger.log.verifying import Verified, verify, verify_within
from tests.conftest import database
from tests.ledger.edits import EDITS, Edit, as_superuser
from tests.ledger.filled import LOG, connected, fill, tree_writer
from tests.ledger.log.test_tree_writer import checkpoints

pytestmark = pytest.mark.once  # the command line verifies, from the wheel

Ledger = Connection[Any]


def covered_in_steps(connection: Ledger) -> Ledger:
    """Return a log of 700 events, covered in three steps."""
    for events in (300, 212, 188):
        fill(connection, events, seed=events)
        tree_writer(connection).write(at_once=True)
    return connection


@pytest.fixture
def growing(connection: Ledger) -> Ledger:
    """Return such a log, for a test that adds to it."""
    return covered_in_steps(connection)


@pytest.fixture(scope="module")
def covered(postgres_server: str, log_template: str) -> Iterator[Ledger]:
    """Yield such a log, for tests that take back what they do to it."""
    with database(postgres_server, log_template) as conninfo, connected(conninfo) as connection:
        yield covered_in_steps(connection)


@contextmanager
def edited(connection: Ledger) -> Iterator[Ledger]:
    """Yield a connection that may do anything, and take back whatever it does."""
    with connection.transaction(force_rollback=True):
        as_superuser(connection)
        yield connection


def dsn(connection: Ledger) -> str:
    """Return how to connect to the same database."""
    return make_conninfo(connection.info.dsn, password=connection.info.password)


HELD = Held(trust=Trust(logs=(LOG.verifier,)))


def within(connection: Ledger, held: Held = HELD) -> Verified:
    """Verify what one transaction sees."""
    return verify_within(connection, connection, connection, held)


def holding(*anchors: Anchor) -> Held:
    """Return what somebody holds who has the key and these anchors."""
    return Held(trust=HELD.trust, anchors=anchors)


def found_by(connection: Ledger, edit: Edit, random: Random, size: int) -> tuple[int, Verified]:
    """Return the first position an edit makes wrong, and what verification says of it."""
    with edited(connection):
        expected = edit(connection, random, size)
        return expected, within(connection)


# --- a log that is as it was ------------------------------------------------------------------------------


def test_a_log_that_is_as_it_was_is_verified(covered: Ledger) -> None:
    found = verify(dsn(covered), HELD)
    assert (found.outcome, found.wrong, found.first_wrong) == (Outcome.VERIFIED, None, None)
    assert (found.size, found.head, found.anchors) == (700, 700, 3)
    assert found.root == checkpoints(covered)[-1][1]


def test_events_that_are_not_covered_yet_are_not_vouched_for(growing: Ledger, log_database: str) -> None:
    root = checkpoints(growing)[-1][1]
    fill(growing, 50, seed=9)
    found = verify(log_database)
    assert (found.wrong, found.size, found.head, found.root) == (None, 700, 750, root)


@pytest.mark.parametrize("events", [0, 1, 256, 1024, 1025])
def test_logs_of_every_size_are_verified(connection: Ledger, log_database: str, events: int) -> None:
    fill(connection, events)
    ours = tree_writer(connection)
    ours.introduce()
    ours.write(at_once=True)
    found = verify(log_database)
    assert (found.wrong, found.size, found.head) == (None, events, events)


def test_a_log_that_nobody_has_covered_yet_is_only_looked_through(
    connection: Ledger, log_database: str
) -> None:
    fill(connection, 20)
    tree_writer(connection)
    assert verify(log_database).size == 0


def test_it_says_how_far_it_is(covered: Ledger) -> None:
    said: list[tuple[int, int | None]] = []
    verify(dsn(covered), progress=lambda done, of: said.append((done, of)))
    assert said[-1] == (700, 700)


def test_it_reads_one_moment_while_the_log_grows(growing: Ledger, log_database: str) -> None:
    def grow(seed: int) -> None:
        with connected(log_database) as other:
            fill(other, 10, seed=seed)
            tree_writer(other).write(at_once=True)

    found = verify(log_database, HELD, lambda *_: grow(99))
    assert (found.wrong, found.size) == (None, 700)
    assert verify(log_database).size == 710


# --- edits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__.replace("_", "-"))
def test_an_edit_by_a_superuser_is_found_and_named(covered: Ledger, edit: Edit) -> None:
    random = Random(edit.__name__)  # noqa: S311 - the same edits every time
    for _ in range(3):
        expected, found = found_by(covered, edit, random, 700)
        assert found.first_wrong == expected, found
    with edited(covered):
        assert within(covered).wrong is None


@pytest.mark.parametrize("position", [1, 256, 257, 512, 513, 700])
def test_edits_at_the_borders_of_tiles_and_checkpoints_are_found(covered: Ledger, position: int) -> None:
    with edited(covered):
        covered.execute("UPDATE event_log.events SET body = body || ' ' WHERE position = %s", (position,))
        assert within(covered).first_wrong == position


def test_the_first_of_several_edits_is_named(covered: Ledger) -> None:
    with edited(covered):
        covered.execute("UPDATE event_log.events SET body = body || ' ' WHERE position IN (650, 300, 400)")
        assert within(covered).first_wrong == 300


@pytest.mark.parametrize("at", ["infinity", "-infinity"])
def test_a_time_that_no_calendar_has_is_found(covered: Ledger, at: str) -> None:
    with edited(covered):
        covered.execute("UPDATE event_log.events SET recorded_at = %s WHERE position = 99", (at,))
        assert within(covered).first_wrong == 99


def test_an_event_slipped_in_before_all_others_is_found(covered: Ledger) -> None:
    with edited(covered):
        covered.execute("UPDATE event_log.events SET position = -5 WHERE position = 700")
        assert within(covered).first_wrong == 1


def test_an_event_filed_under_another_case_is_found(covered: Ledger) -> None:
    with edited(covered):
        covered.execute(
            "UPDATE event_log.events SET case_id = (SELECT case_id FROM event_log.events e WHERE e.case_id <>"
            " events.case_id LIMIT 1) WHERE position = 321"
        )
        found = within(covered)
        assert (found.first_wrong, found.wrong) == (
            321,
            "its column case_id does not say what the event says: the log was altered",
        )


def test_a_head_that_says_something_else_is_found(covered: Ledger) -> None:
    for said in (690, 710):
        with edited(covered):
            covered.execute("UPDATE event_log.head SET position = %s", (said,))
            assert within(covered).first_wrong == min(said, 700) + 1


def test_a_gap_after_what_is_covered_is_found(growing: Ledger) -> None:
    fill(growing, 50, seed=9)
    with edited(growing):
        growing.execute("DELETE FROM event_log.events WHERE position = 730")
        assert within(growing).first_wrong == 730


def test_a_version_left_out_after_what_is_covered_is_found(growing: Ledger) -> None:
    fill(growing, 50, seed=9)
    with edited(growing):
        growing.execute("UPDATE event_log.events SET version = version + 1 WHERE position = 741")
        assert within(growing).first_wrong == 741


# --- edits of the ledger ----------------------------------------------------------------------------------


def test_rows_and_tiles_altered_together_are_found_between_two_checkpoints(covered: Ledger) -> None:
    with edited(covered):
        covered.execute("UPDATE event_log.events SET body = body || ' ' WHERE position = 400")
        hashes = [leaf_hash_of(*row[:6]) for row in tables.rows_between(covered, 256, 512)]
        covered.execute(
            "UPDATE ledger.tiles SET hashes = %s WHERE level = 0 AND index = 1", (b"".join(hashes),)
        )
        found = within(covered)
    assert found.first_wrong == 301
    assert found.wrong is not None
    assert "from this position to 512" in found.wrong


@pytest.mark.parametrize(
    ("statement", "wrong"),
    [
        ("DELETE FROM ledger.tiles WHERE index = 1", 257),
        ("UPDATE ledger.tiles SET hashes = set_bit(hashes, 9, 1 - get_bit(hashes, 9)) WHERE index = 1", 257),
        ("UPDATE ledger.edge SET rows[1] = set_bit(rows[1], 9, 1 - get_bit(rows[1], 9))", 513),
        ("DELETE FROM ledger.checkpoints WHERE size = 700", 513),
        ("UPDATE ledger.edge SET rows[2] = set_bit(rows[2], 9, 1 - get_bit(rows[2], 9))", 701),
        ("UPDATE ledger.head_pages SET hash = set_bit(hash, 9, 1 - get_bit(hash, 9)) WHERE page > 1", 700),
    ],
)
def test_an_edit_of_the_ledger_is_found(covered: Ledger, statement: str, wrong: int) -> None:
    with edited(covered):
        covered.execute(statement.encode())
        assert within(covered).first_wrong == wrong


def test_a_checkpoint_of_another_root_is_found(covered: Ledger) -> None:
    with edited(covered):
        covered.execute(
            "UPDATE ledger.checkpoints SET note = replace(note, split_part(note, E'\\n', 3),"
            " (SELECT split_part(note, E'\\n', 3) FROM ledger.checkpoints WHERE size = 512)) WHERE size = 700"
        )
        assert within(covered).first_wrong == 513


# --- what others hold -------------------------------------------------------------------------------------


def test_anchors_that_agree_are_counted(covered: Ledger) -> None:
    held = [Anchor(size, root, "the court") for size, root, _ in checkpoints(covered)]
    assert verify(dsn(covered), holding(*held)).anchors == 6


def test_an_anchor_that_holds_another_root_is_named(covered: Ledger) -> None:
    found = verify(dsn(covered), holding(Anchor(512, bytes(32), "the court")))
    assert (found.outcome, found.pin) == (Outcome.CONTRADICTED, None)
    [finding] = found.findings
    assert (finding.position, finding.name) == (301, "the court")
    assert "than the court holds of 512 events" in finding.says


def test_an_anchor_that_holds_more_is_named(covered: Ledger) -> None:
    found = verify(dsn(covered), holding(Anchor(900, bytes(32), "the court")))
    [finding] = found.findings
    assert (finding.outcome, finding.position) == (Outcome.CONTRADICTED, 701)
    assert finding.says == "700 events are covered here, and the court holds 900"


def test_who_contradicts_in_every_line_is_told_once(covered: Ledger) -> None:
    strange = [Anchor(size, bytes(32), "the court") for size in (300, 512, 700, 900)]
    agreeing = Anchor(512, checkpoints(covered)[1][1], "the ministry")
    found = verify(dsn(covered), holding(*strange, agreeing))
    assert [finding.name for finding in found.findings] == ["the court"]
    assert found.anchors == 4


# --- whose key it is --------------------------------------------------------------------------------------

STRANGER = Signer("log.example/tests", KeyKind.NOTE, b"a stranger of the same name".ljust(32))


def test_it_ends_in_a_line_that_is_consistent_with_the_log_once_it_has_grown(
    growing: Ledger, log_database: str
) -> None:
    pin = verify(log_database, HELD).pin
    assert pin is not None
    assert pin.line == f"log.example/tests 700 {b64encode(checkpoints(growing)[-1][1]).decode()}"
    fill(growing, 50, seed=9)
    tree_writer(growing).write(at_once=True)
    pinned = replace(holding(Anchor(pin.size, pin.root, "the pinned line")), pin=Pin.parse(pin.line))
    assert verify(log_database, pinned).outcome is Outcome.VERIFIED
    strange = replace(pinned, pin=pin._replace(origin="another.example/log"))
    assert verify(log_database, strange).outcome is Outcome.CONTRADICTED


@pytest.mark.parametrize("said", ["", "x", "a 1 AA==", f"a -1 {'A' * 43}=", f"a 1 {'A' * 43}B", "a 1"])
def test_what_is_no_line_to_pin_is_refused(said: str) -> None:
    with pytest.raises(PinError, match="no line to pin"):
        Pin.parse(said)


def test_without_anything_of_ones_own_nobody_vouches(covered: Ledger) -> None:
    found = verify(dsn(covered))
    assert (found.outcome, found.wrong) == (Outcome.VOUCHED_BY_NOBODY, None)
    assert found.pin is not None


def test_a_pinned_line_alone_vouches_for_nothing_that_came_later(covered: Ledger) -> None:
    pin = Pin("log.example/tests", 512, checkpoints(covered)[1][1])
    found = verify(dsn(covered), Held(trust=Trust(), anchors=(), pin=pin))
    assert found.outcome is Outcome.VOUCHED_BY_NOBODY
    assert "the first 512 events, and nothing after" in found.findings[0].says


def test_a_database_that_names_another_key_is_not_believed(covered: Ledger) -> None:
    with edited(covered):
        covered.execute("UPDATE ledger.log_keys SET vkey = %s", (STRANGER.verifier.vkey,))
        found = within(covered)
    assert (found.outcome, found.pin) == (Outcome.OTHER_KEY, None)
    assert STRANGER.verifier.vkey in found.findings[0].says
    assert LOG.verifier.vkey in found.findings[0].says


def test_a_log_of_another_key_than_the_one_held_is_told_as_that_alone(covered: Ledger) -> None:
    found = verify(dsn(covered), Held(trust=Trust(logs=(STRANGER.verifier,))))
    assert {finding.outcome for finding in found.findings} == {Outcome.OTHER_KEY}


def test_a_checkpoint_with_a_garbage_signature_is_named(covered: Ledger) -> None:
    with edited(covered):
        covered.execute(
            "UPDATE ledger.checkpoints SET note = regexp_replace(note, '.{6}=+\\n$', 'AAAAAA=\\n')"
            " WHERE size = 512"
        )
        found = within(covered)
    assert (found.outcome, found.findings[0].name) == (Outcome.ALTERED, "checkpoint of 512")
