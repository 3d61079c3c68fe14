from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeAlias
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import DataError
from psycopg.conninfo import make_conninfo

from scp_events.event_log import sender as sender_module
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.guards import UnsafeServerError, check_promises
from scp_events.event_log.sender import Sender, SenderAsync
from scp_events.event_log.telling import (
    Answers,
    EventIdTakenError,
    LogUnreachableError,
    LogUnwritableError,
)
from tests.event_log.appending import append, change_database, event, head, one, stored, waiting_for_the_head
from tests.waiting import until
from tests.wire import Wire, wire


class FromALoop:
    """A sender for tasks, asked from outside its event loop."""

    def __init__(self, conninfo: str, **how: float) -> None:
        self.sender = SenderAsync(conninfo, **how)
        self._runner = asyncio.Runner()

    def send(self, appends: Sequence[Append]) -> Answers:
        return self._runner.run(self.sender.send(appends))

    def close(self) -> None:
        self.sender.close()
        self._runner.close()


Made: TypeAlias = Sender | FromALoop
Maker: TypeAlias = Callable[..., Made]


@pytest.fixture(params=[Sender, FromALoop], ids=["thread", "task"])
def make(request: pytest.FixtureRequest) -> Iterator[Maker]:
    """Return how to make a sender; those that were made are closed."""
    made: list[Made] = []

    def maker(conninfo: str, **how: float) -> Made:
        made.append(request.param(conninfo, **how))
        return made[-1]

    yield maker
    for sender in made:
        sender.close()


@pytest.fixture
def sender(make: Maker, log_database: str) -> Made:
    return make(log_database)


@pytest.fixture
def cuttable(log_database: str) -> Iterator[Wire]:
    with wire(log_database) as made:
        yield made


@pytest.fixture
def over_the_wire(make: Maker, cuttable: Wire) -> Made:
    return make(cuttable.conninfo)


def outcomes(answers: Sequence[Answer | Exception]) -> list[str]:
    return [answer.outcome if isinstance(answer, Answer) else type(answer).__name__ for answer in answers]


def told(answer: Answer | Exception) -> Answer:
    assert isinstance(answer, Answer), answer
    return answer


# --- the answers ------------------------------------------------------------------------------------------


def test_appends_of_one_call_are_answered_as_if_they_came_one_after_the_other(sender: Made) -> None:
    stream, other = uuid4(), uuid4()
    asked = [one(stream, 1), one(stream, 2), one(stream, 2), one(other, 2), one(other, 1)]
    answers = sender.send(asked)
    assert outcomes(answers) == ["recorded", "recorded", "conflict", "conflict", "recorded"]
    places = [(told(answer).first_position, told(answer).version) for answer in answers]
    assert places == [(1, 1), (2, 2), (None, 2), (None, 0), (3, 1)]


def test_of_two_appends_of_one_call_for_the_same_version_the_first_is_recorded(sender: Made) -> None:
    stream = uuid4()
    assert outcomes(sender.send([one(stream, 1), one(), one(stream, 1)])) == [
        "recorded",
        "recorded",
        "conflict",
    ]


def test_what_goes_with_the_same_call_moves_a_case_on(sender: Made) -> None:
    case = uuid4()
    on_evidence = [one(case_id=case, evidence_through=0) for _ in range(2)]
    assert outcomes(sender.send(on_evidence)) == ["recorded", "evidence-moved"]
    another = uuid4()
    answers = sender.send([one(case_id=another), one(case_id=another, evidence_through=1)])
    assert outcomes(answers) == ["recorded", "evidence-moved"]


def test_a_command_sent_again_gets_the_first_answer(sender: Made) -> None:
    stream = uuid4()
    again = append(event(stream, 1), event(stream, 2))
    sender.send([one(), again])
    sender.send([one(stream, 3)])
    assert sender.send([again]) == [Answer("already", 2, 2, 2, None)]


def test_a_command_id_that_names_another_command_is_refused(sender: Made, log_database: str) -> None:
    first = one()
    answers = sender.send([first]) + sender.send([one(command_id=first.command_id, fingerprint=b"other")])
    assert outcomes(answers) == ["recorded", "reused"]
    assert head(log_database) == 1


