"""The whole log against its ledger: every leaf, tile and checkpoint, the right edge, counts and anchors.

What the rows say is hashed anew and compared with the ledger's tree, from the first event on. The first
position that is not as the tree has it is reported, and nothing after it is looked at: behind a deleted
event nothing is where it was. Where all rows agree with the tiles and a checkpoint does not, both were
altered; then all that can be said is between which two checkpoints.

Events that no checkpoint covers yet can be vouched for by nobody; their order alone is checked.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from struct import error as StructError  # noqa: N812 - a class, whatever its name
from typing import Any, NamedTuple

import psycopg

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.heads import Kind, root_of
from scp_events.ledger.format.leaf import leaf_hash_of
from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import Note, NoteError, to_base64
from scp_events.ledger.format.tiles import HEIGHT, WIDTH, OpenTiles
from scp_events.ledger.format.tree import EMPTY_ROOT, HASH_BYTES, ProofError, RightEdge, node_hash
from scp_events.ledger.log import tables
from scp_events.ledger.log.anchors import AnchorFile
from scp_events.ledger.log.tables import AnyConnection, LedgerError
from scp_events.ledger.log.tree_writer import HEADS

_STREAM, _CASE = bytes((Kind.STREAM,)), bytes((Kind.CASE,))
_AHEAD = 3
"""How many batches of rows are fetched while others are hashed."""
_TILES_AT_ONCE = 64

Rows = Sequence[tuple[Any, ...]]
Progress = Callable[[int, int | None], None]


class Anchor(NamedTuple):
    """What somebody holds of the log at one size."""

    size: int
    root: bytes
    held_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found. With `wrong` it is not the log that the ledger is of."""

    size: int
    """How many events a checkpoint covers; all of them were compared, unless something is wrong."""
    root: bytes
    """The root of the tree over them; over those before the first wrong one, where one is."""
    head: int
    """How many events the log says it has; those after `size` are not covered by any checkpoint yet."""
    anchors: int = 0
    """How many checkpoints, those in the database included, agree."""
    first_wrong: int | None = None
    wrong: str | None = None


