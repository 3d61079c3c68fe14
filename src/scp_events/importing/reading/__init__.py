"""Files to lines: text files and workbooks as people and office programs write them.

What is wrong with a file as a whole is said here, before any row is looked at: an encoding, a quotation mark
that is never closed, columns that are missing or unknown, days of which nobody can see how they were meant. A
row is never dropped to make a file readable, and nothing that stands in a folder is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from scp_events.importing.reading.bounds import Allowance
from scp_events.importing.reading.day_order import DayOrder
from scp_events.importing.reading.entries import TEXT_ENDINGS, entries, is_broken
from scp_events.importing.reading.header import REMARK_COLUMNS, Columns, quoted
from scp_events.importing.reading.sheet import Asked, Sheet, read_sheet, unseen_in
from scp_events.importing.reading.table import Rows, Table, Unseen
from scp_events.importing.reading.text_files import TextFile
from scp_events.importing.reading.workbooks import worksheets
from scp_events.importing.reading.worksheets import Chosen, chosen, sheet_name, unknown_sheet
from scp_events.importing.report import FileProblem, SheetsRefusedError, UnreadableFileError, Wrong

__all__ = [
    "REMARK_COLUMNS",
    "Chosen",
    "Columns",
    "DayOrder",
    "Folder",
    "Rows",
    "Sheet",
    "Table",
    "Translation",
    "Unseen",
    "read_directory",
    "tables_of",
]


class Translation(Protocol):
    """What reads files that are kept in another way than ours."""

    def is_itself(self, path: Path) -> bool:
        """Return whether a file says how others are read, and is none of the sheets."""

    def chosen(self, path: Path) -> Chosen | None:
        """Return the sheets of a file as ours; None where it is to be read as it is."""


@dataclass(frozen=True)
class Folder:
    """What a folder holds."""

    sheets: dict[str, Sheet]
    """By name; where several of a mapped folder are one of ours, the others by name and file."""
    noticed: list[FileProblem]
    """What was not read, with why; and what of a sheet that was read cannot be seen by looking at it."""


def read_directory(
    directory: Path,
    sheets: Mapping[str, Columns],
    days: Mapping[str, Collection[str]],
    told: DayOrder | None = None,
    translation: Translation | None = None,
) -> Folder:
    """Return every sheet of a folder. Raises `SheetsRefusedError` naming everything that is wrong.

    `told` is the order of day, month and year in columns that do not show it. `translation` reads files that
    are kept under other names.
    """
    reader = _Reader(sheets, days, told, translation)
    for entry in entries(directory) if directory.is_dir() else ():
        if isinstance(entry, FileProblem):
            if translation and translation.is_itself(directory / entry.file):
                continue
            (reader.problems if is_broken(entry) else reader.noticed).append(entry)
        else:
            reader.read(entry)
    if not reader.found and not reader.problems:
        reader.problems.append(FileProblem(directory.name, _no_sheets(sheets)))
    if reader.problems:
        raise SheetsRefusedError(reader.problems)
    return Folder(reader.found, reader.noticed)


class _Reader:
    """Reads file by file, and gathers what is wrong with any."""

    def __init__(
        self,
        sheets: Mapping[str, Columns],
        days: Mapping[str, Collection[str]],
        told: DayOrder | None,
        translation: Translation | None,
    ) -> None:
        self._translation = translation
        self._asked = {name: Asked(columns, days[name], told) for name, columns in sheets.items()}
        self._sheets = sheets
        self._allowance = Allowance()
        self.found: dict[str, Sheet] = {}
        self.noticed: list[FileProblem] = []
        self.problems: list[FileProblem] = []

    def read(self, path: Path) -> None:
        """Read a file: its sheet, or its sheets."""
        with self._gathered(path.name):
            chosen = (self._translation and self._translation.chosen(path)) or _chosen(path, self._sheets)
            self.noticed += chosen.not_read
            for name, table in chosen.tables:
                which = f"{table.name}: {name}" if table.called and table.name else name
                self._read(name, path.name if len(chosen.tables) == 1 else f"{path.name} [{which}]", table)

    def _read(self, name: str, file: str, table: Table) -> None:
        with self._gathered(file):
            if not table.called:
                _must_be_new(name, self.found)
            sheet = read_sheet(name, file, table, self._asked[name], self._allowance)
            self.found[name if name not in self.found else f"{name} of {file}"] = sheet
            self.noticed += [FileProblem(file, wrong) for wrong in unseen_in(table, sheet)]

    @contextmanager
    def _gathered(self, file: str) -> Iterator[None]:
        try:
            yield
        except UnreadableFileError as unreadable:
            self.problems += [FileProblem(file, wrong) for wrong in unreadable.wrongs]


def tables_of(path: Path, known: Collection[str]) -> list[Table]:
    """Return the tables of a file: its only one, or the worksheets. Raises `UnreadableFileError`."""
    return [TextFile(path, known)] if path.suffix.lower() in TEXT_ENDINGS else worksheets(path)


def _chosen(path: Path, sheets: Mapping[str, Columns]) -> Chosen:
    try:
        if path.suffix.lower() in TEXT_ENDINGS:
            return _text_file(path, sheets)
        return chosen(path, tables_of(path, ()), sheets)
    except OSError:
        raise UnreadableFileError(
            Wrong("cannot-be-opened", "cannot be opened", "check who may read it")
        ) from None


def _text_file(path: Path, sheets: Mapping[str, Columns]) -> Chosen:
    name = sheet_name(path.stem)
    if name in sheets:
        return Chosen([(name, table) for table in tables_of(path, sheets[name].known)])
    if path.suffix.lower() == ".txt":
        return Chosen(not_read=[FileProblem(path.name, _A_TEXT)])
    raise UnreadableFileError(unknown_sheet([*sheets]))


def _must_be_new(name: str, found: Collection[str]) -> None:
    if name in found:
        raise UnreadableFileError(
            Wrong("sheet-twice", f"is a second sheet `{name}` in this folder", "keep one of the two")
        )


def _no_sheets(sheets: Collection[str]) -> Wrong:
    fix = f"name a directory that holds some of {quoted([f'{name}.csv' for name in sheets])}"
    return Wrong("no-sheets", "there is no sheet here", fix)


_A_TEXT = Wrong(
    "no-sheet", "was not read: its name is not that of a sheet", "name it as one of the sheets if it is one"
)
