"""PostgreSQL's binary arrays, written directly.

The general way of psycopg asks of every element anew what it is, which took most of a caller's time in a
batch of appends. The bytes are those of `array_send`: dimensions, whether any element is NULL, the element's
type, then each element with its length. https://www.postgresql.org/docs/current/protocol-overview.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.postgres import types
from psycopg.pq import Format

_HEADER = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i")
_NULL = _LENGTH.pack(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_DAY_MICROSECONDS = 86_400_000_000


class BinaryArray:
    """An array as PostgreSQL reads it from the wire."""

    element: str

    def __init__(self, elements: Sequence[Any]) -> None:
        self.bytes = _HEADER.pack(
            1, 1 if None in elements else 0, types[self.element].oid, len(elements), 1
        ) + b"".join(self.each(elements))

    def each(self, elements: Sequence[Any]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        raise NotImplementedError


class Uuids(BinaryArray):
    """`uuid[]`; None is NULL."""

    element = "uuid"

    def each(self, elements: Sequence[UUID | None]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [_NULL if value is None else b"\x00\x00\x00\x10" + value.bytes for value in elements]


class Blobs(BinaryArray):
    """`bytea[]`."""

    element = "bytea"

    def each(self, elements: Sequence[bytes]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [_LENGTH.pack(len(value)) + value for value in elements]


class Texts(BinaryArray):
    """`text[]`."""

    element = "text"

    def each(self, elements: Sequence[str]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        encoded = [value.encode() for value in elements]
        return [_LENGTH.pack(len(value)) + value for value in encoded]


class Smallints(BinaryArray):
    """`smallint[]`."""

    element = "int2"

    def each(self, elements: Sequence[int]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [struct.pack("!ih", 2, value) for value in elements]


class Integers(BinaryArray):
    """`integer[]`."""

    element = "int4"

    def each(self, elements: Sequence[int]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [struct.pack("!ii", 4, value) for value in elements]


class Bigints(BinaryArray):
    """`bigint[]`."""

    element = "int8"

    def each(self, elements: Sequence[int]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [struct.pack("!iq", 8, value) for value in elements]


class Booleans(BinaryArray):
    """`boolean[]`."""

    element = "bool"

    def each(self, elements: Sequence[bool]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00" for value in elements]


class Instants(BinaryArray):
    """`timestamptz[]` of times with a zone."""

    element = "timestamptz"

    def each(self, elements: Sequence[datetime]) -> Iterable[bytes]:
        """Return the elements, each with its length."""
        return [struct.pack("!iq", 8, _microseconds(value)) for value in elements]


ARRAYS: tuple[type[BinaryArray], ...] = (
    Uuids,
    Blobs,
    Texts,
    Smallints,
    Integers,
    Bigints,
    Booleans,
    Instants,
)


def teach(adapters: AdaptersMap) -> None:
    """Let a connection send these arrays."""
    for array in ARRAYS:
        adapters.register_dumper(array, _dumper(array))


def _microseconds(value: datetime) -> int:
    since = value - _EPOCH
    return since.days * _DAY_MICROSECONDS + since.seconds * 1_000_000 + since.microseconds


def _dumper(array: type[BinaryArray]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = types[array.element].array_oid

        def dump(self, obj: BinaryArray) -> bytes:
            return obj.bytes

    return ArrayDumper
