"""The tree in tiles of 256 hashes, as C2SP tlog-tiles has them, and the tiles a growing tree still has open.

A tile of level 0 holds leaf hashes; a tile of level n + 1 holds the roots of full tiles of level n. A full
tile never changes, so it is written once. What lies between two levels of tiles is computed from the lower.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from scp_events.ledger.format.tree import HASH_BYTES, Node, ProofError, RightEdge, check_hashes, root_of

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_BYTES
HIGHEST = 63
"""The highest level a tile can have."""

_LENGTH_BYTES = 2
"""Of the length before each record in a bundle of entries."""
_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Where a tile is: its level, its place in the level, and how many hashes it has."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        """Refuse what no tree has."""
        if not (0 <= self.level <= HIGHEST and self.index >= 0 and 1 <= self.width <= WIDTH):
            raise ValueError(f"there is no tile {self.index} of level {self.level} with {self.width} hashes")

    def path(self) -> str:
        """Return where the tile is published, below the log's address."""
        return _path(str(self.level), self.index, self.width)

    def entries_path(self) -> str:
        """Return where the records of this tile of level 0 are published."""
        if self.level:
            raise ValueError(f"a tile of level {self.level} holds hashes of hashes, not of records")
        return _path("entries", self.index, self.width)

    def is_in(self, size: int) -> bool:
        """Tell whether a tree of `size` leaves has all of these hashes."""
        return self.index * WIDTH + self.width <= size >> HEIGHT * self.level

    @classmethod
    def parse(cls, path: str) -> Tile:
        """Return the tile at a path, which is spelled in one way only. Raises `ValueError`."""
        tile = _parsed(path)
        if tile is None or tile.path() != path:
            raise ValueError(f"{path!r} is no path of a tile, such as tile/0/x001/234 or tile/1/000.p/17")
        return tile

    @classmethod
    def parse_entries(cls, path: str) -> Tile:
        """Return the tile of level 0 whose records are at a path. Raises `ValueError`."""
        tile = _parsed(path)
        if tile is None or tile.level or tile.entries_path() != path:
            raise ValueError(f"{path!r} is no path of entries, such as tile/entries/x001/234")
        return tile


def _parsed(path: str) -> Tile | None:
    """Return the tile a path may be meant for; None where it is no path. It may be misspelled yet."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = 0 if found[1] == "entries" else int(found[1])
    try:
        return Tile(level, int(found[2].replace("x", "").replace("/", "") + found[3]), int(found[4] or WIDTH))
    except ValueError:
        return None


def _path(level: str, index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{''.join(f'x{group}/' for group in groups[:-1])}{groups[-1]}{partial}"


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of the tree of `size` leaves, the partial ones included."""
    return tiles_between(0, size, partial=True)


def tiles_between(old: int, new: int, *, partial: bool = False) -> Iterator[Tile]:
    """Yield the tiles that became full as a tree grew, and those left partial where they are asked for."""
    level = 0
    while new >> HEIGHT * level:
        before, now = old >> HEIGHT * level, new >> HEIGHT * level
        for index in range(before // WIDTH, now // WIDTH):
            yield Tile(level, index)
        if partial and now % WIDTH and now != before:
            yield Tile(level, now // WIDTH, now % WIDTH)
        level += 1


def bundled(records: Iterable[bytes]) -> bytes:
    """Return the records of a tile in one piece, the length of each before it."""
    return b"".join(len(record).to_bytes(_LENGTH_BYTES, "big") + record for record in records)


def split_hashes(data: bytes, width: int = WIDTH) -> tuple[bytes, ...]:
    """Return the hashes of a tile. Raises `ProofError` where it has another size."""
    if len(data) != width * HASH_BYTES:
        raise ProofError(f"a tile of {width} hashes has {width * HASH_BYTES} bytes, this has {len(data)}")
    return tuple(data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES))


ReadTile: TypeAlias = Callable[[Tile], bytes]
"""Returns the bytes of a tile: a full one, or a partial one of exactly the width asked for."""


def node_from(read: ReadTile, size: int) -> Node:
    """Return the look-up of perfect subtrees in the tiles of a tree, for making proofs.

    Each tile is read once for as long as the look-up lives. A full tile is never asked for as a partial one.
    """

    @cache
    def hashes(level: int, index: int) -> tuple[bytes, ...]:
        width = min((size >> HEIGHT * level) - index * WIDTH, WIDTH)
        return split_hashes(read(Tile(level, index, width)), width)

    def node(level: int, index: int) -> bytes:
        if level < 0 or not 0 < (index + 1) << level <= size:
            raise ValueError(f"a tree of {size} leaves has no perfect subtree {index} of level {level}")
        tile_level, above = divmod(level, HEIGHT)
        tile_index, start = divmod(index << above, WIDTH)
        return root_of(hashes(tile_level, tile_index)[start : start + (1 << above)])

    return node


@dataclass(frozen=True, slots=True)
class OpenTiles:
    """The tiles of a tree that still have room: besides the full ones, all there is to keep.

    `rows[n]` holds the hashes of the open tile of level n, and is empty where the last one is just full.
    """

    size: int = 0
    rows: tuple[tuple[bytes, ...], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what belongs to no tree."""
        if [len(row) for row in self.rows] != _open_widths(self.size):
            raise ProofError(f"these are not the open tiles of a tree of {self.size} leaves")

    def with_leaves(self, leaf_hashes: Iterable[bytes]) -> tuple[OpenTiles, list[tuple[Tile, bytes]]]:
        """Return the tree's open tiles once it has these leaves besides, and the tiles that became full."""
        coming: Sequence[bytes] = tuple(leaf_hashes)
        check_hashes(coming)
        size, rows, full = self.size + len(coming), [], []
        for level in range(len(_open_widths(size))):
            row = (*(self.rows[level] if level < len(self.rows) else ()), *coming)
            first = self.size >> HEIGHT * (level + 1)
            whole = len(row) // WIDTH
            parts = [row[number * WIDTH : (number + 1) * WIDTH] for number in range(whole)]
            full += [(Tile(level, first + number), b"".join(part)) for number, part in enumerate(parts)]
            rows.append(row[whole * WIDTH :])
            coming = [root_of(part) for part in parts]
        return OpenTiles(size, tuple(rows)), full

    def right_edge(self) -> RightEdge:
        """Return the right edge of the tree."""
        hashes = []
        for row in reversed(self.rows):
            start = 0
            for level in reversed(range(HEIGHT)):
                if (len(row) >> level) & 1:
                    hashes.append(root_of(row[start : start + (1 << level)]))
                    start += 1 << level
        return RightEdge(self.size, tuple(hashes))

    def read(self, tile: Tile) -> bytes:
        """Return the open tile asked for. Raises `KeyError` where it is not one of these."""
        for level, row in enumerate(self.rows):
            if row and tile == Tile(level, self.size >> HEIGHT * (level + 1), len(row)):
                return b"".join(row)
        raise KeyError(f"{tile.path()} is not open in a tree of {self.size} leaves")


def _open_widths(size: int) -> list[int]:
    """Return how many hashes the open tile of each level has."""
    if size < 0:
        raise ProofError(f"no tree has {size} leaves")
    widths = []
    while size:
        widths.append(size % WIDTH)
        size //= WIDTH
    return widths
