"""The whole log against its ledger, and both against what the verifier holds.

What the rows say is hashed anew and compared with the ledger's tree, from the first event on. The first
position that is not as the tree has it is reported, and no row after it is looked at: behind a deleted
event nothing is where it was. Where all rows agree with the tiles and a checkpoint does not, both were
altered; then all that can be said is between which two checkpoints.

Who has signed the checkpoints is looked at before (see `signatures`), and what is kept beside the rows is
compared meanwhile (see `copies`). Events that no checkpoint covers yet can be vouched for by nobody; their
order and their copies alone are checked.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from struct import error as StructError  # noqa: N812 - a class, whatever its name
from typing import Any

import psycopg

from scp_events.ledger.format.checkpoint import OpenedCheckpoint
from scp_events.ledger.format.heads import Kind, root_of
from scp_events.ledger.format.leaf import leaf_hash_of
from scp_events.ledger.format.note import NoteError, Verifier, to_base64
from scp_events.ledger.format.tiles import HEIGHT, WIDTH, OpenTiles
from scp_events.ledger.format.tree import EMPTY_ROOT, HASH_BYTES, ProofError, RightEdge, node_hash
from scp_events.ledger.log import tables
from scp_events.ledger.log.copies import differences
from scp_events.ledger.log.holding import NOTHING, Anchor, Held, Pin
from scp_events.ledger.log.outcomes import Finding, Outcome, worst_of
from scp_events.ledger.log.signatures import Signed, first_of_each, signed
from scp_events.ledger.log.tables import AnyConnection, LedgerError
from scp_events.ledger.log.tree_writer import HEADS

_STREAM, _CASE = bytes((Kind.STREAM,)), bytes((Kind.CASE,))
_AHEAD = 3
"""How many batches of rows are fetched while others are hashed."""
_TILES_AT_ONCE = 64
_LEDGER = "the ledger"
_NOBODY = (
    "there is no key file, no trust policy, no anchor and no pinned line here: log and ledger are consistent"
    " in themselves, and anybody could have made both"
)
_UNSAFE_TO_PIN = {Outcome.ALTERED, Outcome.CONTRADICTED, Outcome.OTHER_KEY}

Rows = Sequence[tuple[Any, ...]]
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found, and how far the log and its ledger are."""

    size: int
    """How many events a checkpoint covers; all of them were compared, unless something is wrong."""
    root: bytes
    """The root of the tree over them; over those before the first wrong one, where one is."""
    head: int
    """How many events the log says it has; those after `size` are not covered by any checkpoint yet."""
    anchors: int = 0
    """How many checkpoints, those in the database included, agree."""
    newest: OpenedCheckpoint | None = None
    """The checkpoint of that size."""
    findings: tuple[Finding, ...] = ()
    """All that keeps the log from being verified, the worst first."""

    @property
    def outcome(self) -> Outcome:
        """Return what it comes to."""
        return worst_of(self.findings)

    @property
    def wrong(self) -> str | None:
        """Return what is wrong first with log or ledger; None where nothing is."""
        altered = self._altered()
        return altered.says if altered else None

    @property
    def first_wrong(self) -> int | None:
        """Return at which position, where one can be told."""
        altered = self._altered()
        return altered.position if altered else None

    @property
    def is_consistent(self) -> bool:
        """Whether log and ledger are of one history, and nobody is known to hold another."""
        return self.outcome not in _UNSAFE_TO_PIN

    @property
    def pin(self) -> Pin | None:
        """Return what to compare with another time; None where nobody should."""
        if self.newest is None or not self.is_consistent:
            return None
        said = self.newest.checkpoint
        return Pin(
            said.origin, said.size, said.root, tuple(sorted(each.name for each in self.newest.cosigned))
        )

    @property
    def signed_by(self) -> tuple[Verifier, ...]:
        """Return the key that signed the newest checkpoint, where there is one."""
        return (self.newest.log,) if self.newest else ()

    def besides(self, findings: Iterable[Finding]) -> Verified:
        """Return it with what was found elsewhere."""
        return replace(self, findings=_in_order([*self.findings, *findings]))

    def _altered(self) -> Finding | None:
        return next((each for each in self.findings if each.outcome is Outcome.ALTERED), None)


