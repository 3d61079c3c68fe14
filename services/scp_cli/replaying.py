"""`scp-events replay` and `scp-events diff`: a case as it was and as it was known, and two points of it."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, as_csv, as_json, remark, show_pages, write
from scp_cli.points import known, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scp_events.event_log import LogReader
    from scp_events.replay import CaseDifference, CaseReplay, Entry, Point

Case: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="CASE",
        help="Its reference, such as SC-2025-014, or its id.",
        show_default=False,
        autocompletion=completing.case,
    ),
]
Trust: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--trust-source-times",
        help="Take an imported entry as known since its source says it was entered there: a claim.",
    ),
]


class CaseFormat(StrEnum):
    """How a case is written: as data is, or as a document."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    HTML = "html"
    PDF = "pdf"


DOCUMENTS = frozenset({CaseFormat.HTML, CaseFormat.PDF})


class Only(StrEnum):
    """Which part of a story."""

    DECISIONS = "decisions"
    LATE = "late"
    CORRECTIONS = "corrections"
    CONTRADICTIONS = "contradictions"


def replay(  # noqa: PLR0913 - one argument an option
    case: Case,
    *,
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="As it was in the world at this date or instant.")
    ] = None,
    known_at: Annotated[
        str | None,
        typer.Option(metavar="TIME|POSITION", help="As it was known then, or at this place in the log."),
    ] = None,
    trust_source_times: Trust = False,
    only: Annotated[Only | None, typer.Option(help="These entries alone.")] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="One page: how much there is, and how it stands.")
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Where html or pdf goes; pdf needs it."),
    ] = None,
    how: Annotated[
        CaseFormat,
        typer.Option("--format", help="table to read; json, ndjson, csv for programs; html, pdf to file."),
    ] = CaseFormat.TABLE,
) -> None:
    """Tell a case as it was, and as it was known.

    TIME is a date, which is a whole day of the organisation, or an instant with its zone; a bare number is a
    log position. People are named by their codes: the log has no register of staff.
    """
    at = _asked((as_of, "--as-of"), (known_at, "--known-at"))
    _must_go_together(how, to, only, summary=summary)
    from scp_cli.connecting import case_named, opened_log
    from scp_events.case_file.printed import foot_of
    from scp_events.replay import replay as replayed

    with opened_log() as log:
        point = _point(at, trust_source_times)
        told = replayed(log, case_named(log, case), point)
        if isinstance(at[1], date):
            _say_what_sources_knew(log, told)
        foot = foot_of(log.conninfo) if how in {CaseFormat.TABLE, *DOCUMENTS} else None
        if how in DOCUMENTS:
            file_case(log, told, how, only, to, foot)
        elif summary:
            show_summary(told)
        else:
            show_replay(told, how, only, foot)


def _must_go_together(how: CaseFormat, to: Path | None, only: Only | None, *, summary: bool) -> None:
    """Refuse options that another one makes meaningless."""
    if to is not None and how not in DOCUMENTS:
        raise typer.BadParameter(f"{how} goes to stdout: say --format html or pdf", param_hint="--to")
    if to is None and how is CaseFormat.PDF:
        raise typer.BadParameter("a PDF goes to a file: name it with --to", param_hint="--format")
    if summary and (only or how is not CaseFormat.TABLE):
        raise typer.BadParameter("it is a page to read, of the whole case", param_hint="--summary")


def _say_what_sources_knew(log: LogReader, told: CaseReplay) -> None:
    """Say where imported history would have more to tell of a time than the log can prove."""
    from scp_events.replay import entered_by_then

    if hidden := entered_by_then(log, told.case_id, told.seen):
        remark(
            f"scp-events: {hidden} more were imported later, and their sources say they were entered by then:"
            " --trust-source-times takes that claim"
        )


def diff(  # noqa: PLR0913 - one argument an option
    case: Case,
    *,
    from_as_of: Annotated[str | None, typer.Option(metavar="TIME", help="First: as it was then.")] = None,
    from_known_at: Annotated[
        str | None, typer.Option(metavar="TIME|POSITION", help="First: as it was known then.")
    ] = None,
    to_as_of: Annotated[str | None, typer.Option(metavar="TIME", help="Second: as it was then.")] = None,
    to_known_at: Annotated[
        str | None, typer.Option(metavar="TIME|POSITION", help="Second: as it was known then.")
    ] = None,
    trust_source_times: Trust = False,
    how: Shown = Format.TABLE,
) -> None:
    """Tell what lies between two points of a case.

    What newly happened, what was newly learned, what was corrected, and what is remembered differently.
    An end that is left out is unbounded: everything that happened, everything that is known.
    """
    if not any((from_as_of, from_known_at, to_as_of, to_known_at)):
        raise typer.BadParameter("say from where to compare, such as --from-known-at 2025-03-14")
    asked = (
        _asked((from_as_of, "--from-as-of"), (from_known_at, "--from-known-at")),
        _asked((to_as_of, "--to-as-of"), (to_known_at, "--to-known-at")),
    )
    from scp_cli.connecting import case_named, opened_log
    from scp_events.replay import diff as difference

    with opened_log() as log:
        first, second = (_point(each, trust_source_times) for each in asked)
        told = difference(log, case_named(log, case), first, second)
        show_difference(log, told, (first, second), how)


