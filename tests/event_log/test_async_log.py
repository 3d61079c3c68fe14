"""The log for the tasks of one event loop: as the one for threads, without a thread for each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scp_events.aggregates import participant, referral
from scp_events.event_log import (
    ClosedError,
    CommandIdReusedError,
    EventLog,
    EventLogAsync,
    EvidenceMovedError,
    Outcome,
    StaleVersionError,
)
from scp_events.event_log.standing import caught_up
from scp_events.vocabulary import EventId, ParticipantId, Position, ReferralId, Refused
from tests.aggregates.test_participant import AGREE, MEET, REGISTER
from tests.aggregates.test_referral import DRAFT, SUBMIT
from tests.check_log import check_log
from tests.event_log.appending import waiting_for_the_head
from tests.event_log.test_log import sent
from tests.opened import listening, opened_log
from tests.waiting import until

CASE = ParticipantId(uuid4())


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


def play(log: EventLog, scene: Callable[[EventLogAsync], Awaitable[None]]) -> None:
    """Play a scene in an event loop of its own."""

    async def all_of_it() -> None:
        async with EventLogAsync(log) as tasks:
            await asyncio.wait_for(scene(tasks), 60)

    asyncio.run(all_of_it())


async def drafted(tasks: EventLogAsync, case: ParticipantId = CASE) -> ReferralId:
    referral_id = ReferralId(uuid4())
    draft = DRAFT.model_copy(update={"event_id": EventId(uuid4()), "participant_id": case})
    await tasks.handle(referral, referral_id, draft, sent(), case_id=case)
    return referral_id


def contact() -> participant.RecordContact:
    return MEET.model_copy(update={"event_id": EventId(uuid4())})


async def waiting(log: EventLog, count: int) -> None:
    await asyncio.to_thread(until, lambda: waiting_for_the_head(log.conninfo) == count, "the server is asked")


def test_what_a_task_decides_is_read_back_as_it_was_said(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        referral_id = await drafted(tasks)
        outcome = await tasks.handle(referral, referral_id, SUBMIT, sent())
        assert (outcome.version, outcome.events, outcome.first_position) == (2, 1, 2)
        history = log.load(referral, referral_id).history
        assert history[1].event == referral.ReferralSubmitted(decision=SUBMIT.decision)
        assert history[1].recorded_at == outcome.recorded_at

    play(log, scene)


def test_tasks_that_decide_on_one_stream_at_once_all_succeed(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        await tasks.handle(participant, CASE, REGISTER, sent(), case_id=CASE)
        await tasks.handle(participant, CASE, AGREE, sent())
        outcomes = await asyncio.gather(
            *(tasks.handle(participant, CASE, contact(), sent()) for _ in range(40))
        )
        assert [outcome.version for outcome in outcomes] == list(range(3, 43)), "first come, first served"

    play(log, scene)


def test_a_command_sent_again_gets_the_first_answer(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        referral_id, submit = await drafted(tasks), sent()
        first = await tasks.handle(referral, referral_id, SUBMIT, submit)
        again = await tasks.handle(referral, referral_id, SUBMIT, submit, expected_version=1)
        assert again == Outcome(
            stream_id=referral_id,
            version=2,
            events=1,
            first_position=first.first_position,
            recorded_at=first.recorded_at,
            repeated=True,
        )
        with pytest.raises(CommandIdReusedError):
            await drafted_with(tasks, submit)

    async def drafted_with(tasks: EventLogAsync, provenance: object) -> None:
        draft = DRAFT.model_copy(update={"event_id": EventId(uuid4())})
        await tasks.handle(referral, ReferralId(uuid4()), draft, provenance, case_id=CASE)  # type: ignore[arg-type]  # one of ours

    play(log, scene)


def test_a_decision_on_a_stale_version_or_old_evidence_is_not_recorded(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        referral_id = await drafted(tasks)
        await drafted(tasks)
        with pytest.raises(EvidenceMovedError):
            await tasks.handle(referral, referral_id, SUBMIT, sent(), evidence_through=Position(1))
        await tasks.handle(referral, referral_id, SUBMIT, sent(), evidence_through=Position(2))
        with pytest.raises(StaleVersionError) as stale:
            await tasks.handle(referral, referral_id, SUBMIT, sent(), expected_version=1)
        assert (stale.value.expected, stale.value.current) == (1, 2)
        assert log.head() == 3

    play(log, scene)


def test_an_event_id_that_is_taken_is_refused_by_name(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        draft = DRAFT.model_copy(update={"event_id": EventId(uuid4())})
        await tasks.handle(referral, ReferralId(uuid4()), draft, sent(), case_id=CASE)
        with pytest.raises(Refused, match=str(draft.event_id)) as refusal:
            await tasks.handle(referral, ReferralId(uuid4()), draft, sent(), case_id=CASE)
        assert refusal.value.rule == "an-event-id-is-used-once"

    play(log, scene)


def test_the_loop_goes_on_while_the_server_is_asked(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        with psycopg.connect(log.conninfo) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            asked = asyncio.create_task(drafted(tasks))
            await waiting(log, 1)
            turns = 0
            while turns < 1000:
                await asyncio.sleep(0)
                turns += 1
            assert not asked.done()
        await asked

    play(log, scene)


def test_a_caller_that_is_cancelled_takes_nobody_s_answer_with_it_and_may_ask_again(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        referral_id, submit = await drafted(tasks), sent()
        with psycopg.connect(log.conninfo) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            cancelled = asyncio.create_task(tasks.handle(referral, referral_id, SUBMIT, submit))
            await waiting(log, 1)
            others = [asyncio.create_task(drafted(tasks)) for _ in range(3)]
            cancelled.cancel()
            await asyncio.sleep(0)
        assert len(await asyncio.gather(*others)) == 3
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        outcome = await tasks.handle(referral, referral_id, SUBMIT, submit)
        assert outcome.version == 2
        assert outcome.repeated, "what was asked was done, though nobody heard of it"

    play(log, scene)


def test_closing_answers_those_who_wait_and_nobody_who_comes_later(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        with psycopg.connect(log.conninfo) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            first = asyncio.create_task(drafted(tasks))
            await waiting(log, 1)
            others = [asyncio.create_task(drafted(tasks)) for _ in range(5)]
            await waiting(log, 2)
            closing = asyncio.create_task(tasks.close())
            await asyncio.sleep(0)
            with pytest.raises(ClosedError):
                await drafted(tasks)
            assert not closing.done()
        await closing
        assert len(await asyncio.gather(first, *others)) == 6
        with pytest.raises(ClosedError):
            await drafted(tasks)

    play(log, scene)
    assert log.head() == 6


def test_no_thread_is_left_behind(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        await drafted(tasks)
        referral_id = await drafted(tasks)
        log.familiar.forget_person(None)
        await tasks.handle(referral, referral_id, SUBMIT, sent())

    before = set(threading.enumerate())
    play(log, scene)
    assert not [
        thread for thread in set(threading.enumerate()) - before if thread.name.startswith("log-reader")
    ]


def test_nobody_waits_while_a_new_persons_keys_are_made(log: EventLog) -> None:
    """Making keys waits for the epoch to stay; the loop must not wait with it."""

    async def scene(tasks: EventLogAsync) -> None:
        known = await drafted(tasks)
        with psycopg.connect(log.conninfo) as holding:
            holding.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")  # so that it can fail
            holding.execute("SELECT FROM keyring.epochs FOR UPDATE")
            newcomer = asyncio.create_task(drafted(tasks, ParticipantId(uuid4())))
            await asyncio.to_thread(until, lambda: waiting_for_an_epoch(log.conninfo), "keys are being made")
            outcome = await tasks.handle(referral, known, SUBMIT, sent())
            assert outcome.events == 1
            assert not newcomer.done()
        await newcomer

    play(log, scene)


def waiting_for_an_epoch(conninfo: str) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%keyring.mint%'"
        ).fetchone()
        return found == (1,)


def test_whose_case_it_is_is_found_and_then_remembered(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        listening(log.keyring)
        assert await tasks.case_of_stream(referral, ReferralId(uuid4())) is None
        referral_id = await drafted(tasks)
        log.familiar.forget(referral.stream(referral_id))
        assert await tasks.case_of_stream(referral, referral_id) == CASE
        monkeypatch.setattr(tasks, "standing", None)
        assert await tasks.case_of_stream(referral, referral_id) == CASE

    play(log, scene)


def test_a_stream_is_opened_without_a_thread_unless_it_is_long(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by: list[str] = []

    async def scene(tasks: EventLogAsync) -> None:
        listening(log.keyring)
        referral_id = await drafted(tasks)
        stream = referral.stream(referral_id)
        for _ in range(2):
            log.keyring.cache.forget(CASE)
            assert (await tasks.standing(referral, stream)).version == 1
            monkeypatch.setattr("scp_events.event_log.async_log.LONG", 0)

    def reading(*said: Any) -> Any:
        read_by.append(threading.current_thread().name)
        return caught_up(*said)

    monkeypatch.setattr("scp_events.event_log.async_log.caught_up", reading)
    play(log, scene)
    assert read_by[0] == threading.current_thread().name
    assert read_by[1].startswith("log-reader")


def test_what_would_have_to_wait_for_a_key_after_all_is_read_by_a_thread(
    log: EventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key may be forgotten again by the time it is needed; then the store is asked, which takes time."""
    asked_by: list[str] = []
    ask = log.keyring.store.ask

    def asking(question: Any) -> Any:
        asked_by.append(threading.current_thread().name)
        return ask(question)

    async def scene(tasks: EventLogAsync) -> None:
        listening(log.keyring)
        stream = referral.stream(await drafted(tasks))
        log.familiar.forget(stream)
        log.keyring.cache.forget(CASE)
        monkeypatch.setattr(log.keyring.store, "ask", asking)
        monkeypatch.setattr(log.keyring.cache, "hold", lambda *_: None)
        assert (await tasks.standing(referral, stream)).version == 1

    play(log, scene)
    assert asked_by
    assert all(name.startswith("log-reader") for name in asked_by)


def test_nothing_is_opened_or_fetched_after_the_end(log: EventLog) -> None:
    async def scene() -> None:
        async with EventLogAsync(log) as tasks:
            referral_id = await drafted(tasks)
        log.familiar.forget(referral.stream(referral_id))
        with pytest.raises(ClosedError):
            await tasks.case_of_stream(referral, referral_id)
        with pytest.raises(ClosedError):
            await drafted(tasks, ParticipantId(uuid4()))

    asyncio.run(scene())


def test_the_loop_goes_on_while_a_stream_is_opened(log: EventLog) -> None:
    async def scene(tasks: EventLogAsync) -> None:
        opened, known = await drafted(tasks), await drafted(tasks)
        log.familiar.forget(referral.stream(opened))
        with psycopg.connect(log.conninfo) as holding:
            holding.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")  # so that it can fail
            holding.execute("LOCK event_log.events IN ACCESS EXCLUSIVE MODE")
            opening = asyncio.create_task(tasks.case_of_stream(referral, opened))
            await waiting(log, 1)
            assert await tasks.case_of_stream(referral, known) == CASE
            assert not opening.done()
        assert await opening == CASE

    play(log, scene)
