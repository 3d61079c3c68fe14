"""`scp-events import map` and `template`: what helps people before their sheets can be imported."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli.output import Format, Shown, remark, show
from scp_cli.people import OURS, Organisation

if TYPE_CHECKING:
    from scp_events.importing.mapping import Draft, DraftSheet, Said

PROPOSED = {"theirs": "your sheet", "column": "your column", "ours": "is ours", "why": "why"}
COLUMNS = {"sheet": "sheet", "column": "column", "needed": "needed", "says": "what it says"}


def map_sheets(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Holds your sheets.")
    ],
    *,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where the mapping goes; by default `mapping.toml` in DIR."),
    ] = None,
    organisation: Organisation = OURS,
    how: Shown = Format.TABLE,
) -> None:
    """Propose which of your sheets and columns are which of ours.

    The proposal is a file to read and to edit: what could not be decided stands in it as a question, and
    `import` refuses until it is answered. Nothing is imported, and no file is overwritten.
    """
    from scp_events.importing.mapping import FILE, as_toml, propose

    file = to or directory / FILE
    draft = propose(directory, organisation)
    if not draft.sheets:
        raise typer.BadParameter(_nothing_to_map(draft), param_hint="DIR")
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(as_toml(draft))
    except FileExistsError:
        fix = "answer its questions, or name another file with --to"
        raise typer.BadParameter(f"{file} is there already: {fix}", param_hint="--to") from None
    show([*_proposed(draft)], how, PROPOSED)
    for problem in draft.not_read:
        remark(str(problem))
    remark(_what_next(draft, file, directory))


def _nothing_to_map(draft: Draft) -> str:
    if draft.as_ours:
        return "its sheets are kept as ours are, and need no mapping"
    return "it holds no sheet"


def _proposed(draft: Draft) -> Iterator[dict[str, str]]:
    for name in draft.as_ours:
        yield {"theirs": name, "column": "", "ours": "as it is", "why": "its name and columns are ours"}
    for sheet in draft.sheets:
        yield {"theirs": sheet.where, "column": "", "ours": _value(sheet.says), "why": sheet.says.why}
        for name, said in sheet.columns.items():
            yield {
                "theirs": sheet.where,
                "column": " + ".join(said.headers),
                "ours": f"{sheet.says.value}.{name}" if said.headers else f"{name}: {_value(said)}",
                "why": said.why,
            }
        yield from _undecided(sheet)


def _undecided(sheet: DraftSheet) -> Iterator[dict[str, str]]:
    for header in sheet.undecided:
        yield {"theirs": sheet.where, "column": header, "ours": "?", "why": "near nothing of ours"}


def _value(said: Said) -> str:
    return said.value if isinstance(said.value, str) else " + ".join(said.value)


def _what_next(draft: Draft, file: Path, directory: Path) -> str:
    from scp_events.importing.mapping import FILE

    option = "" if file == directory / FILE else f" --mapping {file}"
    then = f"scp-events import {directory}{option} --dry-run"
    if draft.open_questions:
        return f"written to {file}: answer its {draft.open_questions} open questions (?), then:\n  {then}"
    return f"written to {file}: read it, then:\n  {then}"


def template(
    directory: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="Where they go.")],
    *,
    sheet: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only this sheet, such as contacts; may be repeated."),
    ] = None,
    xlsx: Annotated[
        bool, typer.Option("--xlsx", help="One workbook with notes and drop-down lists, not CSV files.")
    ] = False,
    how: Shown = Format.TABLE,
) -> None:
    """Write empty sheets to fill in, and tell what every column says. Never over what is there."""
    from scp_events.importing.column_kinds import KINDS
    from scp_events.importing.templates import descriptions, write_templates

    if unknown := [name for name in sheet or () if name not in KINDS]:
        raise typer.BadParameter(
            f"{unknown[0]} is no sheet: name one of {', '.join(KINDS)}", param_hint="--sheet"
        )
    names = sheet or [*KINDS]
    files = write_templates(directory, names, as_workbook=xlsx)
    show(descriptions(names), how, COLUMNS)
    remark(f"written to {directory}: {', '.join(file.name for file in files)}")
