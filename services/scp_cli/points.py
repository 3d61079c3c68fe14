"""Where to stand in time, as typed: a date, an instant, or a place in the log.

A date is a day of the organisation. As a time in the world it means all of that day; as what was known, what
was known by its end, or by now where it is not over yet.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias

import typer

Known: TypeAlias = datetime | date | int | None
"""A time or a place in the log, as typed."""
HOW = "write a date like 2025-03-14 or an instant like 2025-03-14T09:30:00Z"
LONGEST_POSITION = len(str(2**62))
"""The log counts in 64 bits, so no position is longer."""
PLACE = "position:"
"""Says that a number is a place in the log."""
YEARS = 1900, 2099
"""Numbers that somebody may have typed for a year."""


def day(text: str | None, option: str) -> date | None:
    """Return a day."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        said = f"{text!r} is not a day: write it like 2025-03-14"
        raise typer.BadParameter(said, param_hint=option) from None


def moment(text: str | None, option: str) -> datetime | date | None:
    """Return a time in the world."""
    return None if text is None else _moment(text, option, HOW)


def known(text: str | None, option: str) -> Known:
    """Return a time, or a place in the log: digits alone are a position, unless they look like a year."""
    if text is None:
        return None
    digits = text.removeprefix(PLACE)
    if not (digits.isascii() and digits.isdigit()):
        return _moment(text, option, f"{HOW}, or a log position like 42")
    if len(digits) > LONGEST_POSITION:
        raise typer.BadParameter(f"{digits[:24]}... is no log position", param_hint=option)
    if digits == text and YEARS[0] <= int(text) <= YEARS[1]:
        raise typer.BadParameter(
            f"{text} is probably a year: write {text}-12-31 for what was known by its end,"
            f" or {PLACE}{text} for that place in the log",
            param_hint=option,
        )
    return int(digits)


def place(position: int) -> str:
    """Return how to type a position so that it is not taken for a year."""
    return f"{PLACE}{position}" if YEARS[0] <= position <= YEARS[1] else str(position)


def _moment(text: str, option: str, how: str) -> datetime | date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time: {how}", param_hint=option) from None
    if instant.tzinfo is None:
        raise typer.BadParameter(
            f"{text!r} has no time zone: add Z for UTC, or an offset such as +02:00", param_hint=option
        )
    return instant
