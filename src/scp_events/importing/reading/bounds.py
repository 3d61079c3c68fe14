"""How much a folder may hold, so that a hostile or broken file costs seconds and not the machine.

Nobody's sheets come near these. Whoever does is told, and can divide the folder: an import may be repeated.
"""

from __future__ import annotations

from scp_events.importing.report import UnreadableFileError, Wrong

MEGABYTE = 1024 * 1024
MOST_WORKSHEETS = 1_000
MOST_ROWS = 500_000
"""Of a sheet, the blank ones with a format counted."""
MOST_COLUMNS = 1_000
"""Of a line. A cell beyond was not meant to be there."""
MOST_IN_A_CELL = 131_072
"""Characters; four times what Excel allows."""
MOST_TEXT = 96 * MEGABYTE
"""Of all sheets together, as it is kept."""
MOST_ON_DISK = 100 * MEGABYTE
"""Of a workbook."""
MOST_UNPACKED = 400 * MEGABYTE
"""Of a workbook's parts."""


class Allowance:
    """How much text the sheets of a folder may still hold."""

    def __init__(self, left: int = MOST_TEXT) -> None:
        self._left = left

    def take(self, size: int) -> None:
        """Count a line. Raises `UnreadableFileError` where the folder holds too much."""
        self._left -= size
        if self._left < 0:
            raise UnreadableFileError(
                Wrong(
                    "too-much-text",
                    f"and the sheets before it hold more than {MOST_TEXT // MEGABYTE} megabytes of text",
                    "import some of the sheets or rows first, and the others after",
                )
            )


def must_be_near(number: int, columns: int) -> None:
    """Refuse a line that is far from where anybody writes: each line between would be a row."""
    if number <= MOST_ROWS and columns <= MOST_COLUMNS:
        return
    raise UnreadableFileError(
        Wrong(
            "stray-cell",
            f"has a cell in line {number}, column {columns}, beyond {MOST_ROWS:,} lines"
            f" or {MOST_COLUMNS:,} columns",
            "clear what stands there; in Excel Ctrl+End shows the last cell",
        )
    )


def must_be_few(rows: int) -> None:
    """Refuse a sheet of too many rows, also of blank ones."""
    if rows > MOST_ROWS:
        raise UnreadableFileError(
            Wrong(
                "too-many-rows",
                f"has more than {MOST_ROWS:,} rows, blank ones counted",
                "delete the blank rows below the last one, or divide the sheet",
            )
        )


def must_be_few_worksheets(worksheets: int) -> None:
    """Refuse a workbook of more worksheets than anybody keeps."""
    if worksheets >= MOST_WORKSHEETS:
        raise UnreadableFileError(
            Wrong("too-many-worksheets", f"has more than {MOST_WORKSHEETS:,} worksheets", "divide it")
        )


def too_long_a_cell(line: int) -> UnreadableFileError:
    """Return the refusal of a cell nobody typed."""
    return UnreadableFileError(
        Wrong(
            "cell-too-long",
            f"holds a cell of more than {MOST_IN_A_CELL:,} characters from line {line} on",
            "look for a quotation mark that is not closed, or shorten the cell",
        )
    )
