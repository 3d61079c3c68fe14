"""The next events are read while the last ones are written: the server's time and ours then overlap.

History never changes, so what was read ahead is as good as what would be read now, save for words whose key
is destroyed meanwhile: an erasure fences the follower, and it forgets what it had read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

from scp_events.event_log import Recorded
from scp_events.vocabulary import Position

Events: TypeAlias = Sequence[Recorded[Any]]


class ReadAhead:
    """Reads what lies between two positions, by a thread where it was told in time. For one caller."""

    def __init__(self, read: Callable[[Position, Position], Events]) -> None:
        self._read = read
        self._thread: ThreadPoolExecutor | None = None
        self._begun: tuple[tuple[Position, Position], Future[Events]] | None = None

    def begin(self, after: Position, through: Position) -> None:
        """Begin to read what will be asked for next. Nothing else is told of it before `take`."""
        if self._begun is not None and self._begun[0] == (after, through):
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "reading-ahead")
        self._begun = (after, through), self._thread.submit(self._read, after, through)

    def take(self, after: Position, through: Position) -> Events:
        """Return what lies between two positions, or raise what reading raised."""
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] == (after, through):
            return begun[1].result()
        return self._read(after, through)

    def close(self) -> None:
        """Forget what was begun, and end the thread."""
        self._begun = None
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
        self._thread = None
