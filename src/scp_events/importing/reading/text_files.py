"""Text files: CSV as people and Excel write it, read line by line."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TextIO

from scp_events.importing.lines import Value
from scp_events.importing.reading.bounds import MOST_IN_A_CELL, too_long_a_cell
from scp_events.importing.reading.table import Rows, Table
from scp_events.importing.report import UnreadableFileError, Wrong

DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAYS_ITS_DELIMITER = re.compile("sep=([,;\t|])", re.IGNORECASE)
"""In the first line, for Excel alone."""
_NOT_UTF_8 = Wrong(
    "not-utf-8",
    "is not written in UTF-8, nor in UTF-16 with the mark that says so",
    "save it as `CSV UTF-8` in Excel, or as UTF-8 elsewhere",
)
_LONGEST_LINE = 8 * MOST_IN_A_CELL


class TextFile(Table):
    """A sheet in a text file."""

    def __init__(self, path: Path, known: Collection[str]) -> None:
        super().__init__(path)
        self._encoding = _encoding(path)
        first = next(self._lines(), "")
        self._says = _SAYS_ITS_DELIMITER.fullmatch(first.rstrip("\r\n"))
        self.delimiter = self._says[1] if self._says else _delimiter(self._header(), known)

    def rows(self) -> Rows:
        """Yield the rows; the line that names the delimiter is none."""
        rows = _rows(self._lines(), self.delimiter)
        if self._says:
            next(rows)
        return rows

    def _header(self) -> str:
        return next((line for line in self._lines() if line.strip()), "")

    def _lines(self) -> Iterator[str]:
        with self.path.open(encoding=self._encoding, newline="") as file:
            yield from _decoded(file)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((b"PK\3\4", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFileError(
            Wrong("a-workbook", "is a workbook and not text", "give its name the ending .xlsx, .ods or .xls")
        )
    encoding = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in start:  # UTF-16 without its mark
        raise UnreadableFileError(_NOT_UTF_8)
    return encoding


def _decoded(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file, none longer than a line can be."""
    try:
        while line := file.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise UnreadableFileError(
                    Wrong(
                        "line-too-long",
                        f"has a line of more than {_LONGEST_LINE:,} characters",
                        "check that it is a sheet, saved as CSV",
                    )
                )
            yield line
    except UnicodeError:
        raise UnreadableFileError(_NOT_UTF_8) from None


def _delimiter(first: str, known: Collection[str]) -> str:
    """Return what parts the columns; in some countries Excel writes semicolons."""

    def columns(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([first[:MOST_IN_A_CELL]], delimiter=delimiter), [])
        return sum("_".join(name.lower().split()) in known for name in names), len(names)

    return max(DELIMITERS, key=columns)


def _rows(lines: Iterator[str], delimiter: str) -> Rows:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            cells: list[Value] = [*row]
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        if "field larger than field limit" in str(error):
            raise too_long_a_cell(start) from None
        raise UnreadableFileError(
            Wrong(
                "broken-quotes",
                f"cannot be parted into cells from line {start} on",
                'look for a quotation mark that is not closed; inside a quoted cell write it twice: ""',
            )
        ) from None