class _WrongError(Exception):
    """Something is not as the ledger has it."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


def verify(conninfo: str, held: Held = NOTHING, progress: Progress = lambda _done, _of: None) -> Verified:
    """Verify the whole log of a database, as it is at one moment, against what the verifier holds of it."""
    with _one_moment(conninfo) as (connection, reading, comparing):
        return verify_within(connection, reading, comparing, held, progress)


def verify_within(
    connection: AnyConnection,
    reading: AnyConnection,
    comparing: AnyConnection,
    held: Held = NOTHING,
    progress: Progress = lambda _done, _of: None,
) -> Verified:
    """Verify the log as three connections see it, each in a transaction; they may be one and the same."""
    whose = signed(connection, held.trust)
    said = [*held.findings, *first_of_each(whose.findings)]
    said += _not_vouched_for(held, whose)
    if held.pin and whose.newest and whose.newest.checkpoint.origin != held.pin.origin:
        origin = whose.newest.checkpoint.origin
        says = f"the pinned line is of the log {held.pin.origin}, and this is {origin}"
        said.append(Finding(Outcome.CONTRADICTED, says, name="the pinned line"))
    try:
        checking = _Checking(connection, whose, held.anchors)
    except (LedgerError, NoteError, ProofError) as error:
        damaged = Finding(Outcome.ALTERED, str(error), 1)
        return Verified(size=0, root=EMPTY_ROOT, head=0, findings=_in_order([*said, damaged]))
    with ThreadPoolExecutor(1, "comparing copies") as thread:
        compared = thread.submit(_compared, comparing, checking.covered)
        said += checking.run(reading, progress)
        said += compared.result()
    if not any(finding.outcome is Outcome.ALTERED and finding.position for finding in said):
        said += checking.counts()
    return checking.verified(_in_order([*said, *checking.contradictions]))


def _not_vouched_for(held: Held, whose: Signed) -> list[Finding]:
    """Say how much of the log the verifier holds nothing of: without its key, what came after an anchor."""
    newest = whose.newest.checkpoint.size if whose.newest else 0
    if held.trust.logs or held.anchors:
        return []
    through = max(held.pin.size if held.pin else -1, whose.witnessed)
    if through >= newest:
        return []
    says = _NOBODY if through < 0 else f"you hold something of the first {through} events, and nothing after"
    return [Finding(Outcome.VOUCHED_BY_NOBODY, says)]


def _compared(connection: AnyConnection, through: int) -> list[Finding]:
    try:
        return list(differences(connection, through))
    except LedgerError as error:
        return [Finding(Outcome.ALTERED, str(error), name="event_log")]


def _in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the worst first, and of one kind what is about an event by its position."""
    worst = list(Outcome)
    return tuple(
        sorted(
            findings,
            key=lambda each: (worst.index(each.outcome), each.position is None, each.position or 0),
        )
    )


