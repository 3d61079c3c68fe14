"""The bodies of commands, derived from the command classes: what a client says, without what we know better.

    {"command": {...}, "occurred_at": "2025-03-03T12:00:00Z"}

`command` holds the command's own fields, except those that are `Gathered` from other streams, filled
`FromSender`, or said by the address (`participant_id`). A decision's grounds stand under `decision`; who
decides is whoever sends it. `event_id` may be left out. `occurred_at` is when it happened in the world; left
out, it is now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException

from scp_api.points import DAY, INSTANT
from scp_events.vocabulary import (
    Actor,
    Command,
    Decision,
    EventId,
    FromSender,
    Gathered,
    Grounds,
    Refused,
    Word,
)

Place = tuple[str | int, ...]

SAID_BY_ADDRESS = "participant_id"
FIRST_YEAR, LAST_YEAR = 1800, 2300
"""Days outside are mistakes, and some are beyond what databases and calendars can hold."""
LARGEST_NUMBER = 2**63 - 1
LARGEST_EXPONENT = 30


class Spoken(Word):
    """The body of a command; each command has its own, with its own `command`."""

    command: Word
    occurred_at: AwareDatetime | None = None
    """When it happened in the world, where that is not now."""


def name_of(command: type[Command]) -> str:
    """Return a command's name in an address: `SubmitReferral` is `submit-referral`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", command.__name__).lower()


@cache
def body_of(command: type[Command]) -> type[Spoken]:
    """Return the body model of a command."""
    fields: dict[str, Any] = {
        name: _spoken(name, info) for name, info in command.model_fields.items() if _is_said(name, info)
    }
    said = create_model(f"{command.__name__}Said", __base__=Word, __doc__=command.__doc__, **fields)
    needed = any(info.is_required() for info in said.model_fields.values())
    return create_model(
        f"{command.__name__}Body",
        __base__=Spoken,
        __doc__=f"The command and when it happened. {command.__doc__}",
        command=(said, Field() if needed else Field(default_factory=said)),
    )


def _is_said(name: str, info: FieldInfo) -> bool:
    filled = any(isinstance(mark, Gathered | FromSender) for mark in info.metadata)
    return not filled and name != SAID_BY_ADDRESS


def _spoken(name: str, info: FieldInfo) -> tuple[Any, Any]:
    if info.annotation is Decision:
        return Grounds, Field(description="Why, on what authority, and what else was considered.")
    if name == "event_id":
        return EventId | None, Field(default=None, description="Minted where it is left out.")
    return info.annotation, copy(info)


def read(command: type[Command], raw: bytes) -> Spoken:
    """Return what a body says, read strictly: a day is not a number, and `"yes"` is not `true`.

    Raises `RequestValidationError`, or an `HTTPException` where the body is no JSON.
    """
    try:
        written = json.loads(raw, parse_float=_number)
        said = body_of(command).model_validate_json(json.dumps(written), strict=True)
    except ValidationError as error:
        wrong = [{**found, "loc": ("body", *found["loc"])} for found in error.errors(include_input=False)]
        raise RequestValidationError(wrong) from None
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if misread := list(_misread(said, written, ("body",))):
        raise RequestValidationError([{"type": "date_parsing", "loc": place, "msg": ""} for place in misread])
    return said


_NO_DAYS = frozenset({str, int, bool, type(None)})
"""Values of these types are not looked into: most are one."""


def _misread(said: object, written: Any, place: Place) -> Iterator[Place]:  # noqa: ANN401 - any JSON value
    """Yield where pydantic took a number in quotes for the seconds since 1970."""
    match said:
        case BaseModel():
            for name, value in said:
                if name in written and type(value) not in _NO_DAYS:
                    yield from _misread(value, written[name], (*place, name))
        case tuple():
            for number, (value, each) in enumerate(zip(said, written, strict=True)):
                yield from _misread(value, each, (*place, number))
        case datetime() if not INSTANT.fullmatch(written):
            yield place
        case date() if not isinstance(said, datetime) and not DAY.fullmatch(written):
            yield place


def _number(written: str) -> float | int:
    """Read a number. In JSON `40.0` is an integer; Python would read it as another kind of number."""
    number = float(written)
    return int(number) if number.is_integer() else number


def command_from(
    command: type[Command],
    body: Spoken,
    sender: Actor,
    *,
    known: Mapping[str, object],
    new_event_id: Callable[[], UUID],
) -> Command:
    """Return the command a body says; `known` are fields we know ourselves.

    A `Gathered` field without a default is left unsaid: `casework` fills it, and if it did not, the rule
    that reads it would fail rather than believe an invented value.
    """
    values: dict[str, object] = {
        name: getattr(body.command, name) for name in type(body.command).model_fields
    }
    _must_be_within_reach([*values.values(), body.occurred_at])
    values |= dict.fromkeys(_from_sender(command), sender)
    if isinstance(grounds := values.get("decision"), Grounds):
        values["decision"] = Decision(by=sender, **dict(grounds))
    if "event_id" in values and values["event_id"] is None:
        values["event_id"] = EventId(new_event_id())
    values |= {name: value for name, value in known.items() if name in command.model_fields}
    return command.model_construct(None, **values)


@cache
def _from_sender(command: type[Command]) -> tuple[str, ...]:
    """Return the fields that say who sends a command."""
    return tuple(
        name
        for name, info in command.model_fields.items()
        if any(isinstance(mark, FromSender) for mark in info.metadata)
    )


def _must_be_within_reach(said: object) -> None:
    for value in _plain(said):
        if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise Refused(
                "days-within-reach",
                f"a day in the year {value.year} is beyond what can be recorded: correct the year",
            )
        if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
            raise Refused("numbers-within-reach", "a number is larger than can be recorded: correct it")
        if isinstance(value, Decimal) and not abs(value.adjusted()) <= LARGEST_EXPONENT:
            raise Refused(
                "numbers-within-reach", "a number is larger or finer than can be recorded: correct it"
            )


_TEXT = frozenset({str, type(None)})


def _plain(value: object) -> Iterator[object]:
    """Yield every single value in a body that is not text."""
    if isinstance(value, BaseModel):
        value = [inner for _, inner in value]
    if isinstance(value, list | tuple):
        for each in value:
            if type(each) not in _TEXT:
                yield from _plain(each)
    else:
        yield value


def in_the_past(said: datetime | None, now: datetime, leeway_seconds: float = 300) -> datetime:
    """Return when it happened: as said, or now. What has not happened yet is not recorded."""
    if said is None:
        return now
    if (said - now).total_seconds() > leeway_seconds:
        raise Refused(
            "not-from-the-future",
            "`occurred_at` lies more than 5 minutes ahead: record it once it has happened, or correct it",
        )
    return said
