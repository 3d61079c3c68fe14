"""Appends are answered whatever becomes of the connection, and nobody's fault harms another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic
from typing import TypeAlias
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import DataError
from psycopg.conninfo import make_conninfo

from scp_events.event_log import LogUnreachableError, LogUnwritableError, UnsafeServerError, connecting
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.guards import check_promises
from scp_events.event_log.sending import EventIdTakenError
from tests.event_log.appending import append, change_database, event, head, one, stored, waiting_for_the_head
from tests.event_log.from_outside import FromOutside
from tests.waiting import until
from tests.wire import Wire, wire

Make: TypeAlias = Callable[..., FromOutside]


@pytest.fixture
def make() -> Iterator[Make]:
    """Return how to make a sender; those that were made are closed."""
    with ExitStack() as made:

        def maker(conninfo: str, **how: float) -> FromOutside:
            sender = FromOutside(conninfo, **how)
            made.callback(sender.close)
            return sender

        yield maker


@pytest.fixture
def sender(make: Make, log_database: str) -> FromOutside:
    return make(log_database)


@pytest.fixture
def cuttable(log_database: str) -> Iterator[Wire]:
    with wire(log_database) as made:
        yield made


@pytest.fixture
def over_the_wire(make: Make, cuttable: Wire) -> FromOutside:
    return make(cuttable.conninfo)


def outcomes(answers: Sequence[Answer | Exception]) -> list[str]:
    return [answer.outcome if isinstance(answer, Answer) else type(answer).__name__ for answer in answers]


# --- the answers ------------------------------------------------------------------------------------------


def test_one_append_that_came_too_late_does_not_harm_its_neighbours(
    sender: FromOutside, log_database: str
) -> None:
    stream, other = uuid4(), uuid4()
    sender.send([one(stream, 1)])
    answers = sender.send([one(), one(stream, 1), one(other, 2), append(event(uuid4(), 1), event(stream, 2))])
    assert outcomes(answers) == ["recorded", "conflict", "conflict", "recorded"]
    assert [row[0] for row in stored(log_database)] == [1, 2, 3, 4]


def test_a_command_sent_again_gets_the_first_answer(sender: FromOutside) -> None:
    stream = uuid4()
    again = append(event(stream, 1), event(stream, 2))
    sender.send([one(), again])
    sender.send([one(stream, 3)])
    (answer,) = sender.send([again])
    assert isinstance(answer, Answer)
    assert (answer.outcome, answer.first_position) == ("already", 2)


def test_a_command_id_that_names_another_command_is_refused(sender: FromOutside, log_database: str) -> None:
    first = one()
    answers = sender.send([first]) + sender.send([one(command_id=first.command_id, fingerprint=b"other")])
    assert outcomes(answers) == ["recorded", "reused"]
    assert head(log_database) == 1


def test_the_events_of_several_streams_are_recorded_all_or_none(
    sender: FromOutside, log_database: str
) -> None:
    left, right = uuid4(), uuid4()
    sender.send([one(right, 1)])
    torn = append(event(left, 1), event(right, 1))
    whole = append(event(left, 1), event(right, 2), event(left, 2))
    assert outcomes(sender.send([torn]) + sender.send([whole])) == ["conflict", "recorded"]
    places = [(stream, version) for _, stream, version, _ in stored(log_database)]
    assert places == [(right, 1), (left, 1), (right, 2), (left, 2)]


def test_whoever_was_faster_is_told_that_somebody_came_too_late(sender: FromOutside) -> None:
    stream = uuid4()
    answers = [
        *sender.send([one(stream, 1)]),
        *sender.send([one(stream, 1)]),
        *sender.send([one(stream, 2)]),
    ]
    assert [answer.contended for answer in answers if isinstance(answer, Answer)] == [None, None, stream]


# --- one append's fault -----------------------------------------------------------------------------------


def not_unicode() -> Append:
    return append(event(uuid4(), 1, type="half a pair \ud800"))


def no_text() -> Append:
    return append(event(uuid4(), 1, type="a\x00b"))


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
        (not_unicode, "UnicodeEncodeError"),
        (no_text, "DataError"),
        (impossible_version, "IntegrityError"),
        (with_a_gap, "ValueError"),
        (without_events, "ValueError"),
    ],
)
def test_an_append_that_cannot_be_recorded_does_not_harm_those_that_go_with_it(
    sender: FromOutside, log_database: str, faulty: Callable[[], Append], said: str
) -> None:
    answers = sender.send([one(), one(), faulty(), one(), faulty()])
    assert outcomes(answers) == ["recorded", "recorded", said, "recorded", said]
    assert head(log_database) == 3


def test_an_event_id_that_is_taken_is_named_whichever_of_the_events_has_it(sender: FromOutside) -> None:
    stream, taken = uuid4(), uuid4()
    sender.send([append(event(uuid4(), 1, event_id=taken))])
    answers = sender.send([one(), append(event(stream, 1), event(stream, 2, event_id=taken)), one()])
    assert outcomes(answers) == ["recorded", "EventIdTakenError", "recorded"]
    assert isinstance(answers[1], EventIdTakenError)
    assert answers[1].event_id == taken


def test_what_the_server_says_of_an_append_is_not_repeated_in_words(sender: FromOutside) -> None:
    (answer,) = sender.send([append(event(uuid4(), 1, type="Zwetschgenmus\x00"))])
    assert isinstance(answer, DataError)
    assert "Zwetschgenmus" not in str(answer)


# --- the server's fault -----------------------------------------------------------------------------------


def test_a_server_that_only_reads_records_nothing_and_says_so_to_everybody(
    make: Make, log_database: str
) -> None:
    change_database(log_database, "default_transaction_read_only = on")
    answers = make(log_database).send([one(), one()])
    assert outcomes(answers) == ["LogUnwritableError"] * 2
    assert "ReadOnlySqlTransaction 25006" in str(answers[0])
    assert head(log_database) == 0


def test_a_server_that_is_away_for_too_long_is_said_to_be_unreachable(make: Make, log_database: str) -> None:
    nowhere = make(make_conninfo(log_database, dbname="no_such_database"), patience=0.3)
    assert outcomes(nowhere.send([one(), one()])) == ["LogUnreachableError"] * 2


def test_a_database_without_a_log_is_not_asked_for_one_again_and_again(make: Make, new_database: str) -> None:
    assert outcomes(make(new_database).send([one()])) == ["LogUnwritableError"]


def test_a_server_that_may_lose_commits_is_told_nothing(make: Make, log_database: str) -> None:
    change_database(log_database, "synchronous_commit = off")
    answers = make(log_database).send([one(), one()])
    assert outcomes(answers) == ["UnsafeServerError"] * 2
    assert isinstance(answers[0], UnsafeServerError)
    assert head(log_database) == 0


BREAKING_OFF = """
    CREATE SEQUENCE event_log.tries;
    CREATE FUNCTION event_log.break_off() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('event_log.tries') < 3 THEN
            RAISE EXCEPTION 'in each other''s way' USING ERRCODE = '{}';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER break_off BEFORE INSERT ON event_log.events
        FOR EACH ROW EXECUTE FUNCTION event_log.break_off();
