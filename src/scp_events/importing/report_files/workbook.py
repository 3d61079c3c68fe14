"""The report to work through: a worksheet of the kinds of mistake, and one of the rows.

Everything is written as text or as a number, so nothing in it is ever taken for a formula or an address.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from tempfile import TemporaryDirectory

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from scp_events.importing.report import Entry, ImportReport, Kind, kinds
from scp_events.importing.report_files.wording import KIND_COLUMNS, ROW_COLUMNS, cells, notes, outcome
from scp_events.importing.workbook_to_write import new_workbook

MOST = 1_000_000
"""Rows of one worksheet: it cannot hold many more, and those would be lost without a word."""
WIDTHS = {"message": 50, "fix": 60, "code": 28, "standing": 20, "sheet": 24, "column": 20, "suggestion": 20}


def as_xlsx(report: ImportReport) -> bytes:
    """Return the outcome with the kinds of mistake, then every row.

    Rows go through a file on their way, so that hundreds of thousands of them need no more memory than a few.
    Raises `OSError` where there is no room for it.
    """
    written = io.BytesIO()
    with TemporaryDirectory(prefix="scp-report-") as place:
        _write(report, new_workbook(written, "Import report", through=place))
    return written.getvalue()


def _write(report: ImportReport, workbook: Workbook) -> None:
    _page(workbook, "Kinds", KIND_COLUMNS, kinds(report.entries()), [outcome(report), *notes(report)])
    _page(workbook, "Rows", ROW_COLUMNS, islice(entries := report.entries(), MOST))
    number = 2
    for first in entries:
        _page(workbook, f"Rows {number}", ROW_COLUMNS, chain([first], islice(entries, MOST - 1)))
        number += 1
    try:
        workbook.close()
    except FileCreateError as error:  # the library's name for what the disk said
        raise error.args[0] from error


def _page(
    workbook: Workbook,
    name: str,
    columns: Mapping[str, str],
    items: Iterable[Kind | Entry],
    above: Sequence[str] = (),
) -> None:
    """Write a worksheet: sentences, a line of headings that stays in sight, and a line for each item."""
    page = workbook.add_worksheet(name)
    bold = workbook.add_format({"bold": True})
    for line, sentence in enumerate(above):
        page.write_string(line, 0, sentence)
    head = len(above)
    for place, (column, heading) in enumerate(columns.items()):
        page.write_string(head, place, heading, bold)
        page.set_column(place, place, WIDTHS.get(column, 10))
    page.freeze_panes(head + 1, 0)
    line = head
    for line, item in enumerate(items, start=head + 1):
        said = cells(item)
        for place, column in enumerate(columns):
            value = said[column]
            if isinstance(value, int):
                page.write_number(line, place, value)
            elif value is not None:
                page.write_string(line, place, str(value))
    page.autofilter(head, 0, line, len(columns) - 1)
