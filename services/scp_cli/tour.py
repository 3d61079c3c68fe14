"""What `scp-events demo` shows: a case as known on two dates, what differs, who decided meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import psycopg
import typer
from rich.console import RenderableType
from rich.text import Text

from scp_cli import points
from scp_cli.answering import bring_up_to_date
from scp_cli.connecting import opened_to_append
from scp_cli.figures import drawn
from scp_cli.headings import step
from scp_cli.import_command import imported
from scp_cli.output import Format, remark, show_rich, show_table, write
from scp_cli.proof import prove
from scp_cli.reading import SPARE_OF_CASES, THEIR_CASES
from scp_cli.replaying import show_difference
from scp_cli.tour_beside_cases import competence, matching, programmes
from scp_cli.tour_enrolment import contradictions, one_enrolment
from scp_cli.tour_erasure import erase_one
from scp_events import follower
from scp_events.case_file.story import LOUD, QUIET, Places, brief, delay, full
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.follower import AnyConnection
from scp_events.measures import every_figure
from scp_events.projections import ALL as PROJECTIONS
from scp_events.projections import caseload, decisions
from scp_events.replay import CaseReplay, Entry, Point, diff, replay
from scp_events.vocabulary import LATE_FROM, Actor, CaseId, OrganisationId, PersonId, Position, Role

CLERK = Actor(id=PersonId("data-clerk"), role=Role.DATA_CLERK, organisation=OrganisationId("harbour-lights"))
LOOKED_AT = 40
"""In so many cases something worth telling is looked for: enough to find it, and to be quick."""
AROUND = 3
"""How many entries of a story are shown before the late one, and how many after."""
FIGURES = 2
DECIDED = 6
"""So many decisions of a case are listed."""


def tour(examples: Path, home: Path) -> None:
    """Import the example, and show what can be asked of it."""
    show_rich(Text("A fictional organisation's spreadsheets, imported and replayed", LOUD))
    with opened_to_append() as (log, handler):
        _import(log, handler, examples, home)
        cases = list(log.cases())
        told = [replay(log, case_id) for _, case_id in cases[:LOOKED_AT]]
        try:
            late = find_late(told)
        except NothingLateError as nothing:
            remark(f"scp-events: {nothing}")
            raise typer.Exit(1) from None
        _one_case(log, late)
        today = log.calendar.day_of(log.now())
        programmes(log, today)
        one_enrolment(told)
        contradictions(log, told)
        matching(log, told, today)
        competence(log, today)
        key_worker = _everybody(log, late, today)
        step(14, "Proof", "that nobody altered the log, for others who need not believe us")
        bundle = prove(log, late.case_id, home)
        erase_one(log, handler, cases[-1][1])
    _next(late, key_worker, home, bundle)


def _everybody(log: LogReader, late: Late, today: date) -> str | None:
    """Ask the projections; return whose caseload is the fullest."""
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        follower.prepare(log.conninfo, PROJECTIONS)
        bring_up_to_date(log, connection, PROJECTIONS)
        capacity = log.policies().in_force_on(today).caseload_capacity
        key_worker = _caseload(connection, today, capacity)
        _outcomes(connection, today)
        _decisions(connection, late)
    return key_worker


def _import(log: LogReader, handler: BlockingCommandHandler, examples: Path, home: Path) -> None:
    step(1, "Import", "dates as people write them, corrections, late entries, and rows that are wrong")
    report = imported(log, handler, examples, CLERK, home / "rejected")
    show_rich(f"  {report.outcome}")
    if report.rejected_files:
        show_rich(f"  rejected because of {', '.join(dict.fromkeys(p.code for p in report.problems))}")
        show_rich(f"  to correct and import again: {_from_here(report.rejected_files[0].parent)}")


# --- one case on two dates --------------------------------------------------------------------------------


class NothingLateError(Exception):
    """The sheets hold no late entry, which is what the demo is about."""


@dataclass(frozen=True)
class Late:
    """An entry made long after it happened, and what was decided without it and with it."""

    case_id: CaseId
    reference: str
    entry: Entry
    meanwhile: Sequence[Entry]
    """Decided after it had happened and before it was entered."""
    afterwards: Sequence[Entry]
    """Decided in reliance on it."""

    @property
    def entered_on(self) -> date:
        """The day on which its source says it was entered."""
        assert self.entry.source_recorded_at is not None  # noqa: S101 - imported, as `find_late` made sure
        return self.entry.source_recorded_at.date()


def find_late(told: Sequence[CaseReplay]) -> Late:
    """Return a late entry that mattered: things were decided without it, and once it was known.

    Raises `NothingLateError` where nothing was entered late.
    """
    found = [
        Late(
            case.case_id,
            case.case_reference,
            entry,
            meanwhile=[decision for decision in case.story if _decided_without(decision, entry)],
            afterwards=[decision for decision in case.story if _rests_on(decision, entry)],
        )
        for case in told
        for entry in case.story
        if entry.source_recorded_at and entry.corrects is None and delay(entry) >= LATE_FROM
    ]
    if not found:
        raise NothingLateError(
            f"nothing was entered late, by {LATE_FROM} days or more: there is nothing to show"
        )
    return max(found, key=_mattered)


def _mattered(late: Late) -> tuple[int, int, datetime]:
    return len(late.afterwards), len(late.meanwhile), late.entry.occurred_at


def _rests_on(decision: Entry, entry: Entry) -> bool:
    return decision.decision is not None and entry.event_id in decision.decision.relied_on


def _decided_without(decision: Entry, entry: Entry) -> bool:
    """Whether something was decided after `entry` had happened and before it was entered."""
    if decision.decision is None or decision.corrects or entry.source_recorded_at is None:
        return False
    return entry.occurred_at < decision.occurred_at < entry.source_recorded_at - timedelta(days=1)


def _one_case(log: LogReader, late: Late) -> None:
    happened, days = late.entry.occurred_on, delay(late.entry)
    step(2, f"Case {late.reference}, as known on two dates", "before and after something was learned late")
    show_rich(
        f"  {happened}: {late.entry.title}\n"
        f"  It was entered {days} days later, on {late.entered_on}. Dates of entry are the spreadsheets'\n"
        "  own: a claim, which the log cannot prove. Its own order it can: see step 4."
    )
    before, after = (_as_entered_by(late.entered_on - timedelta(days=days)) for days in (1, 0))
    _two_stories(late, *(replay(log, late.case_id, point) for point in (before, after)))
    step(3, "What makes the difference", "told by cause, with who answers for it")
    show_difference(log, diff(log, late.case_id, before, after), (before, after), Format.TABLE)
    _by_position(log, late)
    _decided(log, late)


def _as_entered_by(day: date) -> Point:
    return Point(known_at=datetime.combine(day, time.max, UTC), trust_source=True)


def _two_stories(late: Late, before: CaseReplay, after: CaseReplay) -> None:
    seen = {entry.position for entry in before.story}
    new = frozenset(entry.position for entry in after.story if entry.position not in seen)
    for told, day in ((before, late.entered_on - timedelta(days=1)), (after, late.entered_on)):
        show_rich(Text(f"\n  As known at the end of {day}: {len(told.story)} entries", LOUD))
        show_rich(*_around(told.story, late.entry, new))


def _around(story: Sequence[Entry], late: Entry, new: frozenset[int]) -> Iterator[RenderableType]:
    """Tell the entries of a story around the late one's date; say how many are left out."""
    first = max(sum(entry.occurred_at < late.occurred_at for entry in story) - AROUND, 0)
    more = sum(entry.position in new for entry in story)
    shown = story[first : first + 2 * AROUND + more]
    if first:
        yield Text(f"  ... {first} before", QUIET)
    yield brief(shown, new)
    if left := len(story) - first - len(shown):
        yield Text(f"  ... {left} after", QUIET)


