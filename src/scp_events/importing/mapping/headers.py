"""Where their columns stand, and everything that is not as the mapping has it, at once."""

from __future__ import annotations

from collections.abc import Sequence

from scp_events.importing.lines import Value, as_typed
from scp_events.importing.mapping.document import SheetMapping
from scp_events.importing.reading import Rows, Table
from scp_events.importing.reading.worksheets import EMPTY
from scp_events.importing.report import UnreadableFileError, Wrong


def folded(text: str) -> str:
    """Return text so that spaces and case make no difference."""
    return " ".join(text.split()).casefold()


class Headers:
    """Where each column of theirs stands."""

    def __init__(self, entry: SheetMapping, theirs: Table) -> None:
        self._from = entry.header_line or 1
        self.line, header = next(self._filled(theirs.rows()), (0, ()))
        if not header:
            raise UnreadableFileError(EMPTY)
        self._names = [folded(as_typed(value)) for value in header]
        while self._names and not self._names[-1]:
            self._names.pop()

    def after(self, rows: Rows) -> Rows:
        """Yield the rows below the names of the columns."""
        return (row for row in self._filled(rows) if row[0] > self.line)

    def place(self, header: str) -> int:
        """Return where a column stands, counted from nought."""
        return self._names.index(folded(header))

    def unnamed(self, row: Sequence[Value]) -> list[Value]:
        """Return what stands where no column has a name."""
        names = [*self._names, *[""] * (len(row) - len(self._names))]
        return [value for name, value in zip(names, row, strict=False) if not name and as_typed(value)]

    def must_be_as_mapped(self, entries: Sequence[SheetMapping]) -> None:
        """Refuse columns that are missing, there twice, or not spoken of: those would be lost in silence."""
        taken = {folded(header): header for entry in entries for header in entry.taken}
        ignored = {folded(header) for entry in entries for header in entry.ignored}
        names = self._names
        wrongs: list[Wrong] = []
        if missing := [header for name, header in taken.items() if name not in names]:
            message = f"has no column {_quoted(missing)}, which the mapping names"
            fix = 'correct the mapping or the name of the column; what is no column is { always = "..." }'
            wrongs.append(Wrong("missing-column", message, fix))
        if twice := [header for name, header in taken.items() if names.count(name) > 1]:
            message = f"has the column {_quoted(twice)} twice"
            wrongs.append(Wrong("column-twice", message, "give one of them another name"))
        spoken_of = {"", *taken, *ignored}
        if unknown := [str(place) for place, name in enumerate(names, 1) if name not in spoken_of]:
            message = f"has a column the mapping says nothing of: number {', '.join(unknown)}"
            wrongs.append(Wrong("unknown-column", message, "name it under `columns` or in `ignored`"))
        if wrongs:
            raise UnreadableFileError(*wrongs)

    def _filled(self, rows: Rows) -> Rows:
        return (row for row in rows if row[0] >= self._from and any(as_typed(value) for value in row[1]))


def _quoted(headers: Sequence[str]) -> str:
    return ", ".join(f"`{header}`" for header in sorted(headers))
