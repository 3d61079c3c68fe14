"""A case on paper: text of one width, and the line at its foot that bears witness."""

from __future__ import annotations

import io
from collections.abc import Iterable

import psycopg
from rich.console import Console, RenderableType

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.note import Note
from scp_events.ledger.format.paper import format_for_paper
from scp_events.ledger.log import tables

WIDTH = 100
"""Lines longer than this are hard to read."""


def printed(parts: Iterable[RenderableType]) -> str:
    """Return what rich can draw as plain text, the same on every terminal."""
    text = io.StringIO()
    console = Console(file=text, width=WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def foot_of(conninfo: str) -> str | None:
    """Return what is printed below a report: the newest published checkpoint; None where there is none."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        note = tables.published_at(connection, None) if tables.are_there(connection) else None
    if note is None:
        return None
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    return format_for_paper(checkpoint.size, checkpoint.root) if checkpoint.size else None
