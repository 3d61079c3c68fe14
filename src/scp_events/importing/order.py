"""The order in which rows are recorded: of a case, as the organisation learned things, and then as things go.

Nothing that a row asks for lies beyond its case, so cases need not wait for each other. Of a row that waits
for its turn nothing is kept but when it was learned and where it stands; it is read again when it is due.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from struct import Struct
from typing import NamedTuple, TypeAlias

from scp_events.importing.cells import ROW_ID
from scp_events.importing.lines import Line
from scp_events.importing.reading import Sheet
from scp_events.importing.sheets import SHEETS, Row

_DAY = Struct(">II")
"""Entered on, happened on: days, counted."""
_WITHIN = Struct(">?HII")
"""Whether it ends something, the number of its sheet, the second of the day or 0, the number of its line.

So what ends something comes last, and a time of day orders the rows of a sheet.
"""


class Place(NamedTuple):
    """Where a row stands."""

    sheet: Sheet
    model: type[Row]
    line: Line

    @property
    def row_id(self) -> str | None:
        """The row's id, where it has a readable one."""
        said = self.line.cells.get("row", "")
        return said if ROW_ID.fullmatch(said) else None


Numbers: TypeAlias = tuple[int, int]
"""Of a sheet, and of a line in it."""
Day: TypeAlias = list[Place]
"""Rows of one case that happened on one day and were entered on one day."""


class Waiting:
    """Rows that wait for their turn, by case."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = [
            (sheet, model) for model in SHEETS for sheet in sheets.values() if sheet.name == model.NAME
        ]
        self._cases: dict[str, list[bytes]] = {}
        self._whose: dict[int, str] = {}
        """The case of every row, by a hash of sheet and id, as there are many."""
        self.twice: set[tuple[str, str]] = set()
        """Sheet and id of rows that stand in several lines."""

    def __len__(self) -> int:
        return sum(len(sheet.lines) for sheet, _ in self._sheets)

    def places(self) -> Iterator[tuple[Numbers, Place]]:
        """Yield every line there is."""
        for order in range(len(self._sheets)):
            for number in range(len(self._sheets[order][0].lines)):
                yield (order, number), self._place(order, number)

    def add(self, numbers: Numbers, row: Row) -> None:
        """Have a row wait."""
        self._cases.setdefault(row.case, []).append(_learned(numbers, row))
        row_id = row.NAME, row.row
        known = self._whose.get(hash(row_id))
        if known is None:
            self._whose[hash(row_id)] = row.case
        else:
            self.twice.add(row_id)
            self._join(known, row.case)

    def cases(self) -> list[list[bytes]]:
        """Return what waits, case by case, those first of which something was learned first."""
        self._whose.clear()
        by_list = {id(rows): rows for rows in self._cases.values()}
        return sorted(by_list.values(), key=min)

    def days(self, case: list[bytes]) -> Iterator[Day]:
        """Yield the rows of a case in their order."""
        for _, rows in groupby(sorted(case), key=_day_of):
            yield [self._place(*_numbers_of(row)) for row in rows]

    def _join(self, one: str, other: str) -> None:
        """Have two cases take one turn: a row stands in both, and which counts must not be left to chance."""
        kept, gone = self._cases[one], self._cases[other]
        if kept is not gone:
            kept += gone
            self._cases |= {case: kept for case, rows in self._cases.items() if rows is gone}

    def _place(self, order: int, number: int) -> Place:
        sheet, model = self._sheets[order]
        return Place(sheet, model, sheet.lines[number])


def _learned(numbers: Numbers, row: Row) -> bytes:
    """Return what orders a row among those of its case, and finds it again."""
    order, number = numbers
    second = 0 if row.time is None else 1 + row.time.hour * 3600 + row.time.minute * 60 + row.time.second
    day = _DAY.pack(row.entered_on.toordinal(), row.happened_on.toordinal())
    return day + _WITHIN.pack(row.ends_something, order, second, number)


def _day_of(learned: bytes) -> bytes:
    return learned[: _DAY.size]


def _numbers_of(learned: bytes) -> Numbers:
    _, order, _, number = _WITHIN.unpack_from(learned, _DAY.size)
    return order, number
