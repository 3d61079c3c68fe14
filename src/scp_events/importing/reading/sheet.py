"""A sheet: one table of a file, with its columns known and its lines kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scp_events.importing.lines import Form, Lines, as_typed
from scp_events.importing.reading.bounds import Allowance, must_be_few, must_be_near
from scp_events.importing.reading.day_order import DayColumns, DayOrder
from scp_events.importing.reading.header import REMARK_COLUMNS, Columns, must_be_the_columns, names_in
from scp_events.importing.reading.table import MOST_NAMED, Rows, Table, Unseen
from scp_events.importing.reading.worksheets import EMPTY
from scp_events.importing.report import UnreadableFileError, Wrong


@dataclass(frozen=True)
class Sheet:
    """One sheet, read."""

    name: str
    path: Path
    file: str
    """The file's name, and which of its sheets this is where it holds several."""
    header: tuple[str, ...]
    """The names of the columns as written, less the remarks of an earlier import."""
    lines: Lines
    delimiter: str = ","
    worksheet: str = ""
    """The worksheet's name. A text file has none."""
    called: Mapping[str, str] = field(default_factory=dict)
    """What columns are called in the file, where it is mapped and they are not called as here."""

    @property
    def is_workbook(self) -> bool:
        """Whether its cells are those of a workbook: numbers and days, and not only text."""
        return bool(self.worksheet)

    def in_their_words(self, wrong: Wrong) -> Wrong:
        """Return a complaint that names the column as the file does."""
        if not self.called:
            return wrong
        or_mapped = ", or add the word to the mapping" if wrong.code == "not-a-choice" else ""
        return replace(
            wrong, column=self.called.get(wrong.column or "", wrong.column), fix=f"{wrong.fix}{or_mapped}"
        )

    @property
    def own_file(self) -> str:
        """The name of a file that holds this sheet alone."""
        return f"{self.name}.xlsx" if self.is_workbook else f"{self.name}.csv"


@dataclass(frozen=True)
class Asked:
    """What a sheet should be, and what was told of its days."""

    columns: Columns
    days: Collection[str]
    told: DayOrder | None


def read_sheet(name: str, file: str, table: Table, asked: Asked, allowance: Allowance) -> Sheet:
    """Read a table as a sheet. Raises `UnreadableFileError` with all that is wrong with it as a whole."""
    rows = _filled(table.rows())
    _, first = next(rows, (0, []))
    if not first:
        raise UnreadableFileError(EMPTY)
    names = names_in(first)
    must_be_the_columns(names, asked.columns)
    remarks = frozenset(place for place, each in enumerate(names) if each in REMARK_COLUMNS)
    days = DayColumns({place: each for place, each in enumerate(names) if each in asked.days})
    lines = Lines(Form(names, remarks))
    for number, row in rows:
        allowance.take(lines.append(number, row))
        days.note(number, row)
    orders = _orders(days, table.told or asked.told)
    _must_not_be_merged(table.unseen)
    lines.form = replace(lines.form, days=orders)
    header = tuple(as_typed(cell) for place, cell in enumerate(first[: len(names)]) if place not in remarks)
    return Sheet(name, table.path, file, header, lines, table.delimiter, table.name, table.called)


def _filled(rows: Rows) -> Rows:
    """Yield the rows that say something, without blank cells at their ends."""
    for seen, (number, row) in enumerate(rows, start=1):
        must_be_few(seen)
        while row and not as_typed(row[-1]):
            row.pop()
        if row:
            must_be_near(number, len(row))
            yield number, row


def _orders(days: DayColumns, told: DayOrder | None) -> dict[int, DayOrder]:
    found = dict(days.orders(told))
    if wrongs := [each for each in found.values() if isinstance(each, Wrong)]:
        raise UnreadableFileError(*wrongs)
    return {place: order for place, order in found.items() if isinstance(order, DayOrder)}


def _must_not_be_merged(unseen: Unseen) -> None:
    """Refuse merged cells: one of them speaks for several, and the others would be taken as blank."""
    if unseen.merged:
        more = " and others" if len(unseen.merged) > MOST_NAMED else ""
        raise UnreadableFileError(
            Wrong(
                "merged-cells",
                f"has merged cells: {'; '.join(unseen.merged[:MOST_NAMED])}{more}",
                "unmerge them, and fill in each",
            )
        )


def unseen_in(table: Table, sheet: Sheet) -> Iterator[Wrong]:
    """Yield what was read although nobody who looks at the sheet sees it."""
    unseen = table.unseen
    if unseen.hidden_rows:
        yield Wrong(
            "hidden-rows",
            f"has hidden rows with content: {unseen.hidden_rows}, the first in line"
            f" {unseen.first_hidden_row}; they were read like the others",
            "remove the filter or show the rows, and delete those that do not belong",
        )
    if 0 < unseen.first_hidden_column <= len(sheet.header):
        yield Wrong(
            "hidden-columns",
            "has a hidden column; it was read like the others",
            "show it, and compare what it says",
        )
