"""Files to lines: CSV as people and Excel write it, and XLSX.

What is wrong with a file as a whole is said here, before any row is looked at: an encoding, a quotation mark
that is never closed, a column that is missing or unknown. A row is never dropped to make a file readable.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, XmlError, ZipError

from scp_events.importing.cells import shown
from scp_events.importing.day_order import must_be_day_first
from scp_events.importing.lines import Line, Value
from scp_events.importing.report import FileProblem, SheetsRefusedError, UnreadableFileError, Wrong

DELIMITERS = ",;\t"
REMARK_COLUMNS = ("why", "fix")
"""Written in front of rejected rows, ignored when they are read again."""
ENDINGS = (".csv", ".xlsx")


@dataclass(frozen=True)
class Sheet:
    """One file, read."""

    path: Path
    header: tuple[str, ...]
    """The names of the columns as written, less the remarks of an earlier import."""
    lines: tuple[Line, ...]
    delimiter: str = ","

    @property
    def file(self) -> str:
        """The file's name."""
        return self.path.name


@dataclass(frozen=True)
class Columns:
    """What a sheet may and must have."""

    known: tuple[str, ...]
    needed: frozenset[str]


@dataclass(frozen=True)
class _Table:
    """A file's cells, with the line each row of them starts on."""

    rows: list[tuple[int, list[Value]]]
    delimiter: str = ","


def read_directory(
    directory: Path, sheets: Mapping[str, Columns], days: Mapping[str, Collection[str]]
) -> dict[str, Sheet]:
    """Return every sheet by its name. Raises `SheetsRefusedError` naming each file that is wrong."""
    found: dict[str, Sheet] = {}
    problems: list[FileProblem] = []
    for path in _files(directory):
        try:
            name = _name(path, sheets, found)
            found[name] = _sheet(path, sheets[name])
            must_be_day_first(found[name].lines, days[name])
        except UnreadableFileError as unreadable:
            problems.append(FileProblem(path.name, unreadable.wrong))
    if not found and not problems:
        fix = f"name a directory that holds some of {shown([f'{name}.csv' for name in sheets])}"
        problems.append(FileProblem(directory.name, Wrong("no-sheets", "there is no sheet here", fix)))
    if problems:
        raise SheetsRefusedError(problems)
    return found


def _files(directory: Path) -> list[Path]:
    """Sheets, less the hidden files and locks that office programs leave beside them."""
    if not directory.is_dir():
        return []
    return sorted(
        path
        for path in directory.iterdir()
        if path.is_file() and path.suffix.lower() in ENDINGS and not path.name.startswith((".", "~$"))
    )


def _name(path: Path, sheets: Collection[str], found: Collection[str]) -> str:
    name = path.stem.lower()
    if name not in sheets:
        raise UnreadableFileError(
            "unknown-sheet",
            "is not a sheet this import knows",
            f"move it away, or name it one of {shown([*sheets])}",
        )
    if name in found:
        raise UnreadableFileError("sheet-twice", "is there as CSV and as XLSX", "keep one of the two")
    return name


def _sheet(path: Path, columns: Columns) -> Sheet:
    table = _workbook(path) if path.suffix.lower() == ".xlsx" else _csv(path, columns.known)
    rows = [(number, row) for number, row in table.rows if any(_text(value) for value in row)]
    if not rows:
        raise UnreadableFileError(
            "empty-file", "is empty", "give it a first line with the names of the columns"
        )
    (_, first), *rest = rows
    names = _column_names(first)
    _must_be_the_columns(names, columns)
    kept = [place for place, name in enumerate(names) if name not in REMARK_COLUMNS]
    return Sheet(
        path=path,
        header=tuple(_text(first[place]) for place in kept),
        lines=tuple(_line(number, row, names) for number, row in rest),
        delimiter=table.delimiter,
    )


# --- the first line ---------------------------------------------------------------------------------------


