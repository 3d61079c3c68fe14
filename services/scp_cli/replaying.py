"""`scp-events replay` and `scp-events diff`: a case as it was and as it was known, and two points of it."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from scp_cli.output import Format, Shown, as_csv, as_json, show_rich, write
from scp_cli.points import known, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scp_events.event_log import LogReader
    from scp_events.replay import CaseDifference, CaseReplay, Entry, Point

Case: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="CASE", help="Its reference, such as SC-2025-014, or its id.", show_default=False),
]
Trust: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--trust-source-times",
        help="Take an imported entry as known since its source says it was entered there: a claim.",
    ),
]


def replay(
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
    how: Shown = Format.TABLE,
) -> None:
    """Tell a case as it was, and as it was known.

    TIME is a date, which is a whole day of the organisation, or an instant with its zone; a bare number is a
    log position.
    """
    at = _asked((as_of, "--as-of"), (known_at, "--known-at"))
    from scp_cli.connecting import case_named, opened_log
    from scp_events.case_file.printed import foot_of
    from scp_events.replay import replay as replayed

    with opened_log() as log:
        told = replayed(log, case_named(log, case), _point(at, trust_source_times))
        show_replay(told, how, foot_of(log.conninfo) if how is Format.TABLE else None)


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


def show_replay(told: CaseReplay, how: Format, foot: str | None = None) -> None:
    """Write a replayed case: whole as JSON, as a story above its checkpoint, or row by row."""
    match how:
        case Format.TABLE:
            from scp_events.case_file.story import story

            show_rich(*story(told), *([f"Covered by a checkpoint: {foot}."] if foot else []))
        case Format.JSON:
            write(told.model_dump_json(indent=2) + "\n")
        case _:
            _show_entries([_flat(entry) for entry in told.story], how)


def show_difference(log: LogReader, told: CaseDifference, between: tuple[Point, Point], how: Format) -> None:
    """Write what differs: whole as JSON or to read, or its entries, one a row, each with its cause."""
    match how:
        case Format.TABLE:
            from scp_events.case_file.story import difference
            from scp_events.replay import replay as replayed

            stories = (replayed(log, told.case_id, point).story for point in between)
            show_rich(*difference(told, {entry.position: entry for s in stories for entry in s}.values()))
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


def _show_entries(rows: list[dict[str, Any]], how: Format) -> None:
    from scp_events.replay import Entry

    if how is Format.NDJSON:
        write("".join(map(as_json, rows)))
    else:
        write(as_csv(rows, list(rows[0] if rows else Entry.model_fields)))
