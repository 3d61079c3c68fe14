"""A case as one HTML file: it loads nothing, can be read without sight, and prints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files

from scp_events.case_file.sheet import Item, Pair, Sheet

NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
"""A browser loads and runs nothing, whatever stood in the data."""
WHOLE = re.compile(r"(?<![\w.-])(?=[\w.-]{3,24}(?![\w.-]))[\w.]+(?:-[\w.]+)+")
"""A reference, a code, a date: none is broken over two lines."""


def page(sheet: Sheet) -> str:
    """Return a document as HTML."""
    return "\n".join((*_head(sheet), *_body(sheet), "</body>", "</html>", ""))


def _head(sheet: Sheet) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_ELSE}">'
    yield f"<title>{escape(sheet.title)}</title>"
    yield f"<style>\n{files(__package__).joinpath('page.css').read_text('utf-8')}</style>"
    yield "</head>"


def _body(sheet: Sheet) -> Iterator[str]:
    yield "<body>"
    yield f"<header><h1>{_text(sheet.title)}</h1>"
    yield from _list(sheet.about)
    yield "</header>"
    yield "<main>"
    yield from _section(sheet.heading, sheet.items)
    if sheet.contradictions:
        yield from _section("No longer fits together", sheet.contradictions)
    if sheet.remembered:
        yield "<section><h2>What is remembered</h2>"
        yield from _list(sheet.remembered)
        yield "</section>"
    yield "</main>"
    yield "<footer>"
    yield from (f"<p>{_text(line)}</p>" for line in sheet.foot)
    yield "</footer>"


def _section(heading: str, items: Iterable[Item]) -> Iterator[str]:
    yield f"<section><h2>{escape(heading)}</h2>"
    articles = [line for item in items for line in _article(item)]
    yield from articles or ["<p>Nothing.</p>"]
    yield "</section>"


def _article(item: Item) -> Iterator[str]:
    time = f" {item.time}" if item.time else ""
    yield "<article>"
    yield f'<h3 dir="auto">{_text(item.title)}</h3>'
    yield (
        f'<p class="when"><time datetime="{escape(item.day + time)}">{_text(item.day + time)}</time>'
        f' <span class="place">{escape(item.place)}</span></p>'
    )
    if item.by:
        yield f'<p class="by">{_text(item.by)}</p>'
    yield from (f'<p class="mark">{_text(mark)}</p>' for mark in item.marks)
    yield from _list(item.said)
    if item.grounds:
        yield "<h4>Grounds</h4>"
        yield from _list(item.grounds)
    yield "</article>"


def _list(pairs: Iterable[Pair]) -> Iterator[str]:
    rows = [f'<dt>{escape(pair.label)}</dt><dd dir="auto">{_text(pair.words)}</dd>' for pair in pairs]
    if rows:
        yield "<dl>"
        yield from rows
        yield "</dl>"


def _text(words: str) -> str:
    return WHOLE.sub(r'<span class="whole">\g<0></span>', escape(words))
