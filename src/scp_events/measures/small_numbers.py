"""Small numbers are not told: behind one or two people in a cell, somebody would be found.

It is on unless somebody turns it off. It is for figures that stay within the programme: to publish takes
more than this (other thresholds, and a proof that nothing can be reckoned back).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from scp_events.measures.figures import AnyFigure, Count, Durations, Figure, Frequency, Rate

SMALLEST_TOLD = 3
"""A count from 1 up to this one, without it, is hidden."""


def masked(figures: Sequence[Figure]) -> list[Figure]:
    """Return the figures without small numbers, nor what would give one away."""
    families = groupby(figures, key=lambda each: (each.definition_id, each.divided_by))
    return [figure for _, family in families for figure in _masked_together(list(family))]


def _masked_together(family: Sequence[Figure]) -> list[Figure]:
    """Mask the strata of one figure: a single one that is hidden could be reckoned from the whole."""
    to_hide = {place for place, figure in enumerate(family) if _tells_a_small_number(figure)}
    if len(to_hide) == 1 and len(family) > 1:
        others = sorted(set(range(len(family))) - to_hide, key=lambda place: family[place].n or 0)
        to_hide.add(others[0])
    return [
        _hidden(figure, n_too=len(family) > 1) if place in to_hide else _with_small_exclusions_hidden(figure)
        for place, figure in enumerate(family)
    ]


def _is_small(count: int | None) -> bool:
    return count is not None and 0 < count < SMALLEST_TOLD


def _tells_a_small_number(figure: Figure) -> bool:
    match figure:
        case Rate(numerator=numerator, denominator=denominator):
            rest = None if numerator is None or denominator is None else denominator - numerator
            return any(map(_is_small, (denominator, numerator, rest)))
        case Durations(n=n, reached=reached, not_yet=not_yet):
            return any(map(_is_small, (n, reached, not_yet)))
        case Frequency(n=n, events=events):
            return _is_small(n) or _is_small(events)
    return _is_small(figure.n)


def _hidden(figure: AnyFigure, *, n_too: bool) -> AnyFigure:
    """Return a figure that says only that there is something it does not say."""
    hide_n = n_too or _is_small(figure.n) or isinstance(figure, Count)
    silent: dict[str, Any] = {"hidden": True}
    match figure:
        case Rate():
            silent |= {"numerator": None, "rounded": None, "interval": None}
            silent |= {"denominator": None} if hide_n else {}
        case Durations():
            silent |= {"reached": None, "not_yet": None, "median_days": None}
            silent["percentiles"] = dict.fromkeys(figure.percentiles)
        case Frequency():
            silent |= {"events": None, "per_100": None}
    if hide_n:
        silent["n"] = None
    return _with_small_exclusions_hidden(figure.model_copy(update=silent))


def _with_small_exclusions_hidden(figure: AnyFigure) -> AnyFigure:
    excluded: Mapping[str, int | None] = {
        reason: None if _is_small(count) else count for reason, count in figure.excluded.items()
    }
    return figure.model_copy(update={"excluded": excluded})
