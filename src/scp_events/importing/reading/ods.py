"""OpenDocument spreadsheets (ODS), read as a stream.

LibreOffice writes equal rows and equal cells once, with how often they repeat, and fills a worksheet to its
last line that way. So what repeats is counted before it is made into rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

from scp_events.importing.lines import Value, as_typed
from scp_events.importing.reading import archive
from scp_events.importing.reading.bounds import (
    MOST_IN_A_CELL,
    must_be_few,
    must_be_few_worksheets,
    must_be_near,
    too_long_a_cell,
)
from scp_events.importing.reading.table import Rows, Table, Unseen
from scp_events.importing.report import UnreadableFileError
from scp_events.importing.unknown_values import NOT_CALCULATED

_CONTENT = "content.xml"
_MANIFEST = "META-INF/manifest.xml"
_NOT_SHOWN = ("annotation", "tracked-changes", "shapes")
"""What holds text of its own that is not what a cell says."""
_DURATION = re.compile(r"PT([0-9]+)H([0-9]+)M([0-9]+)(?:[.,][0-9]+)?S")


class Worksheet(Table):
    """One worksheet."""

    def __init__(self, path: Path, place: int, name: str, *, hidden: bool) -> None:
        super().__init__(path)
        self.place, self.name, self.hidden = place, name, hidden

    def rows(self) -> Rows:
        """Yield the rows as the parser comes to them; the other worksheets are passed over."""
        reading = _Reading(self)
        with archive.opened(self.path) as parts:
            for _ in archive.read(parts, _CONTENT, reading):
                yield from reading.take()
                if reading.is_over:
                    return


def worksheets(path: Path) -> list[Table]:
    """Return the worksheets of a workbook."""
    with archive.opened(path) as parts:
        manifest = _Manifest()
        archive.read_small(parts, _MANIFEST, manifest)
        if manifest.is_encrypted:
            raise UnreadableFileError(archive.LOCKED)
        tables = _Tables()
        archive.read_whole(parts, _CONTENT, tables)
    return [
        Worksheet(path, place, name, hidden=style in tables.hidden_styles)
        for place, (name, style) in enumerate(tables.found, start=1)
    ]


class _Manifest(archive.Handler):
    is_encrypted = False

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        super().start(name, attributes)
        self.is_encrypted |= name == "encryption-data"


class _Tables(archive.Handler):
    """The names of the worksheets, and which styles hide one."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self.hidden_styles: set[str] = set()
        self._style = ""
        self._tables = 0

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        super().start(name, attributes)
        if name == "table":
            if self._tables == 0:
                must_be_few_worksheets(len(self.found))
                self.found.append((attributes.get("table:name", ""), attributes.get("table:style-name", "")))
            self._tables += 1
        elif name == "style":
            self._style = attributes.get("style:name", "")
        elif name == "table-properties" and attributes.get("table:display") == "false":
            must_be_few_worksheets(len(self.hidden_styles))
            self.hidden_styles.add(self._style)

    def end(self, name: str, /) -> None:
        super().end(name)
        self._tables -= name == "table"


