"""A log of invented events, one case of it as a bundle, and ways to falsify that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from random import Random
from uuid import UUID

from scp_events.ledger.format.absence import Claim
from scp_events.ledger.format.absence import document_of as proof_of_absence
from scp_events.ledger.format.bundle import Bundle, Opened, ProvedCase, ProvedEvent, ProvedHead
from scp_events.ledger.format.checkpoint import Checkpoint, open_checkpoint, sign, with_cosignatures
from scp_events.ledger.format.document import Document, Vouched, written
from scp_events.ledger.format.head_pages import paged
from scp_events.ledger.format.heads import Kind, Name, name_of
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.note import KeyKind, Signer, from_base64, to_base64
from scp_events.ledger.format.sample import Draw, Frame, Stratum, Unit
from scp_events.ledger.format.sample import document_of as sample_of
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
DETAIL = '{"name": "Ash Example"}   '
SALT = bytes(range(32))
TYPES = {
    "participant": ("registered", "identity-linked"),
    "irp": ("draft-started", "proposed", "approved"),
    "engagement": ("boundaries-agreed", "contact-recorded", "choice-recorded"),
}
"""What the n-th event of a stream of a kind is, again and again."""


def digest(text: str, salt: bytes = SALT) -> str:
    """Return what stands in an event in the clear for details that are encrypted in it."""
    return to_base64(offline.sha256(b"scp-events/part-text/1\0" + salt + text.encode()))


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
    kinds = {CASE: "participant", PLAN: "irp"}
    streams = [CASE, PLAN, *(UUID(int=random.getrandbits(128)) for _ in range(2))]
    others = [UUID(int=random.getrandbits(128)) for _ in range(60)]
    versions: dict[UUID, int] = {}
    stored, leaves, cases = [], [], []
    for index in range(events):
        stream = random.choice(streams if index in places else others)
        case = CASE if index in places else UUID(int=stream.int >> 2)
        versions[stream] = versions.get(stream, 0) + 1
        kind = kinds.setdefault(stream, "engagement")
        stored_as = f"{kind}.{TYPES[kind][(versions[stream] - 1) % len(TYPES[kind])]}"
        stored.append(_body(index, case, stored_as, is_first=case not in cases))
        cases.append(case)
        leaves.append(
            Leaf(
                position=index + 1,
                stream_id=stream,
                version=versions[stream],
                recorded_at=NOON + timedelta(seconds=index),
                type=stored_as,
                stored_sha256=sha256(stored[-1]).digest(),
            )
        )
    return Invented(tuple(stored), tuple(leaves), tuple(cases))


def _body(index: int, case: UUID, stored_as: str, *, is_first: bool) -> bytes:
    """Return an event's bytes; the first of a case says what people call it, and has an encrypted part."""
    says = {"case_reference": REFERENCE if case == CASE else str(case)} if is_first else {}
    encrypted = (
        {"encrypted": [{"digest": digest(DETAIL)}]} if is_first else {"salt": "AAAAAAAAAAAAAAAAAAAAAA=="}
    )
    said = {
        "event_id": str(UUID(int=index + 1)),
        "case_id": str(case),
        "occurred_at": (NOON + timedelta(hours=index)).isoformat(),
        "precision": "minute",
        "event": {"type": stored_as, "number": index, **says},
        **encrypted,
    }
    return json.dumps(said).encode()


@cache
def vouched_by(log: Invented, cosigned: int = 3) -> Vouched:
    """Return the checkpoint of a log, signed."""
    hashes = tuple(leaf_hash(leaf.record()) for leaf in log.leaves)
    heads = to_base64(paged(log.counts())[0].root)
    checkpoint = Checkpoint(LOG.name, len(hashes), root_of(hashes), (f"heads {heads}",))
    note = with_cosignatures(
        sign(checkpoint, LOG), [each.cosign(checkpoint.text(), NOON) for each in WITNESSES[:cosigned]]
    )
    trust = Trust.of([LOG.verifier], {each.verifier: None for each in WITNESSES}, 2)
    return Vouched(open_checkpoint(note, [LOG.verifier]), note, trust)


