"""The history of a case over all its streams, and whether something new comes at its end.

Within a stream facts stand as its rules fold them (see `history`); streams are merged by time. A fact known
by its day alone follows the one before it in its stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from heapq import merge
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from scp_events.history import AnyFact, in_order_of_time, standing
from scp_events.vocabulary import Position, Precision, Stream, When

_Placed: TypeAlias = tuple[tuple[datetime, Position], AnyFact]
_place = itemgetter(0)


def in_case_order(known: Iterable[AnyFact]) -> list[AnyFact]:
    """Return the facts of a case that stand, corrections in their places, in order of time."""
    streams: dict[Stream, list[AnyFact]] = {}
    for fact in standing(known):
        streams.setdefault(fact.stream, []).append(fact)
    return [fact for _, fact in merge(*map(_placed, streams.values()), key=_place)]


def _placed(stream: list[AnyFact]) -> Iterator[_Placed]:
    in_order = in_order_of_time(stream)
    at = in_order[0].when.at
    for fact in in_order:
        at = max(at, fact.when.at)
        yield (at, fact.position), fact


class Reached(NamedTuple):
    """How far a case has come in time."""

    at: datetime
    day: date
    precision: Precision | None
    """Of the facts of its last day; None where some are known to the minute and some are not."""

    @classmethod
    def first(cls, when: When) -> Reached:
        """Return how far a case has come with its first fact."""
        return cls(when.at, when.day, when.precision)

    def admits(self, when: When) -> bool:
        """Whether something of this time, recorded next, surely stands at the end.

        On a day that mixes precisions the order depends on all of it.
        """
        if when.day != self.day:
            return when.day > self.day
        return when.precision is self.precision and when.at >= self.at

    def and_then(self, when: When) -> Reached:
        """Return how far it has come with one more, wherever that stands."""
        if when.day != self.day:
            return Reached.first(when) if when.day > self.day else self
        same = self.precision if when.precision is self.precision else None
        return Reached(max(self.at, when.at), self.day, same)


def reached_by(times: Iterable[When]) -> Reached | None:
    """Return how far a case has come with facts of all these times; None where there are none."""
    so_far: Reached | None = None
    for when in times:
        so_far = so_far.and_then(when) if so_far else Reached.first(when)
    return so_far
