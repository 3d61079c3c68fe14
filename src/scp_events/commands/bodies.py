"""The body of a command, as every door takes it, derived from the command classes.

    {"command": {...}, "occurred_at": "2025-03-03T12:00:00Z"}

`command` holds the command's own fields. `occurred_at` is when it happened in the world, an instant or a day
of which no more is known; left out, it is now. An act takes effect by being recorded, so it has none. What a
correction says `instead` names its command: `{"command": "record-contact", ...}`.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal, Union, cast

from pydantic import BaseModel, Field, PlainValidator, WithJsonSchema, create_model

from scp_events.commands.registry import Offer, correctable
from scp_events.vocabulary import AnyAggregate, Command, Correct, Word, command_name

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def _time(said: object) -> datetime | date:
    if isinstance(said, date):  # said by a program, not by a text
        return said
    if isinstance(said, str) and DAY.fullmatch(said):
        return date.fromisoformat(said)
    if isinstance(said, str) and INSTANT.fullmatch(said):
        return datetime.fromisoformat(said.upper())
    raise ValueError(
        "say an instant with its offset, such as 2025-03-03T12:00:00Z, or a day, such as 2025-03-03"
    )


Time = Annotated[
    datetime | date,
    PlainValidator(_time),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
    ),
]
"""An instant, or a day of which no more is known."""


class Body(Word):
    """What is sent; each command has its own, with its own `command`."""

    command: Any


class ReportBody(Body):
    """What is sent of something that happened, perhaps long ago."""

    occurred_at: Time | None = None
    """When it happened in the world, where that is not now."""


@cache
def body_of(offer: Offer) -> type[Body]:
    """Return the body model of a command."""
    said: Any = _correct(offer.aggregate) if offer.command is Correct else offer.command
    needed = any(info.is_required() for info in said.model_fields.values())
    return create_model(
        f"{_schema_name(offer)}Body",
        __base__=ReportBody if offer.is_report else Body,
        __doc__=f"The command and when it happened. {offer.command.__doc__}",
        command=(said, Field() if needed else Field(default_factory=said)),
    )


def _schema_name(offer: Offer) -> str:
    """Return the command's class name; of a correction, that of its aggregate, too."""
    return "".join(part.capitalize() for part in offer.full_name.replace("/", "-").split("-"))


def _correct(aggregate: AnyAggregate) -> type[Command]:
    """Return a correction whose `instead` is one of the aggregate's commands, by name."""
    choices = tuple(_instead(command) for command in correctable(aggregate))
    instead: Any = Union[choices]  # noqa: UP007 - known at run time only
    if len(choices) > 1:
        instead = Annotated[instead, Field(discriminator="command")]
    return create_model(
        f"Correct{aggregate.CATEGORY.capitalize()}",
        __base__=Correct,
        __doc__=Correct.__doc__,
        instead=(instead, Field(description="What should have been asked for.")),
        occurred_at=(
            Time | None,
            Field(default=None, description="When it really happened, where that was wrong."),
        ),
    )


def _instead(command: type[Command]) -> type[BaseModel]:
    named: Any = Literal[command_name(command)]
    return create_model(
        f"{command.__name__}Instead", __base__=command, __doc__=command.__doc__, command=(named, Field())
    )


def plain(said: Command) -> Command:
    """Return a command as its aggregate knows it: a correction without the name in its `instead`."""
    if not isinstance(said, Correct):
        return said
    instead = cast("type[Command]", type(said.instead).__base__)
    inner = instead.model_construct(
        None, **{name: getattr(said.instead, name) for name in instead.model_fields}
    )
    fields = {name: getattr(said, name) for name in Correct.model_fields}
    return Correct.model_construct(None, **(fields | {"instead": inner}))
