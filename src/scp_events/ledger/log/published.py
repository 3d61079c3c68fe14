"""What of the ledger others may see: the newest published checkpoint, and the tiles and records it covers.

Nothing beyond it is shown. A tile that no published checkpoint covers is one that nobody can check, and one
that a restored log might have to take back.
"""

from __future__ import annotations

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.leaf import leaf_record_of
from scp_events.ledger.format.note import Note
from scp_events.ledger.format.tiles import WIDTH, Tile, bundled
from scp_events.ledger.log import tables
from scp_events.ledger.log.tables import AnyConnection


class NotPublishedError(Exception):
    """There is no such thing, or not yet."""


def checkpoint(connection: AnyConnection) -> str:
    """Return the newest published checkpoint with its cosignatures. Raises `NotPublishedError`."""
    note = tables.published_at(connection, None)
    if note is None:
        raise NotPublishedError("no checkpoint was published yet")
    return note


def hashes(connection: AnyConnection, tile: Tile) -> bytes:
    """Return the hashes of a tile. Raises `NotPublishedError`."""
    _must_be_covered(connection, tile)
    return tables.tiles_read_from(connection, tables.read_edge(connection))(tile)


def entries(connection: AnyConnection, tile: Tile) -> bytes:
    """Return the leaf records under a tile of level 0, in a bundle. Raises `NotPublishedError`.

    They are made of the rows as those are now. Where a row was altered, its record has another hash than the
    tile says, and whoever compares them sees it.
    """
    _must_be_covered(connection, tile)
    before = tile.index * WIDTH
    rows = tables.rows_between(connection, before, before + tile.width)
    return bundled(leaf_record_of(*row[:6]) for row in rows)


def _must_be_covered(connection: AnyConnection, tile: Tile) -> None:
    size = Checkpoint.parse(Note.parse(checkpoint(connection)).text).size
    if not tile.is_in(size):
        raise NotPublishedError(f"the newest published checkpoint, of {size} events, does not cover it")
