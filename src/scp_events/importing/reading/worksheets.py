"""Which worksheet of a workbook is which sheet: by the name of either, or by its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scp_events.importing.reading.header import Columns, names_in, quoted
from scp_events.importing.reading.table import Table
from scp_events.importing.report import FileProblem, UnreadableFileError, Wrong

_OF_EVERY_ROW = ({"row", "case"}, {"row", "name", "event"})
"""What has such columns holds rows, and not the words of a list or a note."""
LISTS = "lists"
"""The hidden worksheet of a template that holds the words of its drop-down lists, and never rows."""


@dataclass
class Chosen:
    """What is read of a file, by the names of the sheets, and what is not."""

    tables: list[tuple[str, Table]] = field(default_factory=list)
    not_read: list[FileProblem] = field(default_factory=list)


def sheet_name(text: str) -> str:
    """Return a name in the spelling of the sheets: `Key workers` is `key-workers`."""
    return re.sub(r"[\s_-]+", "-", text.strip().lower())


def chosen(path: Path, worksheets: list[Table], sheets: Mapping[str, Columns]) -> Chosen:
    """Return which worksheet is read as which sheet. Raises `UnreadableFileError`."""
    found = Chosen()
    worksheets = [table for table in worksheets if not (table.hidden and table.name == LISTS)]
    filled = {table.place: names_in(first) for table in worksheets if (first := table.first())}
    shown = [table for table in worksheets if table.place in filled and not table.hidden]
    found.not_read += [
        _not_read(path, table, _HIDDEN) for table in worksheets if table.place in filled and table.hidden
    ]
    by_file = sheet_name(path.stem)
    if by_file in sheets and len(shown) == 1:
        found.tables.append((by_file, shown[0]))
        return found
    unmatched: list[Table] = []
    for table in shown:
        name = _name(table, filled[table.place], sheets)
        found.tables += [(name, table)] if name else []
        unmatched += [] if name else [table]
    if by_file in sheets and not found.tables and unmatched:
        found.tables.append((by_file, unmatched.pop(0)))
    _must_be_lists(unmatched, filled)
    found.not_read += [_not_read(path, table, _NO_SHEET) for table in unmatched]
    _must_be_some(by_file, found, sheets)
    return found


def _name(table: Table, names: tuple[str, ...], sheets: Mapping[str, Columns]) -> str | None:
    if sheet_name(table.name) in sheets:
        return sheet_name(table.name)
    matching = [name for name, columns in sheets.items() if columns.are(names)]
    return matching[0] if len(matching) == 1 else None


def _must_be_lists(unmatched: list[Table], filled: Mapping[int, tuple[str, ...]]) -> None:
    wrongs = [
        Wrong(
            "unknown-worksheet",
            f"has rows in worksheet {table.place}, and neither its name nor its columns say what they are",
            "name the worksheet as one of the sheets, or compare its columns with the template",
        )
        for table in unmatched
        if any(each <= {*filled[table.place]} for each in _OF_EVERY_ROW)
    ]
    if wrongs:
        raise UnreadableFileError(*wrongs)


def _must_be_some(by_file: str, found: Chosen, sheets: Mapping[str, Columns]) -> None:
    if found.tables:
        return
    if by_file in sheets:
        raise UnreadableFileError(EMPTY)
    raise UnreadableFileError(unknown_sheet([*sheets]))


def unknown_sheet(names: list[str]) -> Wrong:
    """Say that a file is none of the sheets."""
    return Wrong(
        "unknown-sheet",
        "is not a sheet this import knows",
        f"move it away, or name it one of {quoted(names)}",
    )


def _not_read(path: Path, table: Table, wrong: Wrong) -> FileProblem:
    return FileProblem(f"{path.name} [worksheet {table.place}]", wrong)


EMPTY = Wrong("empty-file", "is empty", "give it a first line with the names of the columns")
_HIDDEN = Wrong("hidden-worksheet", "was not read: it is hidden", "show it if it is a sheet, or remove it")
_NO_SHEET = Wrong(
    "no-sheet",
    "was not read: neither its name nor its columns are those of a sheet",
    "name it as one of the sheets if it is one",
)
