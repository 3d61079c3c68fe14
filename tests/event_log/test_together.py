from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from scp_events.event_log.line import ClosedError, NotAnsweredError, QueueFullError
from scp_events.event_log.together import Together, TogetherAsync, Work
from tests.waiting import interrupt, until

LARGEST = 4


class Counter:
    """Answers each question with its square, and remembers which came together."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.threads: list[int] = []
        self.under_way = threading.Event()
        self.may_end = threading.Event()
        self.failing: BaseException | None = None

    def answer(self, questions: Sequence[int]) -> list[int | Exception]:
        self.calls.append(list(questions))
        self.threads.append(threading.get_ident())
        self.under_way.set()
        assert self.may_end.wait(60)
        if self.failing is not None:
            failing, self.failing = self.failing, None
            raise failing
        return [ValueError(n) if n < 0 else n * n for n in questions]

    async def answer_async(self, questions: Sequence[int]) -> list[int | Exception]:
        return await asyncio.to_thread(self.answer, questions)


@pytest.fixture
def counter() -> Counter:
    return Counter()


def last_digit(question: int) -> int:
    return question % 10


# --- threads ----------------------------------------------------------------------------------------------


class Crowd:
    """Threads that ask, in a known order: each is in the line before the next one comes."""

    def __init__(self, counter: Counter, *works: Work[int, int], **how: Any) -> None:
        self.counter = counter
        self.together = Together[int, int](works or [counter.answer], **{"largest": LARGEST} | how)
        self.pool = ThreadPoolExecutor(32)
        self.threads: dict[int, int] = {}

    def ask(self, question: int) -> Future[int]:
        """Let a thread ask; return once it is in the line, or is making the call."""
        waiting = self.waiting()
        called = len(self.counter.calls)

        asked = self.pool.submit(self._asking, question)
        until(lambda: asked.done() or self.waiting() > waiting or len(self.counter.calls) > called, "it asks")
        return asked

    def all_asking(self, doors: Doors, *questions: int) -> list[Future[int]]:
        """Let threads ask in turn; each is in the line, or makes a call, before the next comes."""
        asked = []
        for question in questions:
            there = self.waiting() + doors.being_asked()
            asked.append(self.pool.submit(self._asking, question))
            until(lambda n=there: self.waiting() + doors.being_asked() > n, "it asks")
        return asked

    def _asking(self, question: int) -> int:
        self.threads[question] = threading.get_ident()
        return self.together.ask(question)

    def waiting(self) -> int:
        return len(self.together._line.waiting)  # noqa: SLF001 - who waits cannot be seen from outside


@pytest.fixture
def crowd(counter: Counter) -> Iterator[Callable[..., Crowd]]:
    made: list[Crowd] = []

    def of(*works: Work[int, int], **how: Any) -> Crowd:
        made.append(Crowd(counter, *works, **how))
        return made[-1]

    yield of
    counter.may_end.set()
    for each in made:
        each.pool.shutdown()


def test_a_lone_caller_makes_the_call_itself(counter: Counter, crowd: Callable[..., Crowd]) -> None:
    counter.may_end.set()
    assert crowd().together.ask(3) == 9
    assert counter.threads == [threading.get_ident()]


def test_who_comes_during_a_call_goes_with_the_next_one(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd()
    asked = [callers.ask(n) for n in (1, 2, 3, 4)]
    counter.may_end.set()
    assert [each.result(60) for each in asked] == [1, 4, 9, 16]
    assert counter.calls == [[1], [2, 3, 4]]


def test_no_call_is_larger_than_allowed(counter: Counter, crowd: Callable[..., Crowd]) -> None:
    callers = crowd(largest=2)
    asked = [callers.ask(n) for n in range(6)]
    counter.may_end.set()
    assert [each.result(60) for each in asked] == [0, 1, 4, 9, 16, 25]
    assert counter.calls == [[0], [1, 2], [3, 4], [5]]


def test_questions_with_one_key_go_one_after_the_other_and_keep_their_turn(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd(key=last_digit)
    asked = [callers.ask(n) for n in (1, 12, 22, 13, 32)]
    counter.may_end.set()
    assert [each.result(60) for each in asked] == [1, 144, 484, 169, 1024]
    assert counter.calls == [[1], [12, 13], [22], [32]]


def test_each_caller_hears_its_own_answer_and_its_own_failure(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd()
    asked = [callers.ask(n) for n in (1, -2, 3)]
    counter.may_end.set()
    assert asked[0].result(60) == 1
    assert asked[2].result(60) == 9
    with pytest.raises(ValueError, match="-2"):
        asked[1].result(60)


def test_a_call_that_fails_is_told_to_all_who_went_with_it_and_to_nobody_else(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    counter.failing = RuntimeError("the call failed")
    callers = crowd()
    first, second = callers.ask(1), callers.ask(2)
    counter.may_end.set()
    with pytest.raises(RuntimeError, match="the call failed"):
        first.result(60)
    assert second.result(60) == 4


def test_where_too_many_wait_the_next_is_told_when_to_come_back(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd(room=2)
    asked = [callers.ask(n) for n in (1, 2, 3)]
    with pytest.raises(QueueFullError, match="2 callers wait already") as full:
        callers.together.ask(4)
    assert full.value.retry_after_seconds > 0
    counter.may_end.set()
    assert [each.result(60) for each in asked] == [1, 4, 9]
    assert callers.together.ask(4) == 16


def test_closing_answers_everybody_who_waits_and_nobody_who_comes_later(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd(largest=1)
    asked = [callers.ask(n) for n in (1, 2, 3)]
    closing = callers.pool.submit(callers.together.close)
    until(lambda: callers.together._line.closed, "it closes")  # noqa: SLF001 - cannot be seen otherwise
    with pytest.raises(ClosedError):
        callers.together.ask(4)
    assert not closing.done()
    counter.may_end.set()
    closing.result(60)
    assert [each.result(60) for each in asked] == [1, 4, 9]


def test_an_interrupted_call_leaves_nobody_waiting(counter: Counter, crowd: Callable[..., Crowd]) -> None:
    counter.may_end.set()
    callers = crowd()
    callers.together.ask(0)
    counter.may_end.clear()
    first, second, third = callers.ask(1), callers.ask(2), callers.ask(3)
    counter.failing = KeyboardInterrupt()
    counter.may_end.set()
    with pytest.raises(KeyboardInterrupt):
        first.result(60)
    assert (second.result(60), third.result(60)) == (4, 9)


def test_who_went_with_an_interrupted_call_is_told_that_it_may_have_happened(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    def interrupted(questions: Sequence[int]) -> list[int | Exception]:
        answers = counter.answer(questions)
        if len(questions) == 2:
            raise KeyboardInterrupt
        return answers

    callers = crowd(interrupted)
    first, second, third = callers.ask(1), callers.ask(2), callers.ask(3)
    counter.may_end.set()
    assert first.result(60) == 1
    with pytest.raises(KeyboardInterrupt):
        second.result(60)
    with pytest.raises(NotAnsweredError, match="ask again"):
        third.result(60)


def test_a_waiting_caller_that_is_interrupted_gives_its_turn_to_the_next(
    counter: Counter, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd()
    first, second, third = callers.ask(1), callers.ask(2), callers.ask(3)
    interrupt(callers.threads[2])
    counter.may_end.set()
    assert first.result(60) == 1
    with pytest.raises(KeyboardInterrupt):
        second.result(60)
    assert third.result(60) == 9
    assert callers.together.ask(4) == 16


class Doors:
    """Two that answer, each of which holds its calls up until it may go on."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, list[int]]] = []
        self.may_go_on = [threading.Semaphore(0), threading.Semaphore(0)]
        self.threads: dict[tuple[int, ...], int] = {}

    def works(self) -> list[Work[int, int]]:
        return [partial(self.answer, door) for door in (1, 0)]  # the last one goes first

    def answer(self, door: int, questions: Sequence[int]) -> list[int | Exception]:
        self.threads[tuple(questions)] = threading.get_ident()
        self.calls.append((door, list(questions)))
        assert self.may_go_on[door].acquire(timeout=60)
        return [question * question for question in questions]

    def being_asked(self) -> int:
        """Return how many questions have been asked here so far."""
        return sum(len(questions) for _, questions in self.calls)

    def let_go(self) -> None:
        for door in self.may_go_on:
            door.release(100)


