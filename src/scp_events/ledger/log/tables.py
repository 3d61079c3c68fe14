"""What is in the ledger's tables, and the statements that read and write it.

Whoever writes holds the lock on the right edge, from `read_edge(lock=True)` to the end of the transaction. So
tiles, edge, heads and checkpoint of one step are all there or none of them, and two tree writers take turns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, LiteralString, TypeAlias
from uuid import UUID

from psycopg import Connection

from scp_events.database.migrations import migrate
from scp_events.ledger.format.head_pages import Changed, HeadPages, page_hash
from scp_events.ledger.format.heads import Kind, Name, name_of
from scp_events.ledger.format.leaf import leaf_hash_of
from scp_events.ledger.format.tiles import HEIGHT, OpenTiles, ReadTile, Tile, node_from, split_hashes
from scp_events.ledger.format.tree import HASH_BYTES, Node, RightEdge, peaks

AnyConnection: TypeAlias = Connection[Any]
BATCH = 1024
"""How many rows are fetched at once: few enough to stay in the processor's cache."""


class LedgerError(Exception):
    """The ledger and the log contradict each other, or the ledger contradicts itself."""


class HandedOverError(LedgerError):
    """The log has handed over to another key than the one to be signed with."""


def prepare(connection: AnyConnection) -> None:
    """Make the ledger's tables where there are none. Safe to call at every start."""
    migrate(connection, "ledger", "scp_events.ledger.log.migrations")


def are_there(connection: AnyConnection) -> bool:
    """Whether the ledger has tables here."""
    found = connection.execute("SELECT to_regclass('ledger.checkpoints') IS NOT NULL").fetchone()
    return bool(found and found[0])


# --- the log's rows, as far as they are covered -----------------------------------------------------------


# What is hashed of an event, as `leaf_hash_of` wants it, and whose case it is. An infinite time, which nobody
# but a superuser could have written, is one that no leaf can have.
_ROWS: LiteralString = (
    "SELECT position, uuid_send(stream_id), version, CASE WHEN isfinite(recorded_at)"
    " THEN (extract(epoch FROM recorded_at) * 1000000)::bigint ELSE 9223372036854775807 END,"
    " type, body, uuid_send(case_id) FROM event_log.events"
    " WHERE position > %s AND position <= %s ORDER BY position"
)


def rows_between(connection: AnyConnection, after: int, through: int) -> list[tuple[Any, ...]]:
    """Return the rows after one position and up to another, as `_ROWS` has them."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(_ROWS, (after, through)).fetchall()


def rows_of_case(connection: AnyConnection, case_id: UUID, through: int) -> list[tuple[Any, ...]]:
    """Return a case's rows up to a position, each with the kind of its stream, in the order of positions."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(
            "SELECT position, stream_id, version, recorded_at, type, body, category FROM event_log.events"
            " WHERE coalesce(case_id, stream_id) = %s AND position <= %s ORDER BY position",
            (case_id, through),
        ).fetchall()


def all_rows(connection: AnyConnection, batch: int = BATCH) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the whole log in batches, in the order of positions, within the caller's transaction."""
    with connection.cursor(name="all_rows", binary=True) as cursor:
        cursor.execute(_ROWS, (-(2**63), 2**63 - 1))
        while rows := cursor.fetchmany(batch):
            yield rows


def head_of_log(connection: AnyConnection) -> int:
    """Return the last position given out."""
    return int(_found(connection.execute("SELECT position FROM event_log.head").fetchone())[0])


def waiting(connection: AnyConnection) -> tuple[int, int, float]:
    """Return how many events are covered, how many there are, and how many seconds the next has waited."""
    covered, head, age = _found(
        connection.execute("""
            SELECT edge.size, head.position,
                   coalesce(extract(epoch FROM clock_timestamp() - next.recorded_at), 0)::float8
            FROM ledger.edge CROSS JOIN event_log.head
            LEFT JOIN event_log.events next ON next.position = edge.size + 1""").fetchone()
    )
    return covered, head, age


# --- tiles ------------------------------------------------------------------------------------------------


