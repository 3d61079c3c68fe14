"""The lines of a sheet: each with its place, and what its cells say.

A large sheet has hundreds of thousands of lines, and most of their cells are looked at twice. So the lines of
a sheet are kept packed in one block of memory, and a line is unpacked whenever it is asked.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from pydantic_core import from_json

from scp_events.importing.legacy_rows import parts

if TYPE_CHECKING:
    from scp_events.importing.reading.day_order import DayOrder

Value: TypeAlias = int | float | str | bool | time | date | datetime | timedelta
"""What a cell of a workbook may hold. A cell of a CSV file is always text."""


def as_typed(value: Value) -> str:
    """Return a cell as somebody would have typed it. Excel keeps 45 as 45.0 and a day as a moment."""
    match value:
        case str():
            return value.strip()
        case bool():
            return "yes" if value else "no"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
    return str(value)


@dataclass(frozen=True)
class Form:
    """How the cells of a line are to be taken: the names of the columns, and the order of their days."""

    names: tuple[str, ...]
    """By place. Blank where a column has no name."""
    remarks: frozenset[int] = frozenset()
    """The places of what an earlier import wrote in front; they say nothing."""
    days: Mapping[int, DayOrder] | None = None
    """The order of day, month and year by place, where a column needs one."""

    def dated(self, values: list[Value]) -> list[Value]:
        """Write days whose order was found out as 2025-03-31, so that nobody has to do so again."""
        for place, order in (self.days or {}).items():
            if place < len(values) and isinstance(said := values[place], str) and (day := order.day(said)):
                values[place] = day.isoformat()
        return values


class Line:
    """One row: its place, and its cells whenever they are asked for."""

    __slots__ = ("_lines", "_place", "number")

    def __init__(self, lines: Lines, place: int, number: int) -> None:
        self._lines = lines
        self._place = place
        self.number = number
        """As a text editor or Excel counts."""

    @property
    def cells(self) -> dict[str, str]:
        """What the cells say by column: without the blank ones, and without spaces around."""
        form = self._lines.form
        said = zip(form.names, self._unpacked(), strict=False)
        return {
            name: text
            for place, (name, value) in enumerate(said)
            if name and place not in form.remarks and (text := as_typed(value))
        }

    @property
    def values(self) -> tuple[Value, ...]:
        """The cells as they stood, less the remarks of an earlier import. Days are written year first."""
        form = self._lines.form
        values = self._unpacked()
        values += [""] * (len(form.names) - len(values))
        return tuple(value for place, value in enumerate(values) if place not in form.remarks)

    @property
    def unnamed(self) -> bool:
        """Whether a cell stands where no column has a name."""
        if not self._lines.may_be_unnamed:
            return False
        names = self._lines.form.names
        return any(
            as_typed(value)
            for place, value in enumerate(self._unpacked())
            if place >= len(names) or not names[place]
        )

    def _unpacked(self) -> list[Value]:
        return self._lines.form.dated(self._lines.unpacked(self._place))


class Lines(Sequence[Line]):
    """The lines of a sheet, packed."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self._named = len(form.names) if all(form.names) else 0
        """Cells of a line that certainly stand in a column with a name."""
        self.may_be_unnamed = False
        """Whether some cell may stand where no column has a name."""
        self._packed = bytearray()
        self._numbers = array("L")
        self._ends = array("L", [0])

    def append(self, number: int, values: Sequence[Value]) -> int:
        """Keep a line; return how many bytes that took."""
        self.may_be_unnamed = self.may_be_unnamed or len(values) > self._named
        packed = _PACKING.encode(values).encode()
        self._packed += packed
        self._numbers.append(number)
        self._ends.append(len(self._packed))
        return len(packed)

    def unpacked(self, place: int) -> list[Value]:
        """Return the cells of a line."""
        return _values(from_json(self._packed[self._ends[place] : self._ends[place + 1]]))

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[Line]:
        return (Line(self, place, number) for place, number in enumerate(self._numbers))

    @overload
    def __getitem__(self, place: int) -> Line: ...

    @overload
    def __getitem__(self, place: slice) -> list[Line]: ...

    def __getitem__(self, place: int | slice) -> Line | list[Line]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        place = range(len(self))[place]
        return Line(self, place, self._numbers[place])


# --- packing ----------------------------------------------------------------------------------------------


_PACKING = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=parts)


def unpacked(line: str) -> list[Value]:
    """Return cells that were packed as JSON; what JSON has no form for is a list, which no cell is."""
    return _values(json.loads(line))


def _values(packed: list[Any]) -> list[Value]:
    return [_value(each) if isinstance(each, list) else each for each in packed]


_READ: Mapping[str, Callable[[str], Value]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


def _value(parts: list[object]) -> Value:
    match parts:
        case [timedelta.__name__, float(seconds)]:
            return timedelta(seconds=seconds)
        case [kind, str(text)]:
            return _READ[str(kind)](text)
    raise TypeError("a cell was packed in another way")
