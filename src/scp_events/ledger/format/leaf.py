"""What the tree says of one event: a record of fixed layout, and the only bytes of an event that are hashed.

    offset  bytes  what
    0          18  `scp-events leaf v1`, so that nothing else of ours can pass for a leaf
    18          8  position, from 1
    26         16  stream id
    42          4  version, from 1
    46          8  recorded_at: microseconds since 1970-01-01T00:00:00Z, signed
    54          2  length n of the type
    56          n  type, UTF-8
    56 + n     32  SHA-256 of the stored bytes

Numbers are big-endian. The event at position p is leaf p - 1 of the tree, and the leaf's hash is that of RFC
6962: SHA-256 of a zero byte and the record. The stored bytes are hashed as they are, encrypted parts
included: nobody reads JSON to write the tree or to verify it, and a destroyed key breaks no proof.
`offline/verify.py` says the same in its own words; a change here is a new domain prefix, and never a new
meaning of this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from uuid import UUID

DOMAIN = b"scp-events leaf v1"

_FIXED = Struct(">Q16sIqH")
_PLACE = Struct(">Q16sIq").pack
_BEFORE_TYPE = len(DOMAIN) + _FIXED.size
_HASH_BYTES = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_START = b"\x00" + DOMAIN


class LeafError(Exception):
    """These bytes are no leaf record."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the tree says of one event."""

    position: int
    stream_id: UUID
    version: int
    recorded_at: datetime
    type: str
    stored_sha256: bytes

    def record(self) -> bytes:
        """Return the bytes that are the leaf."""
        place = _PLACE(self.position, self.stream_id.bytes, self.version, micros(self.recorded_at))
        return DOMAIN + place + _sized(self.type) + self.stored_sha256

    @classmethod
    def parse(cls, record: bytes) -> Leaf:
        """Return the leaf that these bytes are. Raises `LeafError`."""
        if not record.startswith(DOMAIN) or len(record) < _BEFORE_TYPE + _HASH_BYTES:
            raise LeafError(f"{record[: len(DOMAIN)]!r} does not begin a leaf record: {DOMAIN!r} does")
        position, stream_id, version, recorded_at, length = _FIXED.unpack_from(record, len(DOMAIN))
        if len(record) != _BEFORE_TYPE + length + _HASH_BYTES:
            raise LeafError(f"the record has {len(record)} bytes, which its type of {length} bytes belies")
        try:
            stored_as = record[_BEFORE_TYPE : _BEFORE_TYPE + length].decode()
            instant = _EPOCH + timedelta(microseconds=recorded_at)
        except (UnicodeDecodeError, OverflowError):
            raise LeafError("the record's type is no text, or its time is in no calendar") from None
        return cls(
            position, UUID(bytes=stream_id), version, instant, stored_as, record[_BEFORE_TYPE + length :]
        )


def leaf_hash_of(  # noqa: PLR0913, PLR0917 - a row's columns, in their order, half a million times a second
    position: int, stream_id: bytes, version: int, recorded_at: int, stored_as: str, stored: bytes
) -> bytes:
    """Return the hash of the leaf of one row: `tree.leaf_hash` of its record, without making it first."""
    return sha256(
        _START
        + _PLACE(position, stream_id, version, recorded_at)
        + _sized(stored_as)
        + sha256(stored).digest()
    ).digest()


def leaf_record_of(  # noqa: PLR0913, PLR0917 - as above
    position: int, stream_id: bytes, version: int, recorded_at: int, stored_as: str, stored: bytes
) -> bytes:
    """Return the leaf of one row."""
    place = _PLACE(position, stream_id, version, recorded_at)
    return DOMAIN + place + _sized(stored_as) + sha256(stored).digest()


def micros(instant: datetime) -> int:
    """Return the microseconds since 1970, exactly: a float would round them."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=1024)
def _sized(stored_as: str) -> bytes:
    """Return a type with its length before it; there are about a hundred."""
    encoded = stored_as.encode()
    return len(encoded).to_bytes(2, "big") + encoded
