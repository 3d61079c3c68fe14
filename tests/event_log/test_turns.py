"""Whoever decides on a stream waits for those of the same process who came before."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

import pytest

from scp_events.aggregates import participant
from scp_events.event_log import EventLog, EventLogAsync
from scp_events.event_log.turns import Turns, TurnsAsync
from scp_events.vocabulary import EventId, ParticipantId, Stream
from tests.aggregates.test_participant import AGREE, MEET, REGISTER
from tests.check_log import check_log
from tests.event_log.test_log import sent
from tests.opened import opened_log
from tests.waiting import interrupt, until

STREAM, OTHER = Stream("referral", uuid4()), Stream("referral", uuid4())
CALLERS = 48


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


def test_turns_are_taken_in_the_order_of_coming() -> None:
    turns, taken, threads = Turns(), [], []

    def take(number: int) -> None:
        with turns.of(STREAM):
            taken.append(number)

    with turns.of(STREAM):
        for number in range(8):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(turns._waiting[STREAM]) <= number:  # noqa: SLF001 - until it waits
                pass
        assert not taken
    for thread in threads:
        thread.join()
    assert taken == list(range(8))
    assert not turns._waiting, "nothing is kept of a stream nobody decides on"  # noqa: SLF001


def test_nobody_waits_for_another_stream() -> None:
    turns = Turns()
    with turns.of(STREAM), turns.of(OTHER):
        assert len(turns._waiting) == 2  # noqa: SLF001


def test_a_thread_interrupted_while_it_waits_leaves_its_place_to_the_next() -> None:
    turns, taken, threads = Turns(), list[str](), list[threading.Thread]()

    def take(name: str) -> None:
        with suppress(KeyboardInterrupt), turns.of(STREAM):
            taken.append(name)

    with turns.of(STREAM):
        for name in ("first", "second", "third"):
            threads.append(threading.Thread(target=take, args=(name,)))
            threads[-1].start()
            until(lambda: len(turns._waiting[STREAM]) == len(threads), "it waits")  # noqa: SLF001 - not seen otherwise
        interrupt(threads[0].ident)
    for thread in threads:
        thread.join()
    assert taken == ["second", "third"]
    assert not turns._waiting  # noqa: SLF001 - nothing is kept of a stream nobody decides on


def test_a_cancelled_task_leaves_its_place_to_the_next() -> None:
    async def take(turns: TurnsAsync, name: str, taken: list[str]) -> None:
        async with turns.of(STREAM):
            taken.append(name)

    async def run() -> list[str]:
        turns, taken = TurnsAsync(), list[str]()
        async with turns.of(STREAM):
            first, second = (asyncio.create_task(take(turns, name, taken)) for name in ("first", "second"))
            await asyncio.sleep(0)
            first.cancel()
        await asyncio.wait([first, second])
        assert not turns._waiting  # noqa: SLF001
        return taken

    assert asyncio.run(run()) == ["second"]


def test_a_task_cancelled_in_its_turn_leaves_it_to_the_next() -> None:
    async def take(turns: TurnsAsync, name: str, taken: list[str]) -> None:
        async with turns.of(STREAM):
            taken.append(name)

    async def run() -> list[str]:
        turns, taken = TurnsAsync(), list[str]()
        async with turns.of(STREAM):
            first, second = (asyncio.create_task(take(turns, name, taken)) for name in ("first", "second"))
            await asyncio.sleep(0)
        first.cancel()  # it was given its turn, and has not woken yet
        await asyncio.wait([first, second])
        return taken

    assert asyncio.run(run()) == ["second"]


def opened(log: EventLog) -> ParticipantId:
    case = ParticipantId(uuid4())
    log.handle(participant, case, REGISTER, sent(), case_id=case)
    log.handle(participant, case, AGREE, sent())
    return case


def contact() -> participant.RecordContact:
    return MEET.model_copy(update={"event_id": EventId(uuid4())})


def test_nobody_is_too_late_every_time(log: EventLog) -> None:
    case = opened(log)
    with ThreadPoolExecutor(CALLERS) as pool:
        outcomes = list(pool.map(lambda _: log.handle(participant, case, contact(), sent()), range(CALLERS)))
    assert sorted(outcome.version for outcome in outcomes) == list(range(3, CALLERS + 3))


def test_no_task_is_too_late_every_time(log: EventLog) -> None:
    case = opened(log)

    async def all_at_once() -> list[int]:
        async with EventLogAsync(log) as tasks:
            handled = [tasks.handle(participant, case, contact(), sent()) for _ in range(CALLERS)]
            return [outcome.version for outcome in await asyncio.gather(*handled)]

    assert sorted(asyncio.run(all_at_once())) == list(range(3, CALLERS + 3))
