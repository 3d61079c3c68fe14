"""What an import says when it is done: how many rows ended how, and what to do about the others.

No message ever repeats what a cell says. Messages go to terminals, logs and tickets; the cell stays in the
sheet, where `sheet`, `line` and `column` find it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
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
    suggestion: str | None = None
    """What may be meant: a word or code of ours, never anything of the cell."""


class WrongCellError(Exception):
    """A cell that reads well and does not fit the rest of the row, or what was imported before."""

    def __init__(self, column: str, code: str, message: str, fix: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.wrong = Wrong(code, message, fix, column, suggestion)


class UnreadableFileError(Exception):
    """Why a file cannot be read as a whole: everything that is wrong with it."""

    def __init__(self, *wrongs: Wrong) -> None:
        super().__init__("; ".join(wrong.message for wrong in wrongs))
        self.wrongs = wrongs


class ImportBrokenOffError(Exception):
    """The database, or who keeps the keys, failed in the middle: `report` has what came of rows so far."""

    def __init__(self, report: ImportReport, cause: Exception) -> None:
        super().__init__(f"the import was broken off: {cause}")
        self.report = report
        self.cause = cause


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
    suggestion: str | None = None
    """What may be meant, where it is a word or code of ours."""

    @property
    def what_to_do(self) -> str:
        """The fix, with what may be meant."""
        return f"{self.fix}, perhaps {self.suggestion}" if self.suggestion else self.fix


@dataclass(frozen=True)
class FileProblem:
    """Why a whole file cannot be read, or what is to be noticed about one."""

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
    there: int
    """Rows that are in the log by now."""


@dataclass(frozen=True)
class NotWritten:
    """A file that was to be written and could not be; nothing of it is left."""

    what: str
    path: Path
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what} could not be written to {self.path}: {self.why}; {self.fix}"


def not_written(what: str, path: Path, error: Exception) -> NotWritten:
    """Return what to say of a file that could not be written. Importing again loses and doubles nothing."""
    if isinstance(error, OSError):
        why = error.strerror or type(error).__name__
        fix = "make room or name another place, and import again: what is recorded is not recorded twice"
    else:
        why = "the database could not note where they are, so that an erasure finds them"
        fix = "import again once it can: what is recorded is not recorded twice"
    return NotWritten(what, path, why, fix)


@dataclass
class ImportReport:
    """Every row read ended in exactly one of `recorded`, `already_there` and `rejected`.

    Those the import did not come to, because it was broken off, are `not_come_to`.
    """

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
    noticed: list[FileProblem] = field(default_factory=list)
    """What of the folder was not read, with why; and what was read although it cannot be seen."""
    accepted: tuple[str, ...] = ()
    """The questions somebody said yes to by name; the rows that were taken for it are among the remarks."""
    refused: list[FileProblem] = field(default_factory=list)
    """Files that cannot be read as a whole; then no row was read."""
    rejected_files: list[Path] = field(default_factory=list)
    """The rejected rows, and the registers they need, ready to be corrected and imported."""
    not_written: list[NotWritten] = field(default_factory=list)
    """What could not be put on the disk; everything else of the outcome stands here."""

    @property
    def not_come_to(self) -> int:
        """Rows of which it is open what becomes of them."""
        return self.read - self.recorded - self.already_there - self.rejected

    @property
    def outcome(self) -> str:
        """The counts, in a sentence."""
        dry, would = ("dry run, nothing recorded: ", "would be ") if self.dry_run else ("", "")
        left = f", {self.not_come_to} not come to" if self.not_come_to else ""
        return (
            f"{dry}{self.read} rows read, {self.recorded} {would}recorded,"
            f" {self.already_there} already there, {self.rejected} {would}rejected{left}"
        )

    def entries(self) -> Iterator[Entry]:
        """Yield everything there is to say, in one form: files, rejected rows, what is worth a look."""
        yield from map(_of_a_file, self.refused)
        for problem in self.problems:
            yield _of_a_row(Standing.REJECTED, problem)
        for problem in self.remarks:
            yield _of_a_row(Standing.REMARK, problem)
        for notice in self.noticed:
            yield _of_a_file(notice, Standing.REMARK)


# --- by kind ----------------------------------------------------------------------------------------------


class Standing(StrEnum):
    """What became of what an entry is about."""

    FILE_REFUSED = "file refused"
    REJECTED = "rejected"
    REMARK = "worth a look"


@dataclass(frozen=True)
class Entry:
    """One thing to say, wherever it stands."""

    standing: Standing
    sheet: str
    line: int | None
    row: str | None
    column: str | None
    code: str
    message: str
    suggestion: str | None
    fix: str


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: what is to be said of rows of a sheet, said once, with how many they are."""

    rows: int
    standing: Standing
    sheet: str
    column: str | None
    code: str
    message: str
    fix: str


def _of_a_file(problem: FileProblem, standing: Standing = Standing.FILE_REFUSED) -> Entry:
    wrong = problem.wrong
    return Entry(
        standing,
        problem.file,
        problem.line,
        None,
        wrong.column,
        wrong.code,
        wrong.message,
        wrong.suggestion,
        wrong.fix,
    )


def _of_a_row(standing: Standing, problem: RowProblem) -> Entry:
    return Entry(
        standing,
        problem.sheet,
        problem.line,
        problem.row,
        problem.column,
        problem.code,
        problem.message,
        problem.suggestion,
        problem.fix,
    )


def kinds(entries: Iterable[Entry]) -> list[Kind]:
    """Return the entries by kind: files, then rejected rows, then remarks, each by how many they are."""
    first: dict[tuple[Standing, str, str | None, str], Entry] = {}
    lines: dict[tuple[Standing, str, str | None, str], set[int | None]] = {}
    for each in entries:
        alike = (each.standing, each.sheet, each.column, each.code)
        first.setdefault(alike, each)
        lines.setdefault(alike, set()).add(each.line)
    found = [_kind(each, len(lines[alike])) for alike, each in first.items()]
    order = list(Standing)
    return sorted(found, key=lambda kind: (order.index(kind.standing), -kind.rows))


def _kind(first: Entry, rows: int) -> Kind:
    return Kind(rows, first.standing, first.sheet, first.column, first.code, first.message, first.fix)
