"""A log that is closed while it is at work answers everybody, and truly."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from scp_events.aggregates import referral
from scp_events.event_log import BusyError, ClosedError, EventLog, Outcome
from scp_events.event_log.appender import SENDERS
from scp_events.event_log.recorder import LogRecorder
from scp_events.vocabulary import EventId, ReferralId
from tests.aggregates.test_referral import DRAFT
from tests.check_log import check_log
from tests.event_log.appending import head, one, waiting_for_the_head
from tests.event_log.test_log import sent
from tests.opened import opened_log
from tests.waiting import until

CALLERS = 12


def draft(log: EventLog) -> Outcome:
    command = DRAFT.model_copy(update={"event_id": EventId(uuid4())})
    return log.handle(referral, ReferralId(uuid4()), command, sent(), case_id=DRAFT.participant_id)


def test_whoever_is_being_recorded_or_waits_for_it_is_answered(log_database: str) -> None:
    with opened_log(log_database) as log, ThreadPoolExecutor(CALLERS + 1) as pool:
        line = log._combining._together._line  # noqa: SLF001 - who waits cannot be seen from outside
        with psycopg.connect(log_database) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            asked: list[Future[Outcome]] = [pool.submit(draft, log)]
            until(lambda: waiting_for_the_head(log_database) == 1, "the first is being recorded")
            asked += [pool.submit(draft, log)]
            until(lambda: waiting_for_the_head(log_database) == SENDERS, "the second too, by another call")
            asked += [pool.submit(draft, log) for _ in range(CALLERS - SENDERS)]
            until(lambda: len(line.waiting) == CALLERS - SENDERS, "the others wait")
            closing = pool.submit(log.close)
            until(lambda: line.closed, "it is being closed")
            with pytest.raises(ClosedError):
                draft(log)
            assert not closing.done()
        closing.result(60)
        outcomes = [each.result(60) for each in asked]
    assert sorted(outcome.first_position or 0 for outcome in outcomes) == list(range(1, CALLERS + 1))
    assert check_log(log_database) == CALLERS


def test_where_too_many_wait_nothing_of_the_next_is_recorded(log_database: str) -> None:
    recorder = LogRecorder(log_database, room=1)
    line = recorder._appender._together._line  # noqa: SLF001 - as above
    with ThreadPoolExecutor(SENDERS + 1) as pool:
        with psycopg.connect(log_database) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            asked = []
            for calls in range(1, SENDERS + 1):
                asked.append(pool.submit(recorder.append, one()))
                until(lambda calls=calls: waiting_for_the_head(log_database) == calls, "it is being recorded")
            asked.append(pool.submit(recorder.append, one()))
            until(lambda: len(line.waiting) == 1, "another one waits")
            with pytest.raises(Exception, match="1 callers wait already: try again in 1 s"):
                recorder.append(one())
        assert [each.result(60).outcome for each in asked] == ["recorded"] * (SENDERS + 1)
    recorder.close()
    assert head(log_database) == SENDERS + 1


def test_a_command_that_finds_no_room_is_told_to_come_back(log_database: str) -> None:
    with opened_log(log_database) as log:
        log._combining._together._line._room = 0  # noqa: SLF001 - its line is made short
        with pytest.raises(BusyError, match="try again in 1 s"):
            draft(log)
        assert log.head() == 0
