"""The log is covered as it is: every event once, in steps that are whole or not there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection

from scp_events.ledger.format.checkpoint import open_checkpoint
from scp_events.ledger.format.heads import Kind, Name, name_of, root_of, verify_count
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.note import KeyKind, Signer, from_base64
from scp_events.ledger.format.tiles import Tile
from scp_events.ledger.format.tree import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from scp_events.ledger.format.tree import root_of as root_of_leaves
from scp_events.ledger.log import tables
from scp_events.ledger.log.tables import LedgerError
from scp_events.ledger.log.tree_writer import Policy, TreeWriter, case_in
from tests.ledger.filled import LOG, connected, fill, tree_writer

pytestmark = pytest.mark.once  # the command line writes it too, from the wheel

Ledger = Connection[Any]


def leaf_hashes(connection: Ledger) -> list[bytes]:
    """Return the leaves of the log as they are defined, read the ordinary way."""
    rows = connection.execute(
        "SELECT position, stream_id, version, recorded_at, type, body FROM event_log.events ORDER BY position"
    ).fetchall()
    return [leaf_hash(Leaf(*row[:5], sha256(row[5]).digest()).record()) for row in rows]


def counts(connection: Ledger, size: int) -> dict[Name, int]:
    """Return how many events each stream and each case has, as the database counts them."""
    found: dict[Name, int] = {}
    for kind, column in ((Kind.STREAM, "stream_id"), (Kind.CASE, "case_id")):
        rows = connection.execute(
            f"SELECT {column}, count(*) FROM event_log.events WHERE position <= %s AND {column} IS NOT NULL"  # noqa: S608
            " GROUP BY 1",
            (size,),
        ).fetchall()
        found |= {name_of(kind, of): count for of, count in rows}
    return found


def checkpoints(connection: Ledger) -> list[tuple[int, bytes, bytes]]:
    """Return size, root and root of heads of every checkpoint, oldest first."""
    notes = connection.execute("SELECT note FROM ledger.checkpoints ORDER BY size").fetchall()
    opened = [open_checkpoint(note, [LOG.verifier]).checkpoint for (note,) in notes]
    return [(each.size, each.root, from_base64(each.extension("heads") or "")) for each in opened]


def check_ledger(connection: Ledger) -> list[int]:
    """Check all that was covered against the log, and return the sizes of the checkpoints."""
    hashes, edge = leaf_hashes(connection), tables.read_edge(connection)
    read = tables.tiles_read_from(connection, edge)
    for index in range(-(-edge.size // 256)):
        width = min(256, edge.size - 256 * index)
        assert read(Tile(0, index, width)) == b"".join(hashes[256 * index : 256 * index + width])
    found = checkpoints(connection)
    for size, root, heads in found:
        assert root == root_of_leaves(hashes[:size])
        assert heads == root_of(counts(connection, size))
    assert found[-1][0] == edge.size
    assert tables.read_heads(connection).root == found[-1][2]
    return [size for size, _, _ in found]


@pytest.mark.parametrize("events", [1, 255, 256, 257, 1000])
def test_all_there_is_can_be_covered_at_once(connection: Ledger, events: int) -> None:
    fill(connection, events)
    assert tree_writer(connection).write(at_once=True) == events
    assert check_ledger(connection) == [events]


@pytest.mark.long
def test_a_tree_of_more_than_one_level_of_tiles_is_covered(connection: Ledger) -> None:
    fill(connection, 66_000, cases=100)
    tree_writer(connection, most=20_000).write(at_once=True)
    check_ledger(connection)
    assert connection.execute("SELECT count(*) FROM ledger.tiles WHERE level = 1").fetchone() == (1,)


def test_events_wait_for_enough_of_them_or_for_a_while(connection: Ledger) -> None:
    ours = tree_writer(connection, seconds=10**9)
    fill(connection, 255)
    assert ours.write() == 0
    fill(connection, 10, seed=2)
    assert ours.write() == 256, "the rest of 9 waits"
    assert tree_writer(connection, seconds=0.001).write() == 265
    assert check_ledger(connection) == [256, 265]


def test_a_step_ends_with_a_full_tile_where_more_is_waiting(connection: Ledger) -> None:
    fill(connection, 1000)
    tree_writer(connection, most=300, seconds=10**9).write()
    assert check_ledger(connection) == [256, 512, 768]


def test_a_checkpoint_can_be_due_sooner_than_a_tile_is_full(connection: Ledger) -> None:
    ours = tree_writer(connection, events=10, seconds=10**9)
    for turn in range(30):
        fill(connection, 11, seed=turn)
        ours.write()
    assert check_ledger(connection)[:3] == [11, 22, 33]


def test_what_is_covered_in_many_steps_has_the_roots_of_one(connection: Ledger) -> None:
    for turn in range(12):
        fill(connection, 77, seed=turn)
        tree_writer(connection).write(at_once=True)
    assert check_ledger(connection) == [77 * turn for turn in range(1, 13)]


def test_every_checkpoint_continues_the_one_before(connection: Ledger) -> None:
    for turn in range(5):
        fill(connection, 150, seed=turn)
        tree_writer(connection).write(at_once=True)
    found = checkpoints(connection)
    for (old, old_root, _), (new, new_root, _) in pairwise(found):
        proof = consistency_proof(old, new, tables.node_of(connection, new))
        verify_consistency(old, old_root, new, new_root, proof)


def test_events_and_counts_are_proved_from_the_tables(connection: Ledger) -> None:
    fill(connection, 600)
    tree_writer(connection).write(at_once=True)
    (_, root, heads), hashes = checkpoints(connection)[-1], leaf_hashes(connection)
    node = tables.node_of(connection, 600)
    for index in (0, 255, 256, 599):
        verify_inclusion(hashes[index], index, 600, inclusion_proof(index, 600, node), root)
    tree = tables.read_heads(connection)
    for name, count in counts(connection, 600).items():
        verify_count(heads, name, count, tree.prove(name, tables.pages_in(connection)).siblings)


def test_the_log_without_events_is_introduced_once(connection: Ledger) -> None:
    for _ in range(2):
        tree_writer(connection).introduce()
    assert check_ledger(connection) == [0]
    fill(connection, 3)
    ours = tree_writer(connection)
    ours.write(at_once=True)
    ours.introduce()
    assert check_ledger(connection) == [0, 3]


# --- two of them, and none of them ------------------------------------------------------------------------


def test_two_tree_writers_take_turns(connection: Ledger, log_database: str) -> None:
    def write(_: int) -> None:
        with connected(log_database) as mine:
            ours = tree_writer(mine, events=20, most=40)
            while tables.read_edge(mine).size < 2000:
                ours.write(at_once=True)

    tables.prepare(connection)
    with ThreadPoolExecutor(2) as threads:
        done = [threads.submit(write, number) for number in range(2)]
        for turn in range(20):
            fill(connection, 100, seed=turn)
        for each in done:
            each.result()
    check_ledger(connection)


def test_a_tree_writer_goes_on_where_another_one_stopped(connection: Ledger, log_database: str) -> None:
    first = tree_writer(connection)
    with connected(log_database) as other:
        second = tree_writer(other)
        for turn in range(4):
            fill(connection, 100, seed=turn)
            (first, second)[turn % 2].write(at_once=True)
    assert check_ledger(connection) == [100, 200, 300, 400]


@pytest.mark.parametrize(
    "full",
    [
        "checkpoints ADD CONSTRAINT full_disk CHECK (size < 301)",
        "head_pages ADD CONSTRAINT full_disk CHECK (false) NOT VALID",
    ],
    ids=["at its end", "in its middle"],
)
def test_a_step_that_fails_leaves_nothing(connection: Ledger, full: str) -> None:
    fill(connection, 300)
    ours = tree_writer(connection)
    ours.write(at_once=True)
    fill(connection, 300, seed=2)
    connection.execute(f"ALTER TABLE ledger.{full}".encode())
    with pytest.raises(psycopg.errors.CheckViolation):
        ours.write(at_once=True)
    assert check_ledger(connection) == [300]
    connection.execute(f"ALTER TABLE ledger.{full.split(maxsplit=1)[0]} DROP CONSTRAINT full_disk".encode())
    assert ours.write(at_once=True) == 600
    assert check_ledger(connection) == [300, 600]


# --- logs that are not to be covered -----------------------------------------------------------------------


def as_superuser(connection: Ledger, *statements: str) -> None:
    """Change what must not be changed."""
    connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER never_changed")
    for statement in statements:
        connection.execute(statement)


def test_a_log_with_a_gap_is_not_covered(connection: Ledger) -> None:
    fill(connection, 300)
    as_superuser(connection, "DELETE FROM event_log.events WHERE position = 270")
    ours = tree_writer(connection)
    with pytest.raises(LedgerError, match="no event at position 270"):
        ours.write(at_once=True)
    assert tables.read_edge(connection).size == 0


def test_a_log_that_was_cut_short_is_not_covered(connection: Ledger) -> None:
    fill(connection, 300)
    ours = tree_writer(connection)
    ours.write(at_once=True)
    as_superuser(
        connection,
        "DELETE FROM event_log.events WHERE position > 290",
        "UPDATE event_log.head SET position = 290",
    )
    with pytest.raises(LedgerError, match=r"300 events were covered and the log ends at 290"):
        ours.write(at_once=True)


def test_a_stream_that_does_not_continue_is_not_covered(connection: Ledger) -> None:
    fill(connection, 300)
    stream = connection.execute("SELECT stream_id FROM event_log.events WHERE position = 300").fetchone()
    assert stream
    as_superuser(connection, "UPDATE event_log.events SET version = version + 1 WHERE position = 300")
    with pytest.raises(LedgerError, match="does not continue"):
        tree_writer(connection).write(at_once=True)


@pytest.mark.parametrize("table", ["tiles", "log_keys"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_is_covered_is_never_changed(connection: Ledger, table: str, change: str) -> None:
    fill(connection, 300)
    tree_writer(connection).write(at_once=True)
    column = {"tiles": "hashes", "log_keys": "vkey"}[table]
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
        connection.execute(change.format(f"ledger.{table}", column, column).encode())


def test_a_checkpoint_is_never_deleted(connection: Ledger) -> None:
    fill(connection, 3)
    tree_writer(connection).write(at_once=True)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
        connection.execute("DELETE FROM ledger.checkpoints")


def test_an_event_of_no_case_is_covered_too(connection: Ledger) -> None:
    fill(connection, 5)
    as_superuser(
        connection,
        "UPDATE event_log.events SET case_id = NULL,"
        " body = convert_to(regexp_replace(convert_from(body, 'UTF8'),"
        ' \'"case_id":"[^"]*"\', \'"case_id":null\'), \'UTF8\') WHERE position = 2',
    )
    tree_writer(connection).write(at_once=True)
    check_ledger(connection)


def test_a_case_is_counted_by_what_its_events_say_and_by_no_column(connection: Ledger) -> None:
    fill(connection, 60)
    expected = counts(connection, 60)
    as_superuser(
        connection,
        "UPDATE event_log.events SET case_id = (SELECT case_id FROM event_log.events WHERE position = 1)",
    )
    tree_writer(connection).write(at_once=True)
    [(_, _, heads)] = checkpoints(connection)
    assert heads == root_of(expected)


def test_whose_case_it_is_is_read_however_the_bytes_are_laid_out() -> None:
    case, event = UUID(int=7), UUID(int=8)
    usual = f'{{"event_id":"{event}","case_id":"{case}","event":{{}}}}'.encode()
    assert case_in(usual) == case_in(b" " + usual) == case_in(usual.replace(b":", b": ")) == case.bytes
    assert case_in(usual.replace(f'"{case}"'.encode(), b"null")) is None
    assert case_in(b"no JSON") is case_in(b"[]") is case_in(b"{}") is None


# --- what it goes on from ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE ledger.edge SET rows[1] = set_bit(rows[1], 9, 1 - get_bit(rows[1], 9))", "right edge"),
        ("UPDATE ledger.edge SET size = 299, rows[1] = substr(rows[1], 33)", "size of the tree"),
        ("UPDATE ledger.head_pages SET hash = set_bit(hash, 9, 1 - get_bit(hash, 9))", "tree of counts"),
        ("UPDATE ledger.head_pages SET entries = set_byte(entries, 20, 200)", "holds other counts"),
        ("DELETE FROM ledger.checkpoints WHERE size = 300", "no checkpoint"),
        (
            "UPDATE ledger.checkpoints SET note = replace(note, E'\n300\n', E'\n301\n')",
            "not one we have signed",
        ),
        ("UPDATE ledger.checkpoints SET note = 'x'", "not one we have signed"),
        ("TRUNCATE ledger.checkpoints, ledger.tiles, ledger.log_keys", "no checkpoint"),
    ],
)
def test_nothing_is_signed_on_what_was_altered(connection: Ledger, statement: str, says: str) -> None:
    fill(connection, 300)
    tree_writer(connection).write(at_once=True)
    fill(connection, 60, seed=2)
    for table in ("checkpoints", "tiles", "log_keys"):
        connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL".encode())
    connection.execute(statement.encode())
    before = connection.execute("SELECT * FROM ledger.checkpoints").fetchall()
    with pytest.raises((LedgerError, ProofError), match=says):
        TreeWriter(connection, LOG).write(at_once=True)
    assert connection.execute("SELECT * FROM ledger.checkpoints").fetchall() == before
    assert tables.read_edge(connection).size in {299, 300}


def test_another_key_does_not_go_on_from_what_it_has_not_signed(connection: Ledger) -> None:
    fill(connection, 30)
    tree_writer(connection).write(at_once=True)
    fill(connection, 3, seed=2)
    stranger = Signer("log.example/tests", KeyKind.NOTE, b"a stranger of the same name".ljust(32))
    with pytest.raises(LedgerError, match="not one we have signed"):
        TreeWriter(connection, stranger).write(at_once=True)


def test_a_policy_is_data() -> None:
    assert (Policy().events, Policy().seconds) == (256, 60.0)
