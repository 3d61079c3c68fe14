"""Figures that can be defended, and their arithmetic.

A figure is never shown without the definition it follows, the data it was made from, how many it speaks of
and who was left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from scp_events.measures.definitions import Definition
from scp_events.measures.intervals import Interval, interval
from scp_events.projections.outcomes import Group
from scp_events.vocabulary import Position, Word

PERCENTILES = (25, 50, 75, 90)


class Cutoff(Word):
    """What a figure was made from: the log up to a position, and the world up to the end of a day."""

    position: Position
    on: date


class Period(Word):
    """The index dates of a cohort, both ends included."""

    since: date = date.min
    until: date = date.max


EVER = Period()


class Figure(Word):
    """What every figure says of itself."""

    definition_id: str
    definition_version: int
    data_cutoff: Cutoff
    cohort: Period
    divided_by: str | None = None
    """By what the cohort was divided; None where it speaks of the whole."""
    stratum: str | None = None
    """Which part of the cohort it speaks of."""
    n: int | None
    """How many it speaks of."""
    excluded: Mapping[str, int | None]
    """How many of the cohort were left out, by reason."""
    hidden: bool = False
    """Whether there is something it does not tell: a count that is None is then too small to be told."""


class Rate(Figure):
    """A part of a whole, exactly. The denominator is `n`."""

    numerator: int | None
    denominator: int | None
    rounded: Decimal | None
    """The fraction to four places; None where there is nobody to speak of."""
    interval: Interval | None
    """Where the true part lies, with 95 in 100 certainty."""


class Frequency(Figure):
    """How many events there were among so many people."""

    events: int | None
    per_100: Decimal | None
    """Of 100 people, to one place; None where there is nobody to speak of."""


class Count(Figure):
    """How many people there were: `n`, and no more."""


class Durations(Figure):
    """How long it took. Who is not there yet counts as longer than anybody who is."""

    reached: int | None
    not_yet: int | None
    median_days: int | None
    """None where that many are not there yet, or there is nobody to speak of; so for every percentile."""
    percentiles: Mapping[int, int | None]


def rate(definition: Definition, on: date, cohort: Period, groups: Sequence[Group]) -> Rate:
    """Return which part of those who count has a value of 1 or more."""
    counted = [group for group in groups if group.excluded is None]
    n = sum(group.people for group in counted)
    numerator = sum(group.people for group in counted if group.value)
    return Rate(
        **_figure(definition, on, cohort, groups),
        numerator=numerator,
        denominator=n,
        rounded=(Decimal(numerator) / n).quantize(Decimal("0.0001")) if n else None,
        interval=interval(numerator, n),
    )


def frequency(definition: Definition, on: date, cohort: Period, groups: Sequence[Group]) -> Frequency:
    """Return how many events there were among those who count: the sum of their values."""
    counted = [group for group in groups if group.excluded is None]
    n = sum(group.people for group in counted)
    events = sum((group.value or 0) * group.people for group in counted)
    return Frequency(
        **_figure(definition, on, cohort, groups),
        events=events,
        per_100=(Decimal(events) * 100 / n).quantize(Decimal("0.1")) if n else None,
    )


def count(definition: Definition, on: date, cohort: Period, groups: Sequence[Group]) -> Count:
    """Return how many there are who count."""
    return Count(**_figure(definition, on, cohort, groups))


AnyFigure = TypeVar("AnyFigure", bound=Figure)


def strata(
    of: Callable[[Definition, date, Period, Sequence[Group]], AnyFigure],
    definition: Definition,
    on: date,
    cohort: Period,
    groups: Sequence[Group],
) -> dict[str, AnyFigure]:
    """Return a figure of each stratum by its name, in order of names."""
    return {
        stratum: of(definition, on, cohort, [group for group in groups if group.stratum == stratum])
        for stratum in sorted({group.stratum for group in groups if group.stratum is not None})
    }


def durations(definition: Definition, on: date, cohort: Period, groups: Sequence[Group]) -> Durations:
    """Return how long it took those who count; a value of None is not there yet."""
    counted = [group for group in groups if group.excluded is None]
    days = sorted(day for g in counted if g.value is not None for day in [g.value] * g.people)
    n = sum(group.people for group in counted)
    percentiles = {percent: _percentile(days, n, percent) for percent in PERCENTILES}
    return Durations(
        **_figure(definition, on, cohort, groups),
        reached=len(days),
        not_yet=n - len(days),
        median_days=percentiles[50],
        percentiles=percentiles,
    )


def _percentile(days: Sequence[int], n: int, percent: int) -> int | None:
    """Return the nearest rank: the fewest days within which so many percent of all `n` were there."""
    rank = -(-n * percent // 100)
    return days[rank - 1] if 0 < rank <= len(days) else None


def _figure(definition: Definition, on: date, cohort: Period, groups: Sequence[Group]) -> dict[str, Any]:
    excluded = dict.fromkeys(definition.excludes, 0)
    for group in groups:
        if group.excluded is not None:
            excluded[group.excluded] += group.people
    return {
        "definition_id": definition.id,
        "definition_version": definition.version,
        "data_cutoff": Cutoff(position=groups[0].position, on=on),
        "cohort": cohort,
        "n": sum(group.people for group in groups if group.excluded is None),
        "excluded": excluded,
    }
