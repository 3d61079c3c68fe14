"""Points in time as they stand in an address: days and instants, and of what was known also positions."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

from scp_events.commands import DAY, INSTANT
from scp_events.vocabulary import Position

_POSITION = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)
LAST_POSITION = 2**63 - 1


A_DAY = "a day, such as 2025-03-03"
AN_INSTANT = "an instant with its offset, such as 2025-03-03T12:00:00Z"
A_POSITION = "a position of the log, such as 42"


def _day(said: str) -> date:
    if not DAY.fullmatch(said):
        raise ValueError(A_DAY)
    return date.fromisoformat(said)


def _instant(said: str) -> datetime:
    """Read an instant. One beyond the calendar in UTC means the calendar's end: it holds nothing more."""
    if not INSTANT.fullmatch(said):
        raise ValueError(AN_INSTANT)
    moment = datetime.fromisoformat(said.upper())
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        end = datetime.min if moment.year == 1 else datetime.max  # noqa: DTZ901 - UTC is said next
        return end.replace(tzinfo=UTC)


def _position(said: str) -> Position:
    if not _POSITION.fullmatch(said) or int(said) > LAST_POSITION:
        raise ValueError(A_POSITION)
    return Position(int(said))


def _one_of(taken: str, *readings: Callable[[str], object]) -> BeforeValidator:
    """Read a text in the first way that fits it; where none does, say what is taken."""

    def read(said: object) -> object:
        if not isinstance(said, str):
            return said
        for reading in readings:
            with suppress(ValueError):
                return reading(said)
        raise ValueError(f"say {taken}")

    return BeforeValidator(read)


_DAY_SCHEMA = {"type": "string", "format": "date"}
_INSTANT_SCHEMA = {"type": "string", "format": "date-time"}
AsOf = Annotated[
    date | datetime | None,
    _one_of(f"{A_DAY}, or {AN_INSTANT}", _day, _instant),
    WithJsonSchema({"anyOf": [_DAY_SCHEMA, _INSTANT_SCHEMA]}),
]
KnownAt = Annotated[
    date | datetime | int | None,
    _one_of(f"{A_DAY}, {AN_INSTANT}, or {A_POSITION}", _position, _day, _instant),
    WithJsonSchema(
        {"anyOf": [_DAY_SCHEMA, _INSTANT_SCHEMA, {"type": "integer", "minimum": 0, "maximum": LAST_POSITION}]}
    ),
]

Day = Annotated[date | None, _one_of(A_DAY, _day), WithJsonSchema(_DAY_SCHEMA)]

DayQuery = Annotated[Day, Query(description="A day of the organisation.")]
AsOfQuery = Annotated[
    AsOf, Query(description="As it was in the world: a day of the organisation, all of it, or an instant.")
]
KnownAtQuery = Annotated[
    KnownAt,
    Query(description="As it was known: by the end of a day, at an instant, or at a position of the log."),
]
