"""Many callers, one call: whoever asks while a call is under way goes with the next one.

There is no thread of its own. The first caller makes the call itself, so that a lone caller waits for nobody;
those who come meanwhile wait, and one of them makes the next call for all. `Together` is for threads,
`TogetherAsync` for the tasks of one event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

ROOM = 4_096
"""How many may wait. More than that is a load that waiting does not mend."""
RETRY_SECONDS = 1


class QueueFullError(Exception):
    """Too many wait already: ask again after `retry_after_seconds`."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} callers wait already: try again in {RETRY_SECONDS} s")
        self.retry_after_seconds = RETRY_SECONDS


class ClosedError(Exception):
    """Nothing is asked after the end."""


class NotAnsweredError(Exception):
    """The call that was to answer was broken off; whatever was asked may have happened or not."""


class _Line(Generic[Q, A]):
    """Who waits, in order. `key` tells questions that must not go with each other."""

    def __init__(self, key: Callable[[Q], Hashable], room: int) -> None:
        self._key = key
        self._room = room
        self.waiting: deque[_Ticket[Q, A]] = deque()
        self.closed = False

    def join(self, ticket: _Ticket[Q, A]) -> None:
        """Let a caller wait."""
        if self.closed:
            raise ClosedError("this was closed: nothing more can be asked of it")
        if len(self.waiting) >= self._room:
            raise QueueFullError(len(self.waiting))
        self.waiting.append(ticket)

    def leave(self, ticket: _Ticket[Q, A]) -> None:
        """Let a caller go who waits no longer, if it has not gone with a batch already."""
        with suppress(ValueError):
            self.waiting.remove(ticket)

    def give_up(self) -> list[_Ticket[Q, A]]:
        """Let everybody go who still waits."""
        left = list(self.waiting)
        self.waiting.clear()
        return left

    def next_batch(self, largest: int) -> list[_Ticket[Q, A]]:
        """Take out those who go now, the first always among them."""
        batch: dict[Hashable, _Ticket[Q, A]] = {}
        held_back: list[_Ticket[Q, A]] = []
        while self.waiting and len(batch) < largest:
            ticket = self.waiting.popleft()
            if batch.setdefault(self._key(ticket.question), ticket) is not ticket:
                held_back.append(ticket)
        self.waiting.extendleft(reversed(held_back))
        return list(batch.values())


class _Ticket(Generic[Q, A]):
    """One caller's question and, later, its answer."""

    __slots__ = ("answer", "leads", "question", "wake")

    def __init__(self, question: Q, wake: Callable[[], None]) -> None:
        self.question = question
        self.wake = wake
        self.leads = False
        self.answer: A | Exception | None = None

    def result(self) -> A:
        """Return the answer, or raise it."""
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            raise NotAnsweredError("the call was broken off: ask again, what was recorded is found")
        return self.answer


def _answer(batch: Sequence[_Ticket[Q, A]], answers: Sequence[A | Exception]) -> None:
    for ticket, answer in zip(batch, answers, strict=True):
        ticket.answer = answer


class Together(Generic[Q, A]):
    """Questions of many threads, answered some at a time by `work`.

    `work` is called by one thread at a time. It returns an answer or an exception for each question, in
    their order.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Q]], Sequence[A | Exception]],
        *,
        key: Callable[[Q], Hashable] = id,
        largest: int,
        room: int = ROOM,
    ) -> None:
        self._work = work
        self._largest = largest
        self._line: _Line[Q, A] = _Line(key, room)
        self._leader: _Ticket[Q, A] | None = None
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)

    def ask(self, question: Q) -> A:
        """Return the answer. Raises `QueueFullError`, `ClosedError`, or what `work` answered."""
        turn = threading.Lock()
        turn.acquire()
        ticket: _Ticket[Q, A] = _Ticket(question, turn.release)
        try:
            with self._lock:
                self._line.join(ticket)
                if self._leader is None:
                    self._leader = ticket
                    ticket.leads = True
            if not ticket.leads:
                turn.acquire()  # until somebody answered, or it is our turn to ask for all
            if ticket.leads:
                self._lead()
        except BaseException:
            self._leave(ticket)  # interrupted: if it was our turn, it is the next one's now
            raise
        return ticket.result()

    def close(self) -> None:
        """Let those who wait be answered, and nobody ask any more."""
        with self._lock:
            self._line.closed = True
            self._idle.wait_for(lambda: self._leader is None)

    def _lead(self) -> None:
        batch: list[_Ticket[Q, A]] = []
        try:
            with self._lock:
                batch = self._line.next_batch(self._largest)
            _answer(batch, self._work([ticket.question for ticket in batch]))
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            _answer(batch, [error] * len(batch))
        finally:  # also where this thread is interrupted: the others must not wait for ever
            self._pass_on()
            for ticket in batch:
                if not ticket.leads:
                    ticket.wake()

    def _leave(self, ticket: _Ticket[Q, A]) -> None:
        with self._lock:
            self._line.leave(ticket)
            was_to_lead = self._leader is ticket
        if was_to_lead:
            self._pass_on()

    def _pass_on(self) -> None:
        """Let the first of those who wait make the next call."""
        with self._lock:
            leader = self._leader = self._line.waiting[0] if self._line.waiting else None
            if leader is None:
                self._idle.notify_all()
                return
            leader.leads = True
        leader.wake()


class TogetherAsync(Generic[Q, A]):
    """Questions of many tasks of one event loop, answered some at a time by one of several `works`.

    Tasks that wait together would be answered together, ask again together, and so leave each worker idle
    while they think. A worker that starts while others are idle leaves them their share, so that some think
    while the rest are answered.
    """

    def __init__(
        self,
        works: Sequence[Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]],
        *,
        key: Callable[[Q], Hashable] = id,
        largest: int,
        room: int = ROOM,
    ) -> None:
        self._idle = list(works)
        self._works = len(works)
        self._largest = largest
        self._line: _Line[Q, A] = _Line(key, room)
        self._at_work: set[asyncio.Task[None]] = set()

    async def ask(self, question: Q) -> A:
        """Return the answer to a question, as `Together.ask` does."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not answered.done():  # else its task was cancelled
                answered.set_result(None)

        ticket: _Ticket[Q, A] = _Ticket(question, wake)
        self._line.join(ticket)
        if self._idle:
            # A task of its own: a caller that is cancelled must not take the others' answers with it.
            work = asyncio.create_task(self._serve(self._idle.pop()))
            self._at_work.add(work)
            work.add_done_callback(self._at_work.discard)
        await answered
        return ticket.result()

    async def close(self) -> None:
        """Let those who wait be answered, and nobody ask any more."""
        self._line.closed = True
        if self._at_work:
            await asyncio.wait(self._at_work)

    async def _serve(self, work: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]) -> None:
        try:
            while self._line.waiting:
                sharers = 1 + len(self._idle)
                share = min(self._largest, -(-len(self._line.waiting) // sharers))
                batch = self._line.next_batch(share)
                try:
                    _answer(batch, await work([ticket.question for ticket in batch]))
                except Exception as error:  # noqa: BLE001 - whoever asked is told
                    _answer(batch, [error] * len(batch))
                finally:
                    for ticket in batch:
                        ticket.wake()
        finally:
            self._idle.append(work)
            if len(self._idle) == self._works:  # cancelled, as at the end of the loop: nobody waits for ever
                for ticket in self._line.give_up():
                    ticket.wake()