def test_the_events_of_several_streams_are_recorded_all_or_none(sender: Made, log_database: str) -> None:
    left, right = uuid4(), uuid4()
    sender.send([one(right, 1)])
    torn = append(event(left, 1), event(right, 1))
    whole = append(event(left, 1), event(right, 2), event(left, 2))
    assert outcomes(sender.send([torn, whole])) == ["conflict", "recorded"]
    places = [(stream, version) for _, stream, version, _ in stored(log_database)]
    assert places == [(right, 1), (left, 1), (right, 2), (left, 2)]


def test_the_version_told_is_that_of_the_last_event_and_is_kept_with_its_stream(
    sender: Made, log_database: str
) -> None:
    left, right = uuid4(), uuid4()
    interleaved = append(event(left, 1), event(right, 1), event(left, 2))
    first, again = sender.send([interleaved]) + sender.send([interleaved])
    assert told(first).version == told(again).version == 2
    with psycopg.connect(log_database) as connection:
        kept = connection.execute("SELECT stream_id, last_version FROM event_log.commands").fetchall()
    assert kept == [(left, 2)]


# --- one append's fault -----------------------------------------------------------------------------------


def without_zone() -> Append:
    return append(event(uuid4(), 1, occurred_at=datetime(2025, 3, 3, 12)))  # noqa: DTZ001 - the fault


def not_unicode() -> Append:
    return append(event(uuid4(), 1, topic="half a pair \ud800"))


def no_text() -> Append:
    return append(event(uuid4(), 1, topic="a\x00b"))


def impossible_version() -> Append:
    return append(event(uuid4(), -4))


def with_a_gap() -> Append:
    stream = uuid4()
    return append(event(stream, 1), event(stream, 3))


def without_events() -> Append:
    return append()


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        (without_zone, "TypeError"),
        (not_unicode, "UnicodeEncodeError"),
        (no_text, "DataError"),
        (impossible_version, "IntegrityError"),
        (with_a_gap, "ValueError"),
        (without_events, "ValueError"),
    ],
)
def test_an_append_that_cannot_be_recorded_does_not_harm_those_that_go_with_it(
    sender: Made, log_database: str, faulty: type, said: str
) -> None:
    answers = sender.send([one(), one(), faulty(), one(), faulty()])
    assert outcomes(answers) == ["recorded", "recorded", said, "recorded", said]
    assert head(log_database) == 3


def test_an_event_id_that_is_taken_is_named_whichever_of_the_events_has_it(sender: Made) -> None:
    stream, taken = uuid4(), uuid4()
    sender.send([append(event(uuid4(), 1, event_id=taken))])
    answers = sender.send([one(), append(event(stream, 1), event(stream, 2, event_id=taken)), one()])
    assert outcomes(answers) == ["recorded", "EventIdTakenError", "recorded"]
    assert isinstance(answers[1], EventIdTakenError)
    assert answers[1].event_id == taken


def test_an_event_id_used_twice_in_one_call_goes_to_the_first(sender: Made) -> None:
    same = uuid4()
    answers = sender.send([append(event(uuid4(), 1, event_id=same)) for _ in range(3)])
    assert outcomes(answers) == ["recorded", "EventIdTakenError", "EventIdTakenError"]


def test_what_the_server_says_of_an_append_is_not_repeated_in_words(sender: Made) -> None:
    (answer,) = sender.send([append(event(uuid4(), 1, topic="Zwetschgenmus\x00"))])
    assert isinstance(answer, DataError)
    assert "Zwetschgenmus" not in str(answer)


# --- the server's fault -----------------------------------------------------------------------------------


def test_a_server_that_only_reads_records_nothing_and_says_so_to_everybody(
    make: Maker, log_database: str
) -> None:
    change_database(log_database, "default_transaction_read_only = on")
    answers = make(log_database).send([one(), one()])
    assert outcomes(answers) == ["LogUnwritableError"] * 2
    assert "ReadOnlySqlTransaction 25006" in str(answers[0])
    assert head(log_database) == 0


def test_a_server_that_is_away_for_too_long_is_said_to_be_unreachable(make: Maker, log_database: str) -> None:
    nowhere = make(make_conninfo(log_database, dbname="no_such_database"), patience_seconds=0)
    assert outcomes(nowhere.send([one(), one()])) == ["LogUnreachableError"] * 2


