"""A program by itself: prints the rows of one worksheet of a legacy workbook, a line of JSON each.

Calamine reads these files, and trusts them: a damaged one can end the process that reads it, or ask for more
memory than there is. So it runs in a process that may use little of either, and nothing else is lost with it.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineWorkbook

MOST_MEMORY = 256 * 1024 * 1024
MOST_SECONDS = 30


def bounded() -> None:
    """Give up what a workbook does not need. Where the system has no such bounds, there are none."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold what the workbook says
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def parts(value: object) -> list[object]:
    """Return what JSON has no form for as its kind and its text."""
    match value:
        case datetime() | date() | time():
            return [type(value).__name__, value.isoformat()]
        case timedelta():
            return [timedelta.__name__, value.total_seconds()]
    raise TypeError(f"no cell is a {type(value).__name__}")


def main() -> None:
    """Print the rows; those before the first filled column begin with as many blanks."""
    bounded()
    path, place = sys.argv[1:]
    with CalamineWorkbook.from_path(path) as workbook:
        sheet = workbook.get_sheet_by_index(int(place))
    _, before = sheet.start or (0, 0)
    encode = json.JSONEncoder(default=parts).encode
    for row in sheet.iter_rows():
        sys.stdout.write(encode([""] * before + row) + "\n")


if __name__ == "__main__":
    main()
