"""A log of invented events, one case of it as a bundle, and ways to falsify that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from random import Random
from uuid import UUID

from scp_events.ledger.format.bundle import Bundle, ProvedEvent, ProvedHead, written
from scp_events.ledger.format.checkpoint import Checkpoint, open_checkpoint, sign, with_cosignatures
from scp_events.ledger.format.head_pages import paged
from scp_events.ledger.format.heads import Kind, Name, name_of
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.note import KeyKind, Signer, to_base64
from scp_events.ledger.format.tree import inclusion_proof, leaf_hash, root_of
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.offline import verify as offline
from tests.ledger.leaves import node_of

NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
LOG = Signer("log.example/second-chance", KeyKind.NOTE, b"log key of tests".ljust(32))
WITNESSES = tuple(
    Signer(f"{name}.example/witness", KeyKind.COSIGNATURE, f"{name} key of tests".encode().ljust(32))
    for name in ("court", "ministry", "police")
)
CASE = UUID("11111111-1111-4111-8111-111111111111")
REFERENCE = "SC-2025-014"
PLAN = UUID("33333333-3333-4333-8333-333333333333")


@dataclass(frozen=True)
class Invented:
    """A log: its events as they are stored, and what the tree says of each."""

    stored: tuple[bytes, ...]
    leaves: tuple[Leaf, ...]
    cases: tuple[UUID, ...]

    def counts(self) -> dict[Name, int]:
        """Return how many events each stream and each case has."""
        found: dict[Name, int] = {}
        for leaf, case in zip(self.leaves, self.cases, strict=True):
            for name in (name_of(Kind.STREAM, leaf.stream_id), name_of(Kind.CASE, case)):
                found[name] = found.get(name, 0) + 1
        return found


@cache
def log_of(events: int = 1200, ours: int = 69) -> Invented:
    """Return a log in which one case's events, in four streams, lie among those of others."""
    random = Random(4)  # noqa: S311 - the same log every time
    places = set(random.sample(range(events), ours))
    streams = [CASE, PLAN, *(UUID(int=random.getrandbits(128)) for _ in range(2))]
    others = [UUID(int=random.getrandbits(128)) for _ in range(60)]
    versions: dict[UUID, int] = {}
    stored, leaves, cases = [], [], []
    for index in range(events):
        stream = random.choice(streams if index in places else others)
        case = CASE if index in places else UUID(int=stream.int >> 2)
        versions[stream] = versions.get(stream, 0) + 1
        named = {"case_reference": REFERENCE} if case == CASE else {}
        said = {"case_id": str(case), "event": {"type": "irp.proposed", "number": index} | named}
        stored.append(json.dumps(said).encode())
        cases.append(case)
        leaves.append(
            Leaf(
                position=index + 1,
                stream_id=stream,
                version=versions[stream],
                recorded_at=NOON + timedelta(seconds=index),
                type="irp.proposed",
                stored_sha256=sha256(stored[-1]).digest(),
            )
        )
    return Invented(tuple(stored), tuple(leaves), tuple(cases))


@cache
def bundle_of(events: int = 1200, ours: int = 69, cosigned: int = 3) -> Bundle:
    """Return one case of such a log as a bundle."""
    log = log_of(events, ours)
    hashes = tuple(leaf_hash(leaf.record()) for leaf in log.leaves)
    node, (heads, fetch) = node_of(hashes), paged(log.counts())
    checkpoint = Checkpoint(LOG.name, events, root_of(hashes), (f"heads {to_base64(heads.root)}",))
    note = with_cosignatures(
        sign(checkpoint, LOG), [each.cosign(checkpoint.text(), NOON) for each in WITNESSES[:cosigned]]
    )
    mine = [
        ProvedEvent(leaf, log.stored[index], inclusion_proof(index, events, node))
        for index, leaf in enumerate(log.leaves)
        if log.cases[index] == CASE
    ]
    streams = dict.fromkeys((event.leaf.stream_id for event in mine), "irp")
    counts = log.counts()
    names = [(Kind.CASE, CASE), *((Kind.STREAM, stream) for stream in streams)]
    replay = {"log_position": events, "story": [{"position": event.leaf.position} for event in mine]}
    return Bundle(
        case_id=CASE,
        case_reference=REFERENCE,
        checkpoint=open_checkpoint(note, [LOG.verifier]),
        note=note,
        trust=Trust.of([LOG.verifier], {each.verifier: None for each in WITNESSES}, 2),
        events=mine,
        streams=streams,
        heads=[
            ProvedHead(
                kind,
                of,
                counts[name_of(kind, of)],
                heads.prove(name_of(kind, of), fetch).siblings,
            )
            for kind, of in names
        ],
        policies={"2025.1": {"draft_open_days": 28}},
        replay=json.dumps(replay).encode(),
        story="What happened.\n",
    )


@cache
def archive(events: int = 1200, ours: int = 69) -> bytes:
    """Return that bundle as it is written."""
    return written(bundle_of(events, ours), LOG)


# --- falsifying -------------------------------------------------------------------------------------------

Files = dict[str, bytes]


def falsified(change: Callable[[Files], object], signer: Signer | None = None) -> bytes:
    """Return the bundle with its files changed, checksums and all made to fit, as by somebody able.

    With a `signer` the manifests are signed anew by it; without, their old signature stays.
    """
    named = offline.unpacked(archive())
    base = next(iter(named)).partition("/")[0]
    files = {name.removeprefix(f"{base}/"): data for name, data in named.items()}
    change(files)
    payload, _ = offline.payload_and_tags(files).values()
    files[offline.MANIFEST] = offline.manifest_of(files, payload).encode()
    if signer is not None:
        text = offline.signed_text(files, signer.name, base)
        files[offline.SIGNED] = f"{text}\n{signer.sign(text).line()}".encode()
    tags = offline.payload_and_tags(files)[offline.TAG_MANIFEST]
    files[offline.TAG_MANIFEST] = offline.manifest_of(files, tags).encode()
    return offline.packed({f"{base}/{path}": data for path, data in files.items()})
