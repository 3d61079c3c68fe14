"""Who waits to be answered, who goes with which call, and when there is to be another one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
W = TypeVar("W")

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


class Ticket(Generic[Q, A]):
    """One caller's question and, later, its answer."""

    __slots__ = ("answer", "is_done", "question", "wake")

    def __init__(self, question: Q, wake: Callable[[], None]) -> None:
        self.question = question
        self.wake = wake
        self.is_done = False
        self.answer: A | Exception | None = None

    def result(self) -> A:
        """Return the answer, or raise it."""
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            raise NotAnsweredError("the call was broken off: ask again, what was recorded is found")
        return self.answer


class Call(NamedTuple, Generic[Q, A, W]):
    """Who is answered by one call, and which worker makes it."""

    worker: W
    batch: Sequence[Ticket[Q, A]]

    @property
    def questions(self) -> list[Q]:
        """Return what is asked."""
        return [ticket.question for ticket in self.batch]

    def answer(self, answers: Iterable[A | Exception]) -> None:
        """Note each one's answer."""
        for ticket, answer in zip(self.batch, answers, strict=True):
            ticket.answer = answer


class Line(Generic[Q, A, W]):
    """Who waits, in order, and which workers are idle. `key` tells questions that must not go together.

    While calls are under way, another begins only when as many wait as one of them answers: calls that went
    as soon as they could would grow smaller and smaller, and each costs a commit. Nor does a call take more
    than its worker's share of everybody there is: those whom one call answers think, and ask again, while the
    next is under way.
    """

    def __init__(
        self, workers: Sequence[W], *, key: Callable[[Q], Hashable], largest: int, room: int
    ) -> None:
        self.idle = list(workers)
        self.waiting: deque[Ticket[Q, A]] = deque()
        self.closed = False
        self._workers = len(workers)
        self._being_answered = 0
        self._key = key
        self._largest = largest
        self._room = room

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody waits and no call is under way."""
        return not self.waiting and len(self.idle) == self._workers

    def join(self, ticket: Ticket[Q, A]) -> None:
        """Let a caller wait."""
        if self.closed:
            raise ClosedError("this was closed: nothing more can be asked of it")
        if len(self.waiting) >= self._room:
            raise QueueFullError(len(self.waiting))
        self.waiting.append(ticket)

    def leave(self, ticket: Ticket[Q, A]) -> None:
        """Let a caller go who waits no longer, if it has not gone with a call already."""
        with suppress(ValueError):
            self.waiting.remove(ticket)

    def wants_a_call(self) -> bool:
        """Whether enough wait for another call, and there is somebody to make it."""
        under_way = self._workers - len(self.idle)
        return bool(self.idle and self.waiting) and len(self.waiting) * under_way >= self._being_answered

    def next_call(self) -> Call[Q, A, W] | None:
        """Take out those who go now, the first always among them; None where it is not time for a call."""
        if not self.wants_a_call():
            return None
        everybody = len(self.waiting) + self._being_answered
        batch = self._take(min(self._largest, -(-everybody // self._workers)))
        self._being_answered += len(batch)
        return Call(self.idle.pop(), batch)

    def ended(self, call: Call[Q, A, W]) -> None:
        """Let the worker of a call make another one."""
        self._being_answered -= len(call.batch)
        self.idle.append(call.worker)

    def put_back(self, call: Call[Q, A, W], *, without: Ticket[Q, A] | None = None) -> None:
        """Let a call not be made after all, and those it was made for wait again as before."""
        self.ended(call)
        self.waiting.extendleft(ticket for ticket in reversed(call.batch) if ticket is not without)

    def give_up(self) -> list[Ticket[Q, A]]:
        """Let everybody go who still waits."""
        left = list(self.waiting)
        self.waiting.clear()
        return left

    def _take(self, most: int) -> list[Ticket[Q, A]]:
        batch: dict[Hashable, Ticket[Q, A]] = {}
        held_back: list[Ticket[Q, A]] = []
        while self.waiting and len(batch) < most:
            ticket = self.waiting.popleft()
            if batch.setdefault(self._key(ticket.question), ticket) is not ticket:
                held_back.append(ticket)
        self.waiting.extendleft(reversed(held_back))
        return list(batch.values())
