"""Excel workbooks (XLSX, XLSM), read as a stream.

They are read here and not by a library because of what would be lost: whether a cell is an error or a formula
that was never calculated, whether a row is hidden; and because a library keeps a sheet of 200,000 rows whole,
blank cells included.
"""

from __future__ import annotations

import posixpath
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from zipfile import ZipFile

from scp_events.importing.lines import Value
from scp_events.importing.reading import archive
from scp_events.importing.reading.bounds import (
    MEGABYTE,
    MOST_IN_A_CELL,
    must_be_few,
    must_be_few_worksheets,
    too_long_a_cell,
)
from scp_events.importing.reading.number_formats import Kind, kind_of, value_of
from scp_events.importing.reading.table import Rows, Table, Unseen
from scp_events.importing.report import UnreadableFileError, Wrong
from scp_events.importing.unknown_values import NOT_CALCULATED

_MOST_SHARED = 48 * MEGABYTE
_LAST_COLUMN = 16_384
_REMEMBERED = 10_000
_LETTERS = re.compile("([A-Z]{1,3})[0-9]{1,7}")
_TRUE = ("1", "true")


@dataclass
class Book:
    """A workbook: what its worksheets have in common."""

    path: Path
    styles_part: str | None = None
    strings_part: str | None = None
    since_1904: bool = False
    calculates_on_load: bool = False
    """Whoever wrote it asks for its formulas to be calculated: what it says of them may be a placeholder."""
    worksheets: list[tuple[str, str, bool]] = field(default_factory=list)
    """Name, part, and whether it is hidden."""

    @cached_property
    def kinds(self) -> list[Kind]:
        """What the numbers of each style stand for."""
        with archive.opened(self.path) as parts:
            return _kinds(parts, self.styles_part) if self.styles_part else []

    @cached_property
    def strings(self) -> SharedStrings:
        """The texts that cells name by number."""
        with archive.opened(self.path) as parts:
            strings = SharedStrings()
            if self.strings_part:
                archive.read_whole(parts, self.strings_part, strings)
            return strings


class Worksheet(Table):
    """One worksheet."""

    def __init__(self, book: Book, place: int) -> None:
        super().__init__(book.path)
        self.place = place + 1
        self.name, self._part, self.hidden = book.worksheets[place]
        self._book = book

    def rows(self) -> Rows:
        """Yield the rows as the parser comes to them."""
        reading = _Reading(self._book, self)
        with archive.opened(self.path) as parts:
            for _ in archive.read(parts, self._part, reading):
                yield from reading.take()


def worksheets(path: Path) -> list[Table]:
    """Return the worksheets of a workbook. Charts, dialogs and macros are none."""
    book = Book(path)
    with archive.opened(path) as parts, archive.understood():
        main = dict(_related(parts, "").values())["officeDocument"]
        described = _Described()
        archive.read_small(parts, main, described)
        related = _related(parts, main)
    by_kind = dict(related.values())
    book.strings_part, book.styles_part = by_kind.get("sharedStrings"), by_kind.get("styles")
    book.since_1904 = described.since_1904
    book.calculates_on_load = described.calculates_on_load
    book.worksheets = [
        (name, related[to][1], hidden)
        for name, to, hidden in described.sheets
        if to in related and related[to][0] == "worksheet"
    ]
    return [Worksheet(book, place) for place in range(len(book.worksheets))]


# --- what a workbook says of itself -----------------------------------------------------------------------


class _Described(archive.Handler):
    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.since_1904 = False
        self.calculates_on_load = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        super().start(name, attributes)
        if name == "sheet":
            must_be_few_worksheets(len(self.sheets))
            to = next((said for key, said in attributes.items() if key.rpartition(":")[2] == "id"), "")
            self.sheets.append(
                (attributes.get("name", ""), to, attributes.get("state", "visible") != "visible")
            )
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904") in _TRUE
        elif name == "calcPr":
            self.calculates_on_load = attributes.get("fullCalcOnLoad") in _TRUE


class _Relations(archive.Handler):
    def __init__(self, base: str) -> None:
        self.found: dict[str, tuple[str, str]] = {}
        self._base = base

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        super().start(name, attributes)
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", self._base, attributes.get("Target", "")))
            self.found[attributes.get("Id", "")] = kind, target.lstrip("/")


