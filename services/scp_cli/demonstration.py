"""`scp-events demo`: a fictional organisation's spreadsheets, imported and replayed, and what to try."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from scp_cli import manner
from scp_cli.output import remark

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = REPOSITORY / "examples" / "harbour-lights"


def demo(
    *,
    examples: Annotated[
        Path, typer.Option(metavar="DIR", help="The sheets to import.", show_default=False)
    ] = EXAMPLES,
) -> None:
    """Import the example, and show what can be asked of it: every part of this, step by step.

    Works in a log of its own, below SCP_HOME or else `.demo`, unless SCP_DATABASE_URL names a database;
    never in one that it has not made. Run again, it adds nothing.
    """
    if not examples.is_dir():
        remark(
            f"scp-events: the example is not at {examples}: it comes with the repository, not with the"
            " package; run this in a checkout, or name its directory with --examples"
        )
        raise typer.Exit(1)
    home = Path(os.environ.setdefault("SCP_HOME", str(REPOSITORY / ".demo")))
    from scp_cli.demo_log import make_demo_log
    from scp_cli.tour import tour

    manner.straight_out()
    make_demo_log()
    tour(examples, home)
