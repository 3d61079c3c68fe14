"""An invented log: its leaves, its key, and the checkpoints and proofs it can make of any of its sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from scp_events.ledger.format.checkpoint import Checkpoint, sign
from scp_events.ledger.format.note import KeyKind, Signer, to_base64
from scp_events.ledger.format.tree import consistency_proof, leaf_hash, root_of
from scp_events.ledger.witness.cosigning import AddCheckpoint
from tests.ledger.leaves import node_of

LOG = Signer("programme.example/log", KeyKind.NOTE, bytes(range(32)))


@dataclass(frozen=True)
class History:
    """A log's leaves, and whoever signs for it."""

    leaves: tuple[bytes, ...]
    signer: Signer = LOG
    heads: bytes = b"heads"

    def checkpoint(self, size: int) -> Checkpoint:
        heads = to_base64(leaf_hash(self.heads + b"%d" % size))
        return Checkpoint(self.signer.name, size, root_of(self.leaves[:size]), (f"heads {heads}",))

    def signed(self, size: int) -> str:
        return sign(self.checkpoint(size), self.signer)

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        return consistency_proof(old, size, node_of(self.leaves[:size])) if 0 < old <= size else ()

    def asks(self, old: int, size: int) -> str:
        """Return the request to cosign `size` leaves, said to continue `old`."""
        return AddCheckpoint(old, self.proof(old, size), self.signed(size)).body()

    def rewritten(self, at: int) -> History:
        """Return the history in which one leaf was another."""
        return replace(self, leaves=(*self.leaves[:at], leaf_hash(b"rewritten"), *self.leaves[at + 1 :]))