def _column_names(first: Sequence[Value]) -> list[str]:
    names = ["_".join(_text(value).lower().split()) for value in first]
    while names and not names[-1]:
        names.pop()
    return names


def _must_be_the_columns(names: Sequence[str], columns: Columns) -> None:
    for place, name in enumerate(names, start=1):
        _must_be_a_column(place, name, names, columns)
    if missing := sorted(columns.needed - set(names)):
        raise UnreadableFileError(
            "missing-column",
            f"has no column {shown(missing)}",
            "add it, and fill it in for every row",
            missing[0],
        )


def _must_be_a_column(place: int, name: str, names: Sequence[str], columns: Columns) -> None:
    """An unknown column is refused, not ignored: what it says would be lost without a word."""
    if name in REMARK_COLUMNS:
        return
    if name not in columns.known:
        raise UnreadableFileError(
            "unknown-column",
            f"has a column, number {place}, with a name this sheet does not have",
            f"remove the column, or name it one of {shown(columns.known)}",
        )
    if names.count(name) > 1:
        raise UnreadableFileError(
            "column-twice", f"has the column {shown([name])} twice", "keep one of the two", name
        )


# --- the other lines --------------------------------------------------------------------------------------


def _line(number: int, row: Sequence[Value], names: Sequence[str]) -> Line:
    said = {name: _text(value) for name, value in zip(names, row, strict=False)}
    remarks = [place for place, name in enumerate(names) if name in REMARK_COLUMNS]
    return Line(
        number=number,
        cells={name: text for name, text in said.items() if text and name not in REMARK_COLUMNS},
        values=tuple(value for place, value in enumerate(row) if place not in remarks),
        unnamed=any(_text(value) for value in row[len(names) :]),
    )


def _text(value: Value) -> str:
    """Return a cell as somebody would have typed it. Excel keeps 45 as 45.0 and a day as a moment."""
    match value:
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
    return str(value).strip()


# --- CSV --------------------------------------------------------------------------------------------------


def _csv(path: Path, known: Sequence[str]) -> _Table:
    text = _decoded(path.read_bytes())
    delimiter = _delimiter(text, known)
    return _Table(list(_csv_rows(text, delimiter)), delimiter)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableFileError(
            "not-utf-8", "is not written in UTF-8", "save it as `CSV UTF-8` in Excel, or as UTF-8 elsewhere"
        ) from None


def _delimiter(text: str, known: Sequence[str]) -> str:
    """Return what parts the columns; in some countries Excel writes semicolons."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def names_found(delimiter: str) -> int:
        return sum(name.strip(' "').lower() in known for name in first.split(delimiter))

    return max(DELIMITERS, key=names_found)


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[Value]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            yield start, list(row)
            start = reader.line_num + 1
    except csv.Error:
        raise UnreadableFileError(
            "broken-quotes",
            f"cannot be parted into cells from line {start} on",
            'look for a quotation mark that is not closed; inside a quoted cell write it twice: ""',
        ) from None


# --- XLSX -------------------------------------------------------------------------------------------------


def _workbook(path: Path) -> _Table:
    try:
        with CalamineWorkbook.from_path(path) as workbook:
            pages = [
                workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
                for name in workbook.sheet_names
            ]
    except PasswordError:
        raise UnreadableFileError("locked-workbook", "asks for a password", "save it without one") from None
    except (CalamineError, XmlError, ZipError, OSError):
        raise UnreadableFileError(
            "not-a-workbook", "cannot be opened as a workbook", "save it as .xlsx in Excel or LibreOffice"
        ) from None
    filled = [page for page in pages if any(_text(value) for row in page for value in row)]
    if len(filled) > 1:
        raise UnreadableFileError(
            "several-worksheets", "has more than one worksheet with content", "keep one worksheet a file"
        )
    rows = filled[0] if filled else []
    return _Table([(number, list(row)) for number, row in enumerate(rows, start=1)])
