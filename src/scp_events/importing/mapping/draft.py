"""A mapping that is being proposed: answers and open questions, each with why it is so."""

from __future__ import annotations

from dataclasses import dataclass, field

from scp_events.importing.mapping.document import OPEN
from scp_events.importing.report import FileProblem


@dataclass(frozen=True)
class Said:
    """What is proposed in one place, and why; or what is asked."""

    value: str | tuple[str, ...]
    why: str = ""
    always: bool = False
    """Whether it is what a column says on every line, and not the name of one of theirs."""

    @property
    def headers(self) -> tuple[str, ...]:
        """Return the columns of theirs it names."""
        if self.always or self.is_open:
            return ()
        return (self.value,) if isinstance(self.value, str) else self.value

    @property
    def is_open(self) -> bool:
        """Whether somebody must decide it."""
        return self.value == OPEN


@dataclass
class DraftRow:
    """How rows get their ids."""

    prefix: str
    column: str | None = None
    made_from: tuple[str, ...] = ()
    why: str = ""


@dataclass
class DraftSheet:
    """One of their sheets as one of ours."""

    file: str
    worksheet: str | None
    says: Said
    header_line: int | None = None
    dates: Said | None = None
    only_where: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    """Columns of theirs that are near nothing of ours."""
    columns: dict[str, Said] = field(default_factory=dict)
    words: dict[str, dict[str, Said]] = field(default_factory=dict)
    row: DraftRow | None = None

    @property
    def open_questions(self) -> int:
        """Return how much somebody must decide."""
        words = [said for each in self.words.values() for said in each.values()]
        said = [self.says, *([self.dates] if self.dates else []), *self.columns.values(), *words]
        rows = self.row is not None and OPEN in self.row.made_from
        return sum(each.is_open for each in said) + bool(self.undecided) + rows

    @property
    def where(self) -> str:
        """Return which sheet of theirs this is."""
        return self.file if self.worksheet is None else f"{self.file} / {self.worksheet}"


@dataclass
class Draft:
    """The whole proposal."""

    organisation: str
    written: tuple[str, ...] = ()
    prefix: Said | None = None
    sheets: list[DraftSheet] = field(default_factory=list)

    as_ours: list[str] = field(default_factory=list)
    """Files that need no mapping: they are kept as ours are."""
    not_read: list[FileProblem] = field(default_factory=list)

    @property
    def open_questions(self) -> int:
        """Return how much somebody must decide."""
        return sum(sheet.open_questions for sheet in self.sheets)
