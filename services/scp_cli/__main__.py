"""The table of contents of `scp-events`, and where a failure becomes a line and an exit code."""

from __future__ import annotations

from scp_cli import starting

if __name__ == "__main__":
    starting.begin()

import sys
from typing import Annotated

import typer

from scp_cli import (
    asking_otherwise,
    auditing,
    deciding,
    demonstration,
    doing,
    erasing,
    founding,
    import_group,
    keeping,
    listing,
    manner,
    matching,
    proving,
    reading,
    replaying,
    serving,
    shipping,
    tending,
    verifying,
    witnessing,
)
from scp_cli.output import remark, write


def say_version(asked: bool) -> None:  # noqa: FBT001 - Typer calls it so
    """Print the version and end, where that was asked."""
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - only who asks pays for it

        write(f"scp-events {version('scp-events')}\n")
        raise typer.Exit


app = typer.Typer(
    name="scp-events",
    help="Programme tracking for second-chance programmes: replay any case as known on any date.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: quick, narrow, and the same everywhere
    pretty_exceptions_enable=False,  # a traceback with values could show somebody's data
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def about(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=say_version, is_eager=True, help="Say which version this is."),
    ] = False,
) -> None:
    """Programme tracking for second-chance programmes: replay any case as known on any date."""


app.command()(founding.init)
app.command()(demonstration.demo)
app.command()(serving.serve)
app.command()(serving.token)
app.add_typer(import_group.app, name="import")
app.command()(doing.do)
app.command()(shipping.shipped)
app.command()(listing.cases)
app.command()(listing.referrals)
app.command()(replaying.replay)
app.command()(replaying.diff)
app.command()(deciding.decisions)
app.command()(asking_otherwise.what_if)
app.command()(reading.caseload)
app.command()(reading.outcomes)
app.add_typer(matching.app, name="match")
app.add_typer(tending.app, name="projections")
app.command()(tending.rebuild)
app.add_typer(witnessing.witness, name="witness")
app.add_typer(witnessing.ledger, name="ledger")
app.command()(verifying.verify)
app.command()(proving.export)
app.command()(proving.anchors)
app.command()(auditing.absence)
app.command()(auditing.sample)
app.command()(erasing.erase)
app.add_typer(keeping.app, name="keys")


def main() -> None:
    """Run one command. Data is UTF-8 whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr] # ours are files
    command = typer.main.get_command(app)
    manner.offer(command)
    try:
        command(prog_name="scp-events")
    except Exception as error:
        from scp_cli.failures import code_of, explain  # noqa: PLC0415 - only a failure pays for it

        said = explain(error)
        if said is None:
            raise
        for line in said.splitlines():
            remark(f"scp-events: {line}")
        sys.exit(code_of(error))


if __name__ == "__main__":
    main()
