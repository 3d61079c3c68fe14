"""A proof to hand out, as C2SP tlog-proof has it: a record's place, its way to the root, the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from scp_events.ledger.format.checkpoint import LARGEST, OpenedCheckpoint, parse_size
from scp_events.ledger.format.note import MalformedNoteError, Note, from_base64, to_base64
from scp_events.ledger.format.tree import HASH_BYTES, verify_inclusion

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class LogProof:
    """That one record is in the log: its index from 0, its siblings, and the signed checkpoint they lead to.

    `extra` is whatever the sender adds. Nothing vouches for it.
    """

    index: int
    hashes: tuple[bytes, ...]
    signed: str
    extra: bytes | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be written so that it is read as the same."""
        if not 0 <= self.index < LARGEST or len(self.hashes) > MOST_HASHES or self.extra == b"":
            raise MalformedNoteError(f"no record at {self.index} has a proof of {len(self.hashes)} hashes")
        if any(len(each) != HASH_BYTES for each in self.hashes):
            raise MalformedNoteError(f"a hash has {HASH_BYTES} bytes")
        Note.parse(self.signed)

    def text(self) -> str:
        """Return the proof as it is kept, in a file that ends in `.tlog-proof`."""
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        lines = [FIRST_LINE, *extra, f"index {self.index}", *map(to_base64, self.hashes)]
        return "".join(f"{line}\n" for line in lines) + f"\n{self.signed}"

    @classmethod
    def parse(cls, text: str) -> LogProof:
        """Return the proof a text says, which has one spelling only. Raises `MalformedNoteError`."""
        head, _, signed = text.partition("\n\n")
        first, *lines = head.split("\n")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "))
        if first != FIRST_LINE or not lines or not lines[0].startswith("index "):
            raise MalformedNoteError(f"a proof begins with {FIRST_LINE} and the index of its record")
        index, hashes = parse_size(lines[0].removeprefix("index ")), tuple(map(from_base64, lines[1:]))
        return cls(index, hashes, signed, extra)

    def verify(self, leaf_hash: bytes, opened: OpenedCheckpoint) -> None:
        """Check that the record is in the tree of this proof's checkpoint, once that has been opened.

        Raises `ProofError`.
        """
        if Note.parse(self.signed).text != opened.checkpoint.text():
            raise ValueError("this proof leads to another checkpoint than the one that was opened")
        checkpoint = opened.checkpoint
        verify_inclusion(leaf_hash, self.index, checkpoint.size, self.hashes, checkpoint.root)
