"""Commands of many threads, recorded by one of them for all: with scripts of our own, and no server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest

from scp_events.event_log import BusyError, ClosedError, NotAnsweredError, Outcome
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.combining import Combining, Step
from scp_events.event_log.deciding import Fetch, Question, Record, Script
from tests.waiting import until


class Server:
    """Stands for a sender: answers each append with its version, or with the error it is to fail with."""

    def __init__(self) -> None:
        self.calls: list[list[UUID]] = []
        self.by: list[int] = []
        self.may_answer = threading.Semaphore(0)
        self.failing: dict[UUID, Exception] = {}

    def send(self, appends: Sequence[Append]) -> list[Answer | Exception]:
        self.calls.append([append.command_id for append in appends])
        self.by.append(threading.get_ident())
        assert self.may_answer.acquire(timeout=60)
        return [
            self.failing.get(append.command_id) or Answer("recorded", 1, 1, 1, None) for append in appends
        ]

    def close(self) -> None:
        self.may_answer.release(100)


class Threads:
    """Threads that play scripts, and what each script saw of them."""

    def __init__(self, server: Server, room: int = 100) -> None:
        self.server = server
        self.combining = Combining([server], self.reply, room=room)  # type: ignore[list-item]  # stands for one
        self.pool = ThreadPoolExecutor(16)
        self.replied_by: list[int] = []

    def reply(self, question: Question) -> object:
        self.replied_by.append(threading.get_ident())
        if isinstance(question, Fetch) and not question.subjects:
            raise LookupError("nobody was named")
        return "a reply"

    def start(self, script: Script[Outcome], *, is_ready: bool = True) -> Future[tuple[int, Outcome]]:
        """Let a thread play a script, which waits for a call or makes one when this returns."""
        there = self.there()

        def playing() -> tuple[int, Outcome]:
            return threading.get_ident(), self.combining.play(script, is_ready=is_ready)

        playing_it = self.pool.submit(playing)
        until(lambda: self.there() > there or playing_it.done(), "it asks")
        return playing_it

    def there(self) -> int:
        line = self.combining._together._line  # noqa: SLF001 - who waits cannot be seen from outside
        return len(line.waiting) + sum(map(len, self.server.calls))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def threads(server: Server) -> Iterator[Threads]:
    threads = Threads(server)
    yield threads
    server.close()
    threads.pool.shutdown()
    threads.combining.close()


def recording(command_id: UUID, before: Callable[[], object] = lambda: None) -> Script[Outcome]:
    """Record one thing; `before` is done first, as deciding would be."""
    before()
    answer = yield Record(Append(command_id=command_id, fingerprint=b"", events=[]))
    return outcome(answer)


def outcome(answer: Answer) -> Outcome:
    return Outcome(
        stream_id=UUID(int=0),
        version=answer.version,
        events=answer.event_count,
        first_position=None,
        recorded_at=None,
    )


def ids(number: int) -> list[UUID]:
    return [uuid4() for _ in range(number)]


def test_whoever_waits_is_decided_for_and_recorded_by_one_thread(threads: Threads, server: Server) -> None:
    first, *others = ids(4)
    decided_by: list[int] = []
    played = [threads.start(recording(first))]
    played += [
        threads.start(recording(each, lambda: decided_by.append(threading.get_ident()))) for each in others
    ]
    assert decided_by == []
    server.may_answer.release(2)
    callers = [each.result(60)[0] for each in played]
    assert server.calls == [[first], others]
    assert decided_by == [server.by[1]] * 3
    assert server.by[1] in callers[1:]
    assert len(set(callers)) == 4


def test_what_else_a_script_asks_is_got_by_its_own_thread_and_goes_with_the_next_call(
    threads: Threads, server: Server
) -> None:
    known, other, asking = ids(3)

    def script(subjects: Sequence[UUID]) -> Script[Outcome]:
        try:
            assert (yield Fetch(subjects, ())) == "a reply"
        except LookupError:
            return outcome(Answer("nobody", None, 7, 0, None))
        return (yield from recording(asking))

    first, leading = threads.start(recording(known)), threads.start(recording(other))
    new = threads.start(script([asking]))
    server.may_answer.release(3)
    caller, said = new.result(60)
    assert said.version == 1
    assert server.calls == [[known], [other], [asking]]
    assert threads.replied_by == [caller] != [leading.result(60)[0]]
    assert first.result(60)[1].version == 1
    lost = threads.start(script([]), is_ready=False)
    assert lost.result(60)[1].version == 7, "an error is told to the script that asked"
    assert len(server.calls) == 3, "and nothing is to be recorded"


def test_one_that_is_not_ready_asks_before_it_waits_for_anybody(threads: Threads, server: Server) -> None:
    known, asking = ids(2)

    def script() -> Script[Outcome]:
        yield Fetch([asking], ())
        return (yield from recording(asking))

    first = threads.start(recording(known))
    new = threads.start(script(), is_ready=False)
    until(lambda: threads.replied_by, "it has what it asked, while a call is under way")
    assert len(server.calls) == 1
    server.may_answer.release(2)
    assert {first.result(60)[1].version, new.result(60)[1].version} == {1}


def test_the_same_command_twice_goes_with_two_calls(threads: Threads, server: Server) -> None:
    first, twice, other = ids(3)
    played = [threads.start(recording(each)) for each in (first, twice, twice, other)]
    server.may_answer.release(3)
    for each in played:
        each.result(60)
    assert server.calls == [[first], [twice, other], [twice]]


def test_each_hears_its_own_failure_and_harms_nobody(threads: Threads, server: Server) -> None:
    first, refused, good, failing, caught = ids(5)

    def refusing() -> Any:
        raise ValueError("refused")

    def catching() -> Script[Outcome]:
        try:
            return (yield from recording(caught))
        except LookupError:
            return outcome(Answer("caught", None, 9, 0, None))

    server.failing = {failing: LookupError("failed"), caught: LookupError("failed")}
    played = [
        threads.start(script)
        for script in (
            recording(first),
            recording(refused, refusing),
            recording(good),
            recording(failing),
            catching(),
        )
    ]
    server.may_answer.release(2)
    with pytest.raises(ValueError, match="refused"):
        played[1].result(60)
    with pytest.raises(LookupError, match="failed"):
        played[3].result(60)
    assert [played[n].result(60)[1].version for n in (0, 2, 4)] == [1, 1, 9]
    assert server.calls == [[first], [good, failing, caught]]


def test_a_call_in_which_nothing_is_to_be_recorded_is_not_made(threads: Threads, server: Server) -> None:
    def already_so() -> Script[Outcome]:
        return outcome(Answer("already", None, 3, 0, None))
        yield  # pragma: no cover - a script is a generator

    assert threads.start(already_so()).result(60)[1].version == 3
    assert threads.start(already_so(), is_ready=False).result(60)[1].version == 3
    assert server.calls == []


def test_where_too_many_wait_the_next_is_told_to_come_back(server: Server) -> None:
    threads = Threads(server, room=1)
    first, second, third = ids(3)
    played = [threads.start(recording(each)) for each in (first, second)]
    with pytest.raises(BusyError, match="try again in 1 s"):
        threads.combining.play(recording(third), is_ready=True)
    server.close()
    for each in played:
        each.result(60)
    threads.pool.shutdown()


def test_an_interrupted_call_leaves_nobody_waiting_and_no_script_goes_on_twice(
    threads: Threads, server: Server
) -> None:
    first, interrupting, other, later = ids(4)

    def interrupted() -> object:
        raise KeyboardInterrupt

    played = [threads.start(recording(first)), threads.start(recording(interrupting, interrupted))]
    played += [threads.start(recording(other)), threads.start(recording(later), is_ready=False)]
    server.may_answer.release(1)
    assert played[0].result(60)[1].version == 1
    with pytest.raises(KeyboardInterrupt):
        played[1].result(60)
    for each in played[2:]:
        with pytest.raises(NotAnsweredError, match="ask again"):
            each.result(60)
    again = threads.start(recording(other))
    server.may_answer.release(1)
    assert again.result(60)[1].version == 1
    assert server.calls == [[first], [other]]


def test_a_step_is_taken_once() -> None:
    step = Step(recording(uuid4()), lambda: Fetch([], ()))
    assert isinstance(step.taken(), Fetch)
    assert isinstance(step.taken(), NotAnsweredError)


def test_closing_answers_those_who_wait_and_nobody_who_comes_later(threads: Threads, server: Server) -> None:
    first, second, third = ids(3)
    played = [threads.start(recording(each)) for each in (first, second)]
    closing = threads.pool.submit(threads.combining.close)
    until(lambda: threads.combining._together._line.closed, "it closes")  # noqa: SLF001 - cannot be seen
    with pytest.raises(ClosedError):
        threads.combining.play(recording(third), is_ready=True)
    assert not closing.done()
    server.may_answer.release(2)
    closing.result(60)
    assert [each.result(60)[1].version for each in played] == [1, 1]
