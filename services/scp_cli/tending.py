"""`scp-events projections` and `scp-events rebuild`: how the read models stand, and making one anew."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli.output import Format, Row, Shown, show

if TYPE_CHECKING:
    from scp_events.follower import Projection

STANDINGS = {
    "name": "name",
    "version": "version",
    "position": "position",
    "lag_events": "events behind",
    "lag_seconds": "seconds behind",
    "state": "state",
    "error": "error",
}
EVERY = "all"


def projections(*, how: Shown = Format.TABLE) -> None:
    """Show how far each projection has come."""
    from scp_cli.answering import opened_projections
    from scp_events import follower

    with opened_projections() as (_, connection):
        standings = follower.status(connection)
    show(standings, how, STANDINGS, _failed)


def _failed(row: Row) -> Row:
    where = f"at {row['failed_position']}, {row['failed_type']}: " if row["failed_position"] else ""
    return {**row, "lag_seconds": round(row["lag_seconds"]), "error": f"{where}{row['error'] or ''}"}


def rebuild(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which projection, or `all`.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be built, and leave it.")
    ] = False,
    how: Shown = Format.TABLE,
) -> None:
    """Build a projection anew from the whole log.

    It keeps answering from the old tables until the new ones take their place.
    """
    from scp_cli.answering import opened_projections, rebuilt

    chosen = _named(name)
    with opened_projections() as (log, _):
        rows = [
            {
                "name": projection.NAME,
                "version": projection.VERSION,
                "rebuilt": not dry_run,
                "position": log.head() if dry_run else rebuilt(log, projection),
            }
            for projection in chosen
        ]
    show(rows, how, {field: field for field in ("name", "version", "rebuilt", "position")})


def _named(name: str) -> list[Projection]:
    from scp_events.projections import ALL as PROJECTIONS

    found = [projection for projection in PROJECTIONS if name in (EVERY, projection.NAME)]
    if not found:
        known = ", ".join(projection.NAME for projection in PROJECTIONS)
        raise typer.BadParameter(f"{name!r} is no projection: name one of {known}, or {EVERY}")
    return found
