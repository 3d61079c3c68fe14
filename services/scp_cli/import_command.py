"""`scp-events import`: spreadsheets into the log, and a report of what became of every row."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli.output import Format, Shown, progress, remark, show, write
from scp_cli.people import OURS, Organisation, somebody

if TYPE_CHECKING:
    from scp_events.event_log import BlockingCommandHandler, LogReader
    from scp_events.importing import ImportReport, Progress
    from scp_events.vocabulary import Actor

PARTIAL = 3
"""The exit code where some rows were rejected and the others were recorded."""


def import_sheets(  # noqa: PLR0913 - one argument an option
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Holds the sheets, CSV or XLSX."),
    ],
    *,
    by: Annotated[str, typer.Option(metavar="CODE", help="Who imports, by their code.")] = "data-clerk",
    organisation: Organisation = OURS,
    rejected: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where rejected rows go, never over what is there; by default `rejected` beside DIR.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide every row and record none.")] = False,
    how: Shown = Format.TABLE,
) -> None:
    """Import sheets, and report on every row.

    Each row is recorded, was there already, or is rejected with what to do about it. Safe to run twice.
    Rejected rows are written to files that can be corrected and imported; exit code 3 says there are some.
    """
    rejected_to = rejected or directory.absolute().parent / "rejected"
    from scp_cli.connecting import opened_log, opened_to_append

    clerk = somebody(by, "data-clerk", organisation)
    if dry_run:
        with opened_log() as log:
            report = imported(log, None, directory, clerk, rejected_to)
    else:
        with opened_to_append() as (log, handler):
            report = imported(log, handler, directory, clerk, rejected_to)
    show_report(report, how)
    if report.rejected:
        raise typer.Exit(PARTIAL)


def imported(
    log: LogReader, handler: BlockingCommandHandler | None, directory: Path, by: Actor, rejected_to: Path
) -> ImportReport:
    """Import a directory, with a progress bar on a terminal. Without a handler nothing is recorded."""
    from scp_events.importing import import_directory

    with progress("importing") as bar:

        def on_row(so_far: Progress) -> None:
            bar(so_far.done, so_far.total)

        return import_directory(
            log,
            handler,
            directory,
            by=by,
            rejected_to=rejected_to,
            on_row=on_row,
            now=datetime.now(UTC),
        )


# --- the report -------------------------------------------------------------------------------------------

COUNTS = ("read", "recorded", "already_there", "rejected")
COLUMNS = {
    "sheet": "sheet",
    "line": "line",
    "column": "column",
    "code": "code",
    "message": "what is wrong",
    "fix": "what to do",
}


def show_report(report: ImportReport, how: Format) -> None:
    """Write the counts as JSON, or what is to be done row by row; on stderr, where rejected rows went."""
    rows = [asdict(problem) for problem in (*report.problems, *report.remarks)]
    if how is Format.JSON:
        said = ",".join(f'"{name}":{getattr(report, name)}' for name in COUNTS)
        write(f"{{{said}}}\n")
    elif rows or how is not Format.TABLE:
        show(rows, how, COLUMNS)
    if how is Format.TABLE:
        write(f"{in_a_line(report)}\n")
    else:
        remark(in_a_line(report))
    if report.rejected_files:
        remark(f"rejected rows, to correct and import again: {report.rejected_files[0].parent}")


def in_a_line(report: ImportReport) -> str:
    """Return the counts in a sentence."""
    dry = "dry run, nothing recorded: " if report.dry_run else ""
    return (
        f"{dry}{report.read} rows read, {report.recorded} recorded,"
        f" {report.already_there} already there, {report.rejected} rejected"
    )