@cache
def case_in(log: Invented, cosigned: int = 3, case_id: UUID = CASE, reference: str = REFERENCE) -> ProvedCase:
    """Return one case of a log, proved."""
    node = node_of(tuple(leaf_hash(leaf.record()) for leaf in log.leaves))
    (heads, fetch), counts = paged(log.counts()), log.counts()
    mine = [
        ProvedEvent(leaf, log.stored[index], inclusion_proof(index, len(log.leaves), node))
        for index, leaf in enumerate(log.leaves)
        if log.cases[index] == case_id
    ]
    streams = {event.leaf.stream_id: event.leaf.type.partition(".")[0] for event in mine}
    names = [(Kind.CASE, case_id), *((Kind.STREAM, stream) for stream in streams)]
    return ProvedCase(
        id=case_id,
        reference=reference,
        vouched=vouched_by(log, cosigned),
        events=mine,
        streams=streams,
        heads=[
            ProvedHead(kind, of, counts[name_of(kind, of)], heads.prove(name_of(kind, of), fetch).siblings)
            for kind, of in names
        ],
    )


@cache
def bundle_of(events: int = 1200, ours: int = 69, cosigned: int = 3) -> Bundle:
    """Return one case of such a log as a bundle."""
    case = case_in(log_of(events, ours), cosigned)
    replay = {"log_position": events, "story": [{"position": each.leaf.position} for each in case.events]}
    return Bundle(
        case=case,
        policies={"2025.1": {"draft_open_days": 28}},
        replay=json.dumps(replay).encode(),
        story="What happened.\n",
        opened={case.events[0].leaf.position: [Opened(from_base64(digest(DETAIL)), SALT, DETAIL)]},
    )


def absence_of(case: ProvedCase, *types: str, first_day: date, last_day: date) -> Document:
    """Return the proof that nothing of some types stands in some days of UTC."""
    starts, last = (datetime.combine(day, time(), UTC) for day in (first_day, last_day))
    claim = Claim(types, first_day, last_day, "UTC", starts, last + timedelta(days=1))
    return proof_of_absence(case, claim)


def sample_in(log: Invented, draw: Draw) -> Document:
    """Return an audit sample of a log."""
    node, counts = node_of(tuple(leaf_hash(leaf.record()) for leaf in log.leaves)), log.counts()
    first = [leaf for leaf in log.leaves if leaf.version == 1]
    units = [Unit(leaf, counts[name_of(Kind.STREAM, leaf.stream_id)]) for leaf in first]
    cases = [(case, counts[name_of(Kind.CASE, case)]) for case in dict.fromkeys(log.cases)]
    document, _ = sample_of(vouched_by(log), Frame(units, cases), node, draw)
    return document


BEFORE_IT_BEGAN = date(2025, 1, 1), date(2025, 2, 28)
A_DRAW = Draw(purpose="review of spring", by=Stratum.CATEGORY, size=9)


@cache
def archive(events: int = 1200, ours: int = 69) -> bytes:
    """Return that bundle as it is written."""
    return written(bundle_of(events, ours).document(), LOG)


@cache
def absence(events: int = 1200, ours: int = 69) -> bytes:
    """Return the proof that no contact stands in a time before any."""
    first_day, last_day = BEFORE_IT_BEGAN
    case = case_in(log_of(events, ours))
    contact = "engagement.contact-recorded"
    return written(absence_of(case, contact, first_day=first_day, last_day=last_day), LOG)


@cache
def sample(events: int = 1200, ours: int = 69) -> bytes:
    """Return an audit sample of that log."""
    return written(sample_in(log_of(events, ours), A_DRAW), LOG)


# --- falsifying -------------------------------------------------------------------------------------------

Files = dict[str, bytes]


def unpacked(document: bytes) -> tuple[str, Files]:
    """Return what a document is called, and its files."""
    files, base = offline.without_base(offline.unpacked(document))
    return base, files


def falsified(
    change: Callable[[Files], object], signer: Signer | None = None, document: bytes | None = None
) -> bytes:
    """Return a document with its files changed, checksums and all made to fit, as by somebody able.

    With a `signer` the manifests are signed anew by it; without, their old signature stays.
    """
    base, files = unpacked(archive() if document is None else document)
    kind = kind_of(files)
    change(files)
    return refitted(base, kind, files, signer)


def kind_of(files: Files) -> str:
    """Return of which kind a document is."""
    return files[offline.SIGNED].decode().split("\n")[0]


def refitted(base: str, kind: str, files: Files, signer: Signer | None = None) -> bytes:
    """Return files as a document whose checksums fit."""
    payload, _ = offline.payload_and_tags(files).values()
    files[offline.MANIFEST] = offline.manifest_of(files, payload).encode()
    if signer is not None:
        text = offline.signed_text(files, kind, signer.name, base)
        files[offline.SIGNED] = f"{text}\n{signer.sign(text).line()}".encode()
    tags = offline.payload_and_tags(files)[offline.TAG_MANIFEST]
    files[offline.TAG_MANIFEST] = offline.manifest_of(files, tags).encode()
    return offline.packed({f"{base}/{path}": data for path, data in files.items()})
