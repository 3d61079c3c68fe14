"""What comes out: data on stdout in the format asked for, progress and remarks on stderr."""

# ruff: noqa: PLC0415 - what only some outputs need is imported by them, so that `scp-events --help` is quick

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from scp_cli import manner

if TYPE_CHECKING:
    from rich.console import RenderableType

WIDEST = 100
"""Lines longer than this are hard to read, whatever the terminal."""
WITHOUT_END = 1_000_000
"""The width to draw a table in: it has settled its own already."""


Row: TypeAlias = Mapping[str, Any]
"""Something to show, as JSON values by field."""


class Format(StrEnum):
    """How data is written."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


Shown: TypeAlias = Annotated[
    Format, typer.Option("--format", help="table to read; json, ndjson (one a line) or csv for programs.")
]


def show(
    items: Sequence[object],
    how: Format,
    columns: Mapping[str, str],
    in_brief: Callable[[Row], Row] = lambda row: row,
    *,
    spare: Sequence[str] = (),
) -> None:
    """Write items, one a row. `columns` maps the fields a table shows to their headings.

    A table shows each row `in_brief`; programs get it whole. `spare` are the fields that a narrow terminal
    does without, the least needed first.
    """
    from pydantic_core import to_jsonable_python

    rows = [to_jsonable_python(item) for item in items]
    match how:
        case Format.JSON:
            write(as_json(rows, indent=2))
        case Format.NDJSON:
            write("".join(map(as_json, rows)))
        case Format.CSV:
            fields = dict.fromkeys(field for row in rows for field in row)
            write(as_csv(rows, list(fields) or list(columns)))
        case Format.TABLE:
            show_table([in_brief(row) for row in rows], columns, spare)


def as_json(value: object, *, indent: int | None = None) -> str:
    """Return a JSON document and the end of its line."""
    return json.dumps(value, ensure_ascii=False, indent=indent) + "\n"


def as_csv(rows: Sequence[Row], fields: Sequence[str]) -> str:
    """Return a header and the rows; what is not a plain value is written as JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(fields)
    writer.writerows([_cell(row.get(field)) for field in fields] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets a leading apostrophe, so that it stays text."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | bool) else value


def write(text: str) -> None:
    """Write data to stdout. A reader that has gone had what it wanted, and nothing is said of it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # What is left in the buffer would be tried again at exit, with a message nobody can use.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise


def remark(text: str) -> None:
    """Write a line for people to stderr; a terminal gets it broken between words.

    An indented line is a command to copy, which is never broken.
    """
    if sys.stderr.isatty():
        text = "\n".join(map(_between_words, text.splitlines()))
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - the one place for remarks


def _between_words(line: str) -> str:
    if line.startswith(" "):
        return line
    columns = shutil.get_terminal_size().columns
    return textwrap.fill(line, columns, break_long_words=False, break_on_hyphens=False)


# --- for people -------------------------------------------------------------------------------------------


def show_rich(*parts: RenderableType) -> None:
    """Write something rich can draw; without colour where stdout is no terminal or NO_COLOR is set."""
    write(_drawn(parts, width()))


def show_pages(*parts: RenderableType) -> None:
    """Write a whole answer that rich can draw: a long one through a pager, on a terminal."""
    _write_pages(_drawn(parts, width()))


def show_table(rows: Sequence[Row], columns: Mapping[str, str], spare: Sequence[str] = ()) -> None:
    """Write a table as wide as the terminal, or as what it holds; say which columns had no room."""
    if not rows:
        write("Nothing to show.\n")
        return
    from scp_cli.tables import fitted

    room = None if manner.asked().wide or not sys.stdout.isatty() else shutil.get_terminal_size().columns
    table = fitted(rows, columns, room, spare)
    _write_pages(_drawn([table.drawn], WITHOUT_END))
    if table.left_out:
        remark(f"scp-events: no room for {', '.join(table.left_out)}: --wide shows every column")


def _drawn(parts: Sequence[RenderableType], columns: int) -> str:
    from rich.console import Console

    console = Console(width=columns, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _write_pages(text: str) -> None:
    from scp_cli.paging import page, pager_for

    if pager := pager_for(text):
        page(pager, text)
    else:
        write(text)


def width() -> int:
    """Return how wide a line of a story may be: never more than is legible, and in a file always the same."""
    return min(shutil.get_terminal_size().columns, WIDEST) if sys.stdout.isatty() else WIDEST


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int | None], None]]:
    """Yield a function to call with how much is done, and of how much; drawn on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
