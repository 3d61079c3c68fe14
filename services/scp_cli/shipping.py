"""`scp-events shipped`: the programmes that come with this, each as a file that can be sent."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import Annotated

import typer

from scp_cli.output import write


def shipped(
    name: Annotated[str | None, typer.Argument(metavar="PROGRAMME", help="Left out: list them.")] = None,
) -> None:
    """Print a programme that comes with this, for `do define-programme --json -`.

    Change what you like in it before you send it: it is yours from then on.
    """
    from scp_events.commands import shipped as programmes

    there = programmes.names()
    if name is None:
        write("".join(f"{each}\n" for each in there))
    elif name in there:
        write(programmes.text(name))
    else:
        raise typer.BadParameter(f"{name!r} does not come with this: {', '.join(there)} do")
