"""What the report files have in common: their columns, and the outcome in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.importing.report import Entry, ImportReport, Kind

KIND_COLUMNS: Mapping[str, str] = {
    "rows": "Rows",
    "standing": "What became of them",
    "sheet": "Sheet",
    "column": "Column",
    "code": "Code",
    "message": "What is wrong",
    "fix": "What to do",
}
ROW_COLUMNS: Mapping[str, str] = {
    "standing": "What became of it",
    "sheet": "Sheet",
    "line": "Line",
    "row": "Row",
    "column": "Column",
    "code": "Code",
    "message": "What is wrong",
    "suggestion": "Perhaps meant",
    "fix": "What to do",
}


def outcome(report: ImportReport) -> str:
    """Return the counts in a sentence."""
    if report.refused:
        return "Nothing was recorded: files cannot be read as a whole."
    return f"{report.outcome[0].upper()}{report.outcome[1:]}."


def notes(report: ImportReport) -> list[str]:
    """Return what else is to be said of the import as a whole."""
    said = [f"Accepted by name: {', '.join(report.accepted)}."] if report.accepted else []
    if report.rejected_files:
        said.append(f"Rejected rows, to correct and import again: {report.rejected_files[0].parent}")
    return [printable(each) for each in (*said, *map(str, report.not_written))]


def cells(item: Kind | Entry) -> dict[str, str | int | None]:
    """Return the values of a row of a table, by column."""
    said: dict[str, str | int | None] = dict(vars(item))
    return said | {"sheet": printable(item.sheet)}  # the name of a file is theirs; all else is ours


def printable(text: str) -> str:
    """Return text that any file can hold: the name of a file may be no text at all."""
    return text.encode("utf-8", "backslashreplace").decode()
