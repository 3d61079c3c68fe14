"""`/docs`: the OpenAPI document as a page for people, drawn here, once.

Nothing in it runs and nothing of it comes from elsewhere, so it can stand beside people's records, and it
works where there is no other network.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from html import escape
from itertools import groupby
from typing import Any

from fastapi import FastAPI, Response

PATH = "/docs"
STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem;
  color: #1b1b1b; background: #fff; overflow-wrap: anywhere }
a { color: #0b4a8f }
nav ul { columns: 12rem; padding-left: 1rem }
details { border-top: 1px solid #ccc; padding: .4rem 0 }
summary { cursor: pointer }
code { font-family: ui-monospace, monospace }
.method { font-weight: 700; display: inline-block; min-width: 3.5rem }
dt { font-family: ui-monospace, monospace; margin-top: .4rem }
dd { margin-left: 1.5rem }
:focus-visible { outline: 3px solid #0b4a8f; outline-offset: 2px }
"""
_DIGEST = b64encode(sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}
Said = Mapping[str, Any]
"""A part of the OpenAPI document."""


def install(app: FastAPI) -> None:
    """Add the page. It is not in the document that it shows."""

    @cache
    def drawn() -> bytes:
        return page(app.openapi()).encode()

    def documentation() -> Response:
        return Response(drawn(), headers=HEADERS, media_type="text/html; charset=utf-8")

    app.add_api_route(PATH, documentation, include_in_schema=False)


def page(document: Said) -> str:
    """Return the whole page."""
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    by_tag = {tag: list(found) for tag, found in groupby(_operations(document), key=lambda each: each[0])}
    contents = "".join(f'<li><a href="#{_anchor(tag)}">{escape(tag)}</a></li>' for tag in by_tag)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>"
        f"<header><h1>{title}</h1>{_paragraphs(document['info']['description'])}"
        '<p>The same for programs: <a href="/openapi.json">openapi.json</a>.</p></header>'
        f'<nav aria-label="What there is"><ul>{contents}<li><a href="#schemas">schemas</a></li></ul></nav>'
        "<main>"
        + "".join(_section(tag, found) for tag, found in by_tag.items())
        + f"{_schemas(document['components']['schemas'])}</main></body></html>"
    )


def _operations(document: Said) -> list[tuple[str, str, str, Said]]:
    """Return every operation: its tag, method, path, and what is said of it."""
    found = (
        (operation.get("tags", ["other"])[0], method.upper(), path, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    return sorted(found, key=lambda each: each[:3])


def _section(tag: str, operations: list[tuple[str, str, str, Said]]) -> str:
    drawn = "".join(_operation(method, path, said) for _, method, path, said in operations)
    return f'<section><h2 id="{_anchor(tag)}">{escape(tag)}</h2>{drawn}</section>'


def _operation(method: str, path: str, said: Said) -> str:
    return (
        f'<details><summary><code><span class="method">{method}</span> {escape(path)}</code> '
        f"{escape(said.get('summary', ''))}</summary>{_paragraphs(said.get('description', ''))}"
        f"{_listed('It is told', _parameters(said))}{_listed('It is sent', _bodies(said))}"
        f"{_listed('It answers', _answers(said))}</details>"
    )


def _parameters(said: Said) -> Iterator[tuple[str, str]]:
    for each in said.get("parameters", ()):
        needed = "required" if each.get("required") else "optional"
        name = escape(f"{each['name']} ({each['in']}, {needed})")
        yield name, f"{_kind(each.get('schema', {}))} {escape(each.get('description', ''))}"


def _bodies(said: Said) -> Iterator[tuple[str, str]]:
    for media_type, body in said.get("requestBody", {}).get("content", {}).items():
        yield escape(media_type), _kind(body.get("schema", {}))


def _answers(said: Said) -> Iterator[tuple[str, str]]:
    for status, answer in said.get("responses", {}).items():
        kinds = ", ".join(_kind(each.get("schema", {})) for each in answer.get("content", {}).values())
        yield escape(str(status)), f"{escape(answer.get('description', ''))} {kinds}"


def _schemas(schemas: Mapping[str, Said]) -> str:
    drawn = "".join(_schema(name, said) for name, said in sorted(schemas.items()))
    return f'<section><h2 id="schemas">schemas</h2>{drawn}</section>'


def _schema(name: str, said: Said) -> str:
    return (
        f'<details id="{_anchor(name)}"><summary><code>{escape(name)}</code></summary>'
        f"{_paragraphs(said.get('description', ''))}<p>{_kind(said)}</p>"
        f"{_listed('Fields', _fields(said))}</details>"
    )


def _fields(said: Said) -> Iterator[tuple[str, str]]:
    needed = said.get("required", ())
    for name, field in said.get("properties", {}).items():
        optional = "" if name in needed else " (optional)"
        yield escape(name + optional), f"{_kind(field)} {escape(field.get('description', ''))}"


def _kind(schema: Said) -> str:
    """Return in a few words what a value is; other schemas are linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_anchor(name)}">{escape(name)}</a>'
    if "enum" in schema:
        return "one of " + ", ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " or ".join(_kind(each) for each in schema[several])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(" ".join(str(schema[key]) for key in ("type", "format", "pattern") if key in schema))


def _listed(title: str, entries: Iterator[tuple[str, str]]) -> str:
    drawn = "".join(f"<dt>{name}</dt><dd>{said.strip() or 'anything'}</dd>" for name, said in entries)
    return f"<p>{title}:</p><dl>{drawn}</dl>" if drawn else ""


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(each)}</p>" for each in text.strip().split("\n\n") if each.strip())


def _anchor(name: str) -> str:
    return (
        "at-" + "".join(letter if letter.isalnum() else "-" for letter in name) if name != "schemas" else name
    )
