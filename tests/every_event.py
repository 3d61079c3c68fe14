"""A valid event of every class, with every field filled, and words in it that stand nowhere else."""

from __future__ import annotations

import types
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from itertools import count
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid4

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from scp_events.aggregates import ALL
from scp_events.history import every_event
from scp_events.privacy import marks_of
from scp_events.vocabulary import NO_ACTION, Erased, Event, Grounds, Views, Word

EVERY_CLASS = tuple(event for aggregate in ALL for event in aggregate.EVENTS)
"""Every fact; `STORED_CLASSES` are those, and what corrects or retracts them."""
STORED_CLASSES = tuple(event for aggregate in ALL for event in every_event(aggregate))
PLAIN: dict[Any, Any] = {
    bool: True,
    int: 7,
    Decimal: Decimal("3.5"),
    date: date(2009, 3, 3),
    datetime: datetime(2025, 3, 3, tzinfo=UTC),
    AwareDatetime: datetime(2025, 3, 3, tzinfo=UTC),
    UUID: None,
}
SHAPES = ("Planted {} words", "planted-{}", "PLANTED-{}", "2025.1", "17:30", "XCD")
"""Tried in turn until one is what the field may say: a text, a code, a reference, a version, a time, a
currency."""


def planted(
    event: type[Event], number: Iterator[int] | None = None, *, views_expressed: bool = True
) -> Event:
    """Return an event whose every text holds a number of its own. It need not make sense, but it is valid."""
    return _Planter(number or count(1000), views_expressed=views_expressed).model(event)


def planted_word(model: type[Word]) -> Any:
    """Return a valid word of any class, filled in the same way."""
    return _Planter(count(1000), views_expressed=True).model(model)


def personal_texts(said: BaseModel) -> list[str]:
    """Return the texts in the personal fields of an event or a command."""
    return [text for mark in marks_of(type(said)) for _, value in mark.values(said) for text in _texts(value)]


def _texts(said: object) -> Iterator[str]:
    if isinstance(said, BaseModel):
        said = [value for _, value in said]
    if isinstance(said, tuple | list):
        for each in said:
            yield from _texts(each)
    elif isinstance(said, str) and not isinstance(said, Enum):
        yield said


class _Planter:
    def __init__(self, number: Iterator[int], *, views_expressed: bool) -> None:
        self._number = number
        self._views_expressed = views_expressed

    def model(self, model: type[BaseModel]) -> Any:
        said = {
            name: self._value(field.annotation, field.metadata)
            for name, field in model.model_fields.items()
            if name != "type"
        }
        if issubclass(model, Grounds):
            said["options_considered"] = (*said["options_considered"], NO_ACTION)
        if issubclass(model, Views):
            said.pop("not_obtained_because" if self._views_expressed else "expressed")
        return model.model_validate(said)

    def _value(self, annotation: Any, marks: Any = ()) -> Any:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if hasattr(annotation, "__supertype__"):
            return self._value(annotation.__supertype__, marks)
        if origin is Annotated:
            return self._value(arguments[0], (*arguments[1:], *marks))
        if origin in (Union, types.UnionType):
            return self._value(next(a for a in arguments if a not in (type(None), Erased)), marks)
        if origin in (Literal, tuple):
            return arguments[0] if origin is Literal else (self._value(arguments[0]),)
        return self._plain(annotation, marks)

    def _plain(self, annotation: Any, marks: Any) -> Any:
        if annotation in PLAIN:
            return PLAIN[annotation] or uuid4()
        if issubclass(annotation, Enum):
            return next(iter(annotation))
        return self.model(annotation) if issubclass(annotation, BaseModel) else self._text(marks)

    def _text(self, marks: Any) -> str:
        adapter = TypeAdapter(Annotated[(str, *marks)] if marks else str)
        number = next(self._number)
        for shape in SHAPES:
            with suppress(ValidationError):
                return adapter.validate_python(shape.format(number))
        raise AssertionError(f"say in `SHAPES` what a text may look like that is {marks}")