def _decided(log: LogReader, late: Late) -> None:
    places = Places.of(replay(log, late.case_id).story)
    step(5, "What was decided without it, and with it", "each with the grounds given at the time")
    show_rich(Text("  Before it was entered:", LOUD), full(late.meanwhile[-1:], places))
    show_rich(Text(f"\n  Relying on #{late.entry.position}:", LOUD), full(late.afterwards[:1], places))


def _by_position(log: LogReader, late: Late) -> None:
    place = late.entry.position
    step(4, "The same by log position", "the order of the log is its own, whatever a spreadsheet says")
    for position in (place - 1, place):
        told = replay(log, late.case_id, Point(known_at=Position(position)))
        there = "there" if any(e.position == place for e in told.story) else "not there"
        show_rich(f"  at position {position}: {len(told.story)} entries, #{place} is {there}")


# --- everybody --------------------------------------------------------------------------------------------


def _caseload(connection: AnyConnection, today: date, capacity: int) -> str | None:
    loads = caseload.loads(connection, today, capacity)
    if not loads:
        step(11, "Whom key workers look after", "nobody is with the organisation any more")
        return None
    fullest = loads[0].key_worker
    step(11, f"Whom {fullest} looks after", "asked of a projection: rows that can be built anew from the log")
    cases = [case.model_dump(mode="json") for case in caseload.of_key_worker(connection, fullest, today)]
    show_table(cases, THEIR_CASES, SPARE_OF_CASES)
    return fullest


