"""`scp-events projections` and `scp-events rebuild`: how the read models stand, and making one anew."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli import completing
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
DIFFERENCES = {
    "name": "name",
    "position": "position",
    "table": "table",
    "key": "first row",
    "says": "says",
    "rows": "rows",
}
AS_THE_LOG: dict[str, object] = {"table": None, "key": None, "says": "as the log has it", "rows": 0}
DIFFERS = 4
"""The exit code where a table is not what the log comes to."""
EVERY = "all"

app = typer.Typer(
    help="Show how far each projection has come, or compare them with the log: verify.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def projections(context: typer.Context, *, how: Shown = Format.TABLE) -> None:
    """Show how far each projection has come, or compare them with the log: verify."""
    if context.invoked_subcommand is not None:
        return
    from scp_cli.answering import opened_projections
    from scp_events import follower

    with opened_projections() as (_, connection):
        standings = follower.status(connection)
    show(standings, how, STANDINGS, _failed)


@app.command()
def verify(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Which projection, or `all`.", autocompletion=completing.projection
        ),
    ] = "all",
    *,
    how: Shown = Format.TABLE,
) -> None:
    """Compare the tables of projections with what the log comes to.

    Each is made once more beside the live tables, and the first row that differs is named, with exit code 4:
    then somebody has altered a table, and `scp-events rebuild` makes it anew.
    """
    from scp_cli.answering import opened_projections
    from scp_cli.output import progress
    from scp_events import follower

    rows: list[dict[str, object]] = []
    with opened_projections() as (log, _):
        for projection in _named(name):
            with progress(f"comparing {projection.NAME}") as bar:
                position, found = follower.differences(log, projection, bar)
            same: dict[str, object] = {"name": projection.NAME, "position": position}
            rows += [same | each._asdict() for each in found] or [same | AS_THE_LOG]
    show(rows, how, DIFFERENCES)
    if any(row["table"] for row in rows):
        raise typer.Exit(DIFFERS)


def _failed(row: Row) -> Row:
    where = f"at {row['failed_position']}, {row['failed_type']}: " if row["failed_position"] else ""
    return {**row, "lag_seconds": round(row["lag_seconds"]), "error": f"{where}{row['error'] or ''}"}


def rebuild(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Which projection, or `all`.", autocompletion=completing.projection
        ),
    ],
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
