from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from scp_events.event_log import CommandHandler, CommandRequest, Outcome
from scp_events.privacy import open_keyring
from tests.check_log import check_log
from tests.event_log.asking import Case, register
from tests.opened import opened_handler

pytestmark = pytest.mark.faults

TIMES, THREADS = 100, 8


def have_one_effect(outcomes: list[Outcome], conninfo: str) -> None:
    assert len(outcomes) == TIMES
    assert sum(not outcome.repeated for outcome in outcomes) == 1
    assert {(o.first_position, o.version, o.event_ids, o.recorded_at) for o in outcomes} == {
        (1, 1, outcomes[0].event_ids, outcomes[0].recorded_at)
    }
    assert check_log(conninfo) == 1


def test_a_command_sent_a_hundred_times_by_eight_threads_is_one_event(log_database: str) -> None:
    """Each thread is a program of its own, with a loop of its own."""
    request = Case.new().request(register())

    def send(times: int) -> list[Outcome]:
        with opened_handler(log_database) as handler:
            return [handler.handle(request) for _ in range(times)]

    shares = [len(range(n, TIMES, THREADS)) for n in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = [outcome for each in pool.map(send, shares) for outcome in each]
    have_one_effect(outcomes, log_database)


@pytest.mark.parametrize("handlers", [1, 2])
def test_a_command_sent_a_hundred_times_by_the_tasks_of_a_loop_is_one_event(
    log_database: str, handlers: int
) -> None:
    request = Case.new().request(register())
    have_one_effect(asyncio.run(all_at_once(log_database, request, handlers)), log_database)


async def all_at_once(conninfo: str, request: CommandRequest, handlers: int) -> list[Outcome]:
    """Send one command again and again through several handlers."""
    with open_keyring(conninfo) as keyring:
        made = [CommandHandler(conninfo, keyring) for _ in range(handlers)]
        for handler in made:
            await handler.__aenter__()
        outcomes = await asyncio.gather(*(made[n % handlers].handle(request) for n in range(TIMES)))
        for handler in made:
            await handler.close()
        return list(outcomes)
