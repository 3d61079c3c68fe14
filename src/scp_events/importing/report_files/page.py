"""The report to read and to print: one page that needs nothing else, with tables that can be heard."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from html import escape

from scp_events.importing.report import Entry, ImportReport, Kind, kinds
from scp_events.importing.report_files.wording import KIND_COLUMNS, ROW_COLUMNS, cells, notes, outcome

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; color: #111; background: #fff; margin: 2rem; }
table { border-collapse: collapse; width: 100%; margin: 0 0 2rem; }
caption { text-align: left; font-weight: bold; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; }
tr { border-bottom: 1px solid #999; }
thead { display: table-header-group; }
.scroll { overflow-x: auto; }
@media print {
  body { margin: 0; font-size: 8pt; }
  tr { break-inside: avoid; }
  .scroll { overflow: visible; }
}
@page { size: A4 landscape; margin: 15mm; }
"""
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Import report</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Import report</h1>"""
FOOT = """</main>
</body>
</html>"""


def as_html(report: ImportReport) -> bytes:
    """Return the outcome, then the kinds of mistake, then every row."""
    written = io.BytesIO()
    for part in _parts(report):
        written.write(part.encode())
        written.write(b"\n")
    return written.getvalue()


def _parts(report: ImportReport) -> Iterator[str]:
    yield HEAD.format(style=STYLE)
    yield f"<p>{escape(outcome(report))}</p>"
    for note in notes(report):
        yield f"<p>{escape(note)}</p>"
    found = kinds(report.entries())
    if found:
        yield from _table("Kinds of mistake, with how many rows each", KIND_COLUMNS, found)
        yield from _table("Rows, in the order of sheets and lines", ROW_COLUMNS, report.entries())
    else:
        yield "<p>There is nothing to correct.</p>"
    yield FOOT


def _table(caption: str, columns: Mapping[str, str], items: Iterable[Kind | Entry]) -> Iterator[str]:
    """Yield a table in which every cell has a heading above it; a wide one scrolls, by keys as well."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns.values())
    yield f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0">'
    yield f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>"
    for item in items:
        yield _row(columns, cells(item))
    yield "</tbody>\n</table>\n</div>"


def _row(columns: Iterable[str], said: Mapping[str, object]) -> str:
    return f"<tr>{''.join(_cell(name, said[name]) for name in columns)}</tr>"


def _cell(name: str, value: object) -> str:
    text = "" if value is None else escape(str(value))
    return f'<th scope="row">{text}</th>' if name == "sheet" else f"<td>{text}</td>"
