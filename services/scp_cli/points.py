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
    """Return a time, or a place in the log: digits alone are a position."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        return _moment(text, option, f"{HOW}, or a log position like 42")
    if len(text) > LONGEST_POSITION:
        raise typer.BadParameter(f"{text[:24]}... is no log position", param_hint=option)
    return int(text)


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
