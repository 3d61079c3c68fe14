"""Nobody asks so often that others wait: each person and each organisation may ask so often a second.

A bucket each, in memory: it holds what may be asked at once, and fills again with time. Several processes
count each for themselves.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from starlette.types import ASGIApp, Receive, Scope, Send

from scp_api import problems
from scp_events.vocabulary import Actor

BURST_SECONDS = 10
"""What was not asked for so long may be asked at once."""
MOST_NAMES = 20_000
"""Whoever has not asked for longest is forgotten then: their bucket is full again, or soon."""


@dataclass(frozen=True)
class Rates:
    """How many requests a second one may send; 0 is as many as they like."""

    person: int = 0
    organisation: int = 0


class Buckets:
    """One bucket for each name, all of the same size."""

    def __init__(self, per_second: int, clock: Callable[[], float]) -> None:
        self._per_second = per_second
        self._most = float(per_second * BURST_SECONDS)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str) -> float:
        """Return for how many seconds a name has to wait before it may ask; 0.0 where it may at once."""
        if not self._per_second:
            return 0.0
        return max(0.0, (1.0 - self._now_left(name)) / self._per_second)

    def take(self, name: str) -> None:
        """Count a request."""
        if not self._per_second:
            return
        self._left[name] = (self._now_left(name) - 1.0, self._clock())
        self._left.move_to_end(name)
        if len(self._left) > MOST_NAMES:
            self._left.popitem(last=False)

    def _now_left(self, name: str) -> float:
        left, then = self._left.get(name, (self._most, 0.0))
        return min(self._most, left + (self._clock() - then) * self._per_second)


class RateLimit:
    """Tells whoever asks too often when to come back. It stands behind authentication: names are proven."""

    def __init__(self, app: ASGIApp, rates: Rates, clock: Callable[[], float] = monotonic) -> None:
        self._app = app
        self._people = Buckets(rates.person, clock)
        self._organisations = Buckets(rates.organisation, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 429."""
        actor = scope.get("state", {}).get("actor")
        if isinstance(actor, Actor):
            person = f"{actor.organisation} {actor.id}"
            wait = max(self._people.wait(person), self._organisations.wait(actor.organisation))
            if wait > 0.0:
                await problems.too_often(math.ceil(wait)).response()(scope, receive, send)
                return
            self._people.take(person)
            self._organisations.take(actor.organisation)
        await self._app(scope, receive, send)
