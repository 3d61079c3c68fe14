"""An event of any class, every text of it the words that must not be seen outside, every id its own."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel

from scp_events.vocabulary import Event
from tests.publishing.filled_log import SECRET_WORDS

PLAIN: dict[type, Any] = {
    bool: True,
    int: 7,
    Decimal: Decimal("3.5"),
    date: date(2025, 3, 3),
    datetime: datetime(2025, 3, 3, tzinfo=UTC),
    AwareDatetime: datetime(2025, 3, 3, tzinfo=UTC),
}


def invented(event: type[Event]) -> Event:
    """Return an event with every field filled, also those that may be left out; it need not make sense."""
    return _model(event)


def ids_in(said: object) -> Iterator[UUID]:
    """Yield every id in a dumped model."""
    if isinstance(said, UUID):
        yield said
    for part in said.values() if isinstance(said, dict) else said if isinstance(said, list | tuple) else ():
        yield from ids_in(part)


def _model(model: type[BaseModel]) -> Any:
    return model.model_construct(
        **{
            name: field.default if name == "type" else _value(field.annotation)
            for name, field in model.model_fields.items()
        }
    )


def _value(annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__supertype__"):
        return _value(annotation.__supertype__)
    if origin is Annotated or origin in (Union, types.UnionType):
        return _value(arguments[0])
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return (_value(arguments[0]),)
    if annotation in PLAIN:
        return PLAIN[annotation]
    return _of_class(annotation)


def _of_class(annotation: type) -> Any:
    if annotation is UUID:
        return uuid4()
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    if issubclass(annotation, BaseModel):
        return _model(annotation)
    assert annotation is str, f"say in `invented` what a {annotation} looks like"
    return SECRET_WORDS
