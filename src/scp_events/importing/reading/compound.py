"""Compound files, in which XLS is kept, and XLSX with a password: streams of sectors in chains."""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_ENTRY = 128
_FIRST_FAT_SECTORS = 109
_LAST = 0xFFFFFFFA
"""Numbers from here on are no sectors: free, or the end of a chain."""
_SMALL = 64


class _Sectors:
    """The sectors of a file, and which comes after which. A chain that does not end raises `ValueError`."""

    def __init__(self, content: bytes) -> None:
        if not content.startswith(MAGIC):
            raise ValueError
        self._content = content
        self._size = 1 << struct.unpack_from("<H", content, 30)[0]
        if self._size not in (512, 4096):
            raise ValueError
        self._next = self._table()

    def chain(self, first: int) -> bytes:
        return b"".join(self._sector(number) for number in _followed(first, self._next))

    def _sector(self, number: int) -> bytes:
        start = _HEADER if self._size == _HEADER else self._size
        return self._content[start + number * self._size : start + (number + 1) * self._size]

    def _table(self) -> list[int]:
        sectors = [*struct.unpack_from(f"<{_FIRST_FAT_SECTORS}I", self._content, 76)]
        more = struct.unpack_from("<I", self._content, 68)[0]
        seen = 0
        while more < _LAST:
            numbers = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            sectors += numbers[:-1]
            more = numbers[-1]
            seen += self._size
            if seen > len(self._content):
                raise ValueError
        table = b"".join(self._sector(number) for number in sectors if number < _LAST)
        return [number for (number,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]


def _followed(number: int, following: list[int]) -> Iterator[int]:
    for _ in range(len(following) + 1):
        if number >= _LAST:
            return
        yield number
        number = following[number]
    raise ValueError


def stream_in(content: bytes, name: str) -> bytes:
    """Return a stream by its name. Raises `LookupError` or `ValueError` where there is none to be found."""
    sectors = _Sectors(content)
    entries = _entries(sectors.chain(struct.unpack_from("<I", content, 48)[0]))
    first, size = entries[name]
    if size >= struct.unpack_from("<I", content, 56)[0]:
        return sectors.chain(first)[:size]
    small = sectors.chain(entries[""][0])
    table = sectors.chain(struct.unpack_from("<I", content, 60)[0])
    following = [number for (number,) in struct.iter_unpack("<I", table[: len(table) // 4 * 4])]
    pieces = [small[number * _SMALL : (number + 1) * _SMALL] for number in _followed(first, following)]
    return b"".join(pieces)[:size]


def names_in(content: bytes) -> set[str]:
    """Return the names of the streams."""
    sectors = _Sectors(content)
    return {*_entries(sectors.chain(struct.unpack_from("<I", content, 48)[0]))}


def _entries(directory: bytes) -> dict[str, tuple[int, int]]:
    """Return first sector and size by name; the root, which holds the small streams, has the name ''."""
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", directory, start + 64)
        if kind:
            name = directory[start : start + max(0, length - 2)].decode("utf-16-le")
            first, size = struct.unpack_from("<II", directory, start + 116)
            found["" if start == 0 else name] = first, size
    return found
