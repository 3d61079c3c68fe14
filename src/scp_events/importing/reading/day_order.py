"""The order of day, month and year: one for a whole column, never guessed cell by cell.

`05/04/2025` is two days, and nobody can see which. The other cells of its column may show it: where one can
only be day first, all are. Where none shows it somebody has to say. A column in which some are written one
way and some another is refused as a whole: its cells come from different hands or programs, and each of them
could be read wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from scp_events.importing.lines import Value
from scp_events.importing.report import Wrong
from scp_events.importing.written_days import calendar_day, two_numbers, year_first

_REMEDY = "write every day of the column as 2025-03-31"


class DayOrder(StrEnum):
    """How the days of a column are written."""

    DMY = "dmy"
    MDY = "mdy"
    ISO = "iso"

    def day(self, text: str) -> date | None:
        """Return a day that is written in this order; None where it is no such day, or written otherwise."""
        if self is DayOrder.ISO or not (written := two_numbers(text.strip())):
            return None
        first, second, year = written
        return (
            calendar_day(year, second, first) if self is DayOrder.DMY else calendar_day(year, first, second)
        )


@dataclass
class Column:
    """What the cells of a column of days show about their order: for each kind, the first line of it."""

    name: str
    seen: dict[str, int] = field(default_factory=dict)

    def note(self, line: int, value: Value) -> None:
        """Take a cell into account. One that is no day of the calendar shows nothing; its row is rejected."""
        if kind := _shows(value):
            self.seen.setdefault(kind, line)

    def order(self, told: DayOrder | None) -> DayOrder | Wrong | None:
        """Return the order of this column, what is wrong with it, or None where it needs no order."""
        typed = [kind for kind in (_DAY_FIRST, _MONTH_FIRST, _EITHER) if kind in self.seen]
        if not typed:
            return DayOrder.DMY if _SAME in self.seen else None
        if mixed := self._mixed(told, typed):
            return mixed
        fits = self._fits()
        if told and told not in fits:
            return Wrong(
                "dates-not-as-told",
                f"has a day in line {self.seen[typed[0]]} that is not written in the order {told}",
                f"give another order with `--dates`, or {_REMEDY}",
                self.name,
            )
        if told or len(fits) == 1:
            return told or fits[0]
        return Wrong(
            "dates-in-two-orders",
            f"has only days that could be day first or month first, such as in line {self.seen[_EITHER]}",
            f"say which with `--dates dmy` or `--dates mdy`, or {_REMEDY}",
            self.name,
        )

    def _fits(self) -> list[DayOrder]:
        if _DAY_FIRST in self.seen:
            return [DayOrder.DMY]
        if _MONTH_FIRST in self.seen:
            return [DayOrder.MDY]
        return [DayOrder.DMY, DayOrder.MDY]

    def _mixed(self, told: DayOrder | None, typed: list[str]) -> Wrong | None:
        """Say which two kinds of day stand in the column.

        A program that opens a sheet written in another order makes days of some cells, the wrong ones, and
        leaves the others as text. So days of a workbook beside such text are refused whatever was told.
        """
        if _REAL in self.seen:
            return self._wrong_mixture(_REAL, typed[0])
        if {_DAY_FIRST, _MONTH_FIRST} <= self.seen.keys():
            return self._wrong_mixture(_DAY_FIRST, _MONTH_FIRST)
        if _ISO in self.seen and told is None:
            return self._wrong_mixture(_ISO, typed[0])
        return None

    def _wrong_mixture(self, one: str, other: str) -> Wrong:
        return Wrong(
            "dates-mixed",
            f"mixes days: line {self.seen[one]} has {one}, line {self.seen[other]} has {other}",
            f"find out how it was meant, and {_REMEDY}",
            self.name,
        )


_REAL = "a date of the workbook"
_ISO = "one with the year first"
_DAY_FIRST = "one that can only be day first"
_MONTH_FIRST = "one that can only be month first"
_EITHER = "one that could be day first or month first"
_SAME = "one that is the same in both orders"


def _shows(value: Value) -> str | None:
    if isinstance(value, date):  # also a moment
        return _REAL
    if not isinstance(value, str) or not (text := value.strip()):
        return None
    if year_first(text):
        return _ISO
    day_first, month_first = DayOrder.DMY.day(text), DayOrder.MDY.day(text)
    if day_first == month_first:
        return _SAME if day_first else None
    if day_first and month_first:
        return _EITHER
    return _DAY_FIRST if day_first else _MONTH_FIRST


class DayColumns:
    """The columns of a sheet that hold days."""

    def __init__(self, places: Mapping[int, str]) -> None:
        self._columns = {place: Column(name) for place, name in places.items()}

    def note(self, line: int, row: list[Value]) -> None:
        """Take a line into account."""
        for place, column in self._columns.items():
            if place < len(row):
                column.note(line, row[place])

    def orders(self, told: DayOrder | None) -> Iterator[tuple[int, DayOrder | Wrong]]:
        """Yield the order of every column that needs one, or what is wrong with it."""
        for place, column in self._columns.items():
            if (order := column.order(told)) is not None:
                yield place, order
