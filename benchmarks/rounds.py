"""Rounds of one measure after the other, so that a machine that slows down slows all of them."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias


@dataclass(frozen=True)
class Done:
    """What one contender did in one round: so much in so many seconds."""

    times: int
    seconds: float
    waits: Sequence[float] = ()
    """How many seconds each took, where that was looked at."""
    also: Mapping[str, float] = field(default_factory=dict)
    """What else was seen, by what is added to the contender's name."""


Contender: TypeAlias = Callable[[], Done]
"""Prepares a round, does the work, and checks that it was done; only the work is in `seconds`."""


def clocked(work: Callable[[], int]) -> Done:
    """Do work that returns how often it did it."""
    began = perf_counter()
    times = work()
    return Done(times, perf_counter() - began)


@dataclass
class Rounds:
    """What was measured in each round, by name: per second, or in the unit (`ms`, `us`) the name ends in."""

    measured: dict[str, list[float]] = field(default_factory=dict)

    def compare(self, contenders: Mapping[str, Contender], rounds: int) -> None:
        """Run the contenders in turn, beginning each round with another one. One round is not counted."""
        names = list(contenders)
        for number in range(rounds + 1):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                done = contenders[name]()
                sys.stderr.write(
                    f"{name:<32}{done.times / done.seconds:>12,.0f}/s{'' if number else '  (warm-up)'}\n"
                )
                if number:
                    self._take(name, done)

    def median(self, name: str) -> float:
        """Return the median of what was measured under a name."""
        return statistics.median(self.measured[name])

    def ratio(self, name: str, other: str) -> float:
        """Return the median of the round-by-round ratios of two contenders."""
        pairs = zip(self.measured[name], self.measured[other], strict=True)
        return statistics.median(one / two for one, two in pairs)

    def _take(self, name: str, done: Done) -> None:
        self._add(name, done.times / done.seconds)
        for what, value in done.also.items():
            self._add(f"{name}, {what}", value)
        if done.waits:
            self._add(f"{name} p50 ms", quantile(done.waits, 0.50) * 1000)
            self._add(f"{name} p99 ms", quantile(done.waits, 0.99) * 1000)

    def _add(self, name: str, value: float) -> None:
        self.measured.setdefault(name, []).append(value)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that so large a share of `values` does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]
