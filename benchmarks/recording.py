"""Callers who record for so long, and the check that what they were told is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from benchmarks.callers import threads
from benchmarks.ours import Ours
from benchmarks.rounds import Contender, Done
from benchmarks.stores import Store, total

Recording: TypeAlias = Callable[[], tuple[Done, Callable[[], None]]]
"""Lets callers record, and returns what checks that they did; to check takes time too."""


def checked(recording: Recording) -> Contender:
    """Record, then check."""

    def contender() -> Done:
        done, check = recording()
        check()
        return done

    return contender


def recording(store: Ours | Store, callers: int, seconds: float) -> Recording:
    """So many callers of this process: ours are tasks of an event loop, the others threads."""
    return (
        from_tasks(store, callers, seconds)
        if isinstance(store, Ours)
        else from_threads(store, callers, seconds)
    )


def from_tasks(ours: Ours, callers: int, seconds: float) -> Recording:
    """So many tasks of one event loop."""

    def recording() -> tuple[Done, Callable[[], None]]:
        done, tally = ours.record(callers, seconds)
        return done, lambda: ours.check(tally)

    return recording


def from_threads(store: Store, callers: int, seconds: float) -> Recording:
    """So many threads of this process."""

    def recording() -> tuple[Done, Callable[[], None]]:
        calling = store.callers(callers)
        return threads(calling, seconds), lambda: store.check(total(calling))

    return recording