class _WrongError(Exception):
    """Something is not as the ledger has it."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def held_in(file: AnchorFile, keys: LogKeys, connection: AnyConnection) -> Iterator[Anchor]:
    """Yield what a file of published checkpoints holds. Raises `AnchorError` where it cannot be believed.

    What stands in the database word for word is not checked again; anything else the log must have signed.
    """
    ours = set(tables.all_notes(connection))
    for anchored in file.all():
        if anchored.note in ours:
            checkpoint = Checkpoint.parse(Note.parse(anchored.note).text)
        else:
            checkpoint = anchored.opened(keys)
        yield Anchor(checkpoint.size, checkpoint.root, str(file.path))


def verify(
    conninfo: str, anchors: Iterable[Anchor] = (), progress: Progress = lambda _done, _of: None
) -> Verified:
    """Verify the whole log of a database, as it is at one moment, and with what others hold of it."""
    with _one_moment(conninfo) as (connection, reading):
        return verify_within(connection, reading, anchors, progress)


def verify_within(
    connection: AnyConnection,
    reading: AnyConnection,
    anchors: Iterable[Anchor] = (),
    progress: Progress = lambda _done, _of: None,
) -> Verified:
    """Verify the log as two connections see it, each in a transaction; they may be one and the same."""
    try:
        checking = _Checking(connection, anchors)
    except (LedgerError, NoteError, ProofError) as error:
        return Verified(size=0, root=EMPTY_ROOT, head=0, first_wrong=1, wrong=str(error))
    try:
        checking.begin()
        with _ahead(tables.all_rows(reading)) as batches:
            for rows in batches:
                checking.take(rows)
                progress(checking.seen, checking.head)
        checking.finish()
    except _WrongError as wrong:
        return checking.verified(first_wrong=wrong.position, wrong=str(wrong))
    except (LedgerError, NoteError, ProofError) as error:  # the ledger's own tables are damaged
        return checking.verified(first_wrong=checking.agreed + 1, wrong=str(error))
    return checking.verified()


@contextmanager
def _one_moment(conninfo: str) -> Iterator[tuple[AnyConnection, AnyConnection]]:
    """Yield two connections that see the database at the same moment, and change nothing."""
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    with (
        psycopg.connect(conninfo, autocommit=True) as one,
        psycopg.connect(conninfo, autocommit=True) as other,
    ):
        one.execute(begin)
        found = one.execute("SELECT pg_export_snapshot()").fetchone()
        other.execute(begin)
        other.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format((found or ("",))[0]))
        yield one, other


@contextmanager
def _ahead(batches: Iterator[Rows]) -> Iterator[Iterator[Rows]]:
    """Yield the batches while a thread fetches the next ones: server and program work side by side."""
    fetched: queue.Queue[Rows | BaseException | None] = queue.Queue(_AHEAD)
    stopped = threading.Event()

    def fetch() -> None:
        try:
            for rows in batches:
                if stopped.is_set():
                    break
                fetched.put(rows)
            fetched.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where the batches are used
            fetched.put(error)

    thread = threading.Thread(target=fetch, name="fetching rows")
    thread.start()
    try:
        yield _until_the_end(fetched)
    finally:
        stopped.set()
        while thread.is_alive():
            with suppress(queue.Empty):
                fetched.get(timeout=0.05)
        thread.join()


def _until_the_end(fetched: queue.Queue[Rows | BaseException | None]) -> Iterator[Rows]:
    while (found := fetched.get()) is not None:
        if isinstance(found, BaseException):
            raise found
        yield found


class _Checking:
    """How far the log has been looked at, and what has to agree further on."""

    def __init__(self, connection: AnyConnection, anchors: Iterable[Anchor]) -> None:
        self.seen = 0
        self.head = tables.head_of_log(connection)
        self._connection = connection
        self._edge = tables.read_edge(connection)
        self._covered = _CoveredLeaves(connection, self._edge)
        ours = list(_checkpoints(connection))
        self._newest = ours[-1] if ours else None
        held = [Anchor(each.size, each.root, "the ledger") for each in ours]
        self._anchors = sorted((*held, *anchors), key=lambda anchor: anchor.size, reverse=True)
        self._agreeing, self.agreed = 0, 0
        self._tree = _Tree(connection)
        self._streams: dict[bytes, int] = {}
        self._cases: Counter[bytes] = Counter()
        self._later: dict[bytes, int] = {}

    def verified(self, first_wrong: int | None = None, wrong: str | None = None) -> Verified:
        """Return what was found."""
        return Verified(
            size=self._edge.size,
            root=self._tree.root(),
            head=self.head,
            anchors=self._agreeing,
            first_wrong=first_wrong,
            wrong=wrong,
        )

    # --- row by row, tile by tile -------------------------------------------------------------------------

    def begin(self) -> None:
        """Compare with what is held of the log without events."""
        self._compare_whole()

    def take(self, rows: Rows) -> None:
        """Look at the next rows. Raises `_WrongError` at the first that is wrong."""
        covered = rows[: max(self._edge.size - self.seen, 0)]
        for start in range(0, len(covered), WIDTH):
            self._take_tile(covered[start : start + WIDTH])
        for position, stream_id, version, *_ in rows[len(covered) :]:
            self._take_uncovered(position, stream_id, version)

    def _take_tile(self, rows: Rows) -> None:
        """Compare the rows of one tile, or of the open one, with the ledger's."""
        hashes, covered = _leaf_hashes(rows), self._covered.next(len(rows))
        if b"".join(hashes) != covered:
            raise _the_first_of(self.seen, rows, hashes, covered)
        for row in rows:
            self._must_continue(row[0], row[1], row[2], self._streams)
        self._cases.update([row[6] for row in rows])
        while self._anchors and self._anchors[-1].size < self.seen + len(rows):
            anchor = self._anchors.pop()
            self._compare(anchor, self._tree.root(hashes[: anchor.size - self.seen]))
        self.seen += len(rows)
        self._tree.add(hashes)
        self._compare_whole()

    def _compare_whole(self) -> None:
        while self._anchors and self._anchors[-1].size == self.seen:
            self._compare(self._anchors.pop(), self._tree.root())

    def _compare(self, anchor: Anchor, root: bytes) -> None:
        if root != anchor.root:
            raise _WrongError(
                self.agreed + 1,
                f"somewhere from this position to {anchor.size}: rows and tiles agree, and have another root"
                f" than {anchor.held_by} holds of {anchor.size} events",
            )
        self._agreeing, self.agreed = self._agreeing + 1, anchor.size

    def _take_uncovered(self, position: int, stream_id: bytes, version: int) -> None:
        """Check the order of an event that nobody can vouch for yet."""
        if position != self.seen + 1:
            raise _WrongError(self.seen + 1, f"there is no event at this position, the next is at {position}")
        self._later.setdefault(stream_id, self._streams.get(stream_id, 0))
        self._must_continue(position, stream_id, version, self._later)
        self.seen = position

    @staticmethod
    def _must_continue(position: int, stream_id: bytes, version: int, streams: dict[bytes, int]) -> None:
        if version != streams.get(stream_id, 0) + 1:
            raise _WrongError(position, f"version {version} does not continue its stream")
        streams[stream_id] = version

    # --- the end ------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Check what can only be told at the end."""
        if self.seen < self._edge.size:
            raise _WrongError(
                self.seen + 1, f"the log ends before it, and {self._edge.size} events were covered"
            )
        if self.seen != self.head:
            last = min(self.seen, self.head)
            raise _WrongError(last + 1, f"the log has {self.seen} events, and its head says {self.head}")
        if self._anchors:
            beyond = self._anchors[0]
            raise _WrongError(
                self._edge.size + 1,
                f"{self._edge.size} events are covered here, and {beyond.held_by} holds {beyond.size}",
            )
        if self._tree.open_tiles(self._edge.size) != self._edge:
            raise _WrongError(self.agreed + 1, "the ledger's right edge is not that of its tiles")
        self._check_counts()

    def _check_counts(self) -> None:
        """Compare how many events each stream and each case has with what was signed."""
        counts = {_STREAM + stream_id: count for stream_id, count in self._streams.items()}
        counts |= {_CASE + case_id: count for case_id, count in self._cases.items() if case_id is not None}
        root, newest = root_of(counts), self._newest
        if newest is None and not self._edge.size:
            return
        if newest is None or newest.size != self._edge.size:
            raise _WrongError(self.agreed + 1, "the ledger's tree has no checkpoint of its size")
        if newest.extension(HEADS) != to_base64(root):
            position = tables.first_wrong_case(self._connection)
            raise _WrongError(
                position or self.agreed, "it is filed under another case than it was counted for"
            )
        if tables.read_heads(self._connection).root != root:
            raise _WrongError(self.agreed, "the ledger's pages of counts are not those of its checkpoint")


