"""Legacy Excel workbooks (XLS, 1997 to 2003): looked through here, read by calamine in a process apart.

Calamine takes a worksheet into memory as one block, from the first cell to the last, and leaves errors blank.
So the records are looked through before: how far the cells reach, which are errors, and what is hidden.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

from scp_events.importing import legacy_rows
from scp_events.importing.lines import Value, unpacked
from scp_events.importing.reading.archive import LOCKED, NOT_A_WORKBOOK
from scp_events.importing.reading.bounds import MEGABYTE, must_be_few_worksheets
from scp_events.importing.reading.compound import stream_in
from scp_events.importing.reading.table import Rows, Table, Unseen
from scp_events.importing.report import UnreadableFileError, Wrong
from scp_events.importing.unknown_values import NOT_CALCULATED

_MOST_ON_DISK = 16 * MEGABYTE
_MOST_CELLS = 1_500_000
"""Of all worksheets, counted as blocks from the first cell to the last."""
_MOST_ERRORS = 100_000
_BOF, _EOF, _SHEET, _FILE_PASSWORD, _STRINGS = 0x0809, 0x000A, 0x0085, 0x002F, 0x00FC
_ROW, _ERROR, _FORMULA, _MERGED = 0x0208, 0x0205, 0x0006, 0x00E5
_MANY_NUMBERS, _MANY_BLANKS, _BLANK = 0x00BD, 0x00BE, 0x0201
_ONE_CELL = frozenset({0x0203, 0x027E, 0x00FD, 0x0204, _ERROR, _FORMULA, _BLANK})
_SHORTEST_STRING = 3
_HIDDEN_ROW = 0x20
_CALCULATED_BY = 0x01C1
"""What Excel notes about its last calculation. Other programs leave formulas without a text where they cannot
calculate."""
_NO_NUMBER, _AN_ERROR, _NO_TEXT = b"\xff\xff", 2, 3
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass
class _Seen:
    """What the records of one worksheet show."""

    start: int
    name: str
    is_hidden: bool
    is_worksheet: bool
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    unseen: Unseen = field(default_factory=Unseen)
    calculated: bool = False
    """Whether formulas were calculated for certain, so that one without a text says nothing."""
    last_row: int = 0
    last_column: int = 0

    def note_cell(self, row: int, column: int) -> None:
        self.last_row, self.last_column = max(self.last_row, row), max(self.last_column, column)

    @property
    def size(self) -> int:
        return (self.last_row + 1) * (self.last_column + 1)


class Worksheet(Table):
    """One worksheet."""

    def __init__(self, path: Path, place: int, name: str, seen: _Seen, *, hidden: bool) -> None:
        super().__init__(path)
        self.place, self.name, self.hidden = place, name, hidden
        self._seen = seen

    def rows(self) -> Rows:
        """Yield the rows, with errors where calamine leaves blanks."""
        self.unseen = replace(self._seen.unseen)
        hidden = {*self._seen.hidden_rows}
        errors: dict[int, list[tuple[int, str]]] = {}
        for (place, column), error in self._seen.errors.items():
            errors.setdefault(place, []).append((column, error))
        for number, row in enumerate(_rows(self.path, self.place - 1)):
            cells = [*row]
            for column, error in errors.get(number, ()):
                cells += [""] * (column + 1 - len(cells))
                cells[column] = error
            if number in hidden and any(cell != "" for cell in cells):
                self.unseen.note_hidden_row(number + 1)
            yield number + 1, cells


def worksheets(path: Path) -> list[Table]:
    """Return the worksheets of a workbook. Charts, dialogs and macros are none."""
    return [
        Worksheet(path, place, seen.name, seen, hidden=seen.is_hidden)
        for place, seen in enumerate(_look_through(path), start=1)
        if seen.is_worksheet
    ]


def _rows(path: Path, place: int) -> Iterator[list[Value]]:
    """Yield the rows as the process apart prints them."""
    command = [sys.executable, "-I", legacy_rows.__file__, str(path.absolute()), str(place)]
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True, encoding="utf-8") as apart:  # noqa: S603 - ours
        try:
            for line in apart.stdout or ():
                yield unpacked(line)
            apart.wait()
        finally:
            apart.kill()  # where nobody wants the rest
    if apart.returncode != 0:
        raise UnreadableFileError(NOT_A_WORKBOOK)


def _look_through(path: Path) -> list[_Seen]:
    if path.stat().st_size > _MOST_ON_DISK:
        raise _too_large()
    try:
        return _sheets(stream_in(path.read_bytes(), "Workbook"))
    except (struct.error, LookupError, ValueError):
        raise UnreadableFileError(NOT_A_WORKBOOK) from None


def _sheets(book: bytes) -> list[_Seen]:
    seen: list[_Seen] = []
    calculated = False
    for kind, data in _records(book, 0):
        if kind == _FILE_PASSWORD:
            raise UnreadableFileError(LOCKED)
        if kind == _STRINGS and struct.unpack_from("<I", data, 4)[0] > len(book) // _SHORTEST_STRING:
            raise UnreadableFileError(NOT_A_WORKBOOK)
        if kind == _SHEET:
            must_be_few_worksheets(len(seen))
            seen.append(_described(data))
        calculated |= kind == _CALCULATED_BY
    for each in seen:
        each.calculated = calculated
        _look_through_sheet(book, each)
    if sum(each.size for each in seen) > _MOST_CELLS:
        raise _too_large()
    return seen


def _records(book: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of one part of the workbook, up to its end."""
    depth = 0
    while start < len(book):
        kind, length = struct.unpack_from("<HH", book, start)
        yield kind, book[start + 4 : start + 4 + length]
        start += 4 + length
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return