def test_a_database_without_a_log_is_not_asked_for_one_again_and_again(
    make: Maker, new_database: str
) -> None:
    answers = make(new_database).send([one()])
    assert outcomes(answers) == ["LogUnwritableError"]


def test_a_server_that_may_lose_commits_is_told_nothing(make: Maker, log_database: str) -> None:
    change_database(log_database, "synchronous_commit = off")
    answers = make(log_database).send([one(), one()])
    assert outcomes(answers) == ["UnsafeServerError"] * 2
    assert isinstance(answers[0], UnsafeServerError)
    assert head(log_database) == 0


# --- in doubt ---------------------------------------------------------------------------------------------


def test_an_answer_lost_on_its_way_is_asked_for_again(
    over_the_wire: Made, cuttable: Wire, log_database: str
) -> None:
    over_the_wire.send([one()])
    cuttable.lose_answer()
    answers = over_the_wire.send([one(), one()])
    assert cuttable.lost == 1
    assert outcomes(answers) == ["already", "already"]
    assert [told(answer).first_position for answer in answers] == [2, 3]
    assert head(log_database) == 3


def test_a_call_cut_off_while_the_server_is_at_work_counts_once(
    over_the_wire: Made, cuttable: Wire, log_database: str
) -> None:
    over_the_wire.send([one()])
    asked = [one(), one()]
    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(log_database) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            answering = pool.submit(over_the_wire.send, asked)
            until(lambda: waiting_for_the_head(log_database) == 1, "the call waits for the head row")
            cuttable.part()
            until(
                lambda: waiting_for_the_head(log_database) == 2, "it is asked again, and the first waits on"
            )
        answers = answering.result(60)
    assert outcomes(answers) == ["already", "already"]
    assert [row[3] for row in stored(log_database)][1:] == [append.command_id for append in asked]


def test_where_a_call_broke_off_nobody_is_told_that_nothing_was_recorded(
    over_the_wire: Made, cuttable: Wire, log_database: str
) -> None:
    over_the_wire.send([one()])
    change_database(log_database, "default_transaction_read_only = on")
    cuttable.lose_answer()
    answers = over_the_wire.send([one(), one()])
    assert outcomes(answers) == ["LogUnreachableError"] * 2
    assert isinstance(answers[0], LogUnreachableError)
    assert not isinstance(answers[0], LogUnwritableError)
    assert head(log_database) == 3


def test_a_server_that_ends_a_new_connection_without_a_word_is_asked_again(
    sender: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    endings = [psycopg.DatabaseError("server closed the connection unexpectedly")]

    def ending(connection: psycopg.Connection[object]) -> None:
        if endings:
            raise endings.pop()
        check_promises(connection)

    monkeypatch.setattr(sender_module, "check_promises", ending)
    assert outcomes(sender.send([one()])) == ["recorded"]
    assert not endings


def test_an_interrupted_call_leaves_no_connection_with_half_an_answer_behind(
    sender: Made, log_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    first, asked = one(), one()
    sender.send([first])
    before = connections(log_database)
    with monkeypatch.context() as patch:
        patch.setattr(sender_module, "_answers", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sender.send([asked])
    assert outcomes(sender.send([asked])) == ["already"]
    assert head(log_database) == 2
    assert before.isdisjoint(connections(log_database))


def test_a_cancelled_call_leaves_no_connection_with_half_an_answer_behind(log_database: str) -> None:
    async def play() -> None:
        sender = SenderAsync(log_database)
        await sender.send([first])
        with psycopg.connect(log_database) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            call = asyncio.create_task(sender.send([asked]))
            await asyncio.to_thread(until, lambda: waiting_for_the_head(log_database) == 1, "the call waits")
            call.cancel()
            await asyncio.wait([call])
        answers.extend(await sender.send([one(), asked]))
        sender.close()

    first, asked, answers = one(), one(), list[Answer | Exception]()
    asyncio.run(play())
    assert outcomes(answers)[0] == "recorded"
    assert [row[3] for row in stored(log_database)].count(asked.command_id) == 1


def connections(conninfo: str) -> set[int]:
    """Return the server processes of those who are connected, but for our own."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return {pid for (pid,) in rows}
