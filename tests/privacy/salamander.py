"""A ciphertext of AES-GCM that opens under two keys: an invisible salamander.

GCM's tag is linear in every block of the ciphertext. So whoever chooses both keys can solve for one block
that makes the tags under both the same, and the rest of the ciphertext is free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
REDUCTION = 0xE1 << 120


class Side(NamedTuple):
    """One of the two keys, and what the ciphertext is bound to when it is opened with it."""

    key: bytes
    bound_to: bytes


def salamander(nonce: bytes, one: Side, other: Side, ciphertext: bytes) -> bytes:
    """Return `ciphertext` with its first block replaced, and a tag, so that it opens under both sides."""
    blocks = [ciphertext[n : n + BLOCK] for n in range(0, len(ciphertext), BLOCK)]
    assert len(blocks[-1]) == BLOCK, "whole blocks are easiest"
    blocks[0] = bytes(BLOCK)
    power = len(blocks) + 1  # of the first block: those after it, and the block of lengths
    difference = _tag(nonce, one, blocks) ^ _tag(nonce, other, blocks)
    factor = _power(_hash_key(one.key), power) ^ _power(_hash_key(other.key), power)
    blocks[0] = _times(difference, _inverse(factor)).to_bytes(BLOCK)
    tag = _tag(nonce, one, blocks)
    assert tag == _tag(nonce, other, blocks)
    return b"".join(blocks) + tag.to_bytes(BLOCK)


def keystream(key: bytes, nonce: bytes, length: int) -> bytes:
    """Return what GCM adds to the text."""
    counter = algorithms.AES(key), modes.CTR(nonce + (2).to_bytes(4))
    return Cipher(*counter).encryptor().update(bytes(length))


# --- GCM, as NIST SP 800-38D says it ----------------------------------------------------------------------


def _tag(nonce: bytes, side: Side, blocks: Sequence[bytes]) -> int:
    hashed = 0
    lengths = (len(side.bound_to) * 8).to_bytes(8) + (len(blocks) * BLOCK * 8).to_bytes(8)
    padded = side.bound_to + bytes(-len(side.bound_to) % BLOCK)
    bound = [padded[n : n + BLOCK] for n in range(0, len(padded), BLOCK)]
    for block in (*bound, *blocks, lengths):
        hashed = _times(hashed ^ int.from_bytes(block), _hash_key(side.key))
    return hashed ^ int.from_bytes(_encrypted(side.key, nonce + (1).to_bytes(4)))


def _hash_key(key: bytes) -> int:
    return int.from_bytes(_encrypted(key, bytes(BLOCK)))


def _encrypted(key: bytes, block: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305 - one block is all of it


def _times(one: int, other: int) -> int:
    """Multiply in GF(2^128); the first bit of a block is the coefficient of x^0."""
    product = 0
    for bit in range(127, -1, -1):
        if other >> bit & 1:
            product ^= one
        one = one >> 1 ^ (REDUCTION if one & 1 else 0)
    return product


def _power(base: int, exponent: int) -> int:
    result = 1 << 127
    for _ in range(exponent):
        result = _times(result, base)
    return result


def _inverse(value: int) -> int:
    """Return value^(2^128 - 2)."""
    result, square = 1 << 127, value
    for _ in range(127):
        square = _times(square, square)
        result = _times(result, square)
    return result