def _outcomes(connection: AnyConnection, today: date) -> None:
    step(12, "Outcomes", "no figure without its definition, what it was made from, N and who was left out")
    for figure in every_figure(connection, today)[:FIGURES]:
        show_rich(*drawn(figure))


def _decisions(connection: AnyConnection, late: Late) -> None:
    step(13, f"Who decided what for {late.reference}", "one register, with grounds, law and what was known")
    found = decisions.of_case(connection, late.case_id)
    rows = [
        {
            "on": each.decided_on,
            "what": each.type,
            "by": each.decided_by,
            "law": f"{each.legal_basis.act} {each.legal_basis.section}",
        }
        for each in found[:DECIDED]
    ]
    show_table(rows, {name: name for name in ("on", "what", "by", "law")})
    show_rich(f"  {len(found)} decisions in this case.")


# --- what to try next -------------------------------------------------------------------------------------


def _next(late: Late, key_worker: str | None, home: Path, bundle: Path | None) -> None:
    before, place = (points.place(late.entry.position - each) for each in (1, 0))
    day = late.entered_on
    step(16, "Try next", "on what this has left behind")
    for command in (
        f"replay {late.reference}",
        f"replay {late.reference} --known-at {before}",
        f"replay {late.reference} --as-of {late.entry.occurred_on} --format json",
        f"replay {late.reference} --known-at {day - timedelta(days=1)} --trust-source-times",
        f"diff {late.reference} --from-known-at {before} --to-known-at {place}",
        f"diff {late.reference} --from-known-at {day - timedelta(days=1)} --trust-source-times",
        f"decisions --case {late.reference}",
        *([f"caseload --key-worker {key_worker}"] if key_worker else []),
        *(["verify", "anchors", f"export {late.reference} --output {_from_here(bundle)}"] if bundle else []),
        "serve",
    ):
        write(f"  {_scp(home)} {command}\n")


def _scp(home: Path) -> str:
    """Return how to call this program from here, so that it finds the same database."""
    beside = Path(sys.executable).with_name("scp-events")
    program = _from_here(beside) if beside.exists() else f"{_from_here(Path(sys.executable))} -m scp_cli"
    return program if os.environ.get("SCP_DATABASE_URL") else f"SCP_HOME={_from_here(home)} {program}"


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
