"""Tables for people: a reference, a code, a date or a number is never broken over two lines.

A column whose cells are one word each is as wide as its longest. Columns with sentences share what is left,
and break between words. Where even that has no room, the columns a command can do without are left out; where
there are none, each row is a record of its own. Without a width, which is so in a pipe, nothing is broken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from scp_events.case_file.words import in_words

Row: TypeAlias = Mapping[str, Any]

GAP = 2
"""What stands between two columns."""
SENTENCE = 14
"""Fewer characters than this and a sentence cannot be read."""


@dataclass(frozen=True)
class Column:
    """A column: what it shows of each row, and how much room that needs."""

    field: str
    heading: str
    cells: tuple[str, ...]
    numbers: bool

    @property
    def least(self) -> int:
        """The width below which something would be broken that must not be."""
        words = (word for cell in (self.heading, *self.cells) for word in cell.split(" "))
        longest = max(map(cell_len, words), default=0)
        return max(longest, min(SENTENCE, self.most)) if self.is_text else longest

    @property
    def most(self) -> int:
        """The width at which nothing is broken."""
        return max(map(cell_len, (self.heading, *self.cells)), default=0)

    @property
    def is_text(self) -> bool:
        """Whether any cell holds more than one word."""
        return any(" " in cell for cell in self.cells)


@dataclass(frozen=True)
class Fitted:
    """What can be shown in a width: a table or records, and which columns had to be left out."""

    drawn: RenderableType
    left_out: tuple[str, ...]


def fitted(
    rows: Sequence[Row], columns: Mapping[str, str], width: int | None, spare: Sequence[str] = ()
) -> Fitted:
    """Return rows as a table of the columns named, within a width; None is no bound.

    `spare` are fields one can do without, the least needed first.
    """
    shown = [_column(rows, *named) for named in columns.items()]
    if width is None:
        return Fitted(_table(shown, [column.most for column in shown]), ())
    left_out: list[str] = []
    for field in spare:
        if _needed(shown) <= width:
            break
        left_out += [column.heading for column in shown if column.field == field]
        shown = [column for column in shown if column.field != field]
    if _needed(shown) <= width:
        return Fitted(_table(shown, _widths(shown, width)), tuple(left_out))
    return Fitted(_records(rows, columns, width), ())


def _column(rows: Sequence[Row], field: str, heading: str) -> Column:
    return Column(
        field,
        heading,
        tuple(in_words(row.get(field)) for row in rows),
        numbers=all(_is_number(row.get(field)) for row in rows),
    )


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + GAP * (len(columns) - 1)


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """Give each column what it needs, and what is left to those with sentences, evenly."""
    widths = [column.least for column in columns]
    left = width - _needed(columns)
    while left and (short := [i for i, column in enumerate(columns) if widths[i] < column.most]):
        for i in sorted(short, key=lambda i: widths[i])[:left]:
            widths[i] += 1
            left -= 1
    return widths


def _table(columns: Sequence[Column], widths: Sequence[int]) -> Table:
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column, width in zip(columns, widths, strict=True):
        drawn.add_column(
            column.heading,
            justify="right" if column.numbers else "left",
            overflow="fold",
            width=width,
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        drawn.add_row(*map(Text, cells))
    return drawn


def _records(rows: Sequence[Row], columns: Mapping[str, str], width: int) -> RenderableType:
    """Tell each row below the one before, a line or more a field; words longer than the line overflow."""
    label = max(map(cell_len, columns.values()), default=0)
    parts: list[RenderableType] = []
    for number, row in enumerate(rows):
        parts += [Text()] if number else []
        for field, heading in columns.items():
            if said := in_words(row.get(field)):
                parts.append(
                    Text(
                        f"{heading:<{label}}  {_indented(said, label + 2, width)}",
                        overflow="ignore",
                        no_wrap=True,
                    )
                )
    return Group(*parts)


def _indented(said: str, indent: int, width: int) -> str:
    """Break between words alone, below where the text began."""
    lines = [""]
    for word in said.split(" "):
        if lines[-1] and cell_len(f"{lines[-1]} {word}") > width - indent:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return f"\n{' ' * indent}".join(lines)
