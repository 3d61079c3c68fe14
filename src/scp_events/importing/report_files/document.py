"""The report for programs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from itertools import chain

from scp_events.importing.report import Entry, ImportReport, Kind, kinds
from scp_events.importing.report_files.wording import cells, printable

COUNTS = ("dry_run", "read", "recorded", "already_there", "rejected", "not_come_to", "accepted")


def as_json(report: ImportReport) -> bytes:
    """Return the counts, then the kinds of mistake, then every row; one a line, as there may be many."""
    counts = {name: getattr(report, name) for name in COUNTS}
    files = {
        "rejected_files": [printable(str(path)) for path in report.rejected_files],
        "not_written": [printable(str(each)) for each in report.not_written],
    }
    written = io.BytesIO()
    written.write(f"{json.dumps(counts)[:-1]},\n".encode())
    for part in chain(_listed("kinds", kinds(report.entries())), _listed("rows", report.entries())):
        written.write(part.encode())
    written.write(f"{json.dumps(files, ensure_ascii=False)[1:]}\n".encode())
    return written.getvalue()


def _listed(name: str, items: Iterable[Kind | Entry]) -> Iterator[str]:
    yield f'"{name}": ['
    for number, item in enumerate(items):
        yield f"{',' if number else ''}\n{json.dumps(cells(item), ensure_ascii=False)}"
    yield "\n],\n"
