"""Empty sheets to fill in: CSV files, or one workbook with notes and drop-down lists.

What a column says is drawn from the model that reads it, so that no description is kept twice.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from scp_events.importing.column_kinds import KINDS, Column, Kind
from scp_events.importing.reading.worksheets import LISTS
from scp_events.importing.report import FileProblem, SheetsRefusedError, Wrong
from scp_events.importing.workbook_to_write import new_workbook

WORKBOOK = "sheets.xlsx"
_LONGEST_LIST = 255
"""A longer list of words has to stand in cells."""
_LINES = 5000
"""As many lines have lists and formats."""
_FORMATS = {Kind.DAY: "yyyy-mm-dd", Kind.TIME: "hh:mm", Kind.NUMBER: "0"}
_TEXT = "@"
"""So that no program makes a number or a day of what is neither."""
_REGISTER_OF = {Kind.STAFF: "staff", Kind.LEGAL_BASIS: "legal-bases"}


@dataclass(frozen=True)
class Described:
    """A column of a template, for people."""

    sheet: str
    column: str
    needed: str
    says: str


def descriptions(sheets: Sequence[str]) -> list[Described]:
    """Return what every column of these sheets says."""
    return [
        Described(sheet, name, "yes" if column.is_needed else "", _says(column))
        for sheet in sheets
        for name, column in KINDS[sheet].items()
    ]


def write_templates(directory: Path, sheets: Sequence[str], *, as_workbook: bool) -> list[Path]:
    """Write empty sheets, and return the files. Raises `SheetsRefusedError` where one is there already."""
    contents = (
        {WORKBOOK: _workbook(sheets)} if as_workbook else {f"{name}.csv": _csv(name) for name in sheets}
    )
    if there := [name for name in contents if (directory / name).exists()]:
        raise SheetsRefusedError([FileProblem(name, _THERE) for name in there])
    directory.mkdir(parents=True, exist_ok=True)
    return list(_written(directory, contents))


_THERE = Wrong("is-there", "is there already, and nothing was written", "name another directory, or move it")


def _written(directory: Path, contents: Mapping[str, bytes]) -> Iterator[Path]:
    for name, content in contents.items():
        with (directory / name).open("xb") as file:
            file.write(content)
        yield directory / name


def _csv(sheet: str) -> bytes:
    """Return the names of the columns, as Excel reads them in every country."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow(KINDS[sheet])
    return text.getvalue().encode("utf-8-sig")


def _says(column: Column) -> str:
    return f"{column.description} One of {', '.join(column.words)}." if column.words else column.description


# --- workbook ---------------------------------------------------------------------------------------------


def _workbook(sheets: Sequence[str]) -> bytes:
    written, lists = io.BytesIO(), _Lists()
    with new_workbook(written) as workbook:
        bold = workbook.add_format({"bold": True})
        needed = workbook.add_format({"bold": True, "bg_color": "#DDEBF7"})
        formats = {kind: workbook.add_format({"num_format": _FORMATS.get(kind, _TEXT)}) for kind in Kind}
        for sheet in sheets:
            page = workbook.add_worksheet(sheet)
            page.freeze_panes(1, 0)
            for place, (name, column) in enumerate(KINDS[sheet].items()):
                page.set_column(place, place, max(14, len(name) + 2), formats[column.kind])
                page.write_string(0, place, name, needed if column.is_needed else bold)
                page.write_comment(0, place, _says(column), {"x_scale": 2})
                if words := _list(column, sheets):
                    page.data_validation(1, place, _LINES, place, _drop_down(lists.shown(words), column))
        lists.write(workbook)
    return written.getvalue()


class _Lists:
    """The lists of words that are too long for a drop-down: each a column of a hidden worksheet."""

    def __init__(self) -> None:
        self._lists: list[Sequence[str]] = []

    def shown(self, words: Sequence[str] | str) -> Sequence[str] | str:
        """Return the words as they are, or where in a workbook they stand."""
        if isinstance(words, str) or len(",".join(words)) <= _LONGEST_LIST:
            return words
        self._lists.append(words)
        letter = xl_col_to_name(len(self._lists) - 1)
        return f"='{LISTS}'!${letter}$1:${letter}${len(words)}"

    def write(self, workbook: Workbook) -> None:
        """Write them behind the sheets."""
        if not self._lists:
            return
        page = workbook.add_worksheet(LISTS)
        page.hide()
        for place, words in enumerate(self._lists):
            page.write_column(0, place, words)


def _drop_down(words: Sequence[str] | str, column: Column) -> dict[str, object]:
    return {
        "validate": "list",
        "source": words,
        "error_title": column.name,
        "error_message": "Choose one of the list.",
    }


def _list(column: Column, sheets: Sequence[str]) -> Sequence[str] | str | None:
    """Return what may be chosen: our words, or the codes of a register in the same workbook."""
    if column.words:
        return list(column.words)
    register = _REGISTER_OF.get(column.kind)
    if register is None or register not in sheets or column.says_several:
        return None
    letter = xl_col_to_name([*KINDS[register]].index("code"))
    return f"='{register}'!${letter}$2:${letter}${_LINES}"