def read_edge(connection: AnyConnection, *, lock: bool = False) -> OpenTiles:
    """Return how far the log is covered, and the tiles that still have room. Raises `ProofError`."""
    statement: LiteralString = (
        "SELECT size, rows FROM ledger.edge FOR UPDATE" if lock else "SELECT size, rows FROM ledger.edge"
    )
    size, rows = _found(connection.execute(statement, binary=True).fetchone())
    return OpenTiles(size, tuple(split_hashes(row, len(row) // HASH_BYTES) for row in rows))


def write_edge(connection: AnyConnection, edge: OpenTiles) -> None:
    """Note how far the log is covered now."""
    rows = [b"".join(row) for row in edge.rows]
    connection.execute("UPDATE ledger.edge SET size = %s, rows = %s::bytea[]", (edge.size, rows))


def add_tiles(connection: AnyConnection, full: Iterable[tuple[Tile, bytes]]) -> None:
    """Write the tiles that have become full."""
    rows = [(tile.level, tile.index, hashes) for tile, hashes in full]
    if rows:
        levels, indexes, hashes = map(list, zip(*rows, strict=True))
        connection.execute(
            "INSERT INTO ledger.tiles SELECT * FROM unnest(%s::smallint[], %s::bigint[], %b::bytea[])",
            (levels, indexes, hashes),
        )


def read_tile(connection: AnyConnection, level: int, index: int) -> bytes:
    """Return a full tile."""
    found = connection.execute(
        "SELECT hashes FROM ledger.tiles WHERE level = %s AND index = %s", (level, index), binary=True
    ).fetchone()
    if found is None:
        raise LedgerError(
            f"the ledger has no tile {level}/{index}: restore its tables, or write the tree anew"
        )
    return bytes(found[0])


def tiles_from(connection: AnyConnection, index: int, most: int) -> list[bytes]:
    """Return at most so many full tiles of the lowest level, in their order, from one on to the next gap."""
    found = connection.execute(
        "SELECT index, hashes FROM ledger.tiles WHERE level = 0 AND index >= %s AND index < %s ORDER BY 1",
        (index, index + most),
        binary=True,
    ).fetchall()
    return [bytes(hashes) for number, (at, hashes) in enumerate(found, start=index) if at == number]


def tiles_read_from(connection: AnyConnection, edge: OpenTiles) -> ReadTile:
    """Return the look-up of tiles of the tree at `edge`, and of every smaller one."""

    def read(tile: Tile) -> bytes:
        whole = edge.size >> HEIGHT * (tile.level + 1) > tile.index
        hashes = read_tile(connection, tile.level, tile.index) if whole else b"".join(edge.rows[tile.level])
        return hashes[: tile.width * HASH_BYTES]

    return read


def node_of(connection: AnyConnection, size: int) -> Node:
    """Return the look-up of perfect subtrees in the tree of `size` leaves, for making proofs.

    Full tiles are in the table by the time the edge says so: it is read first.
    """
    return node_from(tiles_read_from(connection, read_edge(connection)), size)


# --- heads ------------------------------------------------------------------------------------------------


def read_heads(connection: AnyConnection) -> HeadPages:
    """Return the tree of heads, without its pages."""
    found = connection.execute("SELECT page, hash FROM ledger.head_pages", binary=True).fetchall()
    return HeadPages({page: bytes(hashed) for page, hashed in found})


def wrong_page(connection: AnyConnection) -> int | None:
    """Return the first page whose heads are not those of its hash; None where all are."""
    with connection.cursor(name="pages", binary=True) as cursor:
        cursor.execute("SELECT page, hash, entries FROM ledger.head_pages ORDER BY page")
        while pages := cursor.fetchmany(BATCH):
            for page, hashed, entries in pages:
                if page_hash(page, bytes(entries)) != hashed:
                    return int(page)
    return None


def pages_in(connection: AnyConnection) -> Callable[[Collection[int]], Mapping[int, bytes]]:
    """Return the look-up of pages."""

    def fetch(numbers: Collection[int]) -> Mapping[int, bytes]:
        found = connection.execute(
            "SELECT page, entries FROM ledger.head_pages WHERE page = ANY(%s)", (list(numbers),), binary=True
        ).fetchall()
        return {page: bytes(entries) for page, entries in found}

    return fetch


def write_pages(connection: AnyConnection, changed: Changed) -> None:
    """Write the pages that changed, and delete those that became two."""
    if changed.removed:
        connection.execute("DELETE FROM ledger.head_pages WHERE page = ANY(%s)", (list(changed.removed),))
    numbers, pages = list(changed.written), list(changed.written.values())
    connection.execute(
        "INSERT INTO ledger.head_pages SELECT * FROM unnest(%s::bigint[], %b::bytea[], %b::bytea[])"
        " ON CONFLICT (page) DO UPDATE SET hash = excluded.hash, entries = excluded.entries",
        (numbers, [page.hash for page in pages], [page.entries for page in pages]),
    )


def tidy(connection: AnyConnection) -> None:
    """Let the space of old row versions be used again: under load autovacuum comes by too seldom.

    A few milliseconds. Where the tables are somebody else's, the server leaves them to its autovacuum.
    """
    connection.execute("VACUUM (TRUNCATE false, INDEX_CLEANUP on) ledger.edge, ledger.head_pages")


def counts_at(connection: AnyConnection, size: int) -> dict[Name, int]:
    """Return how many events each stream and each case had at a size of the log, counted from its rows."""
    found = connection.execute(
        "SELECT 1, stream_id, count(*) FROM event_log.events WHERE position <= %(size)s GROUP BY stream_id"
        " UNION ALL SELECT 2, case_id, count(*) FROM event_log.events WHERE position <= %(size)s"
        " AND case_id IS NOT NULL GROUP BY case_id",
        {"size": size},
    ).fetchall()
    return {name_of(Kind(kind), of): count for kind, of, count in found}


# --- checkpoints ------------------------------------------------------------------------------------------


def add_checkpoint(connection: AnyConnection, size: int, note: str) -> None:
    """Keep a checkpoint the log has signed."""
    connection.execute("INSERT INTO ledger.checkpoints (size, note) VALUES (%s, %s)", (size, note))


def must_sign_with(connection: AnyConnection, vkey: str) -> None:
    """Raise `HandedOverError` where the log has another key by now; for whoever holds the right edge."""
    found = connection.execute("SELECT vkey FROM ledger.log_keys ORDER BY number DESC LIMIT 1").fetchone()
    if found and found[0] != vkey:
        raise HandedOverError(f"this log signs with {found[0]} now: read its key anew")


def newest_checkpoint(connection: AnyConnection) -> str | None:
    """Return the newest checkpoint, published or not; None where there is none."""
    found = connection.execute("SELECT note FROM ledger.checkpoints ORDER BY size DESC LIMIT 1").fetchone()
    return str(found[0]) if found else None


def published_at(connection: AnyConnection, size: int | None) -> str | None:
    """Return the published checkpoint of a size, or the newest; None where there is none."""
    found = connection.execute(
        "SELECT note FROM ledger.checkpoints WHERE published_at IS NOT NULL"
        " AND (%(size)s::bigint IS NULL OR size = %(size)s) ORDER BY size DESC LIMIT 1",
        {"size": size},
    ).fetchone()
    return str(found[0]) if found else None


def all_checkpoints(connection: AnyConnection) -> list[tuple[int, str, bool]]:
    """Return of every checkpoint its size, the note, and whether it was published, smallest first."""
    return connection.execute(
        "SELECT size, note, published_at IS NOT NULL FROM ledger.checkpoints ORDER BY size"
    ).fetchall()


def pending_checkpoint(connection: AnyConnection) -> str | None:
    """Return the newest checkpoint where it is not published; None where there is nothing to publish."""
    found = connection.execute(
        "SELECT note, published_at FROM ledger.checkpoints ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return str(found[0]) if found and found[1] is None else None


def note_cosigned(connection: AnyConnection, size: int, note: str) -> None:
    """Keep the cosignatures a checkpoint has, too few as they are."""
    connection.execute("UPDATE ledger.checkpoints SET note = %s WHERE size = %s", (note, size))


def note_published(connection: AnyConnection, size: int, note: str, at: datetime) -> None:
    """Note that a checkpoint was published, and when."""
    connection.execute(
        "UPDATE ledger.checkpoints SET note = %s, published_at = %s WHERE size = %s", (note, at, size)
    )


def root_at(connection: AnyConnection, size: int) -> bytes:
    """Return the root of the tree of `size` leaves, whether the last of them are covered yet or not."""
    edge = read_edge(connection)
    if size <= edge.size:
        node = node_from(tiles_read_from(connection, edge), size)
        return RightEdge(size, tuple(node(*peak) for peak in peaks(size))).root()
    while edge.size < size:
        rows = rows_between(connection, edge.size, min(size, edge.size + BATCH))
        if not rows:
            raise LedgerError(f"the log has no event at position {edge.size + 1}")
        edge, _ = edge.with_leaves([leaf_hash_of(*row[:6]) for row in rows])
    return edge.right_edge().root()


# --- for documents ----------------------------------------------------------------------------------------


def first_rows(connection: AnyConnection, through: int) -> list[tuple[Any, ...]]:
    """Return the first event of each stream up to a position: what its leaf record is made of."""
    with connection.cursor(binary=True) as cursor:
        return cursor.execute(
            "SELECT position, stream_id, version, recorded_at, type, sha256(body) FROM event_log.events"
            " WHERE version = 1 AND position <= %s ORDER BY position",
            (through,),
        ).fetchall()


def _found(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    if row is None:
        raise LedgerError("log or ledger has lost its one row of head or edge: restore the newest backup")
    return row
