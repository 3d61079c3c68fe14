"""Publishes checkpoints: to the witnesses, and once enough of them have cosigned, to the anchors.

The order keeps an anchor from ever being ahead of the database: a checkpoint is committed before anybody
hears of it. A crash after that leaves it unpublished, or written down and not yet noted as such; the next
round asks the same witnesses again, who are told nothing new, and does not write the same line twice.

Under load not every checkpoint is published, but always a newer one: whoever vouches for that vouches for all
that came before it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scp_events.ledger.format.checkpoint import Checkpoint, OpenedCheckpoint, with_cosignatures
from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import Verifier
from scp_events.ledger.format.tree import consistency_proof
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.log import tables
from scp_events.ledger.log.anchors import AnchorFile
from scp_events.ledger.log.log_key import held_keys
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import AnyConnection
from scp_events.ledger.witness.asking import PATIENCE, Reply, collect, cosignatures

_LOCK = "scp_events.ledger.publisher"


@dataclass(frozen=True, slots=True)
class Round:
    """What came of trying to publish the newest checkpoint."""

    size: int
    published: bool
    replies: Sequence[Reply] = ()


@dataclass(slots=True)
class Publisher:
    """Publishes one log's checkpoints over one connection, which is in no transaction. For one thread."""

    connection: AnyConnection
    settings: LedgerSettings
    patience: float = PATIENCE
    """Seconds all witnesses together have to answer."""
    _trust: Trust = field(init=False)
    _sizes: dict[Verifier, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Say once who has to cosign. Raises `LedgerError`, and `KeyFileError` without the log's key."""
        self._trust = self.settings.trust(held_keys(self.connection, self.settings.key_file).newest)

    def publish(self, now: datetime | None = None) -> Round | None:
        """Publish the newest checkpoint; None where it is published, or somebody else is about it.

        Raises `AnchorError` where it cannot be written down: then it is not published.
        """
        if not self._only_one():
            return None
        try:
            pending = tables.pending_checkpoint(self.connection)
            return self._publish(pending, now or datetime.now(UTC)) if pending else None
        finally:
            self.connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [_LOCK])

    def _only_one(self) -> bool:
        found = self.connection.execute(
            "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [_LOCK]
        ).fetchone()
        return bool(found and found[0])

    def _publish(self, note: str, at: datetime) -> Round:
        keys = held_keys(self.connection, self.settings.key_file)
        opened = self._opened(note, keys)
        size, replies = opened.checkpoint.size, list[Reply]()
        if not self._trust.enough(opened.cosigned):
            replies = self._ask(note, size, opened.cosigned)
            note = with_cosignatures(note, cosignatures(replies))
            opened = self._opened(note, keys)
        if not self._trust.enough(opened.cosigned):
            tables.note_cosigned(self.connection, size, note)
            return Round(size, published=False, replies=replies)
        self._write_down(note, opened.checkpoint, keys, at)
        tables.note_published(self.connection, size, note, at)
        return Round(size, published=True, replies=replies)

    def _opened(self, note: str, keys: LogKeys) -> OpenedCheckpoint:
        return keys.open(note, tuple(self._trust.witnesses.values()))

    def _write_down(self, note: str, checkpoint: Checkpoint, keys: LogKeys, at: datetime) -> None:
        """Add to the file of published checkpoints, and before them what tells whose signatures they bear."""
        if self.settings.anchor_file is not None:
            anchor = AnchorFile(self.settings.anchor_file)
            anchor.add_hand_overs(keys.notes)
            anchor.add(note, checkpoint, at)

    def _ask(self, note: str, size: int, cosigned: Collection[Verifier]) -> list[Reply]:
        """Ask those witnesses that have not cosigned yet."""
        others = {key: where for key, where in self._trust.addresses.items() if key not in cosigned}
        replies = ask(self.connection, others, note, size, sizes=self._sizes, patience=self.patience)
        self._sizes |= {reply.witness: reply.size for reply in replies if reply.size is not None}
        return replies


def ask(  # noqa: PLR0913 - each is something else to ask with
    connection: AnyConnection,
    witnesses: Mapping[Verifier, str],
    note: str,
    size: int,
    *,
    sizes: Mapping[Verifier, int] | None = None,
    patience: float = PATIENCE,
) -> list[Reply]:
    """Ask witnesses to cosign a checkpoint of ours, each with the proof from as far as it knows us."""
    node = tables.node_of(connection, size)
    return collect(
        note, witnesses, lambda old: consistency_proof(old, size, node), sizes=sizes, patience=patience
    )
