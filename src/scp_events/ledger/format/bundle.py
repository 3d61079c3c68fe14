"""A case bundle: a case's events with all it takes to check them, in one archive that is always the same.

A bundle is a BagIt bag in a ZIP without compression, in one permitted layout (`offline/verify.py` has it).
The same case at the same checkpoint gives the same bytes, so two bundles can be compared by their checksums.
`offline/README.md`, which travels in the bundle, tells each file's format.

    SC-2025-014-at-1234/
        bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
        bundle.note                         the log's signature on the manifests
        README.md  verify.py
        data/case.json                      which case, streams and checkpoint
        data/checkpoint                     signed by the log and its witnesses
        data/trust.policy                   their keys, and how many witnesses are enough
        data/hand-overs/1.note              how the log's keys followed each other, where there were several
        data/heads.json                     how many events each stream and the case have, with proofs
        data/events/0000000812.event        the bytes as they are stored
        data/events/0000000812.leaf         what the tree says of them
        data/events/0000000812.tlog-proof   how the tree leads from there to the checkpoint
        data/opened/0000000812.json         personal details opened for this bundle, where there are any
        data/policies/2025.1.json           the numbers that decisions were made under
        data/readable/replay.json story.txt the case as people read it
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from importlib.metadata import version
from uuid import UUID

from scp_events.ledger.format.checkpoint import OpenedCheckpoint
from scp_events.ledger.format.heads import Kind
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.note import Note, Signer, to_base64
from scp_events.ledger.format.proof import LogProof
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.offline import verify as offline

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
FILES_OF_AN_EVENT = 3
MOST_FILES = 65_000
"""What a plain ZIP can count, less what belongs to no event."""
LARGEST = 4_000_000_000
"""Bytes a plain ZIP can hold, less its directory."""
_KINDS = {Kind.STREAM: "stream", Kind.CASE: "case"}


class BundleTooLargeError(Exception):
    """The case does not fit the archive's format."""


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
class Bundle:
    """All that goes into a bundle."""

    case_id: UUID
    case_reference: str
    checkpoint: OpenedCheckpoint
    note: str
    """The checkpoint as it is signed."""
    trust: Trust
    """The log's newest key, the witnesses' keys, and how many of them are enough; without addresses."""
    hand_overs: Sequence[str] = ()
    """How the log's keys followed each other, up to that one."""
    events: Sequence[ProvedEvent]
    streams: Mapping[UUID, str]
    """Of which kind each of the case's streams is."""
    heads: Sequence[ProvedHead]
    policies: Mapping[str, object] = field(default_factory=dict)
    replay: bytes
    story: str
    opened: Mapping[int, Sequence[Opened]] = field(default_factory=dict)
    """What was opened, by the position of the event; for whoever can open what is encrypted."""

    @property
    def name(self) -> str:
        """Return what the bundle is called: a plain name, whatever people call the case."""
        plain = PLAIN.fullmatch(self.case_reference)
        case = self.case_reference if plain else str(self.case_id)
        return f"{case}-at-{self.checkpoint.checkpoint.size}"


def written(bundle: Bundle, signer: Signer) -> bytes:
    """Return the archive, signed by the log's key. Raises `BundleTooLargeError`."""
    if FILES_OF_AN_EVENT * len(bundle.events) > MOST_FILES:
        raise BundleTooLargeError(f"{bundle.name} has {len(bundle.events)} events, too many for one archive")
    files = _payload(bundle) | _tags(bundle)
    payload = [path for path in files if path.startswith("data/")]
    files[offline.MANIFEST] = offline.manifest_of(files, payload).encode()
    text = offline.signed_text(files, bundle.checkpoint.checkpoint.origin, bundle.name)
    files[offline.SIGNED] = Note(text).signed(signer.sign(text)).written().encode()
    tags = offline.payload_and_tags(files)[offline.TAG_MANIFEST]
    files[offline.TAG_MANIFEST] = offline.manifest_of(files, tags).encode()
    if sum(map(len, files.values())) > LARGEST:
        raise BundleTooLargeError(f"{bundle.name} is too large for one archive")
    return offline.packed({f"{bundle.name}/{path}": data for path, data in files.items()})


def _tags(bundle: Bundle) -> dict[str, bytes]:
    payload = _payload(bundle)
    about = (
        f"Bag-Software-Agent: scp-events {version('scp-events')}\n"
        f"External-Identifier: {bundle.name}\n"
        f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n"
    )
    ours = resources.files("scp_events.ledger.offline")
    return {
        "bagit.txt": BAGIT,
        "bag-info.txt": about.encode(),
        "README.md": ours.joinpath("README.md").read_bytes(),
        "verify.py": ours.joinpath("verify.py").read_bytes(),
    }


def _payload(bundle: Bundle) -> dict[str, bytes]:
    return {
        offline.CASE: _json(_case(bundle)),
        offline.CHECKPOINT: bundle.note.encode(),
        offline.TRUST: bundle.trust.text().encode(),
        **{
            offline.hand_over(number): note.encode() for number, note in enumerate(bundle.hand_overs, start=1)
        },
        offline.HEADS: _json([_head(head) for head in bundle.heads]),
        offline.REPLAY: bundle.replay,
        "data/readable/story.txt": bundle.story.encode(),
        **{f"data/policies/{name}.json": _json(policy) for name, policy in bundle.policies.items()},
        **{path: data for event in bundle.events for path, data in _event(event, bundle.note)},
        **{_opened_path(position): _json(_opened(said)) for position, said in bundle.opened.items()},
    }


def _case(bundle: Bundle) -> object:
    checkpoint = bundle.checkpoint.checkpoint
    return {
        "format": offline.FORMAT,
        "bundle": bundle.name,
        "case_id": str(bundle.case_id),
        "case_reference": bundle.case_reference,
        "checkpoint": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        },
        "streams": {str(stream): category for stream, category in bundle.streams.items()},
    }


def _head(head: ProvedHead) -> object:
    siblings = [sibling.hex() for sibling in head.siblings]
    return {"kind": _KINDS[head.kind], "id": str(head.id), "count": head.count, "siblings": siblings}


def _event(event: ProvedEvent, note: str) -> Iterable[tuple[str, bytes]]:
    name = f"{offline.EVENTS}{event.leaf.position:010}"
    yield name + offline.EVENT, event.stored
    yield name + offline.LEAF, event.leaf.record()
    yield name + offline.PROOF, LogProof(event.leaf.position - 1, event.proof, note).text().encode()


def _opened_path(position: int) -> str:
    return f"{offline.OPENED}{position:010}.json"


def _opened(said: Iterable[Opened]) -> object:
    return [
        {"digest": to_base64(each.digest), "salt": to_base64(each.salt), "text": each.text} for each in said
    ]


def _json(value: object) -> bytes:
    """Return a value as JSON in one spelling."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
