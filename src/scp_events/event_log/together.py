"""Many callers, one call: whoever asks while calls are under way goes with a next one.

There is no thread of its own. Whoever comes when it is time for a call makes it, so that a lone caller waits
for nobody; the others wait for their answers, or until it is their turn to call. When it is time, and who
goes with whom, is settled by `Line`. `Together` is for threads, `TogetherAsync` for the tasks of one event
loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

from scp_events.event_log.line import ROOM, Call, Line, Ticket

Q = TypeVar("Q")
A = TypeVar("A")

Work = Callable[[Sequence[Q]], Sequence[A | Exception]]
WorkAsync = Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]


class _Caller(Ticket[Q, A]):
    """A thread that waits, and the call it is to make, if it is."""

    __slots__ = ("call",)

    def __init__(self, question: Q, wake: Callable[[], None]) -> None:
        super().__init__(question, wake)
        self.call: Call[Q, A, Work[Q, A]] | None = None


class Together(Generic[Q, A]):
    """Questions of many threads, answered some at a time by one of several `works`.

    Each of `works` is called by one thread at a time. It returns an answer or an exception for each question,
    in their order.
    """

    def __init__(
        self,
        works: Sequence[Work[Q, A]],
        *,
        key: Callable[[Q], Hashable] = id,
        largest: int,
        room: int = ROOM,
    ) -> None:
        self._line: Line[Q, A, Work[Q, A]] = Line(works, key=key, largest=largest, room=room)
        self._lock = threading.Lock()
        self._at_rest = threading.Condition(self._lock)

    def ask(self, question: Q) -> A:
        """Return the answer. Raises `QueueFullError`, `ClosedError`, or what was answered."""
        woken = threading.Lock()
        woken.acquire()
        caller: _Caller[Q, A] = _Caller(question, woken.release)
        try:
            with self._lock:
                self._line.join(caller)
                caller.call = self._line.next_call()
            while not caller.is_done:
                if caller.call is None:
                    woken.acquire()  # until somebody answered, or it is our turn to ask for others
                if caller.call is not None:
                    self._make(caller, caller.call)
        except BaseException:
            self._leave(caller)  # interrupted: if it was our turn, it is somebody else's now
            raise
        return caller.result()

    def close(self) -> None:
        """Let those who wait be answered, and nobody ask any more."""
        with self._lock:
            self._line.closed = True
            self._at_rest.wait_for(lambda: self._line.is_at_rest)

    def _make(self, caller: _Caller[Q, A], call: Call[Q, A, Work[Q, A]]) -> None:
        """Make the call that is a caller's to make."""
        try:
            call.answer(call.worker(call.questions))
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            call.answer([error] * len(call.batch))
        finally:  # also where this thread is interrupted: the others must not wait for ever
            self._pass_on(caller, call)
            for ticket in call.batch:
                ticket.is_done = True
                if ticket is not caller:
                    ticket.wake()

    def _pass_on(self, caller: _Caller[Q, A], ended: Call[Q, A, Work[Q, A]]) -> None:
        with self._lock:
            caller.call = None
            self._line.ended(ended)
            leader = self._next_leader()
        if leader is not None:
            leader.wake()

    def _leave(self, caller: _Caller[Q, A]) -> None:
        with self._lock:
            self._line.leave(caller)
            if caller.call is None:
                return
            self._line.put_back(caller.call, without=caller)
            caller.call = None
            leader = self._next_leader()
        if leader is not None:
            leader.wake()

    def _next_leader(self) -> _Caller[Q, A] | None:
        """Let one of those who wait make the next call for all who go, if it is time for one."""
        call = self._line.next_call()
        if call is None:
            if self._line.is_at_rest:
                self._at_rest.notify_all()
            return None
        for ticket in call.batch:
            if isinstance(ticket, _Caller) and ticket.call is None:
                ticket.call = call
                return ticket
        self._line.put_back(call)  # all of them make calls for others just now, and will see to it after that
        return None


class TogetherAsync(Generic[Q, A]):
    """Questions of many tasks of one event loop, answered some at a time by one of several `works`."""

    def __init__(
        self,
        works: Sequence[WorkAsync[Q, A]],
        *,
        key: Callable[[Q], Hashable] = id,
        largest: int,
        room: int = ROOM,
    ) -> None:
        self._line: Line[Q, A, WorkAsync[Q, A]] = Line(works, key=key, largest=largest, room=room)
        self._beginning: asyncio.Task[None] | None = None
        self._at_work: set[asyncio.Task[None]] = set()

    async def ask(self, question: Q) -> A:
        """Return the answer to a question, as `Together.ask` does."""
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not answered.done():  # else its task was cancelled
                answered.set_result(None)

        ticket: Ticket[Q, A] = Ticket(question, wake)
        self._line.join(ticket)
        self._begin()
        await answered
        return ticket.result()

    async def close(self) -> None:
        """Let those who wait be answered, and nobody ask any more."""
        self._line.closed = True
        while self._at_work:
            await asyncio.wait(self._at_work)

    def _begin(self) -> None:
        """Have a call made, if it is time for one, once those have asked who are about to."""
        if self._beginning is None and self._line.wants_a_call():
            # A task of its own: a caller that is cancelled must not take the others' answers with it.
            self._beginning = asyncio.create_task(self._call_on())
            self._at_work.add(self._beginning)
            self._beginning.add_done_callback(self._ended)

    async def _call_on(self) -> None:
        """Make one call after the other, as long as it is time for them."""
        self._beginning = None
        while (call := self._line.next_call()) is not None:
            self._begin()  # there may be enough for another worker too
            try:
                call.answer(await call.worker(call.questions))
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                call.answer([error] * len(call.batch))
            finally:
                self._line.ended(call)
                for ticket in call.batch:
                    ticket.wake()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        if task is self._beginning:
            self._beginning = None
        if not self._at_work:  # cancelled, as at the end of the loop: nobody waits for ever
            for ticket in self._line.give_up():
                ticket.wake()
