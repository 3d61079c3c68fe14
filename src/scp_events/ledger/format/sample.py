"""An audit sample: streams of the log that a checkpoint and a purpose choose, and nobody besides.

A document (see `document`) with the frame, which is all streams and cases with their counts, and the draw:

    data/frame.txt         `case ID COUNT`, or `stream ID COUNT` and its first event's leaf record in base64
    data/frame-proof.txt   hashes of the rest of the tree, from left to right

The counts rebuild the root of the tree of counts that the checkpoint signs, so the frame is complete. The
first event's leaf says of which kind a stream is, and is proved to be in the log, so nobody chose the strata.

The draw. The seed is the SHA-256 of five lines: the document's format, origin, size and root (in hexadecimal
digits) of the checkpoint, and the purpose. A stream's number is the SHA-256 of the seed and the 16 bytes of
its id. Of N streams in all, a stratum of M has floor(n * M / N) of the n to be drawn; what is left goes, one
each, to the strata with the largest remainders, of equal ones to the first by name. Of each stratum those
with the smallest numbers are drawn. So each stream of a stratum is as likely as any other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.document import Document, Vouched
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.note import to_base64
from scp_events.ledger.format.tree import Node, hash_between, split
from scp_events.ledger.offline import verify as offline


class Stratum(StrEnum):
    """By what streams are told apart before some are drawn of each."""

    CATEGORY = "category"
    YEAR = "year"
    """In which the first event was recorded, UTC."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Draw:
    """What is asked for: so many streams, told apart by something, for a purpose."""

    purpose: str
    by: Stratum
    size: int


class TooFewError(Exception):
    """There are not so many streams."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A stream that may be drawn: its first event, and how many it has."""

    first: Leaf
    count: int

    @property
    def id(self) -> UUID:
        """Return which stream it is."""
        return self.first.stream_id

    def stratum(self, by: Stratum) -> str:
        """Return the name of the stratum it is in."""
        match by:
            case Stratum.CATEGORY:
                return self.first.type.partition(".")[0]
            case Stratum.YEAR:
                return str(self.first.recorded_at.year)
            case Stratum.NOTHING:
                return "all"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn of a stratum."""

    stratum: str
    streams: int
    """How many it has in all."""
    drawn: tuple[UUID, ...]

    def says(self) -> dict[str, object]:
        """Return what a document says of it."""
        return {"stratum": self.stratum, "streams": self.streams, "drawn": [str(each) for each in self.drawn]}


def seed_of(checkpoint: Checkpoint, purpose: str) -> bytes:
    """Return what decides the draw."""
    lines = (offline.SAMPLE, checkpoint.origin, checkpoint.size, checkpoint.root.hex(), purpose)
    return sha256("".join(f"{line}\n" for line in lines).encode()).digest()


def draw(units: Iterable[Unit], asked: Draw, seed: bytes) -> list[Drawn]:
    """Draw what is asked for, of each stratum its share. Raises `TooFewError`."""
    strata = defaultdict[str, list[UUID]](list)
    for unit in units:
        strata[unit.stratum(asked.by)].append(unit.id)
    total = sum(map(len, strata.values()))
    if not 0 < asked.size <= total:
        raise TooFewError(f"{asked.size} streams cannot be drawn from {total}: ask for fewer, and at least 1")
    shares = _shares({name: len(ids) for name, ids in strata.items()}, asked.size, total)
    return [
        Drawn(name, len(ids), tuple(_smallest(ids, shares[name], seed)))
        for name, ids in sorted(strata.items())
    ]


def _smallest(ids: Iterable[UUID], share: int, seed: bytes) -> list[UUID]:
    """Return the streams with the smallest numbers, in their order."""
    return sorted(ids, key=lambda of: sha256(seed + of.bytes).digest())[:share]


def _shares(sizes: dict[str, int], size: int, total: int) -> dict[str, int]:
    """Return how many are drawn of each stratum: by the largest remainder."""
    shares = {name: size * of // total for name, of in sizes.items()}
    rounded_most = sorted(sizes, key=lambda name: (-(size * sizes[name] % total), name))
    for name in rounded_most[: size - sum(shares.values())]:
        shares[name] += 1
    return shares


# --- the document -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Frame:
    """All there is to draw from: every stream, and how many events each case has."""

    units: Sequence[Unit]
    cases: Sequence[tuple[UUID, int]]

    def lines(self) -> Iterable[str]:
        """Yield the lines of the file, in order."""
        for of, count in sorted(self.cases):
            yield f"case {of} {count}\n"
        for unit in sorted(self.units, key=lambda unit: unit.id):
            yield f"stream {unit.id} {unit.count} {to_base64(unit.first.record())}\n"


def document_of(vouched: Vouched, frame: Frame, node: Node, asked: Draw) -> tuple[Document, list[Drawn]]:
    """Return the sample as it is handed out, and what was drawn. Raises `TooFewError`."""
    seed = seed_of(vouched.opened.checkpoint, asked.purpose)
    drawn = draw(frame.units, asked, seed)
    says = {
        "purpose": asked.purpose,
        "by": str(asked.by),
        "size": asked.size,
        "seed": seed.hex(),
        "strata": [each.says() for each in drawn],
    }
    places = sorted(unit.first.position - 1 for unit in frame.units)
    others = rest_of_tree(places, 0, vouched.size, node)
    files = {
        offline.FRAME: "".join(frame.lines()).encode(),
        offline.FRAME_PROOF: "".join(f"{to_base64(each)}\n" for each in others).encode(),
    }
    return Document(offline.SAMPLE, f"sample-at-{vouched.size}", vouched, says, files), drawn


def rest_of_tree(places: Sequence[int], start: int, end: int, node: Node) -> list[bytes]:
    """Return what leads from some leaves, in order, to the root: hashes of the largest parts without any."""
    if not places:
        return [hash_between(start, end, node)]
    if end - start == 1:
        return []
    half = start + split(end - start)
    left = [place for place in places if place < half]
    right = places[len(left) :]
    return [*rest_of_tree(left, start, half, node), *rest_of_tree(right, half, end, node)]
