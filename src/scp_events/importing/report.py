"""What an import says when it is done: how many rows ended how, and what to do about the others.

No message ever repeats what a cell says. Messages go to terminals, logs and tickets; the cell stays in the
sheet, where `sheet`, `line` and `column` find it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a cell, a row or a file, and what to do about it."""

    code: str
    """A stable name; where a rule of the programme refused the row, the name of that rule."""
    message: str
    fix: str
    column: str | None = None
    """None where it is not one cell's fault."""


class WrongCellError(Exception):
    """A cell that reads well and does not fit the rest of the row, or what was imported before."""

    def __init__(self, column: str, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.wrong = Wrong(code, message, fix, column)


class UnreadableFileError(Exception):
    """Why a file cannot be read as a whole."""

    def __init__(self, code: str, message: str, fix: str, column: str | None = None) -> None:
        super().__init__(message)
        self.wrong = Wrong(code, message, fix, column)


class NothingNewError(Exception):
    """A row that changes nothing, and was not recorded before."""


@dataclass(frozen=True)
class RowProblem:
    """Why one row was not recorded, or a remark about one that was there already."""

    sheet: str
    """The file's name."""
    line: int
    """As a text editor or Excel counts; the line of column names is 1."""
    row: str | None
    """The row's own id, where it has a readable one."""
    column: str | None
    code: str
    message: str
    fix: str


@dataclass(frozen=True)
class FileProblem:
    """Why a whole file cannot be read."""

    file: str
    wrong: Wrong
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        cell = "" if self.wrong.column is None else f", column {self.wrong.column}"
        return f"{place}{cell}: {self.wrong.message}; {self.wrong.fix}"


class SheetsRefusedError(Exception):
    """At least one file cannot be read as a whole; nothing was recorded."""

    def __init__(self, problems: list[FileProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Progress:
    """How far an import has come."""

    done: int
    total: int
    sheet: str
    """The file of the row that was just dealt with."""


@dataclass
class ImportReport:
    """Every row read ended in exactly one of `recorded`, `already_there` and `rejected`."""

    dry_run: bool
    """True: every row was decided on the log as it stands, and nothing was recorded or written."""
    read: int = 0
    recorded: int = 0
    already_there: int = 0
    rejected: int = 0
    problems: list[RowProblem] = field(default_factory=list)
    """Of rejected rows: at least one each, in the order of sheets and lines."""
    remarks: list[RowProblem] = field(default_factory=list)
    """Of rows that are fine and worth a look, such as one that stands twice in its sheet."""
    rejected_files: list[Path] = field(default_factory=list)
    """The rejected rows, and the registers they need, ready to be corrected and imported."""