@pytest.fixture
def doors() -> Iterator[Doors]:
    doors = Doors()
    yield doors
    doors.let_go()


def test_while_one_call_is_under_way_another_is_made_by_whoever_comes_when_it_is_time(
    doors: Doors, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd(*doors.works(), largest=8)
    asked = callers.all_asking(doors, 1, 2, 3, 4)
    until(lambda: doors.calls == [(0, [1]), (1, [2])], "two callers make two calls; the others are too few")
    doors.may_go_on[0].release()
    until(lambda: len(doors.calls) == 3, "who has been waiting goes")
    assert doors.calls[2] == (0, [3, 4])
    asked += callers.all_asking(doors, 5)
    assert len(doors.calls) == 3, "one is fewer than the two who are being answered"
    doors.may_go_on[1].release()
    until(asked[1].done, "its worker has nothing to do")
    asked += callers.all_asking(doors, 6)
    until(lambda: len(doors.calls) == 4, "two are enough")
    assert doors.calls[3] == (1, [5, 6])
    assert doors.threads[5, 6] == callers.threads[6], "whoever came last makes the call, without being woken"
    doors.let_go()
    assert [each.result(60) for each in asked] == [1, 4, 9, 16, 25, 36]


def test_who_makes_a_call_for_others_only_is_answered_by_the_next(
    doors: Doors, crowd: Callable[..., Crowd]
) -> None:
    callers = crowd(*doors.works(), key=last_digit, largest=2)
    asked = callers.all_asking(doors, 1, 2, 3, 4, 5)
    doors.may_go_on[0].release()
    until(lambda: doors.calls[2:] == [(0, [3, 4])], "two who wait go")
    doors.may_go_on[1].release()
    until(asked[1].done, "a call ends, and one is too few for another")
    asked += callers.all_asking(doors, 15)
    until(lambda: doors.calls[3:] == [(1, [5])], "15 makes the call, and must not go with 5")
    assert doors.threads[5,] == callers.threads[15]
    doors.may_go_on[0].release()
    until(asked[3].done, "a call ends, and who waits is making one")
    assert len(doors.calls) == 4
    doors.may_go_on[1].release()
    until(lambda: len(doors.calls) == 5, "15 goes at last")
    assert doors.threads[15,] == callers.threads[15]
    doors.let_go()
    assert [each.result(60) for each in asked] == [1, 4, 9, 16, 25, 225]


def test_many_threads_and_two_that_answer_leave_nobody_waiting() -> None:
    together = Together[int, int](
        [lambda questions: [n + 1 for n in questions]] * 3, key=last_digit, largest=3
    )

    def counting(start: int) -> int:
        number = start
        for _ in range(300):
            number = together.ask(number)
        return number - start

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(counting, range(12), timeout=60)) == [300] * 12
    together.close()


