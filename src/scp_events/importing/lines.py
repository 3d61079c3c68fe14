"""A line of a sheet: its place, and what its cells say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

Value: TypeAlias = int | float | str | bool | time | date | datetime | timedelta
"""What a cell of a workbook may hold. A cell of a CSV file is always text."""


@dataclass(frozen=True)
class Line:
    """One row: its place, what its cells say by column, and the cells as they stood."""

    number: int
    cells: Mapping[str, str]
    """Without the blank ones, and without spaces around."""
    values: tuple[Value, ...]
    unnamed: bool
    """Whether a cell stands beyond the last named column."""
