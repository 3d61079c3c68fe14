"""`scp-events decisions`: who decided what, on what grounds, and which decisions were entered late."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli import completing
from scp_cli.naming import something
from scp_cli.output import Format, Row, Shown, remark, show
from scp_cli.points import day
from scp_cli.reading import CatchUp, Since, Until

if TYPE_CHECKING:
    from scp_events.event_log import LogReader
    from scp_events.follower import AnyConnection
    from scp_events.projections.decisions import Wanted

COLUMNS = {
    "position": "#",
    "case_reference": "case",
    "decided_on": "on",
    "type": "what",
    "decided_by": "by",
    "reason_code": "reason",
    "legal_basis": "legal basis",
}
LATE = {"occurred_on": "was so on", "entered_on": "entered on", "days_late": "days late"}
CONTRADICTED = {"contradictions": "no longer fits"}
SPARE = ("legal_basis", "reason_code", "decided_by")


def decisions(  # noqa: PLR0913 - one argument an option
    *,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="CASE", help="Of this case alone.", autocompletion=completing.case, callback=something
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Decided by this person.",
            autocompletion=completing.person,
            callback=something,
        ),
    ] = None,
    organisation: Annotated[
        str | None, typer.Option(metavar="CODE", help="Decided for this organisation.", callback=something)
    ] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="CODE", help="With this reason.", callback=something)
    ] = None,
    law: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Under an act whose name or section holds this.", callback=something
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    late: Annotated[
        bool, typer.Option("--late", help="Entered a week or more after it was so; says how much.")
    ] = False,
    after: Annotated[int, typer.Option(metavar="POSITION", min=0, help="Recorded after this place.")] = 0,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")] = 100,
    catch_up: CatchUp = True,
    how: Shown = Format.TABLE,
) -> None:
    """List who decided what, on what grounds.

    In the order recorded. Grounds are codes here; `scp-events replay` has the words. An imported decision was
    entered when its source says so. One that no longer fits what is known by now names the rule it breaks.
    """
    first, last = day(since, "--since"), day(until, "--until")
    from scp_cli.answering import opened_answers
    from scp_cli.connecting import case_named, must_be_in_the_log
    from scp_events.projections import decisions as projection
    from scp_events.register import register
    from scp_events.vocabulary import OrganisationId, PersonId, Position

    with opened_answers(projection, catch_up=catch_up) as (log, connection):
        must_be_in_the_log(log, after, "--after")
        wanted = projection.Wanted(
            case_id=None if case is None else case_named(log, case),
            by=None if by is None else PersonId(by),
            organisation=None if organisation is None else OrganisationId(organisation),
            reason=reason,
            law=law,
            since=first,
            until=last,
            late=late,
        )
        found = register(log, connection, Position(after), limit + 1, wanted)
        if not found:
            _must_all_be_known(connection, wanted)
        references = _references(log)
    rows = [d.model_dump(mode="json") for d in found[:limit]]
    rows = [{"case_reference": references.get(row["case_id"]), **row} for row in rows]
    columns = COLUMNS | (LATE if late else {})
    columns |= CONTRADICTED if any(row["contradictions"] for row in rows) else {}
    show(rows, how, columns, _in_brief, spare=SPARE)
    if len(found) > limit:
        remark(f"scp-events: there are more: --after {found[limit - 1].position} goes on")


def _references(log: LogReader) -> dict[str, str]:
    return {str(case_id): reference for reference, case_id in log.cases()}


def _must_all_be_known(connection: AnyConnection, wanted: Wanted) -> None:
    """Raise `UnknownCodeError` where nothing was found because something was asked for that is nowhere."""
    from scp_cli.unknown import must_be_known
    from scp_events.projections import decisions as projection

    named = projection.named(connection)
    for what, code, known in (
        ("person", wanted.by, named.people),
        ("organisation", wanted.organisation, named.organisations),
        ("reason", wanted.reason, named.reasons),
    ):
        if code is not None:
            must_be_known(what, code, known)
    if wanted.law is not None and not any(wanted.law.lower() in law.lower() for law in named.laws):
        must_be_known("law", wanted.law, named.laws)


def _in_brief(row: Row) -> Row:
    basis = row["legal_basis"]
    return {
        **row,
        "type": row["type"].replace(".", ": ").replace("-", " "),
        "legal_basis": f"{basis['act']} {basis['section']}",
        "contradictions": ", ".join(broken["rule"] for broken in row["contradictions"]),
    }
