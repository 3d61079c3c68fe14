"""Where to stand in time, as typed: a date, an instant, or a place in the log."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import typer

HOW = "write a date like 2025-03-14 (its end, UTC) or an instant like 2025-03-14T09:30:00Z"


def day(text: str | None, option: str, otherwise: str | None = None) -> date:
    """Return a day; without one the other one, or else today, UTC."""
    try:
        return date.fromisoformat(text or otherwise or datetime.now(UTC).date().isoformat())
    except ValueError:
        said = f"{text!r} is not a day: write it like 2025-03-14"
        raise typer.BadParameter(said, param_hint=option) from None


def moment(text: str | None, option: str) -> datetime | None:
    """Return a time in the world; a date stands for its end, UTC."""
    return None if text is None else _instant(text, option, HOW)


def known(text: str | None, option: str) -> datetime | int | None:
    """Return a time or a place in the log: digits alone are a position, a date stands for its end, UTC."""
    if text is None:
        return None
    if text.isascii() and text.isdigit():
        return _position(text, option)
    return _instant(text, option, f"{HOW}, or a log position like 42")


def _position(text: str, option: str) -> int:
    """The log counts in 64 bits, so no position is longer."""
    if len(text) > len(str(2**62)):
        raise typer.BadParameter(f"{text[:24]}... is no log position", param_hint=option)
    return int(text)


def _instant(text: str, option: str, how: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
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
