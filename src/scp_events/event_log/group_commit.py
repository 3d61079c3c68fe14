"""Many callers, one commit: appends that come together are told to the server in one call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from scp_events.event_log.answers import BusyError, ClosedError, LogUnreachableError
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.sending import Answers

LARGEST = 256
"""Appends told to the server in one call; more would let the first of them wait too long."""
ROOM = 4_096
"""How many may wait. More than that is a load that waiting does not mend."""

Send: TypeAlias = Callable[[Sequence[Append]], Awaitable[Answers]]


@dataclass(eq=False, slots=True)
class _Waiting:
    """Somebody's append, what it touches, and later its answer."""

    append: Append
    touches: set[UUID]
    answer: asyncio.Future[Answer]


class GroupCommit:
    """Takes appends of the tasks of one event loop; a lone one leaves at once.

    While calls are under way, another begins only when as many wait as one of them answers: calls that went
    as soon as they could would grow smaller and smaller, and each costs a commit. Nor does a call take more
    than its sender's share of everybody there is: those whom one call answers think, and ask again, while the
    next is under way. Two appends that touch the same case go with different calls.
    """

    def __init__(self, senders: Sequence[Send], *, largest: int = LARGEST, room: int = ROOM) -> None:
        self._idle = list(senders)
        self._senders = len(senders)
        self._largest = largest
        self._room = room
        self._waiting: deque[_Waiting] = deque()
        self._being_answered = 0
        self._beginning: asyncio.Task[None] | None = None
        self._at_work: set[asyncio.Task[None]] = set()
        self._closed = False

    async def append(self, append: Append) -> Answer:
        """Append, or raise why not.

        Raises `IntegrityError` where an event id is taken; `LogUnreachableError`, `LogUnwritableError` and
        `UnsafeServerError` where the server is not as it should be; `BusyError` where too many wait.
        """
        if self._closed:
            raise ClosedError("the log was closed: nothing more can be recorded")
        if len(self._waiting) >= self._room:
            raise BusyError(f"{len(self._waiting)} callers wait already: try again in a second")
        waiting = _Waiting(append, append.touches, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._begin()
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            with suppress(ValueError):  # it has gone already
                self._waiting.remove(waiting)
            raise

    async def close(self) -> None:
        """Let those who wait be answered, and nobody append any more."""
        self._closed = True
        while self._at_work:
            await asyncio.wait(self._at_work)

    def _begin(self) -> None:
        """Have a call made, if it is time for one, once those have asked who are about to."""
        if self._beginning is None and self._is_time():
            # A task of its own: a caller that is cancelled must not take the others' answers with it.
            self._beginning = asyncio.create_task(self._call_on())
            self._at_work.add(self._beginning)
            self._beginning.add_done_callback(self._ended)

    def _is_time(self) -> bool:
        """Whether enough wait for another call, and there is somebody to make it."""
        under_way = self._senders - len(self._idle)
        return bool(self._idle and self._waiting) and len(self._waiting) * under_way >= self._being_answered

    async def _call_on(self) -> None:
        """Make one call after the other, as long as it is time for them."""
        self._beginning = None
        while self._is_time():
            send, batch = self._idle.pop(), self._take()
            self._being_answered += len(batch)
            self._begin()  # there may be enough for another sender too
            answers: Answers = [_broken_off()] * len(batch)
            try:
                answers = await send([each.append for each in batch])
            finally:
                self._being_answered -= len(batch)
                self._idle.append(send)
                for each, answer in zip(batch, answers, strict=True):
                    _tell(each.answer, answer)

    def _take(self) -> list[_Waiting]:
        """Take out those who go now, the first always among them."""
        everybody = len(self._waiting) + self._being_answered
        most = min(self._largest, -(-everybody // self._senders))
        batch: list[_Waiting] = []
        touched: set[UUID] = set()
        held_back: list[_Waiting] = []
        while self._waiting and len(batch) < most:
            waiting = self._waiting.popleft()
            if touched.isdisjoint(waiting.touches):
                touched |= waiting.touches
                batch.append(waiting)
            else:
                held_back.append(waiting)
        self._waiting.extendleft(reversed(held_back))
        return batch

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        if task is self._beginning:
            self._beginning = None
        if not self._at_work:  # cancelled, as at the end of the loop: nobody waits for ever
            while self._waiting:
                _tell(self._waiting.popleft().answer, _broken_off())


def _broken_off() -> LogUnreachableError:
    return LogUnreachableError("the call was broken off: ask again, what was recorded is found")


def _tell(waiting: asyncio.Future[Answer], answer: Answer | Exception) -> None:
    if waiting.done():  # cancelled
        return
    if isinstance(answer, Exception):
        waiting.set_exception(answer)
    else:
        waiting.set_result(answer)
