"""Follows the log and writes its tree: tiles, right edge, heads and a signed checkpoint, step by step.

A step is one transaction that begins by locking the right edge. So an event is taken in exactly once
however many tree writers run, and one that is killed leaves its step undone, to be done by the next. Stored
bytes are hashed as they are; of what an event says only whose case it is is read, to count it for that.

Before it signs, a step compares what it goes on from with the last checkpoint, which it checks by its own
key: whoever altered edge, pages or checkpoints in the database gets no signature on that.

A step that has more than a tile's worth waiting ends with a full tile, so that under load hardly anything is
written twice. The rest waits for the next step, or for `Policy.seconds`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from scp_events.ledger.format.checkpoint import Checkpoint, sign
from scp_events.ledger.format.head_pages import HeadPages
from scp_events.ledger.format.heads import Kind, Name
from scp_events.ledger.format.leaf import leaf_hash_of
from scp_events.ledger.format.note import NoteError, Signer, to_base64
from scp_events.ledger.format.tiles import WIDTH, OpenTiles
from scp_events.ledger.log import tables
from scp_events.ledger.log.log_key import keys_by
from scp_events.ledger.log.tables import AnyConnection, LedgerError

HEADS = "heads"
"""The word of the checkpoint's line that says the root of the tree of heads."""
TIDY_EVERY = 64 * WIDTH
"""After how many events the space of old row versions is put to use again."""
_STREAM, _CASE = bytes((Kind.STREAM,)), bytes((Kind.CASE,))
_CASE_ID = re.compile(
    rb'\{"event_id":"[0-9a-f-]{36}","case_id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"'
)
_GOES_ON_FROM = ("size of the tree", "right edge of the tree", "tree of counts")
_ALTERED = "it was altered, nothing is signed; `scp-events verify` says what, then restore the newest backup"


@dataclass(frozen=True, slots=True)
class Policy:
    """When a checkpoint is due, and how much one step may take in."""

    events: int = 256
    """As soon as so many events wait."""
    seconds: float = 60.0
    """Or as soon as the first of them was recorded so long ago."""
    most: int = 32 * WIDTH
    """How many events one step takes in at most: what it holds in memory, and what a kill makes undone."""


