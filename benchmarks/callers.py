"""Many callers for so long, each doing the same again and again: threads, tasks of a loop, or processes."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from threading import Barrier
from time import perf_counter, sleep
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from benchmarks.rounds import Done

A = TypeVar("A")

Step = Callable[[], object]
"""Does it once."""
AsyncStep = Callable[[], Awaitable[object]]


def threads(steps: Sequence[Step], seconds: float) -> Done:
    """Let one thread for each step do it over and over."""
    together = Barrier(len(steps))

    def calling(step: Step) -> tuple[float, list[float]]:
        together.wait()
        began = perf_counter()
        waits = []
        before, until = began, began + seconds
        while before < until:
            step()
            after = perf_counter()
            waits.append(after - before)
            before = after
        return began, waits

    with ThreadPoolExecutor(len(steps)) as pool:
        done = list(pool.map(calling, steps))
    return _put_together(done, perf_counter())


def paced(step: Step, per_second: float, seconds: float, *, after: float = 0.0) -> None:
    """Do it at an even pace for so long, beginning after a while. Who is late does not wait."""
    began, times = perf_counter(), 0
    while (now := perf_counter()) < began + seconds:
        sleep(max(0.0, began + after + times / per_second - now))
        step()
        times += 1


async def tasks(steps: Sequence[AsyncStep], seconds: float) -> Done:
    """Let one task for each step do it over and over."""
    began = perf_counter()

    async def calling(step: AsyncStep) -> tuple[float, list[float]]:
        waits = []
        before, until = perf_counter(), began + seconds
        while before < until:
            await step()
            after = perf_counter()
            waits.append(after - before)
            before = after
        return began, waits

    done = await asyncio.gather(*map(calling, steps))
    return _put_together(done, perf_counter())


def _put_together(done: Sequence[tuple[float, list[float]]], ended: float) -> Done:
    waits = [wait for _, each in done for wait in each]
    return Done(len(waits), ended - min(began for began, _ in done), waits)


class Helper(Generic[A]):
    """Another process, which makes something to do once, and does it whenever it is told to.

    `make` is called there with `arguments` and returns what to do; it is told one value each time.
    """

    def __init__(self, make: Callable[..., Callable[[Any], A]], *arguments: object) -> None:
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        self._pipe = ours
        self._process = multiprocessing.get_context("spawn").Process(
            target=_help, args=(theirs, make, arguments), daemon=True
        )
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.join()

    def tell(self, value: object) -> None:
        """Let it begin."""
        self._pipe.send(value)

    def answer(self) -> A:
        """Return what it has come to. Raises `EOFError` where it failed, and said why on standard error."""
        answer: A = self._pipe.recv()
        return answer


def _help(
    pipe: Connection, make: Callable[..., Callable[[Any], object]], arguments: Sequence[object]
) -> None:
    do = make(*arguments)
    while True:
        try:
            value = pipe.recv()
        except EOFError:  # nobody needs us any more
            return
        pipe.send(do(value))
