"""What every kind of file comes down to: rows of cells, and what is to be said of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from scp_events.importing.lines import Value, as_typed
from scp_events.importing.reading.day_order import DayOrder

MOST_NAMED = 5
"""Of a kind, in a message."""

Rows = Iterator[tuple[int, list[Value]]]
"""Each with the line it starts on. A blank row may be there or not."""


@dataclass
class Unseen:
    """What somebody who looks at a worksheet would not see. Complete once its rows were read."""

    hidden_rows: int = 0
    first_hidden_row: int = 0
    first_hidden_column: int = 0
    merged: list[str] = field(default_factory=list)
    """The first ranges of which one cell speaks for all, and the others are blank."""

    def note_hidden_row(self, row: int) -> None:
        """Count a hidden row that says something."""
        self.hidden_rows += 1
        self.first_hidden_row = self.first_hidden_row or row

    def note_hidden_column(self, column: int) -> None:
        """Note a hidden column; those beyond the columns of the sheet do not matter."""
        self.first_hidden_column = min(self.first_hidden_column or column, column)

    def note_merged(self, cells: str) -> None:
        """Note merged cells, as many as anybody wants to read of."""
        if len(self.merged) <= MOST_NAMED:
            self.merged.append(cells)


class Table(ABC):
    """A text file, or one worksheet of a workbook."""

    path: Path
    place: int = 1
    """Which worksheet of the workbook it is."""
    name: str = ""
    """The worksheet's name. A text file has none."""
    hidden: bool = False
    delimiter: str = ","
    told: DayOrder | None = None
    """The order of its days, where that is known."""
    called: Mapping[str, str] = MappingProxyType({})
    """What its columns are called in the file, where they are not called as here."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.unseen = Unseen()

    @abstractmethod
    def rows(self) -> Rows:
        """Yield the rows, from the first each time."""

    def first(self) -> list[Value]:
        """Return the first row that says something; an empty one where there is none."""
        rows = self.rows()
        return next((row for _, row in rows if any(as_typed(value) for value in row)), [])
