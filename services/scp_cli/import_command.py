"""`scp-events import`: spreadsheets into the log, and a report of what became of every row."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from scp_cli.import_outcome import so_far, tell, tell_broken_off, tell_refused
from scp_cli.output import Format, Shown, progress, remark
from scp_cli.people import OURS, Organisation, somebody
from scp_events.runtime import ending

if TYPE_CHECKING:
    from scp_events.event_log import BlockingCommandHandler, LogReader
    from scp_events.importing import ImportReport, Progress
    from scp_events.vocabulary import Actor


def _reports(paths: list[Path]) -> list[Path]:
    """Refuse, before anything is imported, what could never be written."""
    from scp_events.importing.report_files import FORMS

    for path in paths:
        if path.suffix.lower() not in FORMS:
            raise typer.BadParameter(f"{path} must end in {', '.join(FORMS)}")
        if not path.absolute().parent.is_dir():
            raise typer.BadParameter(f"there is no directory {path.absolute().parent}: make it first")
    return paths


def _must_not_be_among_the_sheets(paths: Collection[Path], directory: Path) -> None:
    """Refuse a report where the next import would take it for a sheet."""
    if any(path.resolve().parent == directory.resolve() for path in paths):
        raise typer.BadParameter("put it elsewhere: DIR is for sheets", param_hint="--report")


def _accepted(codes: list[str]) -> list[str]:
    from scp_events.importing import UnknownQuestionError
    from scp_events.importing.questions import must_be_questions

    try:
        must_be_questions(codes)
    except UnknownQuestionError as error:
        raise typer.BadParameter(str(error)) from None
    return codes


def import_sheets(  # noqa: PLR0913 - one argument an option
    directory: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", exists=True, file_okay=False, help="Holds the sheets: CSV, XLSX, ODS or XLS."
        ),
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
    mapping: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Says which of your sheets and columns are which of ours; by default `mapping.toml` in DIR.",
        ),
    ] = None,
    report_to: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            callback=lambda paths: _reports(paths or []),
            help="Write the report to a file too, by its ending .html, .xlsx or .json; may be repeated.",
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            callback=lambda codes: _accepted(codes or []),
            help="Take the rows of a question, such as decades-ago, as they are; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide every row and record none.")] = False,
    dates: Annotated[
        Literal["dmy", "mdy", "iso"] | None,
        typer.Option(
            "--dates",
            help="The order of day, month and year in columns whose days could be read in two ways.",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Where the times in the sheets were noted, such as Europe/London; by default where the"
            " organisation is.",
        ),
    ] = None,
    how: Shown = Format.TABLE,
) -> None:
    """Import sheets, and report on every row.

    Each row is recorded, was there already, or is rejected with what to do about it. Safe to run twice.
    Rejected rows are written to files that can be corrected and imported; exit code 3 says there are some,
    4 that a file could not be written, with the whole outcome on the screen.
    """
    rejected_to = rejected or directory.absolute().parent / "rejected"
    from scp_cli.connecting import opened_log, opened_to_append
    from scp_events.importing import ImportBrokenOffError, SheetsRefusedError

    clerk = somebody(by, "data-clerk", organisation)
    _must_not_be_among_the_sheets(report_to or (), directory)
    told = Told(dates, zone_of(time_zone), tuple(accept or ()), mapping)
    try:
        if dry_run:
            with opened_log() as log:
                report = imported(log, None, directory, clerk, rejected_to, told)
        else:
            with opened_to_append() as (log, handler):
                report = imported(log, handler, directory, clerk, rejected_to, told)
    except SheetsRefusedError as refusal:
        tell_refused(refusal.problems, dry_run=dry_run, files=report_to or ())
        raise
    except ImportBrokenOffError as broken:
        tell_broken_off(broken.report, how, report_to or ())
        raise broken.cause from broken
    tell(report, how, report_to or ())


@dataclass(frozen=True)
class Told:
    """What whoever imports says of the sheets, and they do not say themselves."""

    dates: Literal["dmy", "mdy", "iso"] | None = None
    time_zone: tzinfo | None = None
    accepted: tuple[str, ...] = ()
    mapping: Path | None = None


NOTHING_TOLD = Told()


def zone_of(name: str | None) -> tzinfo | None:
    """Return a time zone by its name."""
    from scp_events.importing.time_zones import UnknownTimeZoneError, time_zone_named

    try:
        return time_zone_named(name) if name else None
    except UnknownTimeZoneError as error:
        raise typer.BadParameter(f"{name!r} {error}", param_hint="--time-zone") from None


def imported(  # noqa: PLR0913, PLR0917 - what an import needs
    log: LogReader,
    handler: BlockingCommandHandler | None,
    directory: Path,
    by: Actor,
    rejected_to: Path,
    told: Told = NOTHING_TOLD,
) -> ImportReport:
    """Import a directory, with a progress bar on a terminal. Without a handler nothing is recorded."""
    from scp_events.importing import DayOrder, import_directory

    come_to: list[Progress] = []

    def on_row(so_far: Progress) -> None:
        come_to[:] = [so_far]
        bar(so_far.done, so_far.total)

    def how_far() -> str:
        if not come_to or handler is None:
            return ending.REPEATABLE
        return so_far(come_to[0].there, come_to[0].total)

    with progress("importing") as bar, ending.saying(how_far):
        return import_directory(
            log,
            handler,
            directory,
            by=by,
            rejected_to=rejected_to,
            accepted=told.accepted,
            on_row=on_row,
            on_waiting=remark,
            now=datetime.now(UTC),
            dates=DayOrder(told.dates) if told.dates else None,
            time_zone=told.time_zone,
            mapping=told.mapping,
        )
