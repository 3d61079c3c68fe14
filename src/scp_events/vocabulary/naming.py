"""Events that a command names: of the same case, and they had happened by its time. The log checks both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from scp_events.vocabulary.ids import EventId


@dataclass(frozen=True)
class OfTheCase:
    """Marks a field that names one event or several: `Annotated[tuple[EventId, ...], OfTheCase()]`."""


def named_events(said: BaseModel) -> Iterator[EventId]:
    """Yield the events that something said rests on."""
    for path in naming_fields(type(said)):
        named = attrgetter(path)(said)
        if isinstance(named, UUID):
            yield EventId(named)
        elif named is not None:
            yield from named


@cache
def naming_fields(said: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields of a class that name events, those of the models in it included."""
    return tuple(_naming(said, ""))


def _naming(said: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, info in said.model_fields.items():
        if any(isinstance(mark, OfTheCase) for mark in info.metadata):
            yield prefix + name
        inner: Any = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _naming(inner, f"{prefix}{name}.")