def _described(data: bytes) -> _Seen:
    """Return what the workbook says of a worksheet: where it begins, how it is shown, and its name."""
    start, shown, kind, length, wide = struct.unpack_from("<IBBBB", data)
    name = data[8 : 8 + length * (wide + 1)].decode("utf-16-le" if wide else "latin-1")
    return _Seen(start=start, name=name, is_hidden=shown != 0, is_worksheet=kind == 0)


def _look_through_sheet(book: bytes, seen: _Seen) -> None:
    for kind, data in _records(book, seen.start):
        if kind in _ONE_CELL:
            _note_cell(seen, kind, data)
        elif kind in (_MANY_NUMBERS, _MANY_BLANKS):
            row, first = struct.unpack_from("<HH", data)
            seen.note_cell(row, max(first, struct.unpack_from("<H", data, len(data) - 2)[0]))
        elif kind == _ROW:
            if data[12] & _HIDDEN_ROW:
                seen.hidden_rows.append(struct.unpack_from("<H", data)[0])
        elif kind == _MERGED:
            _note_merged(seen, data)


def _note_cell(seen: _Seen, kind: int, data: bytes) -> None:
    row, column = struct.unpack_from("<HH", data)
    seen.note_cell(row, column)
    if len(seen.errors) > _MOST_ERRORS:
        raise _too_large()
    if kind == _ERROR and data[7]:
        seen.errors[row, column] = _ERRORS.get(data[6], "#UNKNOWN!")
    if kind == _FORMULA and data[12:14] == _NO_NUMBER:
        if data[6] == _AN_ERROR:
            seen.errors[row, column] = _ERRORS.get(data[8], "#UNKNOWN!")
        elif data[6] == _NO_TEXT and not seen.calculated:
            seen.errors[row, column] = NOT_CALCULATED


def _note_merged(seen: _Seen, data: bytes) -> None:
    for place in range(struct.unpack_from("<H", data)[0]):
        first, last, left, right = struct.unpack_from("<4H", data, 2 + 8 * place)
        seen.unseen.note_merged(f"lines {first + 1} to {last + 1}, columns {left + 1} to {right + 1}")


def _too_large() -> UnreadableFileError:
    return UnreadableFileError(
        Wrong(
            "workbook-too-large",
            f"is larger than {_MOST_ON_DISK // MEGABYTE} megabytes or {_MOST_CELLS:,} cells,"
            " blank ones up to the last cell counted",
            "clear stray cells, or save it as .xlsx",
        )
    )
