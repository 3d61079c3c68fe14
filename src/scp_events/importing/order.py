"""The order in which rows are recorded: of a case, as the organisation learned things, and then as things go.

What belongs to no case comes before all cases, sheet by sheet: cases rest on programmes and mentors, and a
session on its programme. Nothing else that a row asks for lies beyond its case, so cases need not wait for
each other. Of a row that waits
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
Turn: TypeAlias = list[bytes]
"""What orders the rows of one case, or of one thing that belongs to none."""
Day: TypeAlias = list[Place]
"""Rows of one case that happened on one day and were entered on one day."""


class Waiting:
    """Rows that wait for their turn, by case."""

    def __init__(self, sheets: Mapping[str, Sheet]) -> None:
        self._sheets = [
            (sheet, model) for model in SHEETS for sheet in sheets.values() if sheet.name == model.NAME
        ]
        self._cases: dict[str, Turn] = {}
        self._of_no_case: dict[int, dict[str, Turn]] = {}
        """By sheet, and then by name."""
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
        turns = self._cases if row.BELONGS_TO_A_CASE else self._of_no_case.setdefault(numbers[0], {})
        turns.setdefault(row.case, []).append(_learned(numbers, row))
        row_id = row.NAME, row.row
        known = self._whose.get(hash(row_id))
        if known is None:
            self._whose[hash(row_id)] = row.case
        else:
            self.twice.add(row_id)
            _join(turns, known, row.case)

    def of_no_case(self) -> list[list[Turn]]:
        """Return what waits and belongs to no case: sheet by sheet, as later ones rest on earlier ones."""
        return [_one_by_one(turns) for _, turns in sorted(self._of_no_case.items())]

    def cases(self) -> list[Turn]:
        """Return what waits, case by case, those first of which something was learned first."""
        self._whose.clear()
        return _one_by_one(self._cases)

    def days(self, turn: Turn) -> Iterator[Day]:
        """Yield the rows of a case in their order."""
        for _, rows in groupby(sorted(turn), key=_day_of):
            yield [self._place(*_numbers_of(row)) for row in rows]

    def _place(self, order: int, number: int) -> Place:
        sheet, model = self._sheets[order]
        return Place(sheet, model, sheet.lines[number])


def _one_by_one(turns: Mapping[str, Turn]) -> list[Turn]:
    by_list = {id(rows): rows for rows in turns.values()}
    return sorted(by_list.values(), key=min)


def _join(turns: dict[str, Turn], one: str, other: str) -> None:
    """Have two cases take one turn: a row stands in both, and which counts must not be left to chance."""
    kept, gone = turns[one], turns[other]
    if kept is not gone:
        kept += gone
        turns |= {case: kept for case, rows in turns.items() if rows is gone}


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