def _related(parts: ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part refers to by id: the kind and the part."""
    directory, name = posixpath.split(part)
    relations = _Relations(directory)
    archive.read_small(parts, posixpath.join(directory, "_rels", f"{name}.rels"), relations)
    return relations.found


class _Styles(archive.Handler):
    def __init__(self) -> None:
        self.codes: dict[int, str] = {}
        self.numbers: list[int] = []
        self._within = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        super().start(name, attributes)
        if name == "numFmt":
            self.codes[int(attributes.get("numFmtId", 0))] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._within = True
        elif name == "xf" and self._within:
            self.numbers.append(int(attributes.get("numFmtId", 0)))

    def end(self, name: str, /) -> None:
        super().end(name)
        if name == "cellXfs":
            self._within = False


def _kinds(parts: ZipFile, part: str) -> list[Kind]:
    styles = _Styles()
    archive.read_small(parts, part, styles)
    return [kind_of(number, styles.codes.get(number)) for number in styles.numbers]


class SharedStrings(archive.Handler):
    """The texts of a workbook, each kept once: one block of memory, and where each text ends in it."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._ends = array("L", [0])
        self._text: list[str] = []
        self._collecting = False
        self._spoken = False

    def __getitem__(self, place: int) -> str:
        return self._block[self._ends[place] : self._ends[place + 1]].decode()

    def start(self, name: str, _attributes: dict[str, str], /) -> None:
        """Collect what is written, not how it is pronounced."""
        self.depth += 1
        if name == "rPh":
            self._spoken = True
        self._collecting = name == "t" and not self._spoken

    def text(self, text: str, /) -> None:
        """Collect text."""
        if self._collecting:
            self._text.append(text)

    def end(self, name: str, /) -> None:
        """Keep a text where it ends."""
        self.depth -= 1
        self._collecting = False
        if name == "rPh":
            self._spoken = False
        elif name == "si":
            self._block += "".join(self._text).encode()
            self._text.clear()
            self._ends.append(len(self._block))
            if len(self._block) > _MOST_SHARED:
                raise UnreadableFileError(
                    Wrong(
                        "workbook-too-large",
                        f"holds more than {_MOST_SHARED // MEGABYTE} megabytes of text",
                        "divide it",
                    )
                )


# --- the rows of a worksheet ------------------------------------------------------------------------------


class _Reading(archive.Handler):
    """Turns the elements of a worksheet into rows. There are millions, so it does little for each."""

    def __init__(self, book: Book, sheet: Worksheet) -> None:
        self._unseen = sheet.unseen = Unseen()
        self._values = _Values(book)
        self._rows: list[tuple[int, list[Value]]] = []
        self._seen = 0
        self._number = 0
        self._hidden = False
        self._cells: list[Value] = []
        self._cell: dict[str, str] = {}
        self._said: str | None = None
        self._collecting = False
        self._formula = False
        self._spoken = False
        self._columns: dict[str, int] = {}

    def take(self) -> Iterator[tuple[int, list[Value]]]:
        """Yield the rows that are complete, once."""
        rows, self._rows = self._rows, []
        yield from rows

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Note what begins."""
        self.depth += 1
        if name == "c":
            self._cell = attributes
            self._said, self._formula = None, False
        elif name in ("v", "t"):
            self._collecting = not self._spoken
        elif name == "f":
            self._formula = True
        elif name == "row":
            self._start_row(attributes)
        elif name == "rPh":
            self._spoken = True
        elif name == "mergeCell":
            self._unseen.note_merged(attributes.get("ref", ""))
        elif name == "col" and attributes.get("hidden") in _TRUE:
            self._unseen.note_hidden_column(int(attributes.get("min", 1)))

    def text(self, text: str, /) -> None:
        """Collect what a cell says."""
        if self._collecting:
            self._said = text if self._said is None else self._said + text
            if len(self._said) > MOST_IN_A_CELL:
                raise too_long_a_cell(self._number)

    def end(self, name: str, /) -> None:
        """Put together what ends."""
        self.depth -= 1
        if name in ("v", "t"):
            self._collecting = False
        elif name == "c" and (self._said is not None or self._formula):
            value = self._values.of(self._cell, self._said, formula=self._formula)
            if value != "":
                self._keep(value)
        elif name == "row":
            self._end_row()
        elif name == "rPh":
            self._spoken = False

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._number + 1))
        if number <= self._number:
            raise UnreadableFileError(archive.NOT_A_WORKBOOK)
        self._number = number
        self._hidden = attributes.get("hidden") in _TRUE
        self._cells = []
        self._seen += 1
        must_be_few(self._seen)

    def _end_row(self) -> None:
        if self._cells:
            if self._hidden:
                self._unseen.note_hidden_row(self._number)
            self._rows.append((self._number, self._cells))

    def _keep(self, value: Value) -> None:
        """Put a cell where it says that it belongs; one that says nothing stands next to the last."""
        place = len(self._cells)
        if reference := self._cell.get("r"):
            letters = reference.rstrip("0123456789")
            if letters not in self._columns:
                self._columns[letters] = _column(reference)
            place = self._columns[letters]
        if place < len(self._cells):
            raise UnreadableFileError(archive.NOT_A_WORKBOOK)
        self._cells += [""] * (place - len(self._cells))
        self._cells.append(value)


class _Values:
    """Reads what stands in a cell, by the cell's kind and its number format."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._numbers: dict[tuple[str, Kind], Value] = {}
        """Days and minutes repeat."""

    def of(self, cell: dict[str, str], said: str | None, *, formula: bool) -> Value:
        """Return what a cell says; nothing where it is blank."""
        kind = cell.get("t", "n")
        if not said:
            return NOT_CALCULATED if formula and kind != "str" else ""
        if kind == "s":
            return self._book.strings[int(said)]
        if kind == "n":
            return self._number(cell, said, formula=formula)
        return said in _TRUE if kind == "b" else said

    def _number(self, cell: dict[str, str], said: str, *, formula: bool) -> Value:
        if formula and self._book.calculates_on_load and said == "0":
            return NOT_CALCULATED
        style, kinds = int(cell.get("s", 0)), self._book.kinds
        kind = kinds[style] if style < len(kinds) else Kind.NUMBER
        value = self._numbers.get((said, kind))
        if value is None:
            value = value_of(said, kind, since_1904=self._book.since_1904)
            if len(self._numbers) < _REMEMBERED:
                self._numbers[said, kind] = value
        return value


def _column(reference: str) -> int:
    written = _LETTERS.fullmatch(reference)
    place = 0
    for letter in written[1] if written else "":
        place = place * 26 + ord(letter) - ord("A") + 1
    if not 0 < place <= _LAST_COLUMN:
        raise UnreadableFileError(archive.NOT_A_WORKBOOK)
    return place - 1
