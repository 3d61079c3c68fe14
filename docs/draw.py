"""Draws from the code what the pages say about it, so that they cannot disagree.

docs/ARCHITECTURE.md gets the flow command -> aggregate -> event -> projection; docs/GLOSSARY.md gets the
words: every event, command and projection with the first line of its docstring; docs/SETTINGS.md gets every
setting of every service; docs/how-to/sheets-of-events.md the columns of the sheets that follow from commands;
docs/how-to/verify-a-case.md what a verification can come to, and does not claim.

    python docs/draw.py          write the drawings into the pages
    python docs/draw.py --check  fail where they are stale
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from pathlib import Path

from drawings import with_drawings, write_or_check
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from scp_api.settings import Settings as OfTheApi
from scp_events import projections
from scp_events.aggregates import ALL
from scp_events.aggregates.referral.criteria import SETS
from scp_events.importing.sheets import DERIVED
from scp_events.importing.sheets.derived import DerivedRow
from scp_events.importing.templates import descriptions
from scp_events.ledger.log.not_claimed import NOT_CLAIMED
from scp_events.ledger.log.outcomes import Outcome
from scp_events.vocabulary import AnyAggregate, Event, command_name, stored_type
from scp_ledger.settings import Settings as OfTheLedger
from scp_projector.settings import Settings as OfTheProjector
from scp_relay.settings import Settings as OfTheRelay
from scp_tiles.settings import Settings as OfTheTiles
from scp_witness.settings import Settings as OfTheWitness

DOCS = Path(__file__).parent
SERVICES: Mapping[str, type[BaseSettings]] = {
    "api": OfTheApi,
    "projector": OfTheProjector,
    "ledger": OfTheLedger,
    "relay": OfTheRelay,
    "tiles": OfTheTiles,
    "witness": OfTheWitness,
}


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
        "criteria": criteria(),
    }
    pages = {
        DOCS / "ARCHITECTURE.md": {"flows": flows},
        DOCS / "GLOSSARY.md": words,
        DOCS / "SETTINGS.md": {"settings": settings()},
        DOCS / "how-to" / "sheets-of-events.md": {"sheets": "\n\n".join(map(sheet, DERIVED))},
        DOCS / "how-to" / "verify-a-case.md": {"outcomes": outcomes(), "not claimed": not_claimed()},
    }
    return {page: with_drawings(page, drawings) for page, drawings in pages.items()}


def criteria() -> str:
    """Return every set of criteria: what is asked, in which version, and what each criterion means."""
    rows = [
        f"| {each.question} | {each.version} | `{one.CODE}` | {_meaning(one)} |"
        for each in SETS
        for one in each.criteria
    ]
    return "\n".join(["| question | version | criterion | means |", "|---|---|---|---|", *rows])


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


def settings() -> str:
    """Return the table of all settings: which variable, by default what, who reads it, and what it says."""
    read_by: dict[str, list[str]] = {}
    fields: dict[str, FieldInfo] = {}
    for service, asked in SERVICES.items():
        for name, field in asked.model_fields.items():
            fields[name] = field
            read_by.setdefault(name, []).append(service)
    rows = ["| variable | by default | read by | what it says |", "|---|---|---|---|"]
    for name in sorted(fields):
        readers_ = "all" if len(read_by[name]) == len(SERVICES) else ", ".join(read_by[name])
        rows.append(
            f"| `SCP_{name.upper()}` | {_default(fields[name])} | {readers_} | {_said(fields[name])} |"
        )
    return "\n".join(rows)


def sheet(of: type[DerivedRow]) -> str:
    """Return the events of a sheet, and the columns that are its own."""
    events = [
        f"| `{name}` | {_meaning(form.command.RECORDS)} | {'yes' if form.decides else ''} |"
        for name, form in of.FORMS.items()
    ]
    own = {column for form in of.FORMS.values() for column in form.columns}
    columns = [f"| `{each.column}` | {each.says} |" for each in descriptions([of.NAME]) if each.column in own]
    return "\n".join(
        [
            f"## {of.NAME}\n\n{_meaning(of.AGGREGATE)}\n",
            *("| event | means | a decision |", "|---|---|---|", *events, ""),
            *("| column | what it says |", "|---|---|", *columns),
        ]
    )


def outcomes() -> str:
    """Return the table of what `scp-events verify` can come to, the worst first."""
    rows = [f"| {outcome.code} | `{outcome}` | {outcome.says} |" for outcome in Outcome]
    return "\n".join(["| exit code | outcome | what it says |", "|---|---|---|", *rows])


def not_claimed() -> str:
    """Return the table of what `scp-events verify` does not claim."""
    rows = [f"| {each.what} | {each.why} |" for each in NOT_CLAIMED]
    return "\n".join(["| not claimed | because, or instead |", "|---|---|", *rows])


def _said(field: FieldInfo) -> str:
    """Return what a setting is for; other settings are named as in the code, without the prefix."""
    return " ".join((field.description or "").split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be named"
    if field.default_factory is not None:
        return "`~/.local/share/scp-events`"
    if isinstance(field.default, tuple):
        return f"`{','.join(field.default)}`" if field.default else ""
    if isinstance(field.default, bool):
        return f"`{int(field.default)}`"
    return "" if field.default is None else f"`{field.default}`"


def _meaning(thing: object) -> str:
    return (inspect.getdoc(thing) or "").splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
