"""Cells that show an error in the place of a value: they say nothing, and are not blank either."""

from __future__ import annotations

NOT_CALCULATED = "#NOT-CALCULATED!"
"""What is read where a formula stands that no program has calculated yet."""
_ERRORS = frozenset(
    {
        NOT_CALCULATED,
        "#BLOCKED!",
        "#BUSY!",
        "#CALC!",
        "#CONNECT!",
        "#DIV/0!",
        "#EXTERNAL!",
        "#FIELD!",
        "#GETTING_DATA",
        "#N/A",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#PYTHON!",
        "#REF!",
        "#SPILL!",
        "#UNKNOWN!",
        "#VALUE!",
    }
)
"""As Excel shows them, in a workbook and in a CSV file made from one."""


def is_unknown(cell: object) -> bool:
    """Whether a cell shows an error. LibreOffice has numbers for its own, such as Err:502."""
    return isinstance(cell, str) and (cell in _ERRORS or (cell.startswith("Err:") and cell[4:].isdigit()))
