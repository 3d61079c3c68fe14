"""Who goes with which call to the server, and that everybody is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from scp_events.event_log import BusyError, ClosedError, LogUnreachableError
from scp_events.event_log.appends import Answer, Append, Condition
from scp_events.event_log.group_commit import GroupCommit
from scp_events.event_log.sending import Answers
from tests.event_log.appending import append, event, one

DEADLINE = 30.0


class Server:
    """Answers calls one by one, when it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[Append]] = []
        self.may_answer = asyncio.Event()
        self.fault: Exception | None = None

    async def send(self, appends: Sequence[Append]) -> Answers:
        self.calls.append([*appends])
        await self.may_answer.wait()
        if self.fault:
            return [self.fault for _ in appends]
        return [
            Answer("recorded", n, datetime(2025, 3, 3, tzinfo=UTC)) for n, _ in enumerate(appends, start=1)
        ]


def play(scene: Callable[[Server], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(DEADLINE):
            await scene(Server())

    asyncio.run(bounded())


async def settle() -> None:
    """Let every task go on as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


def asking(commit: GroupCommit, *appends: Append) -> list[asyncio.Task[Answer]]:
    return [asyncio.create_task(commit.append(each)) for each in appends]


def test_a_lone_append_leaves_at_once() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send])
        server.may_answer.set()
        answer = await commit.append(one())
        assert answer.outcome == "recorded"
        assert [len(call) for call in server.calls] == [1]

    play(scene)


def test_whoever_comes_during_a_call_goes_with_the_next() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send])
        asked = asking(commit, one())
        await settle()
        asked += asking(commit, *(one() for _ in range(5)))
        await settle()
        server.may_answer.set()
        await asyncio.gather(*asked)
        assert [len(call) for call in server.calls] == [1, 5]

    play(scene)


def test_no_call_is_larger_than_allowed() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send], largest=3)
        server.may_answer.set()
        await asyncio.gather(*asking(commit, *(one() for _ in range(8))))
        assert [len(call) for call in server.calls] == [3, 3, 2]

    play(scene)


CASE = uuid4()
STREAM = uuid4()
COMMAND = uuid4()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (one(STREAM), one(STREAM)),
        (one(command_id=COMMAND), one(command_id=COMMAND)),
        (append(event(uuid4(), 1, case_id=CASE)), append(event(uuid4(), 1, case_id=CASE))),
        (
            append(event(uuid4(), 1, case_id=CASE)),
            append(event(uuid4(), 1), condition=Condition(("invented",), (CASE,), 0)),
        ),
    ],
    ids=["a stream", "a command", "a case", "a case that is watched"],
)
def test_what_touches_the_same_thing_goes_with_different_calls_in_its_turn(
    first: Append, second: Append
) -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send])
        server.may_answer.set()
        other = one()
        await asyncio.gather(*asking(commit, first, second, other))
        assert server.calls == [[first, other], [second]]

    play(scene)


def test_those_who_come_together_are_shared_out_among_the_senders() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send, server.send])
        asked = asking(commit, *(one() for _ in range(8)))
        await settle()
        assert [len(call) for call in server.calls] == [4, 4]
        server.may_answer.set()
        await asyncio.gather(*asked)

    play(scene)


def test_a_failure_is_told_to_those_it_is_about() -> None:
    async def scene(server: Server) -> None:
        server.fault = LogUnreachableError("away")
        server.may_answer.set()
        commit = GroupCommit([server.send])
        answers = await asyncio.gather(*asking(commit, one(), one()), return_exceptions=True)
        assert answers == [server.fault] * 2

    play(scene)


def test_where_too_many_wait_the_next_is_told_to_come_back() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send], room=1)
        asked = asking(commit, one())
        await settle()
        asked += asking(commit, one())
        await settle()
        with pytest.raises(BusyError, match="1 callers wait already: try again"):
            await commit.append(one())
        server.may_answer.set()
        await asyncio.gather(*asked)

    play(scene)


def test_closing_answers_everybody_who_waits_and_nobody_who_comes_later() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send])
        asked = asking(commit, one())
        await settle()
        asked += asking(commit, one(), one())
        await settle()
        closing = asyncio.create_task(commit.close())
        await settle()
        with pytest.raises(ClosedError):
            await commit.append(one())
        assert not closing.done()
        server.may_answer.set()
        await closing
        assert {each.result().outcome for each in asked} == {"recorded"}

    play(scene)


def test_a_caller_that_is_cancelled_takes_nobodys_answer_with_it() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send])
        first, *rest = asking(commit, one(), one())
        await settle()
        waiting, last = asking(commit, one(), one())
        await settle()
        first.cancel()
        waiting.cancel()
        await settle()
        server.may_answer.set()
        await asyncio.gather(*rest, last)
        assert [len(call) for call in server.calls] == [2, 1], "whoever waited no longer did not go"

    play(scene)


def test_where_a_call_is_broken_off_everybody_is_told_that_it_may_have_counted() -> None:
    async def scene(server: Server) -> None:
        commit = GroupCommit([server.send])
        asked = asking(commit, one())
        await settle()
        asked += asking(commit, one())
        await settle()
        for task in commit._at_work:  # noqa: SLF001 - as at the end of the loop
            task.cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [LogUnreachableError] * 2

    play(scene)


def test_what_an_append_touches_is_its_command_its_streams_and_its_cases() -> None:
    command, stream, own, watched = uuid4(), uuid4(), uuid4(), uuid4()
    touching = append(
        event(stream, 1, case_id=own), command_id=command, condition=Condition(("x",), (own, watched), 7)
    )
    assert touching.touches == {command, stream, own, watched}
    assert all(isinstance(each, UUID) for each in touching.touches)
