"""The table of contents of `scp-events`, and where a failure becomes a line and an exit code."""

from __future__ import annotations

from scp_cli import starting

if __name__ == "__main__":
    starting.begin()

import sys

import typer

from scp_cli import (
    auditing,
    demonstration,
    doing,
    erasing,
    import_command,
    keeping,
    proving,
    reading,
    replaying,
    serving,
    tending,
    verifying,
    witnessing,
)
from scp_cli.output import remark

app = typer.Typer(
    name="scp-events",
    help="Programme tracking for second-chance programmes: replay any case as known on any date.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: quick, narrow, and the same everywhere
    pretty_exceptions_enable=False,  # a traceback with values could show somebody's data
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demonstration.demo)
app.command()(serving.serve)
app.command()(serving.token)
app.command("import")(import_command.import_sheets)
app.command()(doing.do)
app.command()(reading.cases)
app.command()(replaying.replay)
app.command()(replaying.diff)
app.command()(reading.decisions)
app.command()(reading.caseload)
app.command()(reading.outcomes)
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
    try:
        app(prog_name="scp-events")
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
