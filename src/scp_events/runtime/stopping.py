"""Being told to stop: SIGTERM and Ctrl-C, from a program's first line on."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue


class Stopping:
    """Remembers that we were asked to stop, and tells it. Signals are taken by `take_signals`."""

    def __init__(self) -> None:
        self.asked = False
        self._stop: Callable[[], None] = lambda: None
        self._news = SimpleQueue[None]()  # unlike an Event it may be used by a signal's handler

    def take_signals(self) -> None:
        """Take SIGTERM and SIGINT from now on; nothing is interrupted by them."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask())

    def ask(self) -> None:
        """Ask to stop."""
        self.asked = True
        self._stop()
        self._news.put(None)

    def tell(self, stop: Callable[[], None]) -> None:
        """Call `stop` once we are asked to; at once where that was before. It must only set a flag."""
        self._stop = stop
        if self.asked:
            stop()

    def wait(self, seconds: float) -> bool:
        """Return whether we were asked to stop, by now or within so many seconds."""
        if not self.asked:
            with suppress(Empty):
                self._news.get(timeout=seconds)
        return self.asked
