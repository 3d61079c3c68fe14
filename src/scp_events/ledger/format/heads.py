"""How many events each stream and each case has at one size of the log: a sparse Merkle tree of counts.

The tree of events proves that an event is in the log, and never that none was left out. Its checkpoints
therefore name the root of a second tree, with a *head* for every stream (its last version, and so how many
events it has) and for every case (how many events all of its streams have together). Whoever has a case's
events and its heads knows that nothing is missing, neither an event nor a whole stream.

A head's *key* is SHA-256 of its kind (one byte) and id (16 bytes). The key's bits, first bit first, say where
the head is: 0 goes left, 1 goes right. A subtree without heads has the hash of 32 zero bytes; one with a
single head has that head's hash, however deep it would otherwise be; any other is SHA-256 of a byte 1 and the
hashes of its two halves. So the root depends on the heads alone, not on the order in which they came, and on
the way of a key there is one head or none: a proof of a count is the other halves met on that way.

    offset  bytes  of a head's record; its hash is SHA-256 of a zero byte and the record
    0          18  `scp-events head v1`
    18          1  kind: 1 for a stream, 2 for a case
    19         16  id
    35          4  count, big-endian

What checks a proof makes the key from the id that is asked about; it takes no key from the proof. A proof of
another stream's head could otherwise pass for this one's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from struct import Struct
from typing import TypeAlias
from uuid import UUID

from scp_events.ledger.format.tree import HASH_BYTES, ProofError, check_hashes, node_hash

DOMAIN = b"scp-events head v1"
EMPTY = bytes(HASH_BYTES)
"""The hash of a subtree without heads."""
DEEPEST = 8 * HASH_BYTES
"""How many halves a way can pass: the bits of a key."""

_START = b"\x00" + DOMAIN
_COUNT = Struct(">I")
NAME_BYTES = 17
"""Kind and id: what tells one head from another."""
ENTRY_BYTES = NAME_BYTES + _COUNT.size


class Kind(IntEnum):
    """What a head counts the events of."""

    STREAM = 1
    CASE = 2


Name: TypeAlias = bytes
"""A head's kind and id, in 17 bytes."""
Entry: TypeAlias = bytes
"""A head: its name and count, in 21 bytes."""
Placed: TypeAlias = tuple[int, bytes]
"""A head where the tree has it: its key, as a number, and its hash."""


def name_of(kind: Kind, of: UUID | bytes) -> Name:
    """Return the name of a stream's or a case's head."""
    return bytes((kind,)) + (of.bytes if isinstance(of, UUID) else of)


def entry_of(name: Name, count: int) -> Entry:
    """Return a head as one piece of bytes."""
    return name + _COUNT.pack(count)


def name_in(entry: Entry) -> Name:
    """Return whose head this is."""
    return entry[:NAME_BYTES]


def count_in(entry: Entry) -> int:
    """Return how many events it counts."""
    return int.from_bytes(entry[NAME_BYTES:], "big")


def key_of(name: Name) -> int:
    """Return a head's key as a number, whose highest of 256 bits is the first turn on its way."""
    return int.from_bytes(sha256(name).digest(), "big")


def head_hash(entry: Entry) -> bytes:
    """Return the hash of a head."""
    return sha256(_START + entry).digest()


def placed(entry: Entry) -> Placed:
    """Return a head's key and hash."""
    return key_of(entry[:NAME_BYTES]), sha256(_START + entry).digest()


def turn(key: int, depth: int) -> int:
    """Return which way a key goes below a node at this depth: 0 left, 1 right."""
    return (key >> (DEEPEST - 1 - depth)) & 1


def root_of(counts: Mapping[Name, int]) -> bytes:
    """Return the root of the tree with these heads."""
    return subtree_hash(sorted(placed(entry_of(name, count)) for name, count in counts.items()), 0)


def subtree_hash(heads: Sequence[Placed], depth: int) -> bytes:
    """Return the hash of a subtree at a depth, from its heads in the order of their keys."""
    if len(heads) < 2:  # noqa: PLR2004 - none, or one that stands for its whole subtree
        return heads[0][1] if heads else EMPTY
    middle = split_at(heads, depth)
    return node_hash(subtree_hash(heads[:middle], depth + 1), subtree_hash(heads[middle:], depth + 1))


def split_at(heads: Sequence[Placed], depth: int) -> int:
    """Return where the right half of a subtree at a depth begins, among its heads in order."""
    below = DEEPEST - 1 - depth
    boundary = ((heads[0][0] >> below) | 1) << below
    return bisect_left(heads, (boundary, b""))


# --- proofs -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HeadProof:
    """What stands on the way of a key: the other halves from the root downwards, and the head at its end."""

    siblings: tuple[bytes, ...]
    found: Entry | None
    """The head of the name asked for; or one of another name, or None: both prove that there is none."""


def prove_in(heads: Iterable[tuple[Placed, Entry]], key: int, depth: int = 0) -> HeadProof:
    """Return what stands on the way of a key through a subtree at a depth."""
    entries = dict(heads)
    ordered, siblings = sorted(entries), list[bytes]()
    while len(ordered) > 1:
        middle = split_at(ordered, depth)
        left, right = ordered[:middle], ordered[middle:]
        ordered, other = (right, left) if turn(key, depth) else (left, right)
        depth += 1
        siblings.append(subtree_hash(other, depth))
    return HeadProof(tuple(siblings), entries[ordered[0]] if ordered else None)


def verify_count(root: bytes, name: Name, count: int, siblings: Sequence[bytes]) -> None:
    """Check that a stream or case has exactly so many events. Raises `ProofError`."""
    if count < 1:
        raise ProofError(f"a head counts at least one event, not {count}: absence is proved otherwise")
    _climb(root, key_of(name), head_hash(entry_of(name, count)), siblings)


def verify_absence(root: bytes, name: Name, proof: HeadProof) -> None:
    """Check that a stream or case has no event at all. Raises `ProofError`."""
    key, found = key_of(name), EMPTY
    if proof.found is not None:
        if name_in(proof.found) == name:
            raise ProofError(f"the head {name.hex()} is there, with {count_in(proof.found)} events")
        if len(proof.found) != ENTRY_BYTES:
            raise ProofError(f"a head has {ENTRY_BYTES} bytes, this has {len(proof.found)}")
        other, found = placed(proof.found)
        if (key ^ other) >> (DEEPEST - len(proof.siblings)):
            raise ProofError("the head shown is not on the way of the one asked about")
    _climb(root, key, found, proof.siblings)


def _climb(root: bytes, key: int, found: bytes, siblings: Sequence[bytes]) -> None:
    """Go up the way of a key, from what is at its end to the root."""
    check_hashes((root, *siblings))
    if len(siblings) > DEEPEST:
        raise ProofError(f"no way is {len(siblings)} halves long")
    for depth in reversed(range(len(siblings))):
        other = siblings[depth]
        found = node_hash(other, found) if turn(key, depth) else node_hash(found, other)
    if found != root:
        raise ProofError(f"the proof leads to {found.hex()}, not to the root {root.hex()}")
