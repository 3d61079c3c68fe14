"""Between which two parts of a whole the true part lies, with 95 in 100 certainty."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from typing import Literal

from scp_events.vocabulary import Word

_Z = 1.959963984540054
"""Of the normal distribution, 95 in 100 lie within so many standard deviations."""
_PLACES = Decimal("0.0001")


class Interval(Word):
    """Where the true part lies, and how that was found. Both ends belong to it."""

    low: Decimal
    high: Decimal
    method: Literal["wilson", "clopper-pearson"]


def interval(numerator: int, denominator: int) -> Interval | None:
    """Return the interval of a part of a whole; None where there is no whole.

    By Wilson; of nobody or of everybody by Clopper-Pearson, which is exact and the wider one there.
    """
    if denominator == 0:
        return None
    if numerator in {0, denominator}:
        return _of_none_or_all(numerator, denominator)
    part, z2 = numerator / denominator, _Z * _Z
    middle = part + z2 / (2 * denominator)
    reach = _Z * sqrt(part * (1 - part) / denominator + z2 / (4 * denominator * denominator))
    whole = 1 + z2 / denominator
    return Interval(
        low=_rounded((middle - reach) / whole), high=_rounded((middle + reach) / whole), method="wilson"
    )


def _of_none_or_all(numerator: int, denominator: int) -> Interval:
    reach = _rounded(1 - 0.025 ** (1 / denominator))
    low, high = (Decimal(0), reach) if numerator == 0 else (1 - reach, Decimal(1))
    return Interval(low=low, high=high, method="clopper-pearson")


def _rounded(part: float) -> Decimal:
    return Decimal(part).quantize(_PLACES)
