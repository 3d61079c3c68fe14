"""Dates that are other facts: between what they lie.

An event has one time. Every other date a command says has a declared bound, against that time or against
another date, or says that it has none and why: `valid_until: Annotated[date, Bound(not_before=OCCURRED)]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from scp_events.vocabulary.personal import personal_fields
from scp_events.vocabulary.refusal import Refused

OCCURRED = "occurred_at"
"""Stands for the day on which it happened."""


@dataclass(frozen=True)
class Bound:
    """Declares between what a date lies; each end is `OCCURRED`, or another field of the same model."""

    not_before: str | None = None
    after: str | None = None
    not_after: str | None = None
    years_before: int | None = None
    """At most so many years before the day it happened."""
    none_because: str = ""
    """Why it has no bound, where it has none."""


@dataclass(frozen=True)
class Bounded:
    """A date field with its bound, found once in a class."""

    path: str
    bound: Bound
    personal: bool
    """Whether it tells of a person: then a refusal does not repeat it."""

    def must_hold(self, said: BaseModel, day: date) -> None:
        """Refuse a date beyond its bounds; what was left out or erased has none."""
        value = _value(said, self.path)
        if not isinstance(value, date):
            return
        limits = self.bound
        self._compare(value, limits.not_before, said, day, ">=")
        self._compare(value, limits.after, said, day, ">")
        self._compare(value, limits.not_after, said, day, "<=")
        if limits.years_before is not None and value < _years_before(day, limits.years_before):
            self._refuse(value, f"more than {limits.years_before} years before {day.isoformat()}")

    def _compare(self, value: date, other: str | None, said: BaseModel, day: date, how: str) -> None:
        limit = day if other == OCCURRED else other and _value(said, self._beside(other))
        if isinstance(limit, date) and not _holds(value, how, limit):
            named = "the day it happened" if other == OCCURRED else f"`{other}`"
            self._refuse(value, f"not {_WORDS[how]} {named}, {limit.isoformat()}")

    def _beside(self, other: str) -> str:
        return ".".join((*self.path.split(".")[:-1], other))

    def _refuse(self, value: date, how: str) -> None:
        said = f"`{self.path}`" if self.personal else f"`{self.path}` {value.isoformat()}"
        raise Refused("date-out-of-bounds", f"{said} is {how}: correct one of the two")


def _value(said: object, path: str) -> object:
    """Return what stands there; None where it, or the model it would stand in, was left out or erased."""
    for name in path.split("."):
        said = getattr(said, name, None)
    return said


_WORDS = {">=": "on or after", ">": "after", "<=": "on or before"}


def _holds(value: date, how: str, limit: date) -> bool:
    return value >= limit if how == ">=" else value > limit if how == ">" else value <= limit


def _years_before(day: date, years: int) -> date:
    return date(max(day.year - years, 1), day.month, min(day.day, 28))


def must_be_within_bounds(said: BaseModel, day: date) -> None:
    """Refuse dates beyond their bounds. `day` is when it happened, as a day of the organisation."""
    for field in bounded_fields(type(said)):
        field.must_hold(said, day)


@cache
def bounded_fields(said: type[BaseModel]) -> tuple[Bounded, ...]:
    """Return the date fields of a class with a bound, those of the models in it included; not of lists."""
    return tuple(_bounded(said, ""))


def _bounded(said: type[BaseModel], prefix: str) -> Iterator[Bounded]:
    personal = personal_fields(said)
    for name, info in said.model_fields.items():
        for mark in info.metadata:
            if isinstance(mark, Bound):
                yield Bounded(prefix + name, mark, name in personal)
        for inner in _models_in(info.annotation):
            yield from _bounded(inner, f"{prefix}{name}.")


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever a field may be
    choices = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    for each in choices:
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