# --- tasks ------------------------------------------------------------------------------------------------


def asynchronously(counter: Counter, scene: Callable[[TogetherAsync[int, int]], Awaitable[None]]) -> None:
    """Play a scene in an event loop of its own, with a first call under way that waits to be let go."""

    async def play() -> None:
        together = TogetherAsync[int, int]([counter.answer_async], largest=LARGEST, room=8)
        await asyncio.wait_for(scene(together), 60)

    try:
        asyncio.run(play())
    finally:
        counter.may_end.set()


async def asking(together: TogetherAsync[int, int], *questions: int) -> list[asyncio.Task[int]]:
    """Ask, one after the other; each is in the line before the next one comes."""
    tasks = []
    for question in questions:
        tasks.append(asyncio.create_task(together.ask(question)))
        await asyncio.sleep(0)
    return tasks


async def under_way(counter: Counter) -> None:
    assert await asyncio.to_thread(counter.under_way.wait, 60)


def test_tasks_that_come_during_a_call_go_with_the_next_one(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        first = await asking(together, 1)
        await under_way(counter)
        others = await asking(together, 2, 3, 4, 5, 6)
        counter.may_end.set()
        assert await asyncio.gather(*first, *others) == [1, 4, 9, 16, 25, 36]
        assert counter.calls == [[1], [2, 3, 4, 5], [6]]
        assert await together.ask(7) == 49

    asynchronously(counter, scene)


def test_a_cancelled_task_takes_nobody_s_answer_with_it(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        (leading,) = await asking(together, 1)
        await under_way(counter)
        waiting, cancelled, other = await asking(together, 2, 3, 4)
        leading.cancel()
        cancelled.cancel()
        counter.may_end.set()
        assert await asyncio.gather(waiting, other) == [4, 16]
        assert leading.cancelled()
        assert counter.calls == [[1], [2, 3, 4]], "what was asked is done, though nobody hears of it"

    asynchronously(counter, scene)


def test_a_failure_is_told_to_the_tasks_that_went_with_it(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        counter.failing = RuntimeError("the call failed")
        (first,) = await asking(together, 1)
        await under_way(counter)
        second, third = await asking(together, -2, 3)
        counter.may_end.set()
        told = await asyncio.gather(first, second, third, return_exceptions=True)
        assert [type(each) for each in told] == [RuntimeError, ValueError, int]

    asynchronously(counter, scene)


def test_where_too_many_tasks_wait_the_next_is_told_so(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        first = await asking(together, 1)
        await under_way(counter)
        others = await asking(together, *range(2, 10))
        with pytest.raises(QueueFullError):
            await together.ask(10)
        counter.may_end.set()
        assert len(await asyncio.gather(*first, *others)) == 9

    asynchronously(counter, scene)


def test_closing_answers_every_task_that_waits(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        first = await asking(together, 1)
        await under_way(counter)
        others = await asking(together, 2, 3)
        closing = asyncio.create_task(together.close())
        await asyncio.sleep(0)
        with pytest.raises(ClosedError):
            await together.ask(4)
        assert not closing.done()
        counter.may_end.set()
        await closing
        assert await asyncio.gather(*first, *others) == [1, 4, 9]

    asynchronously(counter, scene)


def test_the_end_of_the_loop_in_the_middle_of_a_call_leaves_no_task_waiting(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        first = await asking(together, 1)
        await under_way(counter)
        others = await asking(together, 2, 3)
        for serving in together._at_work:  # noqa: SLF001 - what ends with the loop
            serving.cancel()
        told = await asyncio.gather(*first, *others, return_exceptions=True)
        assert [type(each) for each in told] == [NotAnsweredError] * 3
        counter.may_end.set()
        assert await together.ask(4) == 16

    asynchronously(counter, scene)


def test_one_of_two_that_answer_leaves_the_other_its_share(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        both = TogetherAsync[int, int]([counter.answer_async, counter.answer_async], largest=LARGEST)
        first, second = await asking(both, 1), await asking(both, 2)
        await under_way(counter)
        others = await asking(both, 3, 4, 5, 6)
        counter.may_end.set()
        assert await asyncio.gather(*first, *second, *others) == [1, 4, 9, 16, 25, 36]
        assert [1] in counter.calls
        assert [2] in counter.calls
        assert max(len(call) for call in counter.calls) <= LARGEST
        await both.close()

    asynchronously(counter, scene)


def test_where_one_of_two_that_answer_is_cancelled_the_other_answers_those_who_wait(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        both = TogetherAsync[int, int]([counter.answer_async, counter.answer_async], largest=LARGEST)
        (first,), (second,) = await asking(both, 1), await asking(both, 2)
        await under_way(counter)
        (third,) = await asking(both, 3)
        next(iter(both._at_work)).cancel()  # noqa: SLF001 - whichever it is
        counter.may_end.set()
        told = await asyncio.gather(first, second, third, return_exceptions=True)
        assert [type(each) for each in told].count(NotAnsweredError) == 1
        assert told[2] == 9

    asynchronously(counter, scene)


def test_those_who_come_together_are_shared_out_and_think_in_turns(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        counter.may_end.set()
        both = TogetherAsync[int, int]([counter.answer_async, counter.answer_async], largest=8)
        assert await asyncio.gather(*(both.ask(n) for n in range(6))) == [0, 1, 4, 9, 16, 25]
        assert sorted(counter.calls) == [[0, 1, 2], [3, 4, 5]]
        await both.close()

    asynchronously(counter, scene)


def test_a_call_that_is_ended_before_it_begins_leaves_nobody_waiting(counter: Counter) -> None:
    async def scene(together: TogetherAsync[int, int]) -> None:
        (asked,) = await asking(together, 1)
        beginning = together._beginning  # noqa: SLF001 - what ends with the loop
        assert beginning is not None
        beginning.cancel()
        with pytest.raises(NotAnsweredError):
            await asked
        counter.may_end.set()
        assert await together.ask(2) == 4
        assert counter.calls == [[2]]

    asynchronously(counter, scene)
