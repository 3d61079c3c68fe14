"""Dates that are other facts: between what they lie.

An event has one time. Every other date a command says has a declared bound, against that time or against
another date, or says that it has none and why: `valid_until: Annotated[date, Bound(not_before=OCCURRED)]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        *through, name = self.path.split(".")
        for holder in _found(said, through):
            value = getattr(holder, name, None)
            if isinstance(value, date):
                self._must_hold(value, holder, day)

    def _must_hold(self, value: date, holder: object, day: date) -> None:
        limits = self.bound
        self._compare(value, limits.not_before, holder, day, ">=")
        self._compare(value, limits.after, holder, day, ">")
        self._compare(value, limits.not_after, holder, day, "<=")
        if limits.years_before is not None and value < _years_before(day, limits.years_before):
            self._refuse(value, f"more than {limits.years_before} years before {day.isoformat()}")

    def _compare(self, value: date, other: str | None, holder: object, day: date, how: str) -> None:
        limit = day if other == OCCURRED else other and getattr(holder, other, None)
        if isinstance(limit, date) and not _holds(value, how, limit):
            named = "the day it happened" if other == OCCURRED else f"`{other}`"
            self._refuse(value, f"not {_WORDS[how]} {named}, {limit.isoformat()}")

    def _refuse(self, value: date, how: str) -> None:
        said = f"`{self.path}`" if self.personal else f"`{self.path}` {value.isoformat()}"
        raise Refused("date-out-of-bounds", f"{said} is {how}: correct one of the two")


def _found(said: object, path: Sequence[str]) -> Iterator[object]:
    """Yield what stands there, of a list each; None where something on the way was left out or erased."""
    if isinstance(said, tuple):
        for each in said:
            yield from _found(each, path)
    elif path:
        yield from _found(getattr(said, path[0], None), path[1:])
    else:
        yield said


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
    """Return the date fields of a class with a bound, those of the models in it and in its lists included."""
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
    if get_origin(annotation) in {Union, UnionType, tuple}:
        for each in get_args(annotation):
            yield from _models_in(each)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
