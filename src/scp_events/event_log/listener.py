"""Waiting for news from the log without asking it all the time."""

from __future__ import annotations

from threading import Event
from types import TracebackType
from typing import Self

import psycopg
from psycopg import Connection
from psycopg.rows import TupleRow

CHANNEL = "event_log"
RECONNECT_SECONDS = 0.2


class Listener:
    """Wakes its caller when something was appended. For one thread; `stop` may come from another.

    Listen first, then pull: the first `wait` after a (re)connection returns at once, so that what was
    appended before the listening began is pulled too.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: Connection[TupleRow] | None = None
        self._stopped = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._forget()

    def stop(self) -> None:
        """Let the next `wait` return at once."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Return when something was appended, and in any case after about `seconds`."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._conninfo, autocommit=True)
                self._connection.execute(f"LISTEN {CHANNEL}")
                return
            self._wait_on(self._connection, seconds)
        except psycopg.Error:  # a standby that is not ours yet refuses to listen; it may be in a moment
            self._forget()
            self._stopped.wait(min(seconds, RECONNECT_SECONDS))

    def _wait_on(self, connection: Connection[TupleRow], seconds: float) -> None:
        """Wait in short turns, so that `stop` is heard even where nothing is appended."""
        turns = max(1, round(seconds / RECONNECT_SECONDS))
        for _ in range(turns):
            if self._stopped.is_set():
                return
            if any(True for _ in connection.notifies(timeout=seconds / turns, stop_after=1)):
                return

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
