"""One at a time for each stream: whoever decides on a stream waits for those of this process who came before.

They would all decide on the same version, and all but one in vain; with many callers somebody would lose
every time. Other processes are not waited for: the server tells their conflicts.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import NamedTuple

from scp_events.vocabulary import Stream


class Turns:
    """Turns of threads, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Stream, deque[threading.Lock]] = {}

    def of(self, stream: Stream) -> _Turn:
        """Be the only thread that decides on `stream`, until the block ends."""
        return _Turn(self, stream)

    def take(self, stream: Stream) -> None:
        """Wait for one's turn."""
        turn = self._join(stream)
        try:
            if turn is not None:
                turn.acquire()
        except BaseException:
            self._give_up(stream, turn)
            raise

    def _join(self, stream: Stream) -> threading.Lock | None:
        """Return what to wait on; None for who comes first."""
        with self._lock:
            line = self._waiting.get(stream)
            if line is None:
                self._waiting[stream] = deque()
                return None
            turn = threading.Lock()
            turn.acquire()
            line.append(turn)
            return turn

    def _give_up(self, stream: Stream, turn: threading.Lock | None) -> None:
        """Interrupted while waiting: step out of the line, or let the next one in where the turn has come."""
        with self._lock:
            line = self._waiting[stream]
            if turn is not None and turn in line:
                line.remove(turn)
                return
        self.leave(stream)

    def leave(self, stream: Stream) -> None:
        """Let the next one in."""
        with self._lock:
            line = self._waiting[stream]
            if line:
                line.popleft().release()
            else:
                del self._waiting[stream]


class _Turn(NamedTuple):
    """One turn of a thread, as a block: a generator for it would take as long as all else here."""

    turns: Turns
    stream: Stream

    def __enter__(self) -> None:
        self.turns.take(self.stream)

    def __exit__(self, *_: object) -> None:
        self.turns.leave(self.stream)


class TurnsAsync:
    """Turns of the tasks of one event loop, first come, first served."""

    def __init__(self) -> None:
        self._waiting: dict[Stream, deque[asyncio.Future[None]]] = {}

    def of(self, stream: Stream) -> _TurnAsync:
        """Be the only task that decides on `stream`, until the block ends."""
        return _TurnAsync(self, stream)

    async def take(self, stream: Stream) -> None:
        """Wait for one's turn."""
        line = self._waiting.get(stream)
        if line is None:
            self._waiting[stream] = deque()
            return
        turn = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in line:
                line.remove(turn)
            else:  # it was this task's turn already
                self.leave(stream)
            raise

    def leave(self, stream: Stream) -> None:
        """Let the next one in."""
        line = self._waiting[stream]
        while line:
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        del self._waiting[stream]


class _TurnAsync(NamedTuple):
    """One turn of a task, as a block."""

    turns: TurnsAsync
    stream: Stream

    async def __aenter__(self) -> None:
        await self.turns.take(self.stream)

    async def __aexit__(self, *_: object) -> None:
        self.turns.leave(self.stream)
