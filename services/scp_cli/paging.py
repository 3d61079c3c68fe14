"""Long answers through a pager: on a terminal alone, and never in the way of a program."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress

from scp_cli import manner

USUAL = "less -FRX"
"""Ends by itself where all fits, keeps colours, leaves the answer on the screen."""


def pager_for(text: str) -> list[str] | None:
    """Return what to show a text with; None where it is written straight out."""
    if not (manner.asked().pager and sys.stdout.isatty() and sys.stdin.isatty()):
        return None
    if text.count("\n") < shutil.get_terminal_size().lines:
        return None
    typed = shlex.split(os.environ.get("PAGER", USUAL))
    found = shutil.which(typed[0]) if typed else None
    return None if found is None else [found, *typed[1:]]


def page(pager: list[str], text: str) -> None:
    """Show a text. Whoever leaves before its end had what they wanted."""
    told = {**os.environ, "LESS": os.environ.get("LESS", "FRX"), "LESSCHARSET": "utf-8"}
    piped = subprocess.Popen(pager, stdin=subprocess.PIPE, env=told)  # noqa: S603 - named by who looks
    with piped as process, suppress(BrokenPipeError):
        process.communicate(text.encode(errors="backslashreplace"))
