"""`scp-events cases` and `referrals`: who there is, where each stands, and since when."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scp_cli import completing
from scp_cli.naming import something
from scp_cli.output import Format, Shown, show
from scp_cli.points import day
from scp_cli.reading import CatchUp, Since, Until

if TYPE_CHECKING:
    from scp_events.event_log import LogReader
    from scp_events.follower import AnyConnection

CASES = {
    "case_reference": "case",
    "status": "status",
    "key_worker": "key worker",
    "key_worker_since": "since",
    "registered_on": "registered",
    "last_held_on": "last met",
    "next_review_on": "next review",
    "case_id": "id",
}
SPARE_OF_CASES = ("case_id", "next_review_on", "registered_on", "key_worker_since")
FOUND_BY = ("case_reference", "status", "key_worker")


def cases(
    *,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Whose reference, status or key worker holds this; names are encrypted, so not by name.",
            callback=something,
        ),
    ] = None,
    catch_up: CatchUp = True,
    how: Shown = Format.TABLE,
) -> None:
    """List the cases: how each stands, its key worker, and since when.

    A case that nobody has registered yet is shown by its latest referral.
    """
    from scp_cli.answering import opened_answers
    from scp_events.projections import caseload, referrals

    with opened_answers(caseload, referrals, catch_up=catch_up) as (log, connection):
        rows = _standing(log, connection)
    if find is not None:
        rows = [row for row in rows if any(find.lower() in (row[each] or "").lower() for each in FOUND_BY)]
    if find is not None and not rows and how is Format.TABLE:
        from scp_cli.unknown import UnknownCodeError

        raise UnknownCodeError(f"no case has {find!r} in its reference, its status or its key worker's code")
    show(rows, how, CASES, spare=SPARE_OF_CASES)


def _standing(log: LogReader, connection: AnyConnection) -> list[dict[str, Any]]:
    """Return every case that has a history, with what the read models know of it."""
    from scp_events.projections import caseload, referrals

    referred = {each.case_id: f"referral {each.status}" for each in referrals.pipeline(connection)}
    registered = {each.case_id: each.model_dump(mode="json") for each in caseload.everybody(connection)}
    unknown = dict.fromkeys(CASES)
    return [
        unknown
        | {"status": referred.get(case_id)}
        | registered.get(case_id, {})
        | {"case_reference": reference, "case_id": str(case_id)}
        for reference, case_id in log.cases()
    ]


# --- referrals --------------------------------------------------------------------------------------------

REFERRALS = {
    "case_reference": "case",
    "status": "status",
    "agency": "agency",
    "submitted_on": "submitted",
    "acknowledged_on": "acknowledged",
    "answered_on": "answered",
    "first_contact_on": "first contact",
    "plan_agreed_on": "plan agreed",
    "programme": "programme",
}
SPARE_OF_REFERRALS = ("programme", "acknowledged_on", "plan_agreed_on", "first_contact_on")


def referrals(  # noqa: PLR0913 - one argument an option
    *,
    agency: Annotated[
        str | None, typer.Option(metavar="CODE", help="Of this agency alone.", callback=something)
    ] = None,
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="Which stand so, such as waitlisted.", callback=something),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="CASE", help="Of this case alone.", autocompletion=completing.case, callback=something
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    catch_up: CatchUp = True,
    how: Shown = Format.TABLE,
) -> None:
    """List referrals: where each stands, from which agency, and the day of every step.

    --since and --until are about the day of submission.
    """
    first, last = day(since, "--since"), day(until, "--until")
    from scp_cli.answering import opened_answers
    from scp_cli.connecting import case_named
    from scp_cli.unknown import must_be_known
    from scp_events.aggregates.referral.rules import Status
    from scp_events.projections import referrals as projection

    if status is not None:
        must_be_known("status", status, [*Status])
    with opened_answers(projection, catch_up=catch_up) as (log, connection):
        wanted = projection.Wanted.model_validate(
            {
                "case_id": None if case is None else case_named(log, case),
                "agency": agency,
                "status": status,
                "since": first,
                "until": last,
            }
        )
        found = projection.pipeline(connection, wanted)
        if agency is not None and not found:
            must_be_known("agency", agency, {each.agency for each in projection.counts(connection)})
    show(found, how, REFERRALS, spare=SPARE_OF_REFERRALS)
