"""The files of a folder that a mapping speaks of, read as sheets of ours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scp_events.importing.mapping.answers import read_mapping
from scp_events.importing.mapping.document import FILE, NOTHING, OrganisationMapping, SheetMapping
from scp_events.importing.mapping.headers import Headers
from scp_events.importing.mapping.translate import Translation
from scp_events.importing.reading import Chosen, DayOrder, Rows, Table, Unseen, tables_of
from scp_events.importing.report import FileProblem, UnreadableFileError, Wrong


def mapped_folder(directory: Path, mapping: Path | None) -> MappedFolder | None:
    """Return the mapping of a directory: the one named, or the one in it."""
    path = mapping or directory / FILE
    return MappedFolder(path) if mapping or path.is_file() else None


class Mapped(Table):
    """One of their sheets as one of ours."""

    def __init__(self, mapping: OrganisationMapping, entries: Sequence[SheetMapping], theirs: Table) -> None:
        super().__init__(theirs.path)
        self.sheet = entries[0].says
        """The name of our sheet."""
        self.place, self.name = theirs.place, theirs.name
        self.hidden, self.delimiter = theirs.hidden, theirs.delimiter
        self.told = next((DayOrder(entry.dates) for entry in entries if entry.dates), None)
        self._theirs = theirs
        self._headers = Headers(entries[0], theirs)
        self._translations = [Translation(mapping, entry, self._headers) for entry in entries]
        self._columns = list(dict.fromkeys(name for each in self._translations for name in each.columns))
        self.called = {name: header for each in self._translations for name, header in each.called()}

    def rows(self) -> Rows:
        """Yield the rows as they would be in a sheet of ours. The first has the names of the columns."""
        yield self._headers.line, [*self._columns]
        for number, row in self._headers.after(self._theirs.rows()):
            for translation in self._translations:
                if translation.counts(row):
                    said = translation.line(row)
                    cells = [said.get(name, "") for name in self._columns]
                    yield number, [*cells, *self._headers.unnamed(row)]
        self.unseen = self._unseen()

    def _unseen(self) -> Unseen:
        """Return what cannot be seen of their sheet; a title that spans columns stands above what is read."""
        unseen = self._theirs.unseen
        return replace(
            unseen, merged=[each for each in unseen.merged if _last_line(each) >= self._headers.line]
        )


def _last_line(cells: str) -> int:
    return int(re.sub(r"\D", "", cells.rpartition(":")[2]) or 0)


class MappedFolder:
    """The files of a folder that a mapping speaks of, as ours."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mapping = read_mapping(path)

    def is_itself(self, path: Path) -> bool:
        """Return whether a file is the mapping."""
        return path.absolute() == self.path.absolute()

    def chosen(self, path: Path) -> Chosen | None:
        """Return the sheets of a file, or None where the mapping does not speak of it.

        Raises `UnreadableFileError` where a sheet is not as mapped, or is not spoken of.
        """
        if not any(entry.file == path.name for entry in self.mapping.sheet):
            return None
        found = Chosen()
        wrongs: list[Wrong] = []
        for table in tables_of(path, ()):
            if not table.first():
                continue
            if table.hidden and not self.mapping.of(path.name, table.name):
                found.not_read.append(FileProblem(f"{path.name} [worksheet {table.place}]", _HIDDEN))
                continue
            try:
                found.tables += [(each.sheet, each) for each in self._mapped(table)]
            except UnreadableFileError as unreadable:
                wrongs += unreadable.wrongs
        if wrongs:
            raise UnreadableFileError(*wrongs)
        return found

    def _mapped(self, theirs: Table) -> list[Mapped]:
        entries = self.mapping.of(theirs.path.name, theirs.name or None)
        if not entries:
            raise UnreadableFileError(
                Wrong(
                    "unknown-worksheet",
                    f"has rows in worksheet {theirs.place}, of which the mapping says nothing",
                    f'map it, or add it to the mapping with `is = "{NOTHING}"`',
                )
            )
        taken = [entry for entry in entries if entry.is_taken]
        if not taken:
            return []
        Headers(taken[0], theirs).must_be_as_mapped(taken)
        by_sheet = {entry.says: [each for each in taken if each.says == entry.says] for entry in taken}
        return [Mapped(self.mapping, each, theirs) for each in by_sheet.values()]


_HIDDEN = Wrong(
    "hidden-worksheet",
    "was not read: it is hidden, and the mapping says nothing of it",
    "show it if it is a sheet, and map it",
)