class _Tree:
    """The tree as it grows, tile by tile; what becomes full is compared with the ledger's own tiles."""

    def __init__(self, connection: AnyConnection) -> None:
        self._connection = connection
        self._whole = RightEdge()
        """The tree of full tiles, whose leaves are their roots."""
        self._open: list[bytes] = []
        self._upper: list[list[bytes]] = []

    def add(self, hashes: list[bytes]) -> None:
        """Add the leaves of a tile, the last of which may be open."""
        self._open = hashes
        if len(hashes) == WIDTH:
            self._open, root = [], _root_of_full(hashes)
            self._whole = self._whole.with_leaves([root])
            self._add_above(0, root)

    def _add_above(self, level: int, root: bytes) -> None:
        if level == len(self._upper):
            self._upper.append([])
        row = self._upper[level]
        row.append(root)
        if len(row) == WIDTH:
            index = (self._whole.size >> HEIGHT * (level + 1)) - 1
            if b"".join(row) != tables.read_tile(self._connection, level + 1, index):
                first = (index << HEIGHT * (level + 2)) + 1
                raise _WrongError(
                    first, f"the ledger's tile {level + 1}/{index} is not that of the tiles below it"
                )
            self._upper[level] = []
            self._add_above(level + 1, _root_of_full(row))

    def root(self, leaves: Sequence[bytes] | None = None) -> bytes:
        """Return the root over all full tiles and the leaves of one more; by default of the open one."""
        inner = RightEdge().with_leaves(self._open if leaves is None else leaves)
        found = list(self._whole.hashes + inner.hashes)
        if not found:
            return EMPTY_ROOT
        root = found.pop()
        while found:
            root = node_hash(found.pop(), root)
        return root

    def open_tiles(self, size: int) -> OpenTiles:
        """Return the open tiles, as the ledger must have them."""
        rows = [tuple(self._open), *map(tuple, self._upper)]
        levels = -(-size.bit_length() // HEIGHT)
        return OpenTiles(size, tuple((*rows, *[()] * levels)[:levels]))


class _CoveredLeaves:
    """The leaves as the ledger has them, in their order: from the full tiles, then from the open one."""

    def __init__(self, connection: AnyConnection, edge: OpenTiles) -> None:
        self._connection = connection
        self._full = edge.size // WIDTH
        self._open = b"".join(edge.rows[0]) if edge.rows else b""
        self._tiles: list[bytes] = []
        self._index = 0

    def next(self, leaves: int) -> bytes:
        """Return so many hashes of the next tile; none where the ledger has lost it."""
        if not self._tiles:
            self._tiles = tables.tiles_from(self._connection, self._index, _TILES_AT_ONCE)[::-1]
        whole = self._index < self._full
        self._index += 1
        hashes = (self._tiles.pop() if self._tiles else b"") if whole else self._open
        return hashes[: leaves * HASH_BYTES]


def _checkpoints(connection: AnyConnection) -> Iterator[Checkpoint]:
    """Yield what the ledger's checkpoints say, smallest first, whoever has signed them."""
    for note in tables.all_notes(connection):
        yield Checkpoint.parse(Note.parse(note).text)


def _leaf_hashes(rows: Rows) -> list[bytes]:
    """Return the leaves of rows; of a row that no leaf can be of, nothing."""
    try:
        return [leaf_hash_of(p, s, v, at, named, stored) for p, s, v, at, named, stored, _ in rows]
    except StructError:
        return [_leaf_hash(row) for row in rows]


def _leaf_hash(row: tuple[Any, ...]) -> bytes:
    try:
        return leaf_hash_of(*row[:6])
    except StructError:
        return b""


def _the_first_of(before: int, rows: Rows, hashes: list[bytes], covered: bytes) -> _WrongError:
    """Return which row of a tile is the first that is not as the ledger has it."""
    for number, (row, found) in enumerate(zip(rows, hashes, strict=True)):
        position = before + number + 1
        if found != covered[number * HASH_BYTES : (number + 1) * HASH_BYTES]:
            if row[0] != position:
                return _WrongError(position, f"there is no event at this position, the next is at {row[0]}")
            if len(covered) < len(rows) * HASH_BYTES:
                return _WrongError(position, "the ledger has no tile for it")
            return _WrongError(position, "it is not the event that the ledger has here")
    raise AssertionError("called where something is wrong")


def _root_of_full(hashes: Sequence[bytes]) -> bytes:
    """Return the root of a full tile: row by row, which is quicker than leaf by leaf."""
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return hashes[0]
