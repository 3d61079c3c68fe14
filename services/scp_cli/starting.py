"""The first lines of `scp-events`: it listens to signals before it imports what takes long."""

from __future__ import annotations

import sys

from scp_events.runtime import ending

UNTIL_TOLD = {"serve": set[str](), "witness": {"keygen", "contradictions"}}
"""Commands that run until told to end, but for what may follow them."""


def listen() -> None:
    """Take the signals, for a service or for a command that they interrupt."""
    ending.listen(None if _runs_until_told(sys.argv[1:]) else "scp-events")


def main() -> None:
    """Run `scp-events`."""
    listen()
    from scp_cli.__main__ import main as run  # noqa: PLC0415 - not before we listen

    run()


def _runs_until_told(typed: list[str]) -> bool:
    return bool(typed) and typed[0] in UNTIL_TOLD and not UNTIL_TOLD[typed[0]] & {*typed}
