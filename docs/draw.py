"""Draws from the code what the pages say about it, so that they cannot disagree.

docs/ARCHITECTURE.md gets the flow command -> aggregate -> event -> projection; docs/GLOSSARY.md gets the
words: every event, command and projection with the first line of its docstring.

    python docs/draw.py          write the drawings into the pages
    python docs/draw.py --check  fail where they are stale
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path

from drawings import with_drawings, write_or_check

from scp_events import projections
from scp_events.aggregates import ALL
from scp_events.vocabulary import AnyAggregate, Event, command_name, stored_type

DOCS = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    return write_or_check(drawn(), arguments, "docs/draw.py")


def drawn() -> dict[Path, str]:
    """Return the text each page should have."""
    flows = "\n\n".join(f"### {a.CATEGORY}, {a.SCOPE}\n\n{_meaning(a)}\n\n{flow(a)}" for a in ALL)
    words = {
        "events": table("event", {stored_type(e): e for a in ALL for e in a.EVENTS}),
        "commands": table("command", {command_name(c): c for a in ALL for c in a.COMMANDS}),
        "projections": table("projection", {p.NAME: p for p in projections.ALL}),
    }
    pages = {DOCS / "ARCHITECTURE.md": {"flows": flows}, DOCS / "GLOSSARY.md": words}
    return {page: with_drawings(page, drawings) for page, drawings in pages.items()}


def table(heading: str, words: Mapping[str, object]) -> str:
    """Return a table of words, each with the first line of its docstring."""
    rows = [f"| `{word}` | {_meaning(thing)} |" for word, thing in words.items()]
    return "\n".join([f"| {heading} | meaning |", "|---|---|", *sorted(rows)])


def flow(aggregate: AnyAggregate) -> str:
    """Return one aggregate's table: each command, the event it leads to, what it looks at, who reads it."""
    rows = ["| command | event | rests on | read by |", "|---|---|---|---|"]
    for command in aggregate.COMMANDS:
        event = command.RECORDS
        rests_on = aggregate.EVIDENCE.get(command)
        over = ", ".join(f"`{stored_type(each)}`" for each in rests_on.over) if rests_on else ""
        readers_ = ", ".join(readers(event)) or "replay only"
        rows.append(f"| `{command_name(command)}` | `{stored_type(event)}` | {over} | {readers_} |")
    return "\n".join(rows)


def readers(event: type[Event]) -> list[str]:
    """Return the projections that take an event in."""
    return [projection.NAME for projection in projections.ALL if event in projection.ON]


def _meaning(thing: object) -> str:
    return (inspect.getdoc(thing) or "").splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
