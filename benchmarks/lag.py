"""From a commit to whoever follows the log: how long until a reader in another process has the event.

The clock of an event starts when its writer is told that it is recorded, and stops when the reader holds it,
decoded. Ours is read as followers read it: listen, then pull what is after the last position; theirs by the
library's subscription. 16 writers keep a pace of 500 appends a second, then try ten times that. At the end
16 writers do all they can, while a reader must get every position, in order: none missed, none twice.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from time import monotonic, sleep
from typing import Protocol, Self, TypeAlias

from eventsourcing.projection import ApplicationSubscription

from benchmarks.callers import Helper, paced
from benchmarks.ours import Ours
from benchmarks.plain_library import Cases, environment
from benchmarks.program import Run, run
from benchmarks.rounds import Contender, Done, quantile
from benchmarks.stores import Caller, Store, total
from benchmarks.theirs import Theirs
from scp_events.event_log import LogReader
from scp_events.privacy import open_keyring
from scp_events.vocabulary import Position

WRITERS = 16
PACE, FAST = 500, 5_000
NEVER = 2**62
POLL_SECONDS = 0.2
PAUSE_SECONDS = 0.05

Times: TypeAlias = list[float]
"""When each position was read, from the one after the first asked for."""


class Number(Protocol):
    """A number that two processes see."""

    value: int


def compare(said: Run) -> Mapping[str, float | None]:
    """Compare at both paces, then follow for long."""
    seconds = 3 * said.seconds  # the 99th percentile of few is none
    ours = said.closing(Ours(said.database(), said.keyring()))
    theirs = said.closing(Theirs(said.database()))
    our_reader = said.opened.enter_context(Reader(follow_ours, ours, ours.keyring_file))
    their_reader = said.opened.enter_context(Reader(follow_theirs, theirs))
    for pace in (PACE, FAST):
        said.compare(
            {
                f"ours, {pace}/s": lagging(ours, our_reader, pace, seconds),
                f"library, {pace}/s": lagging(theirs, their_reader, pace, seconds),
            }
        )
    said.facts |= follow_for_long(ours, our_reader, 30 * said.seconds)
    slow, fast = f"{PACE}/s", f"{FAST}/s"
    return {
        "lag_p99_vs_library": said.ratio(f"ours, {slow} p99 ms", f"library, {slow} p99 ms"),
        "lag_p50_vs_library": said.ratio(f"ours, {slow} p50 ms", f"library, {slow} p50 ms"),
        "lag_p99_at_ten_times_vs_library": said.ratio(f"ours, {fast} p99 ms", f"library, {slow} p99 ms"),
        "rate_at_ten_times_vs_library": said.ratio(f"ours, {fast}", f"library, {fast}"),
    }


def lagging(store: Store, reader: Reader, per_second: float, seconds: float) -> Contender:
    """Writers who together keep a pace, and how long each event was on its way to the reader."""

    def contender() -> Done:
        return follow(store, reader, per_second, seconds)

    return contender


def follow_for_long(ours: Ours, reader: Reader, seconds: float) -> dict[str, float]:
    """Writers who do all they can, and a reader who must get everything."""
    done = follow(ours, reader, math.inf, seconds)
    return {
        "followed_seconds": round(done.seconds, 1),
        "followed_events": done.times,
        "followed_per_second": round(done.times / done.seconds),
        "followed_p99_ms": round(quantile(done.waits, 0.99) * 1000, 1),
        "missed_events": 0,  # else `Reader.end` had raised
    }


def follow(store: Store, reader: Reader, per_second: float, seconds: float) -> Done:
    """Let writers record while the reader follows; return how long each event was on its way."""
    callers = store.callers(WRITERS)
    told: dict[int, float] = {}

    def writing(number: int) -> None:
        def step() -> None:
            told[callers[number]()] = monotonic()

        paced(step, per_second / WRITERS, seconds, after=number / per_second)

    reader.begin(callers[0])
    began = monotonic()
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(writing, range(WRITERS)))
    elapsed = monotonic() - began
    read = reader.end(callers[0])
    store.check(total(callers))
    return Done(len(told), elapsed, [max(0.0, read[position] - at) for position, at in told.items()])


class Reader:
    """Another process, which follows a log from where it is until it is told where to stop."""

    def __init__(self, follow: Callable[..., Callable[[int], Times]], store: Store, *also: object) -> None:
        self._store = store
        self._seen = get_context("spawn").Value("q", 0)
        self._last = get_context("spawn").Value("q", NEVER)
        self._helper: Helper[Times] = Helper(follow, self._seen, self._last, store.conninfo, *also)
        self._after = 0

    def __enter__(self) -> Self:
        self._helper.__enter__()
        return self

    def __exit__(self, *how: object) -> None:
        self._helper.__exit__(None, None, None)

    def begin(self, record: Caller) -> None:
        """Let it follow; return once it has seen something recorded meanwhile.

        The library looks first and listens then, so what is recorded in between is not seen before the next:
        therefore again and again.
        """
        self._after, self._last.value = self._store.head(), NEVER
        self._helper.tell(self._after)
        position = record()
        while self._seen.value < position:
            sleep(PAUSE_SECONDS)
            record()

    def end(self, record: Caller) -> dict[int, float]:
        """Record a last event, and return when it saw each position: all of them, or this fails."""
        self._last.value = self._store.head() + 1
        last = record()
        times = self._helper.answer()
        positions = range(self._after + 1, last + 1)
        return dict(zip(positions, times, strict=True))


# --- how each side is read, in the other process ------------------------------------------------------------


def follow_ours(seen: Number, last: Number, conninfo: str, keyring: str) -> Callable[[int], Times]:
    """Listen, then pull what is after the last position, and again."""
    log = LogReader(conninfo, open_keyring(conninfo, named=keyring), pool_size=1)

    def follow(after: int) -> Times:
        times = []
        with log.listener() as news:
            while after < last.value:
                news.wait(POLL_SECONDS)
                while page := log.read(Position(after)):
                    now = monotonic()
                    assert [recorded.position for recorded in page] == [
                        *range(after + 1, after + 1 + len(page))
                    ]
                    times += [now] * len(page)
                    seen.value = after = page[-1].position
        return times

    return follow


def follow_theirs(seen: Number, last: Number, conninfo: str) -> Callable[[int], Times]:
    """Iterate over the library's subscription."""
    cases = Cases(env=environment(conninfo))

    def follow(after: int) -> Times:
        times = []
        with ApplicationSubscription(cases, gt=after) as subscription:
            for _, tracking in subscription:
                times.append(monotonic())
                after += 1
                assert tracking.notification_id == after
                seen.value = after
                if after >= last.value:
                    break
        return times

    return follow


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("lag", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