Typed: TypeAlias = tuple[str | None, str]
"""What was typed, and the option it was typed for."""


Asked: TypeAlias = tuple[datetime | date | None, datetime | date | int | None]
"""A time in the world, and a time or a place in the log."""


def _asked(as_of: Typed, known_at: Typed) -> Asked:
    return moment(*as_of), known(*known_at)


def _point(asked: Asked, trust: bool) -> Point:  # noqa: FBT001 - an option of the command
    from scp_events.replay import Point
    from scp_events.vocabulary import Position

    as_of, place = asked
    return Point(
        as_of=as_of,
        known_at=Position(place) if isinstance(place, int) else place,
        trust_source=trust,
    )


# --- formats ----------------------------------------------------------------------------------------------


def show_replay(told: CaseReplay, how: CaseFormat, only: Only | None = None, foot: str | None = None) -> None:
    """Write a replayed case: whole as JSON, as a story above its checkpoint, or row by row."""
    from scp_events.case_file.choosing import chosen

    entries = chosen(told, only.value) if only else told.story
    match how:
        case CaseFormat.TABLE:
            from scp_events.case_file.story import story

            part = (only.value, entries) if only else None
            show_pages(*story(told, part), *([f"Covered by a checkpoint: {foot}."] if foot else []))
        case CaseFormat.JSON:
            write(told.model_copy(update={"story": entries}).model_dump_json(indent=2) + "\n")
        case _:
            _show_entries([_flat(entry) for entry in entries], how)


def show_summary(told: CaseReplay) -> None:
    """Write a case on one page."""
    from scp_events.case_file.summary import summary

    show_pages(*summary(told))


def file_case(  # noqa: PLR0913, PLR0917 - a document, and where it goes
    log: LogReader, told: CaseReplay, how: CaseFormat, only: Only | None, to: Path | None, foot: str | None
) -> None:
    """Write a case as a document: to stdout, or to a file that its owner alone can read and that is noted."""
    from scp_events.case_file.choosing import chosen
    from scp_events.case_file.page import page
    from scp_events.case_file.pdf import pdf
    from scp_events.case_file.sheet import sheet_of
    from scp_events.privacy.copies import CopyKind, write_copy

    part = (only.value, chosen(told, only.value)) if only else None
    sheet = sheet_of(told, part, foot)
    content = pdf(sheet, log.now()) if how is CaseFormat.PDF else page(sheet).encode()
    if to is None:
        write(content.decode())
        return
    write_copy(log.conninfo, CopyKind.CASE_FILE, to, content, [told.case_reference])
    remark(f"scp-events: {to} is written, for your eyes alone: an erasure of this case will name it")


def show_difference(log: LogReader, told: CaseDifference, between: tuple[Point, Point], how: Format) -> None:
    """Write what differs: whole as JSON or to read, or its entries, one a row, each with its cause."""
    match how:
        case Format.TABLE:
            from scp_events.case_file.story import difference
            from scp_events.replay import replay as replayed

            stories = (replayed(log, told.case_id, point).story for point in between)
            show_pages(*difference(told, {entry.position: entry for s in stories for entry in s}.values()))
        case Format.JSON:
            write(told.model_dump_json(indent=2) + "\n")
        case _:
            _show_entries([{"cause": cause} | _flat(entry) for cause, entry in _causes(told)], how)


def _causes(told: CaseDifference) -> Iterator[tuple[str, Entry]]:
    for cause in ("newly_happened", "newly_learned", "corrected", "not_yet"):
        for entry in getattr(told, cause):
            yield cause.replace("_", "-"), entry


def _flat(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(mode="json")


def _show_entries(rows: list[dict[str, Any]], how: str) -> None:
    from scp_events.replay import Entry

    if how == Format.NDJSON:
        write("".join(map(as_json, rows)))
    else:
        write(as_csv(rows, list(rows[0] if rows else Entry.model_fields)))
