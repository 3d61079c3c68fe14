"""Draws from the code what the pages say about it, so that they cannot disagree.

docs/ARCHITECTURE.md gets the flow command -> aggregate -> event -> projection; docs/GLOSSARY.md gets the
words: every event, command and projection with the first line of its docstring.

    python docs/draw.py          write the drawings into the pages
    python docs/draw.py --check  fail where they are stale
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import get_args

from drawings import with_drawings, write_or_check

from scp_events import projections
from scp_events.aggregates import irp, participant, referral
from scp_events.vocabulary import Command, Event, stored_type

DOCS = Path(__file__).parent
AGGREGATES = (referral, participant, irp)


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    return write_or_check(drawn(), arguments, "docs/draw.py")


def drawn() -> dict[Path, str]:
    """Return the text each page should have."""
    flows = {_name(aggregate): flow(aggregate) for aggregate in AGGREGATES}
    words = {
        "events": table("event", {stored_type(e): e for a in AGGREGATES for e in a.EVENTS}),
        "commands": table("command", {c.__name__: c for a in AGGREGATES for c in commands(a)}),
        "projections": table("projection", {p.NAME: p for p in projections.ALL}),
    }
    pages = {DOCS / "ARCHITECTURE.md": flows, DOCS / "GLOSSARY.md": words}
    return {page: with_drawings(page, drawings) for page, drawings in pages.items()}


def table(heading: str, words: Mapping[str, object]) -> str:
    """Return a table of words, each with the first line of its docstring."""
    rows = [
        f"| `{word}` | {(inspect.getdoc(thing) or '').splitlines()[0]} |" for word, thing in words.items()
    ]
    return "\n".join([f"| {heading} | meaning |", "|---|---|", *sorted(rows)])


def commands(aggregate: ModuleType) -> tuple[type[Command], ...]:
    """Return the command classes of an aggregate."""
    return get_args(getattr(aggregate, f"{_name(aggregate).capitalize()}Command"))


def flow(aggregate: ModuleType) -> str:
    """Return one aggregate's table: each command, the events it may decide, and who reads them."""
    rows = ["| command | events | read by |", "|---|---|---|"]
    for command, events in decided(aggregate).items():
        names = ", ".join(f"`{stored_type(event)}`" for event in events)
        rows.append(f"| {command} | {names} | {', '.join(readers(events)) or 'replay only'} |")
    return "\n".join(rows)


def decided(aggregate: ModuleType) -> dict[str, list[type[Event]]]:
    """Return the events each command may decide, read off the rules' source."""
    functions = {
        f.name: f for f in ast.parse(inspect.getsource(aggregate)).body if isinstance(f, ast.FunctionDef)
    }
    events = {event.__name__: event for event in aggregate.EVENTS}
    asked = {command.__name__ for command in commands(aggregate)}
    flows: dict[str, list[type[Event]]] = {}
    for case in _cases(functions["decide"]):
        made = dict.fromkeys(_made(case.body, functions, set(events), set()))
        for command in sorted(_names(case.pattern) & asked):
            flows[command] = [events[name] for name in made]
    return flows


def readers(events: Iterable[type[Event]]) -> list[str]:
    """Return the projections that read any of `events`."""
    wanted = set(events)
    return [projection.NAME for projection in projections.ALL if wanted & set(projection.ON)]


def _cases(decide: ast.FunctionDef) -> Iterator[ast.match_case]:
    for node in ast.walk(decide):
        if isinstance(node, ast.Match):
            yield from node.cases


def _names(pattern: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(pattern) if isinstance(node, ast.Name)}


def _made(
    body: Iterable[ast.AST], functions: dict[str, ast.FunctionDef], events: set[str], seen: set[str]
) -> Iterator[str]:
    """Yield the event classes that `body` makes, directly or through the functions it calls."""
    for statement in body:
        for node in ast.walk(statement):
            if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
                continue
            if node.id in events:
                yield node.id
            elif node.id in functions and node.id not in seen:
                seen.add(node.id)
                yield from _made(functions[node.id].body, functions, events, seen)


def _name(module: ModuleType) -> str:
    return module.__name__.rsplit(".", 1)[-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
