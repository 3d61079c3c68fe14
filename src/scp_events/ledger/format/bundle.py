"""A case bundle: a case's events with all it takes to check that they are as recorded, and all there are.

A document (see `document`) with these files:

    data/heads.json                     how many events each stream and the case have, with proofs
    data/events/0000000812.event        the bytes as they are stored
    data/events/0000000812.leaf         what the tree says of them
    data/events/0000000812.tlog-proof   how the tree leads from there to the checkpoint
    data/opened/0000000812.json         personal details opened for this bundle, where there are any
    data/policies/2025.1.json           the numbers that decisions were made under
    data/readable/replay.json story.txt the case as people read it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from scp_events.ledger.format.document import Document, Vouched, as_json
from scp_events.ledger.format.heads import Kind
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.note import to_base64
from scp_events.ledger.format.proof import LogProof
from scp_events.ledger.offline import verify as offline

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KINDS = {Kind.STREAM: "stream", Kind.CASE: "case"}


@dataclass(frozen=True, slots=True)
class ProvedEvent:
    """One event as it is stored, what the tree says of it, and the proof that the tree does."""

    leaf: Leaf
    stored: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ProvedHead:
    """How many events a stream or a case has, and the proof of it."""

    kind: Kind
    id: UUID
    count: int
    siblings: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """An encrypted part opened for the bundle. Its digest, of salt and text, is in the event in the clear."""

    digest: bytes
    salt: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedCase:
    """A case at one checkpoint: all its events, and the proof that they are."""

    id: UUID
    reference: str
    vouched: Vouched
    events: Sequence[ProvedEvent]
    streams: Mapping[UUID, str]
    """Of which kind each of the case's streams is."""
    heads: Sequence[ProvedHead]

    def named(self, what: str = "") -> str:
        """Return what a document about the case is called: a plain name, whatever people call the case."""
        case = self.reference if PLAIN.fullmatch(self.reference) else str(self.id)
        return f"{case}{what}-at-{self.vouched.size}"

    def says(self) -> dict[str, object]:
        """Return what a document says of the case."""
        return {
            "case_id": str(self.id),
            "case_reference": self.reference,
            "streams": {str(stream): category for stream, category in self.streams.items()},
        }

    def files(self, shown: Iterable[ProvedEvent]) -> dict[str, bytes]:
        """Return the files that prove the case, with the bytes of some of its events."""
        named = {_path(event): event for event in self.events}
        proofs = {
            path: LogProof(event.leaf.position - 1, event.proof, self.vouched.note)
            for path, event in named.items()
        }
        return {
            offline.HEADS: as_json([_head(head) for head in self.heads]),
            **{path + offline.LEAF: event.leaf.record() for path, event in named.items()},
            **{path + offline.PROOF: proof.text().encode() for path, proof in proofs.items()},
            **{_path(event) + offline.EVENT: event.stored for event in shown},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that goes into a bundle."""

    case: ProvedCase
    policies: Mapping[str, object] = field(default_factory=dict)
    replay: bytes
    story: str
    opened: Mapping[int, Sequence[Opened]] = field(default_factory=dict)
    """What was opened, by the position of the event; for whoever can open what is encrypted."""

    def document(self) -> Document:
        """Return it as it is handed out."""
        files = {
            **self.case.files(self.case.events),
            **{f"data/policies/{name}.json": as_json(policy) for name, policy in self.policies.items()},
            **{
                f"{offline.OPENED}{position:010}.json": as_json([_opened(each) for each in said])
                for position, said in self.opened.items()
            },
            offline.REPLAY: self.replay,
            offline.STORY: self.story.encode(),
        }
        return Document(offline.BUNDLE, self.case.named(), self.case.vouched, self.case.says(), files)


def _path(event: ProvedEvent) -> str:
    return f"{offline.EVENTS}{event.leaf.position:010}"


def _head(head: ProvedHead) -> object:
    siblings = [sibling.hex() for sibling in head.siblings]
    return {"kind": _KINDS[head.kind], "id": str(head.id), "count": head.count, "siblings": siblings}


def _opened(said: Opened) -> object:
    return {"digest": to_base64(said.digest), "salt": to_base64(said.salt), "text": said.text}