"""


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_server_that_breaks_off_because_of_others_is_asked_again(
    sender: FromOutside, log_database: str, state: str
) -> None:
    with psycopg.connect(log_database, autocommit=True) as superuser:
        superuser.execute(BREAKING_OFF.format(state).encode())
    assert outcomes(sender.send([one()])) == ["recorded"]
    assert head(log_database) == 1


# --- in doubt ---------------------------------------------------------------------------------------------


def test_an_answer_lost_on_its_way_is_asked_for_again(
    over_the_wire: FromOutside, cuttable: Wire, log_database: str
) -> None:
    over_the_wire.send([one()])
    cuttable.lose_answer()
    answers = over_the_wire.send([one(), one()])
    assert cuttable.lost == 1
    assert outcomes(answers) == ["already", "already"]
    assert [answer.first_position for answer in answers if isinstance(answer, Answer)] == [2, 3]
    assert head(log_database) == 3


def test_a_call_cut_off_while_the_server_is_at_work_counts_once(
    over_the_wire: FromOutside, cuttable: Wire, log_database: str
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
    over_the_wire: FromOutside, cuttable: Wire, log_database: str
) -> None:
    over_the_wire.send([one()])
    change_database(log_database, "default_transaction_read_only = on")
    cuttable.lose_answer()
    answers = over_the_wire.send([one(), one()])
    assert outcomes(answers) == ["LogUnreachableError"] * 2
    assert isinstance(answers[0], LogUnreachableError)
    assert not isinstance(answers[0], LogUnwritableError)
    assert head(log_database) == 3


def test_a_network_that_falls_silent_ends_in_an_error_while_the_caller_is_patient(
    make: Make, cuttable: Wire, log_database: str
) -> None:
    sender = make(cuttable.conninfo, patience=1.0)
    sender.send([one()])
    cuttable.fall_silent()
    asked, began = one(), monotonic()
    assert outcomes(sender.send([asked])) == ["LogUnreachableError"]
    assert monotonic() - began < 10
    cuttable.speak()
    assert outcomes(sender.send([asked])) == ["recorded"]
    assert head(log_database) == 2


def test_a_server_that_ends_a_new_connection_without_a_word_is_asked_again(
    sender: FromOutside, monkeypatch: pytest.MonkeyPatch
) -> None:
    endings = [psycopg.DatabaseError("server closed the connection unexpectedly")]

    def ending(connection: psycopg.Connection[object]) -> None:
        if endings:
            raise endings.pop()
        check_promises(connection)

    monkeypatch.setattr(connecting, "check_promises", ending)
    assert outcomes(sender.send([one()])) == ["recorded"]
    assert not endings


def test_a_cancelled_call_leaves_no_connection_with_half_an_answer_behind(
    log_database: str, sender: FromOutside
) -> None:
    async def play() -> None:
        await sender.sender.send([first])
        with psycopg.connect(log_database) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            call = asyncio.create_task(sender.sender.send([asked]))
            await asyncio.to_thread(until, lambda: waiting_for_the_head(log_database) == 1, "the call waits")
            call.cancel()
            await asyncio.wait([call])
        answers.extend(await sender.sender.send([one(), asked]))

    first, asked, answers = one(), one(), list[Answer | Exception]()
    asyncio.run(play())
    assert outcomes(answers)[0] == "recorded"
    assert [row[3] for row in stored(log_database)].count(asked.command_id) == 1
