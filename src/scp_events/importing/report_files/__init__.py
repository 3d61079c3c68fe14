"""The report of an import as a file: JSON for programs, HTML to read and print, XLSX to work through.

No file holds what a cell says. They speak of cases all the same, so their owner alone can read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from scp_events.importing.report import ImportReport, not_written
from scp_events.importing.report_files.document import as_json
from scp_events.importing.report_files.page import as_html
from scp_events.importing.report_files.workbook import as_xlsx
from scp_events.privacy.copies import write_for_owner

FORMS: Mapping[str, Callable[[ImportReport], bytes]] = {
    ".json": as_json,
    ".html": as_html,
    ".xlsx": as_xlsx,
}
"""By the ending of the file's name."""


def write_reports(report: ImportReport, paths: Iterable[Path]) -> None:
    """Write the report to each file. One that cannot be written is noted in the report, and ends nothing."""
    for path in paths:
        try:
            write_for_owner(path, FORMS[path.suffix.lower()](report))
        except OSError as error:
            report.not_written.append(not_written("the report", path, error))


__all__ = ["FORMS", "as_html", "as_json", "as_xlsx", "write_reports"]
