"""The sheets while they are filled in: rows with their ids, and how the organisation writes files."""

from __future__ import annotations

import csv
from collections.abc import Container, Iterator, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any, TypeAlias

from scp_events.importing.workbook_to_write import new_workbook

Cell: TypeAlias = Any
"""A text, a number, a day, a time, several texts, or None for a blank cell."""
Row: TypeAlias = dict[str, Cell]

PREFIXES = {
    "organisations": "O",
    "agreements": "G",
    "programmes": "T",
    "practitioners": "Q",
    "sessions": "H",
    "mentors": "N",
    "referrals": "R",
    "referral-decisions": "D",
    "people": "P",
    "consents": "S",
    "key-workers": "K",
    "milestones": "M",
    "contacts": "C",
    "assessments": "A",
    "plans": "L",
    "reviews": "V",
    "support-episodes": "U",
    "offences": "F",
    "sanctions": "X",
    "observation": "B",
    "enrolments": "E",
    "matches": "Y",
    "feedback": "W",
}
"""Of every sheet, what its rows' ids begin with: a row may name one of another sheet, so no two are alike."""
OF_NO_CASE = frozenset({"organisations", "agreements", "programmes", "practitioners", "sessions", "mentors"})
DAY_FIRST = frozenset({"contacts", "consents", "support-episodes"})
"""Sheets of people who write 31/03/2025."""
WITH_SEMICOLONS = frozenset({"contacts"})
"""Sheets saved by a program that puts semicolons between columns."""
WORKBOOKS = frozenset({"reviews", "feedback"})
"""Sheets kept in Excel."""


class Book:
    """All sheets."""

    def __init__(self) -> None:
        self.sheets: dict[str, list[Row]] = {name: [] for name in PREFIXES}

    def add(self, sheet: str, about: str, day: date, /, *, entered: date | None = None, **cells: Cell) -> str:
        """Write a row about a case, or about what has a name; return the row's id."""
        rows = self.sheets[sheet]
        row_id = f"{PREFIXES[sheet]}-{len(rows) + 1:04}"
        subject = "name" if sheet in OF_NO_CASE else "case"
        row: Row = {"row": row_id, subject: about, "happened_on": day, "time": None}
        rows.append(row | {"entered_on": entered or day} | cells)
        return row_id

    def find(self, sheet: str, row_id: str) -> Row:
        """Return a row that was written."""
        return next(row for row in self.sheets[sheet] if row["row"] == row_id)

    def write(self, directory: Path, day_first: Container[str] = DAY_FIRST) -> None:
        """Write a file for every sheet that has rows. The same rows are the same bytes."""
        directory.mkdir(parents=True, exist_ok=True)
        for name, rows in self.sheets.items():
            if not rows:
                continue
            in_order = sorted(rows, key=_entered)
            if name in WORKBOOKS:
                _write_workbook(directory / f"{name}.xlsx", in_order)
            else:
                cells = [
                    {column: _text(said, day_first=name in day_first) for column, said in row.items()}
                    for row in in_order
                ]
                write_csv(directory / f"{name}.csv", cells, ";" if name in WITH_SEMICOLONS else ",")


def write_csv(path: Path, rows: Sequence[dict[str, str]], delimiter: str = ",") -> None:
    """Write one file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _columns(rows), delimiter=delimiter, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _entered(row: Row) -> date:
    """Return when a row was typed in: the order of a file. What says nothing readable stands at its end."""
    entered = row["entered_on"]
    return entered if isinstance(entered, date) else date.max


def _columns(rows: Sequence[dict[str, str]] | Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def _text(said: Cell, *, day_first: bool = False) -> str:
    match said:
        case None:
            return ""
        case date():
            return f"{said:%d/%m/%Y}" if day_first else said.isoformat()
        case time():
            return f"{said:%H:%M}"
        case str() | int():
            return str(said)
    return "; ".join(said)


def _write_workbook(path: Path, rows: Sequence[Row]) -> None:
    with path.open("wb") as file, new_workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        formats = {
            date: workbook.add_format({"num_format": "yyyy-mm-dd"}),
            time: workbook.add_format({"num_format": "hh:mm"}),
        }
        columns = _columns(rows)
        sheet.write_row(0, 0, columns)
        for line, row in enumerate(rows, start=1):
            for column, said in _filled_in(columns, row):
                match said:
                    case date() | time():
                        sheet.write_datetime(line, column, said, formats[type(said)])
                    case int():
                        sheet.write_number(line, column, said)
                    case _:
                        sheet.write_string(line, column, _text(said))


def _filled_in(columns: Sequence[str], row: Row) -> Iterator[tuple[int, Cell]]:
    for number, column in enumerate(columns):
        if row.get(column) is not None:
            yield number, row[column]
