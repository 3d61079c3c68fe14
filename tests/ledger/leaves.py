"""Invented leaves, a look-up of perfect subtrees computed from them, and time to do it."""

from __future__ import annotations

from functools import cache

from hypothesis import settings

from scp_events.ledger.format.tree import Node, leaf_hash
from tests.ledger.textbook import mth

unhurried = settings(deadline=None)
"""No property depends on how fast a machine is."""


@cache
def invented(size: int, salt: bytes = b"") -> tuple[bytes, ...]:
    """Return `size` leaf hashes."""
    return tuple(leaf_hash(b"record %d %s" % (number, salt)) for number in range(size))


def node_of(leaves: tuple[bytes, ...]) -> Node:
    """Return the look-up of perfect subtrees over these leaves. It knows no incomplete ones."""

    @cache
    def node(level: int, index: int) -> bytes:
        width = 1 << level
        assert index >= 0
        assert (index + 1) * width <= len(leaves), "this subtree is not full"
        return mth(leaves[index * width : (index + 1) * width])

    return node
