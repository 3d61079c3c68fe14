"""Rounds: who begins, what counts, and what a ratio is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.rounds import Contender, Done, Rounds, quantile


def taking(*seconds: float) -> Contender:
    """A contender that takes so long in its rounds, the one that is not counted first."""
    left = iter(seconds)
    return lambda: Done(1, next(left))


def noting(names: list[str], name: str) -> Callable[[], Done]:
    def contender() -> Done:
        names.append(name)
        return Done(1, 1.0)

    return contender


def test_each_round_begins_with_another_contender() -> None:
    names: list[str] = []
    Rounds().compare({name: noting(names, name) for name in "abc"}, rounds=3)
    assert "".join(names) == "abc" + "bca" + "cab" + "abc"


def test_the_first_round_is_not_counted() -> None:
    rounds = Rounds()
    rounds.compare({"a": taking(1000.0, 0.5, 0.25)}, rounds=2)
    assert rounds.measured == {"a": [2.0, 4.0]}


def test_a_ratio_is_the_median_of_the_ratios_of_each_round() -> None:
    rounds = Rounds()
    slowing_down = {"a": taking(1, 1.0, 2.0, 4.0), "b": taking(1, 2.0, 4.0, 8.0)}
    rounds.compare(slowing_down, rounds=3)
    assert rounds.ratio("a", "b") == 2.0


def test_what_was_waited_for_is_told_in_milliseconds() -> None:
    rounds = Rounds()
    rounds.compare({"a": lambda: Done(100, 1.0, [n / 1000 for n in range(1, 101)])}, rounds=1)
    assert rounds.measured == {"a": [100.0], "a p50 ms": [51.0], "a p99 ms": [100.0]}


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([4.0, 2.0, 1.0, 3.0], share) == value
