"""The mapping file, kept by the organisation: which of its sheets and columns are which of ours.

It is TOML that a person can read and edit. `?` stands where something is not decided; an import names each
such place and refuses. Everything else that does not fit is named too, all at once, before a sheet is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from scp_events.importing.case_form import CaseForm
from scp_events.vocabulary import Word

FILE = "mapping.toml"
FORMAT = 1
OPEN = "?"
"""Stands where something is not decided."""
UNDECIDED = "undecided"
"""Columns of theirs of which nobody has said yet whether they are taken."""
NOTHING = "nothing"
"""What a sheet is that is deliberately not taken."""

Header: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Order: TypeAlias = Literal["dmy", "mdy", "iso"]


class Cases(Word):
    """How they write the references of cases."""

    written: tuple[str, ...] = ()
    prefix: str = ""


class Always(Word):
    """What a column of ours says on every line, where they have no such column."""

    always: Header


class RowOf(Word):
    """A column that names a row of another sheet of ours: the one that follows from the same line or case."""

    row_of: str


Filled: TypeAlias = Header | Annotated[tuple[Header, ...], Field(min_length=1)] | Always | RowOf
"""What fills a column of ours: one of theirs, several joined by a space, or what is not in their sheet."""


class RowRule(Word):
    """How a row gets an id that stays the same: from a column of theirs, or from what the row says."""

    column: Header | None = None
    made_from: tuple[str, ...] = Field(default=(), alias="from")
    """Columns of ours, which together tell one row from every other."""
    prefix: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}$")]


class SheetMapping(Word):
    """One of their sheets as one of ours. A sheet of theirs may be several of ours."""

    file: str
    worksheet: str | None = None
    """Of a workbook. Without it, the only one."""
    says: str = Field(alias="is")
    """The name of the sheet it is, or `nothing`."""
    header_line: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The line with the names of the columns; what stands above is not read. Without it, the first line."""
    dates: Order | None = None
    """How days are written that are text."""
    only_where: tuple[Header, ...] = ()
    """Columns of theirs. A line counts only where all of them say something."""
    undecided: tuple[()] = ()
    ignored: tuple[Header, ...] = ()
    """Columns of theirs that are deliberately not taken."""
    columns: Mapping[str, Filled] = {}
    """Of each column of ours, what fills it."""
    words: Mapping[str, Mapping[str, str]] = {}
    """Of a column of ours: their word, and what it is here."""
    row: RowRule | None = None

    @property
    def where(self) -> str:
        """Return which sheet this is about, for a message."""
        return self.file if self.worksheet is None else f"{self.file}, worksheet {self.worksheet}"

    @property
    def is_taken(self) -> bool:
        """Whether anything of the sheet is imported."""
        return self.says != NOTHING

    @property
    def theirs(self) -> dict[str, tuple[str, ...]]:
        """Return which of their columns ours are filled from."""
        return {
            name: (filled,) if isinstance(filled, str) else filled
            for name, filled in self.columns.items()
            if isinstance(filled, str | tuple)
        }

    @property
    def always(self) -> dict[str, str]:
        """Return what columns of ours say on every line."""
        return {name: each.always for name, each in self.columns.items() if isinstance(each, Always)}

    @property
    def rows_of(self) -> dict[str, str]:
        """Return which of our columns name a row, and of which sheet."""
        return {name: each.row_of for name, each in self.columns.items() if isinstance(each, RowOf)}

    @property
    def taken(self) -> set[str]:
        """Return every column of theirs that is used."""
        said = {header for headers in self.theirs.values() for header in headers}
        by_row = {self.row.column} if self.row and self.row.column else set()
        return said | by_row | {*self.only_where}


class OrganisationMapping(Word):
    """The whole file."""

    format: Literal[1]
    organisation: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    version: Annotated[int, Field(ge=1)]
    """Counted up by whoever changes it."""
    cases: Cases = Cases()
    sheet: tuple[SheetMapping, ...] = ()

    @property
    def case_form(self) -> CaseForm:
        """Return how references of cases are read."""
        return CaseForm(self.cases.written, self.cases.prefix)

    def of(self, file: str, worksheet: str | None) -> list[SheetMapping]:
        """Return what a sheet of theirs is; nothing where it is not spoken of."""
        return [each for each in self.sheet if each.file == file and each.worksheet in {None, worksheet}]

    def row_rule(self, sheet: str) -> RowRule | None:
        """Return how rows of one of our sheets get their ids."""
        return next((each.row for each in self.sheet if each.says == sheet), None)
