"""The Merkle tree of RFC 6962 and RFC 9162: roots, the right edge a growing tree needs, and proofs.

A tree is named by its size. It is never held in memory: what makes a proof asks `node(level, index)` for the
hash of a perfect subtree, where level 0 holds the leaf hashes and a subtree of level n has 2**n of them.

Every hash that comes from outside is measured. A node of another length could otherwise be cut in two places,
and one root would prove two histories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves."""

Node: TypeAlias = Callable[[int, int], bytes]
"""Returns the hash of the perfect subtree at (level, index)."""


class ProofError(Exception):
    """What was to be proved is not: the proof does not lead from what it starts from to the root."""


def check_hashes(hashes: Iterable[bytes]) -> None:
    """Raise `ProofError` where one of these has not the length of a hash."""
    for each in hashes:
        if len(each) != HASH_BYTES:
            raise ProofError(f"a hash has {HASH_BYTES} bytes, this has {len(each)}")


def leaf_hash(record: bytes) -> bytes:
    """Return the hash of a record. The prefix keeps a record from passing for an inner node."""
    return sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others. Raises `ProofError` where one is no hash."""
    if len(left) != HASH_BYTES or len(right) != HASH_BYTES:
        raise ProofError(f"a hash has {HASH_BYTES} bytes, these have {len(left)} and {len(right)}")
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree with these leaves."""
    return RightEdge().with_leaves(leaf_hashes).root()


def peaks(size: int) -> Iterator[tuple[int, int]]:
    """Yield the (level, index) of the perfect subtrees a tree consists of, largest first."""
    start = 0
    for level in reversed(range(size.bit_length())):
        if (size >> level) & 1:
            yield level, start >> level
            start += 1 << level


@dataclass(frozen=True, slots=True)
class RightEdge:
    """All that a tree must remember to grow: its size and the hashes of its peaks, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what belongs to no tree."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ProofError(f"a tree of {self.size} leaves does not have {len(self.hashes)} peaks")
        check_hashes(self.hashes)

    def with_leaves(self, leaf_hashes: Iterable[bytes]) -> RightEdge:
        """Return the edge of the tree that has these leaves besides."""
        size, hashes = self.size, list(self.hashes)
        for each in leaf_hashes:
            grown = each
            size += 1
            for _ in range(_trailing_zeros(size)):
                grown = node_hash(hashes.pop(), grown)
            hashes.append(grown)
        return RightEdge(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for peak in reversed(self.hashes[:-1]):
            found = node_hash(peak, found)
        return found


# --- making proofs ----------------------------------------------------------------------------------------


def inclusion_proof(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """Return the proof that the leaf at `index` (from 0) is in the tree of `size` leaves."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has none at {index}")
    start, end = 0, size
    proof = []
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            proof.append(hash_between(middle, end, node))
            end = middle
        else:
            proof.append(hash_between(start, middle, node))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 < old <= new:
        raise ValueError(
            f"nothing proves that {new} leaves continue {old}: a tree grows, from 1 leaf at least"
        )
    start, end = 0, new
    proof = []
    while end != old:
        middle = start + split(end - start)
        if old <= middle:
            proof.append(hash_between(middle, end, node))
            end = middle
        else:
            proof.append(hash_between(start, middle, node))
            start = middle
    if start > 0:  # otherwise it is the old root, which whoever checks has already
        proof.append(hash_between(start, end, node))
    return tuple(reversed(proof))


def hash_between(start: int, end: int, node: Node) -> bytes:
    """Return the hash of the leaves from `start` to before `end`, a subtree of RFC 6962's recursion."""
    size = end - start
    if size.bit_count() == 1:
        level = size.bit_length() - 1
        found = node(level, start >> level)
        check_hashes((found,))
        return found
    middle = start + split(size)
    return node_hash(hash_between(start, middle, node), hash_between(middle, end, node))


def split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


# --- checking proofs --------------------------------------------------------------------------------------


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf is at `index` (from 0) in the tree of this size and root. Raises `ProofError`."""
    check_hashes((leaf_hash, root, *proof))
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} leaves has none at {index}")
    inside, along = _lengths(index, size)
    _expect(len(proof), inside + along)
    found = leaf_hash
    for level, sibling in enumerate(proof[:inside]):
        found = node_hash(sibling, found) if (index >> level) & 1 else node_hash(found, sibling)
    for sibling in proof[inside:]:
        found = node_hash(sibling, found)
    if found != root:
        raise ProofError(
            f"the proof leads from the leaf at {index} to {found.hex()}, not to the root {root.hex()}"
        )


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the new tree begins with the old one. Raises `ProofError`.

    From size 0 nothing can be proved: every tree begins with nothing, and a proof would vouch for any root.
    """
    check_hashes((old_root, new_root, *proof))
    if not 0 < old_size <= new_size:
        raise ProofError(f"nothing proves that a tree of {new_size} leaves continues one of {old_size}")
    if old_size == new_size:
        _expect(len(proof), 0)
        _same(old_root, new_root, f"two roots for {new_size} leaves")
        return
    _verify_growth(old_size, old_root, new_size, new_root, proof)


def _verify_growth(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Climb from the old tree's last peak: left siblings make the old root, all of them the new one."""
    level = _trailing_zeros(old_size)
    inside, along = _lengths((old_size - 1) >> level, ((new_size - 1) >> level) + 1)
    if old_size == 1 << level:
        seed, siblings = old_root, proof
        _expect(len(proof), inside + along)
    else:
        _expect(len(proof), 1 + inside + along)
        seed, siblings = proof[0], proof[1:]
    old = new = seed
    for above, sibling in enumerate(siblings[:inside]):
        if ((old_size - 1) >> (level + above)) & 1:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    for sibling in siblings[inside:]:
        old, new = node_hash(sibling, old), node_hash(sibling, new)
    _same(old, old_root, f"the proof does not start from the tree of {old_size} leaves")
    _same(new, new_root, f"the tree of {new_size} leaves does not continue that of {old_size}")


def _lengths(index: int, size: int) -> tuple[int, int]:
    """Return how many siblings a leaf has below where its way meets the right edge, and how many above."""
    inside = (index ^ (size - 1)).bit_length()
    return inside, (index >> inside).bit_count()


def _expect(length: int, expected: int) -> None:
    if length != expected:
        raise ProofError(f"the proof has {length} hashes where {expected} belong")


def _same(found: bytes, expected: bytes, otherwise: str) -> None:
    if found != expected:
        raise ProofError(f"{otherwise}: {found.hex()} is not {expected.hex()}")


def _trailing_zeros(number: int) -> int:
    """Return how often two divides a positive number."""
    return (number & -number).bit_length() - 1
