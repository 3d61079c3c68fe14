"""Points in time as they stand in an address: a day or instant of the world, an instant or position known."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, WithJsonSchema

from scp_events.commands import DAY, INSTANT
from scp_events.vocabulary import Position

_POSITION = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)
LAST_POSITION = 2**63 - 1


def _instant(said: str) -> datetime:
    """Read an instant. One beyond the calendar in UTC means the calendar's end: it holds nothing more."""
    if not INSTANT.fullmatch(said):
        raise ValueError("say an instant with its offset, such as 2025-03-03T12:00:00Z")
    moment = datetime.fromisoformat(said.upper())
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        end = datetime.min if moment.year == 1 else datetime.max  # noqa: DTZ901 - UTC is said next
        return end.replace(tzinfo=UTC)


def _moment(said: object) -> object:
    if not isinstance(said, str):
        return said
    return date.fromisoformat(said) if DAY.fullmatch(said) else _instant(said)


def _day(said: object) -> object:
    if isinstance(said, str) and not DAY.fullmatch(said):
        raise ValueError("say a day, such as 2025-03-03")
    return said


def _known(said: object) -> object:
    if not isinstance(said, str):
        return said
    if not _POSITION.fullmatch(said):
        return _instant(said)
    if int(said) > LAST_POSITION:
        raise ValueError(f"say a position up to {LAST_POSITION}")
    return Position(int(said))


_INSTANT_SCHEMA = {"type": "string", "format": "date-time"}
AsOf = Annotated[
    date | datetime | None,
    BeforeValidator(_moment),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, _INSTANT_SCHEMA]}),
]
KnownAt = Annotated[
    datetime | int | None,
    BeforeValidator(_known),
    WithJsonSchema({"anyOf": [_INSTANT_SCHEMA, {"type": "integer", "minimum": 0, "maximum": LAST_POSITION}]}),
]

Day = Annotated[date | None, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]

DayQuery = Annotated[Day, Query(description="A day of the organisation.")]
AsOfQuery = Annotated[
    AsOf, Query(description="As it was in the world: a day of the organisation, all of it, or an instant.")
]
KnownAtQuery = Annotated[KnownAt, Query(description="As it was known: an instant, or a position of the log.")]
