"""Figures that can be defended, and their arithmetic.

A figure is never shown without the definition it follows, the data it was made from, how many it speaks of
and who was left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from scp_events.measures.definitions import Definition
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
    n: int
    """How many it speaks of."""
    excluded: Mapping[str, int]
    """How many of the cohort were left out, by reason."""


class Rate(Figure):
    """A part of a whole, exactly. The denominator is `n`."""

    numerator: int
    denominator: int
    rounded: Decimal | None
    """The fraction to four places; None where there is nobody to speak of."""


class Durations(Figure):
    """How long it took. Who is not there yet counts as longer than anybody who is."""

    reached: int
    not_yet: int
    median_days: int | None
    """None where that many are not there yet, or there is nobody to speak of; so for every percentile."""
    percentiles: Mapping[int, int | None]


def rate(definition: Definition, on: date, cohort: Period, groups: Sequence[Group]) -> Rate:
    """Return which part of those who count has a value of 1."""
    counted = [group for group in groups if group.excluded is None]
    n = sum(group.people for group in counted)
    numerator = sum(group.people for group in counted if group.value == 1)
    return Rate(
        **_figure(definition, on, cohort, groups),
        numerator=numerator,
        denominator=n,
        rounded=(Decimal(numerator) / n).quantize(Decimal("0.0001")) if n else None,
    )


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