class _Reading(archive.Handler):
    """Turns the elements of one worksheet into rows."""

    def __init__(self, sheet: Worksheet) -> None:
        self._unseen = sheet.unseen = Unseen()
        self._wanted = sheet.place
        self._at = 0
        self._tables = 0
        self._rows: list[Iterator[tuple[int, list[Value]]]] = []
        self._next = 1
        self._filled = 0
        self._column = 1
        self._row: dict[str, str] = {}
        self._cells: list[Value] = []
        self._cell: dict[str, str] = {}
        self._text: list[str] | None = None
        self._length = 0
        self._paragraphs = 0
        self._aside = 0
        """How deep we are in what is not what a cell says."""

    @property
    def is_over(self) -> bool:
        """Whether the worksheet has ended."""
        return self._at > self._wanted or (self._at == self._wanted and self._tables == 0)

    def take(self) -> Iterator[tuple[int, list[Value]]]:
        """Yield the rows that are complete, once."""
        rows, self._rows = self._rows, []
        for each in rows:
            yield from each

    @property
    def _is_wanted(self) -> bool:
        return self._at == self._wanted and self._tables == 1 and not self._aside

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        """Note what begins."""
        self.depth += 1
        if name == "table":
            self._at += self._tables == 0
            self._tables += 1
        elif name in _NOT_SHOWN:
            self._aside += 1
        elif self._is_wanted:
            self._start_within(name, attributes)

    def _start_within(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table-row":
            self._row, self._cells = attributes, []
        elif name in ("table-cell", "covered-table-cell"):
            self._cell, self._text, self._length, self._paragraphs = attributes, [], 0, 0
        elif name == "table-column":
            self._note_column(attributes)
        elif self._text is not None:
            self._start_text(name, attributes)

    def _start_text(self, name: str, attributes: dict[str, str]) -> None:
        if name == "p":
            self._paragraphs += 1
            if self._paragraphs > 1:
                self.text("\n")
        elif name == "s":
            self.text(" " * min(int(attributes.get("text:c", 1)), MOST_IN_A_CELL + 1))
        elif name in ("line-break", "tab"):
            self.text("\n" if name == "line-break" else "\t")

    def text(self, text: str, /) -> None:
        """Collect what a cell says; what stands between paragraphs is layout."""
        if self._text is None or self._aside or not self._paragraphs:
            return
        self._text.append(text)
        self._length += len(text)
        if self._length > MOST_IN_A_CELL:
            raise too_long_a_cell(self._next)

    def end(self, name: str, /) -> None:
        """Put together what ends."""
        self.depth -= 1
        if name in _NOT_SHOWN:
            self._aside -= 1
        elif name == "table":
            self._tables -= 1
        elif self._is_wanted and name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif self._is_wanted and name == "table-row":
            self._end_row()

    def _note_column(self, attributes: dict[str, str]) -> None:
        repeated = int(attributes.get("table:number-columns-repeated", 1))
        if attributes.get("table:visibility", "visible") != "visible":
            self._unseen.note_hidden_column(self._column)
        self._column += repeated

    def _end_cell(self) -> None:
        value = self._said("".join(self._text or []))
        repeated = int(self._cell.get("table:number-columns-repeated", 1))
        self._text = None
        if value != "":
            must_be_near(self._next, len(self._cells) + repeated)
        self._cells += [value] * min(repeated, MOST_IN_A_CELL)
        rows = int(self._cell.get("table:number-rows-spanned", 1))
        columns = int(self._cell.get("table:number-columns-spanned", 1))
        if rows > 1 or columns > 1:
            self._unseen.merged.append(
                f"{columns} by {rows} from line {self._next}, column {len(self._cells)}"
            )

    def _end_row(self) -> None:
        repeated = int(self._row.get("table:number-rows-repeated", 1))
        if any(as_typed(value) for value in self._cells):
            self._filled += repeated
            must_be_few(self._filled)
            must_be_near(self._next + repeated - 1, 1)
            if self._row.get("table:visibility", "visible") != "visible":
                self._unseen.note_hidden_row(self._next)
            cells = self._cells
            self._rows.append((number, cells) for number, _ in zip(count(self._next), range(repeated)))
        self._next += repeated

    def _said(self, shown: str) -> Value:
        said = {name.rpartition(":")[2]: value for name, value in self._cell.items()}
        if self._cell.get("calcext:value-type") == "error":
            return shown or NOT_CALCULATED
        kind = self._cell.get("office:value-type")
        if kind is None:
            return NOT_CALCULATED if "formula" in said and not shown else shown
        try:
            return _value(kind, said, shown)
        except ValueError:
            return shown


def _value(kind: str, said: dict[str, str], shown: str) -> Value:
    match kind:
        case "float" | "currency" | "percentage":
            number = float(said.get("value", ""))
            return int(number) if number.is_integer() and abs(number) < 10**15 else number
        case "date":
            moment = said.get("date-value", "")
            return datetime.fromisoformat(moment) if "T" in moment else date.fromisoformat(moment)
        case "time":
            return _time(said.get("time-value", ""))
        case "boolean":
            return said.get("boolean-value") == "true"
    return said.get("string-value", shown)


def _time(text: str) -> Value:
    written = _DURATION.fullmatch(text)
    if written is None:
        raise ValueError
    hours, minutes, seconds = (int(part) for part in written.groups())
    elapsed = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if elapsed >= timedelta(days=1):
        return elapsed
    return (datetime.min + elapsed).time()  # noqa: DTZ901 - no zone in a workbook