@contextmanager
def _one_moment(conninfo: str) -> Iterator[tuple[AnyConnection, AnyConnection, AnyConnection]]:
    """Yield three connections that see the database at the same moment, and change nothing.

    Names mean what PostgreSQL means by them, whatever the database has made of its users' search path.
    """
    with ExitStack() as opened:
        one, *others = [opened.enter_context(psycopg.connect(conninfo, autocommit=True)) for _ in range(3)]
        for connection in (one, *others):
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        found = one.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        for other in others:
            other.execute(psycopg.sql.SQL("SET TRANSACTION SNAPSHOT {}").format((found or ("",))[0]))
        for connection in (one, *others):
            connection.execute("SET LOCAL search_path = pg_catalog, pg_temp")
        yield one, others[0], others[1]


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

    def __init__(self, connection: AnyConnection, whose: Signed, anchors: Iterable[Anchor]) -> None:
        self.seen = 0
        self.head = tables.head_of_log(connection)
        self.contradictions: list[Finding] = []
        self._connection = connection
        self._edge = tables.read_edge(connection)
        self._covered = _CoveredLeaves(connection, self._edge)
        self._newest = whose.newest
        held = [Anchor(each.size, each.root, _LEDGER) for each in whose.checkpoints]
        self._anchors = sorted((*held, *anchors), key=lambda anchor: anchor.size, reverse=True)
        self._agreeing, self.agreed = 0, 0
        self._tree = _Tree(connection)
        self._streams: dict[bytes, int] = {}
        self._cases: Counter[bytes] = Counter()
        self._later: dict[bytes, int] = {}

    @property
    def covered(self) -> int:
        """Return how many events are covered."""
        return self._edge.size

    def run(self, reading: AnyConnection, progress: Progress) -> list[Finding]:
        """Look at every row there is; return what is wrong first, if anything is."""
        try:
            self._compare_whole()
            with _ahead(tables.all_rows(reading)) as batches:
                for rows in batches:
                    self.take(rows)
                    progress(self.seen, self.head)
            self.finish()
        except _WrongError as wrong:
            return [Finding(Outcome.ALTERED, str(wrong), wrong.position)]
        except (LedgerError, NoteError, ProofError) as error:  # the ledger's own tables are damaged
            return [Finding(Outcome.ALTERED, str(error), self.agreed + 1)]
        return []

    def counts(self) -> list[Finding]:
        """Compare how many events each stream and case has with what was signed, once all rows were seen."""
        try:
            self._check_counts()
        except (_WrongError, LedgerError, ProofError) as wrong:
            return [Finding(Outcome.ALTERED, str(wrong), getattr(wrong, "position", None), "counts")]
        return []

    def verified(self, findings: tuple[Finding, ...]) -> Verified:
        """Return what was found."""
        return Verified(
            size=self._edge.size,
            root=self._tree.root(),
            head=self.head,
            anchors=self._agreeing,
            newest=self._newest,
            findings=findings,
        )

    # --- row by row, tile by tile -------------------------------------------------------------------------

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
        if root == anchor.root:
            self._agreeing, self.agreed = self._agreeing + 1, anchor.size
            return
        says = (
            f"somewhere from this position to {anchor.size}: rows and tiles agree, and have another root"
            f" than {anchor.held_by} holds of {anchor.size} events"
        )
        if anchor.held_by == _LEDGER:
            raise _WrongError(self.agreed + 1, says)
        self._contradict(anchor, says, self.agreed + 1)

    def _contradict(self, anchor: Anchor, says: str, position: int) -> None:
        """Note that somebody holds another history; what else they hold would say it again."""
        self.contradictions.append(Finding(Outcome.CONTRADICTED, says, position, anchor.held_by))
        self._anchors = [each for each in self._anchors if each.held_by != anchor.held_by]

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
        while self._anchors:
            beyond, size = self._anchors[0], self._edge.size
            says = f"{size} events are covered here, and {beyond.held_by} holds {beyond.size}"
            if beyond.held_by == _LEDGER:
                raise _WrongError(size + 1, says)
            self._contradict(beyond, says, size + 1)
        if self._tree.open_tiles(self._edge.size) != self._edge:
            raise _WrongError(self.agreed + 1, "the ledger's right edge is not that of its tiles")

    def _check_counts(self) -> None:
        """Compare how many events each stream and each case has with what was signed."""
        counts = {_STREAM + stream_id: count for stream_id, count in self._streams.items()}
        counts |= {_CASE + case_id: count for case_id, count in self._cases.items() if case_id is not None}
        root = root_of(counts)
        newest = self._newest.checkpoint if self._newest else None
        if newest is None and not self._edge.size:
            return
        if newest is None or newest.size != self._edge.size:
            raise _WrongError(self.agreed + 1, "the ledger's tree has no checkpoint of its size")
        if newest.extension(HEADS) != to_base64(root):
            raise _WrongError(self.agreed, "streams and cases have not as many events as was signed")
        if tables.read_heads(self._connection).root != root:
            raise _WrongError(self.agreed, "the ledger's pages of counts are not those of its checkpoint")
        if (page := tables.wrong_page(self._connection)) is not None:
            raise _WrongError(
                self.agreed, f"the ledger's page of counts {page} has other counts than its hash"
            )


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
