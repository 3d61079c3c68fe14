from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from scp_events.aggregates import participant
from scp_events.event_log import EventLog, EventLogAsync, Outcome
from scp_events.vocabulary import ParticipantId
from tests.aggregates.test_participant import REGISTER
from tests.check_log import check_log
from tests.event_log.test_log import sent
from tests.opened import opened_log

pytestmark = pytest.mark.faults

TIMES, THREADS = 100, 8


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log


def have_one_effect(outcomes: list[Outcome], conninfo: str) -> None:
    assert len(outcomes) == TIMES
    assert sum(not outcome.repeated for outcome in outcomes) == 1
    assert {(o.first_position, o.version, o.events, o.recorded_at) for o in outcomes} == {
        (1, 1, 1, outcomes[0].recorded_at)
    }
    assert check_log(conninfo) == 1


def test_a_command_sent_a_hundred_times_by_eight_threads_is_one_event(
    log: EventLog, log_database: str
) -> None:
    case, same = ParticipantId(uuid4()), sent()
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(
            pool.map(lambda _: log.handle(participant, case, REGISTER, same, case_id=case), range(TIMES))
        )
    have_one_effect(outcomes, log_database)


def test_a_command_sent_a_hundred_times_through_two_logs_at_once_is_one_event(
    log: EventLog, log_database: str
) -> None:
    case, same = ParticipantId(uuid4()), sent()
    with opened_log(log_database) as other, ThreadPoolExecutor(THREADS) as pool:
        logs = (log, other)
        outcomes = list(
            pool.map(
                lambda n: logs[n % 2].handle(participant, case, REGISTER, same, case_id=case), range(TIMES)
            )
        )
    have_one_effect(outcomes, log_database)


def test_a_command_sent_a_hundred_times_by_the_tasks_of_a_loop_is_one_event(
    log: EventLog, log_database: str
) -> None:
    case, same = ParticipantId(uuid4()), sent()

    async def play() -> list[Outcome]:
        async with EventLogAsync(log) as tasks:
            asked = (tasks.handle(participant, case, REGISTER, same, case_id=case) for _ in range(TIMES))
            return list(await asyncio.gather(*asked))

    have_one_effect(asyncio.run(play()), log_database)
