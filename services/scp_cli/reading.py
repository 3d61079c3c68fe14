"""`scp-events caseload` and `outcomes`: how much there is to look after, and what became of it."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, show, show_pages
from scp_cli.points import Known, day, known

if TYPE_CHECKING:
    from scp_events.event_log import LogReader
    from scp_events.follower import AnyConnection

CatchUp: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--catch-up/--no-catch-up", help="First take in what the log holds, or answer as it stands."
    ),
]
On: TypeAlias = Annotated[
    str | None, typer.Option("--on", metavar="DATE", help="The day to answer for; by default today.")
]
Since: TypeAlias = Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on.")]
Until: TypeAlias = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Until this day, included.")
]
SmallNumbers: TypeAlias = Annotated[
    bool, typer.Option("--small-numbers", help="Tell also of one or two people: for nobody else to see.")
]
Illustrations: TypeAlias = Annotated[
    bool,
    typer.Option("--illustrations", help="Show the figures of the source documents instead: examples."),
]


# --- caseload ---------------------------------------------------------------------------------------------

LOADS = {
    "key_worker": "key worker",
    "organisation": "organisation",
    "participants": "young people",
    "over_capacity": "over capacity",
    "reviews_overdue": "reviews overdue",
}
THEIR_CASES = {
    "case_reference": "case",
    "status": "status",
    "risk_level": "risk",
    "plan_status": "plan",
    "next_review_on": "next review",
    "review_overdue": "overdue",
    "last_held_on": "last met",
    "held_minutes": "minutes",
    "missed_contacts": "missed",
}
SPARE_OF_CASES = ("missed_contacts", "held_minutes", "review_overdue", "plan_status")


def caseload(
    *,
    key_worker: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Whose young people; without it, everybody's numbers.",
            autocompletion=completing.person,
        ),
    ] = None,
    on: On = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="TIME|POSITION", help="As it was known then; by default now."),
    ] = None,
    catch_up: CatchUp = True,
    how: Shown = Format.TABLE,
) -> None:
    """Show how much each key worker looks after, or whom.

    With --on or --known-at as it was at the end of that day, and as it was known then. That is built from the
    log for this one answer, and takes as long as `scp-events rebuild`.
    """
    asked = day(on, "--on"), known(known_at, "--known-at")
    from scp_events.projections import caseload as projection
    from scp_events.vocabulary import PersonId

    with _caseloads(*asked, catch_up=catch_up) as (log, connection, today):
        if key_worker is None:
            capacity = log.policies().in_force_on(today).caseload_capacity
            show(projection.loads(connection, today, capacity), how, LOADS)
            return
        theirs = projection.of_key_worker(connection, PersonId(key_worker), today)
    if not theirs:
        _must_be_known(key_worker)
    show(theirs, how, THEIR_CASES, spare=SPARE_OF_CASES)


def _must_be_known(key_worker: str) -> None:
    """Raise `UnknownCodeError` for a code that nobody has by now, whatever day was asked about."""
    from scp_cli.answering import opened_answers
    from scp_cli.unknown import must_be_known
    from scp_events.projections import caseload as projection

    with opened_answers(projection, catch_up=True) as (_, connection):
        must_be_known("key worker", key_worker, projection.people(connection))


@contextmanager
def _caseloads(
    on: date | None, known_at: Known, *, catch_up: bool
) -> Iterator[tuple[LogReader, AnyConnection, date]]:
    """Yield the log, a connection to ask for caseloads, and the day to ask for."""
    from scp_cli.answering import opened_answers
    from scp_cli.connecting import opened_log
    from scp_events import follower
    from scp_events.projections import caseload as projection
    from scp_events.replay import Point, resolve
    from scp_events.vocabulary import Position

    if on is None and known_at is None:
        with opened_answers(projection, catch_up=catch_up) as (log, connection):
            yield log, connection, _today(log)
        return
    with opened_log() as log:
        today = on or _today(log)
        seen = resolve(log, Point(known_at=Position(known_at) if isinstance(known_at, int) else known_at))
        point = follower.Point(as_of=today, known_through=seen.known_through)
        with follower.at(log, projection, point) as connection:
            yield log, connection, today


def _today(log: LogReader) -> date:
    return log.calendar.day_of(log.now())


# --- outcomes ---------------------------------------------------------------------------------------------


def outcomes(  # noqa: PLR0913 - one argument an option
    *,
    on: On = None,
    since: Since = None,
    until: Until = None,
    catch_up: CatchUp = True,
    small_numbers: SmallNumbers = False,
    illustrations: Illustrations = False,
    how: Shown = Format.TABLE,
) -> None:
    """Show outcome figures, with all that belongs to them.

    Each with its definition, what it was made from, N and who was left out. The cohort of a figure is
    everybody, or those whose index date lies between --since and --until. A figure that would tell of one or
    two people is not told.
    """
    if illustrations:
        _illustrations(how)
        return
    asked, first, last = day(on, "--on"), day(since, "--since"), day(until, "--until")
    from scp_cli.answering import opened_answers
    from scp_cli.figures import drawn
    from scp_events.measures import Period, every_figure
    from scp_events.projections import outcomes as projection

    cohort = Period(since=first or date.min, until=last or date.max)
    with opened_answers(projection, catch_up=catch_up) as (log, connection):
        found = every_figure(connection, asked or _today(log), cohort, small_numbers=small_numbers)
    if how is Format.TABLE:
        show_pages(*(part for figure in found for part in drawn(figure)))
    else:
        show(found, how, {})


def _illustrations(how: Format) -> None:
    from scp_cli.figures import illustrated
    from scp_events.measures.illustrations import ILLUSTRATIONS

    if how is Format.TABLE:
        show_pages(*(part for illustration in ILLUSTRATIONS for part in illustrated(illustration)))
    else:
        show(ILLUSTRATIONS, how, {})
