"""What became of an import, on the screen: kinds of mistake with counts, then rows, then one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from scp_cli.output import Format, remark, show, show_table, write

if TYPE_CHECKING:
    from scp_events.importing import FileProblem, ImportReport

PARTIAL = 3
"""The exit code where some rows were rejected and the others were recorded."""
NOT_WRITTEN = 4
"""The exit code where a file, or what was said, could not be written; everything else was done."""

COUNTS = ("read", "recorded", "already_there", "rejected")
KINDS = {
    "rows": "rows",
    "standing": "are",
    "sheet": "sheet",
    "column": "column",
    "code": "code",
    "message": "what is wrong",
}
ROWS = {
    "sheet": "sheet",
    "line": "line",
    "column": "column",
    "code": "code",
    "message": "what is wrong",
    "fix": "what to do",
}
SPARE = ("code",)


def tell(report: ImportReport, how: Format, files: Sequence[Path] = ()) -> None:
    """Write the report files, then to the screen; end with the exit code that says how it went.

    What cannot be written to one place is written to the others.
    """
    if not _is_told(report, how, files):
        raise typer.Exit(NOT_WRITTEN)
    if report.rejected:
        raise typer.Exit(PARTIAL)


def tell_broken_off(report: ImportReport, how: Format, files: Sequence[Path]) -> None:
    """Write and show the report so far, and what is in; what failed is told as every failure is."""
    _is_told(report, how, files)
    if not report.dry_run:
        remark(so_far(report.recorded + report.already_there, report.read))


def so_far(there: int, total: int) -> str:
    """Say how much of an import is in that did not come to its end."""
    return f"{there} of {total} rows are in, and the same import again completes it"


def _is_told(report: ImportReport, how: Format, files: Sequence[Path]) -> bool:
    """Write the report files, then to the screen; return whether all of it could be written."""
    from scp_events.importing.report_files import write_reports  # noqa: PLC0415 - only this needs it

    write_reports(report, files)
    for notice in report.noticed:
        remark(str(notice))
    is_told = _shown(report, how)
    for each in report.not_written:
        remark(f"scp-events: {each}")
    return is_told and not report.not_written


def tell_refused(problems: list[FileProblem], *, dry_run: bool, files: Sequence[Path]) -> None:
    """Write report files where no row was read; the screen is told as of every failure."""
    from scp_events.importing import ImportReport  # noqa: PLC0415 - only this needs it
    from scp_events.importing.report_files import write_reports  # noqa: PLC0415 - as above

    report = ImportReport(dry_run=dry_run, refused=problems)
    write_reports(report, files)
    for each in report.not_written:
        remark(f"scp-events: {each}")


def _shown(report: ImportReport, how: Format) -> bool:
    """Show the report; where stdout cannot be written, tell it on stderr. Return whether stdout took it."""
    try:
        _show(report, how)
    except OSError as error:
        remark(f"scp-events: output: {error.strerror or error}: what was to be said follows here")
        _remark_all(report)
        return False
    if report.not_written and how is Format.JSON:  # the counts alone would be all that is left
        _remark_all(report)
    return True


def _show(report: ImportReport, how: Format) -> None:
    """Write the counts as JSON, or what is to be done row by row; on stderr, where rejected rows went."""
    from scp_events.importing.report import kinds  # noqa: PLC0415 - only this needs it

    problems = (*report.problems, *report.remarks)
    if how is Format.JSON:
        said = ",".join(f'"{name}":{getattr(report, name)}' for name in COUNTS)
        write(f"{{{said}}}\n")
    elif how is not Format.TABLE:
        show([asdict(each) for each in problems], how, ROWS)
    elif problems:
        show(kinds(report.entries()), how, KINDS, spare=SPARE)
        write("\n")
        show_table([asdict(each) | {"fix": each.what_to_do} for each in problems], ROWS, SPARE)
    if how is Format.TABLE:
        write(f"{report.outcome}\n")
    else:
        remark(report.outcome)
    if report.rejected_files:
        remark(f"rejected rows, to correct and import again: {report.rejected_files[0].parent}")
    elif report.rejected and not (report.dry_run or report.not_written or report.not_come_to):
        remark("rejected rows of mapped sheets are corrected in your own sheets; import them again")


def _remark_all(report: ImportReport) -> None:
    for each in (*report.problems, *report.remarks):
        place = f"{each.sheet}, line {each.line}" + (f", column {each.column}" if each.column else "")
        remark(f"{place}: {each.message} ({each.code}); {each.fix}")
    remark(report.outcome)
