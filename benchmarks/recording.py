"""Callers who record for so long, and the check that what they were told is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeAlias

import uvloop

from benchmarks.callers import tasks, threads
from benchmarks.ours import AsyncCaller, Ours
from benchmarks.rounds import Contender, Done
from benchmarks.stores import Counted, Store, anew, total
from scp_events.event_log import EventLogAsync

Recording: TypeAlias = Callable[[], tuple[Done, Callable[[], None]]]
"""Lets callers record, and returns what checks that they did; to check takes time too."""


def checked(recording: Recording) -> Contender:
    """Record, then check."""

    def contender() -> Done:
        done, check = recording()
        check()
        return done

    return contender


def from_threads(store: Store, callers: int, seconds: float) -> Recording:
    """So many threads of this process."""

    def recording() -> tuple[Done, Callable[[], None]]:
        calling = store.callers(callers)
        return threads(calling, seconds), _check(store, calling)

    return recording


class FromTasks:
    """Tasks of one event loop, of the kind that serves HTTP."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._log = self._runner.run(self._open())
        self._callers: list[AsyncCaller] = []

    def close(self) -> None:
        """Give every connection back."""
        self._runner.run(self._log.close())
        self._runner.close()

    def recording(self, callers: int, seconds: float) -> Recording:
        """So many tasks."""

        def recording() -> tuple[Done, Callable[[], None]]:
            self._callers += [AsyncCaller(self._log) for _ in range(callers - len(self._callers))]
            calling = anew(self._callers[:callers])
            return self._runner.run(tasks(calling, seconds)), _check(self._ours, calling)

        return recording

    async def _open(self) -> EventLogAsync:
        return EventLogAsync(self._ours.log)


def _check(store: Store, callers: Iterable[Counted]) -> Callable[[], None]:
    return lambda: store.check(total(callers))
