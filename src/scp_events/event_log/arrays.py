"""PostgreSQL's binary arrays, written and read directly.

The general way of psycopg asks of every element anew what it is, which took most of a caller's time in a
batch of appends. The bytes are those of `array_send`: dimensions, whether any element is NULL, the element's
type and the first index; then each element with its length, -1 for NULL.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from psycopg.postgres import types

_HEADER = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i")
_SMALLINT = struct.Struct("!ih")
_INTEGER = struct.Struct("!ii")
_BIGINT = struct.Struct("!iq")
_UUID, _BYTEA, _TEXT = types["uuid"].oid, types["bytea"].oid, types["text"].oid
_INT2, _INT4, _INT8 = types["int2"].oid, types["int4"].oid, types["int8"].oid
_BOOL, _TIMESTAMPTZ = types["bool"].oid, types["timestamptz"].oid
_NULL = b"\xff\xff\xff\xff"
_UUID_LENGTH = b"\x00\x00\x00\x10"
_TRUE = b"\x00\x00\x00\x01\x01"
_FALSE = b"\x00\x00\x00\x01\x00"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_MICROSECONDS = 86_400_000_000


def uuids(values: Sequence[UUID | None]) -> bytes:
    """Return a `uuid[]`; None is NULL."""
    each = [_NULL if value is None else _UUID_LENGTH + value.bytes for value in values]
    return _array(_UUID, each, nulls=None in values)


def blobs(values: Sequence[bytes]) -> bytes:
    """Return a `bytea[]`."""
    return _array(_BYTEA, [_LENGTH.pack(len(value)) + value for value in values])


def texts(values: Iterable[str]) -> bytes:
    """Return a `text[]`."""
    encoded = [value.encode() for value in values]
    return _array(_TEXT, [_LENGTH.pack(len(value)) + value for value in encoded])


def smallints(values: Iterable[int]) -> bytes:
    """Return a `smallint[]`."""
    return _array(_INT2, [_SMALLINT.pack(2, value) for value in values])


def integers(values: Iterable[int]) -> bytes:
    """Return an `integer[]`."""
    return _array(_INT4, [_INTEGER.pack(4, value) for value in values])


def bigints(values: Sequence[int | None]) -> bytes:
    """Return a `bigint[]`; None is NULL."""
    each = [_NULL if value is None else _BIGINT.pack(8, value) for value in values]
    return _array(_INT8, each, nulls=None in values)


def booleans(values: Iterable[bool]) -> bytes:
    """Return a `boolean[]`."""
    return _array(_BOOL, [_TRUE if value else _FALSE for value in values])


def instants(values: Sequence[datetime | None]) -> bytes:
    """Return a `timestamptz[]` of times with a zone; None is NULL."""
    each = [_NULL if value is None else _BIGINT.pack(8, _microseconds(value)) for value in values]
    return _array(_TIMESTAMPTZ, each, nulls=None in values)


def instant(value: datetime) -> bytes:
    """Return a `timestamptz` of a time with a zone."""
    return struct.pack("!q", _microseconds(value))


def read_texts(array: bytes) -> list[str]:
    """Return the elements of a `text[]` without NULLs."""
    return [value.decode() for value in _elements(array) if value is not None]


def read_integers(array: bytes) -> list[int | None]:
    """Return the elements of an `integer[]` or `bigint[]`; NULL is None."""
    return [
        None if value is None else int.from_bytes(value, "big", signed=True) for value in _elements(array)
    ]


def read_instant(value: bytes) -> datetime:
    """Return a `timestamptz`, UTC."""
    return _EPOCH + timedelta(microseconds=int.from_bytes(value, "big", signed=True))


def _array(element: int, each: list[bytes], *, nulls: bool = False) -> bytes:
    return _HEADER.pack(1, nulls, element, len(each), 1) + b"".join(each)


def _elements(array: bytes) -> list[bytes | None]:
    found: list[bytes | None] = []
    at = _HEADER.size
    while at < len(array):
        (length,) = _LENGTH.unpack_from(array, at)
        at += _LENGTH.size
        found.append(None if length < 0 else array[at : at + length])
        at += max(length, 0)
    return found


def _microseconds(value: datetime) -> int:
    since = value - _EPOCH
    return since.days * _DAY_MICROSECONDS + since.seconds * 1_000_000 + since.microseconds
