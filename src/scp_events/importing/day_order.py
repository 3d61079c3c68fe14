"""The order of day and month: one for a whole column, never guessed cell by cell.

`05/04/2025` is two days, and nobody can see which. A column in which one cell can only be month first was
written month first, so every other cell of it would be read wrongly: the sheet is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from scp_events.importing.lines import Line
from scp_events.importing.report import UnreadableFileError

_TWO_NUMBERS = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.]\d{4}")
_MONTHS = 12


def must_be_day_first(lines: Iterable[Line], columns: Collection[str]) -> None:
    """Refuse a sheet with a column of days of which one can only be month first."""
    for line in lines:
        for column in columns:
            written = _TWO_NUMBERS.fullmatch(line.cells.get(column, ""))
            if written and int(written[1]) <= _MONTHS < int(written[2]):
                raise UnreadableFileError(
                    "month-first",
                    f"has a day in line {line.number} that can only be month first, so its column may be,"
                    " and each of its other days would be read as another",
                    "write every day of the column as 2025-03-31, or day first",
                    column,
                )