class TreeWriter:
    """Writes one log's tree over one connection, which is in no transaction. For one thread."""

    def __init__(self, connection: AnyConnection, signer: Signer, policy: Policy = Policy()) -> None:
        self._connection = connection
        self._signer = signer
        self._policy = policy
        self._heads: tuple[int, HeadPages] | None = None

    def write(self, *, at_once: bool = False) -> int:
        """Take in what is due, or with `at_once` all there is; return how many events are covered then.

        Raises `LedgerError` where log and ledger contradict each other: then nothing more may be signed; and
        `HandedOverError` where the log has another key by now.
        """
        while self._due(at_once=at_once) is not None:
            before, after = self._step(at_once=at_once)
            if before // TIDY_EVERY != after // TIDY_EVERY:
                tables.tidy(self._connection)
        return tables.read_edge(self._connection).size

    def introduce(self) -> None:
        """Sign the checkpoint of the log without events, where none was signed yet.

        With it, witnesses and others can be asked how far they know this log before it has any event.
        """
        with self._connection.transaction():
            edge = tables.read_edge(self._connection, lock=True)
            if tables.newest_checkpoint(self._connection) is None:
                self._must_be_ours(edge)
                self._sign(edge, HeadPages())

    # --- how ----------------------------------------------------------------------------------------------

    def _due(self, *, at_once: bool) -> int | None:
        """Return up to where to write; None where nothing is due."""
        covered, head, age = tables.waiting(self._connection)
        if head < covered:
            raise LedgerError(
                f"{covered} events were covered and the log ends at {head}: it was cut short, or restored"
                " from an older backup than the ledger; restore the newest backup of both"
            )
        waiting = head - covered
        if waiting >= self._policy.events:
            through = covered + min(waiting, self._policy.most)
            whole = through - through % WIDTH
            return whole if whole > covered and not (at_once and through == head) else through
        return head if waiting and (at_once or age >= self._policy.seconds) else None

    def _must_be_ours(self, edge: OpenTiles) -> None:
        """Refuse to go on from what this key has not signed."""
        note, heads = tables.newest_checkpoint(self._connection), self._heads_at(edge.size)
        if note is None:
            if edge != OpenTiles() or heads.root != HeadPages().root:
                raise LedgerError(f"{edge.size} events are covered, and there is no checkpoint: {_ALTERED}")
            return
        try:
            last = keys_by(self._connection, self._signer.verifier).open(note).checkpoint
        except NoteError as error:
            raise LedgerError(
                f"the last checkpoint is not one we have signed ({error}): {_ALTERED}"
            ) from error
        ours = (edge.size, edge.right_edge().root(), to_base64(heads.root))
        for what, said, found in zip(
            _GOES_ON_FROM, (last.size, last.root, last.extension(HEADS)), ours, strict=True
        ):
            if said != found:
                raise LedgerError(
                    f"the {what} is not that of the last checkpoint, of {last.size} events: {_ALTERED}"
                )

    def _step(self, *, at_once: bool) -> tuple[int, int]:
        """Take one step, all of it or nothing; return how many events were covered before and after."""
        try:
            with self._connection.transaction():
                self._connection.execute("SET LOCAL synchronous_commit = on")
                edge = tables.read_edge(self._connection, lock=True)
                through = self._due(at_once=at_once)
                if through is not None:
                    self._must_be_ours(edge)
                    self._take_in(edge, through)
                return edge.size, through or edge.size
        except BaseException:
            self._heads = None  # what is kept of the pages may be more than was written
            raise

    def _take_in(self, edge: OpenTiles, through: int) -> None:
        rows = tables.rows_between(self._connection, edge.size, through)
        _must_continue(edge.size, through, rows)
        grown, full = edge.with_leaves([leaf_hash_of(*row[:6]) for row in rows])
        tables.add_tiles(self._connection, full)
        tables.write_edge(self._connection, grown)
        self._sign(grown, self._count(edge.size, grown.size, rows))

    def _count(self, before: int, after: int, rows: list[tuple[Any, ...]]) -> HeadPages:
        """Count the rows for their streams and cases; return the tree of heads as it is then."""
        heads = self._heads_at(before)
        changed = heads.grow(_added(rows), tables.pages_in(self._connection))
        for _, stream_id, version, *_ in _last_of_each(rows):
            if changed.counts[_STREAM + stream_id] != version:
                raise LedgerError(
                    f"the stream of position {after} or one before it has a version {version} that does not"
                    " continue what was covered: `scp-events verify` says where"
                )
        tables.write_pages(self._connection, changed)
        self._heads = after, heads
        return heads

    def _heads_at(self, size: int) -> HeadPages:
        """Return the tree of heads: the one kept, unless another tree writer has been here."""
        if self._heads is None or self._heads[0] != size:
            self._heads = size, tables.read_heads(self._connection)
        return self._heads[1]

    def _sign(self, edge: OpenTiles, heads: HeadPages) -> None:
        tables.must_sign_with(self._connection, self._signer.verifier.vkey)
        checkpoint = Checkpoint(
            origin=self._signer.name,
            size=edge.size,
            root=edge.right_edge().root(),
            extensions=(f"{HEADS} {to_base64(heads.root)}",),
        )
        tables.add_checkpoint(self._connection, edge.size, sign(checkpoint, self._signer))


def _must_continue(after: int, through: int, rows: list[tuple[Any, ...]]) -> None:
    """Refuse a log with gaps: positions are dense by the time they can be read."""
    if [row[0] for row in rows] != list(range(after + 1, through + 1)):
        found = {row[0] for row in rows}
        missing = next(position for position in range(after + 1, through + 1) if position not in found)
        raise LedgerError(
            f"there is no event at position {missing}, and there are later ones: nothing is covered"
        )


def _added(rows: Iterable[tuple[Any, ...]]) -> dict[Name, int]:
    """Return how many events these rows are for each stream and each case."""
    added: dict[Name, int] = {}
    for _, stream_id, _, _, _, body, *_ in rows:
        name = _STREAM + stream_id
        added[name] = added.get(name, 0) + 1
        case_id = case_in(body)
        if case_id is not None:
            name = _CASE + case_id
            added[name] = added.get(name, 0) + 1
    return added


def case_in(body: bytes) -> bytes | None:
    """Return whose case the event of some stored bytes is; None where it is of none.

    The log writes it near the beginning. Bytes of another form are read as a whole.
    """
    found = _CASE_ID.match(body)
    if found is not None:
        return bytes.fromhex(found[1].replace(b"-", b"").decode())
    try:
        said = from_json(body)["case_id"]
        return None if said is None else UUID(said).bytes
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _last_of_each(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """Return the last row of each stream."""
    return {row[1]: row for row in rows}.values()
