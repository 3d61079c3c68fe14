"""The steps of what `scp-events demo` tells, each under its number."""

from __future__ import annotations

from rich.text import Text

from scp_cli.output import show_rich
from scp_events.case_file.story import LOUD, QUIET


def step(number: int, heading: str, meaning: str) -> None:
    """Begin a step."""
    show_rich(Text.assemble("\n", (f"{number}. {heading}", LOUD), "\n", (f"   {meaning}", QUIET), "\n"))
