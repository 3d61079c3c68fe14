"""Rounds of one measure after the other, so that a machine that slows down slows all of them."""

from __future__ import annotations

import json
import platform
import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from time import perf_counter

PACKAGES = ("eventsourcing", "psycopg", "pydantic")

Work = Callable[[], int]
"""Does something so many times, and returns how many times."""

Contender = Callable[[], Work]
"""Prepares a round, outside the time that counts, and returns the work."""


@dataclass
class Rates:
    """What was measured: how often per second, round by round, by the name of the contender."""

    rounds: dict[str, list[float]] = field(default_factory=dict)

    def measure(self, contenders: Mapping[str, Contender], rounds: int) -> None:
        """Run the contenders in turn, beginning each round with another one. One round is not counted."""
        names = list(contenders)
        for number in range(rounds + 1):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                work = contenders[name]()
                began = perf_counter()
                times = work()
                rate = times / (perf_counter() - began)
                if number:
                    self.rounds.setdefault(name, []).append(rate)
                sys.stderr.write(f"{name:<28}{rate:>12,.0f}/s{'' if number else '  (warm-up)'}\n")

    def median(self, name: str) -> float:
        """Return a contender's median rate, per second."""
        return statistics.median(self.rounds[name])

    def ratio(self, name: str, other: str) -> float:
        """Return the median of the round-by-round ratios of two contenders."""
        pairs = zip(self.rounds[name], self.rounds[other], strict=True)
        return statistics.median(one / two for one, two in pairs)


def report(
    benchmark: str,
    seed: int,
    rates: Rates,
    ratios: Mapping[str, float],
    figures: Mapping[str, float] | None = None,
) -> None:
    """Print the line of JSON that a benchmark ends with. Medians are per second; figures name their unit."""
    versions = {package: version(package) for package in PACKAGES} | {"python": platform.python_version()}
    line = {
        "benchmark": benchmark,
        "seed": seed,
        "versions": versions,
        "rounds": min(map(len, rates.rounds.values())),
        "medians": {name: round(rates.median(name), 1) for name in rates.rounds},
        "ratios": {name: round(ratio, 2) for name, ratio in ratios.items()},
    }
    if figures:
        line["figures"] = {name: round(figure, 1) for name, figure in figures.items()}
    sys.stdout.write(json.dumps(line) + "\n")
