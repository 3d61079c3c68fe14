"""The callers of UmaDB, in threads: asked in lines of JSON, each answered with one.

It runs in the venv of the peers, where only the standard library and the peer's client are to be had.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any
from uuid import uuid4

import umadb  # type: ignore[import-not-found]  # it is in the venv of the peers only

from benchmarks.callers import threads

PATIENCE = 10.0
"""Seconds a server has to begin."""


class Callers:
    """Who appends, and what was last seen of what they appended."""

    def __init__(self, url: str, event: str, length: int) -> None:
        self._client = _client(url)
        self._event = event.encode()
        self._length = length
        self._callers: list[Caller] = []
        self._checked = 0

    def record(self, callers: int, seconds: float) -> dict[str, Any]:
        """Let so many append for so long; they go on where they stopped."""
        missing = callers - len(self._callers)
        self._callers += [Caller(self._client, self._event, self._length) for _ in range(missing)]
        done = threads(self._callers[:callers], seconds)
        return {"seconds": done.seconds, "waits": done.waits}

    def check(self) -> dict[str, Any]:
        """Read what was recorded since last time: how many events, how many whole, whether without a gap."""
        first = self._checked + 1
        seen = [(each.position, each.event.data) for each in self._client.read(start=first)]
        positions = [position for position, _ in seen]
        self._checked += len(seen)
        return {
            "events": len(seen),
            "whole": sum(bytes(data) == self._event for _, data in seen),
            "dense": positions == list(range(first, first + len(seen))),
        }


class Caller:
    """Appends to one stream after the other, each from its beginning."""

    def __init__(self, client: umadb.Client, event: bytes, length: int) -> None:
        self._client = client
        self._event = event
        self._length = length
        self._appended = length

    def __call__(self) -> None:
        """Append one event on condition that the stream is where we left it."""
        if self._appended == self._length:
            self._stream, self._last, self._appended = f"participant:{uuid4()}", None, 0
        event = umadb.Event("contact-recorded", self._event, [self._stream], uuid4())
        condition = umadb.AppendCondition(self._query(), self._last)
        self._last = self._client.append([event], condition)
        self._appended += 1

    def _query(self) -> umadb.Query:
        return umadb.Query([umadb.QueryItem(tags=[self._stream])])


def _client(url: str) -> umadb.Client:
    """Return a client as soon as the server is there."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            client = umadb.Client(url)
            client.head()
        except umadb.TransportError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return client


def _answer(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until nothing is asked any more."""
    callers = Callers(**json.loads(sys.stdin.readline()))
    _answer({})
    for line in sys.stdin:
        asked = json.loads(line)
        _answer(callers.check() if "check" in asked else callers.record(**asked))


if __name__ == "__main__":
    main()
