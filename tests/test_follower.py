from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, Cursor
from structlog.testing import capture_logs

from scp_events import follower
from scp_events.aggregates import ALL
from scp_events.aggregates.referral.events import InformationRequested, ReferralWaitlisted
from scp_events.event_log import LogReader, Recorded
from scp_events.follower import (
    FencedError,
    Follower,
    On,
    OtherTablesError,
    ProjectedEvent,
    Standing,
    State,
    TablesWithoutCaseError,
    checkpoints,
)
from scp_events.follower.following import is_transient
from scp_events.vocabulary import AnyAggregate, Event, Position, stored_type
from tests.opened import opened_reader
from tests.publishing.filled_log import SECRET_WORDS, append_many
from tests.waiting import until

EVERYTHING = frozenset(event for aggregate in ALL for event in aggregate.EVENTS)
WHOLE = tuple(EVERYTHING)
NOTE: LiteralString = "INSERT INTO seen VALUES (%(position)s, %(type)s, %(case_id)s)"
"""Fails when an event is taken in twice: the position is the primary key."""


@dataclass(frozen=True)
class Sketch:
    """A projection for one test."""

    ON: On
    NAME: str = "sketch"
    VERSION: int = 1
    TABLES: LiteralString = (
        "CREATE TABLE seen (position bigint PRIMARY KEY, type text NOT NULL, case_id uuid)"
    )
    READS: Sequence[AnyAggregate] = ALL
    AS_RECORDED: bool = False
    others: frozenset[type[Event]] = field(default=EVERYTHING)

    @property
    def PERSONAL(self) -> dict[str, follower.PersonalColumn]:  # noqa: N802 - as a projection says it
        return {}

    @property
    def IGNORES(self) -> frozenset[type[Event]]:  # noqa: N802 - as a projection says it
        return self.others - set(self.ON)


NOTES_ALL = Sketch(dict.fromkeys(WHOLE, NOTE))
NOTES_REQUESTS = Sketch({InformationRequested: NOTE}, NAME="requests")


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(log_database, autocommit=True) as connection:
        yield connection


def caught_up(log: LogReader, projection: follower.Projection, span: int = 7) -> Position:
    """Follow with a new follower, in many small transactions, to the end of the log."""
    follower.prepare(log.conninfo, [projection])
    with Follower(log, projection, span=span) as new:
        return new.catch_up()


def seen(connection: Connection[Any], projection: follower.Projection = NOTES_ALL) -> list[int]:
    schema = follower.schema_of(projection.NAME, projection.VERSION)
    rows = connection.execute(f"SELECT position FROM {schema}.seen ORDER BY position")  # noqa: S608 - ours
    return [position for (position,) in rows]


def standing(connection: Connection[Any], projection: follower.Projection = NOTES_ALL) -> Standing:
    (found,) = (
        each
        for each in follower.status(connection)
        if (each.name, each.version) == (projection.NAME, projection.VERSION)
    )
    return found


def eventually(so: Callable[[], bool]) -> None:
    """Wait for what another thread or process is about to do."""
    until(so, "it is so")


# --- exactly once -----------------------------------------------------------------------------------------


def test_every_event_counts_once(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 60)
    assert caught_up(log, NOTES_ALL) == 60
    assert seen(connection) == list(range(1, 61))
    append_many(log.conninfo, 15)
    assert caught_up(log, NOTES_ALL) == 75
    assert seen(connection) == list(range(1, 76))


def test_the_checkpoint_passes_over_what_a_projection_does_not_want(
    log: LogReader, connection: Connection[Any]
) -> None:
    append_many(log.conninfo, 60)
    assert caught_up(log, NOTES_REQUESTS) == 60
    wanted = [r.position for r in log.read_all() if isinstance(r.event, InformationRequested)]
    assert 0 < len(wanted) < 60
    assert seen(connection, NOTES_REQUESTS) == wanted
    assert standing(connection, NOTES_REQUESTS).lag_events == 0


def test_events_are_taken_in_in_the_order_of_the_log(log: LogReader, connection: Connection[Any]) -> None:
    """Statements of different kinds, and a function among them, keep their order."""

    def waited(cursor: Cursor[Any], waitlisted: ProjectedEvent) -> None:
        cursor.execute("UPDATE story SET told = told || 'waited' || %s::text", [waitlisted.recorded.position])

    words: dict[type[Event], str] = {event: stored_type(event) for event in WHOLE}
    statements: dict[type[Event], Any] = {
        event: f"UPDATE story SET told = told || '{word}' || %(position)s::text"  # noqa: S608 - ours
        for event, word in words.items()
    }
    story = Sketch(
        statements | {ReferralWaitlisted: waited},
        NAME="story",
        TABLES="CREATE TABLE story (told text NOT NULL, case_id uuid); INSERT INTO story VALUES ('')",
    )
    append_many(log.conninfo, 60)
    caught_up(log, story, span=25)
    words[ReferralWaitlisted] = "waited"
    expected = "".join(f"{words[type(r.event)]}{r.position}" for r in log.read_all())
    assert len({type(r.event) for r in log.read_all()}) > 2
    assert connection.execute("SELECT told FROM rm_story_v1.story").fetchone() == (expected,)


def test_rows_and_checkpoint_commit_together(log: LogReader, connection: Connection[Any]) -> None:
    def lose_the_connection(cursor: Cursor[Any], _event: ProjectedEvent) -> None:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    append_many(log.conninfo, 20)
    with pytest.raises(psycopg.OperationalError):
        caught_up(log, Sketch({**NOTES_ALL.ON, ReferralWaitlisted: lose_the_connection}), span=20)
    assert seen(connection) == []
    assert standing(connection).position == 0
    assert caught_up(log, NOTES_ALL) == 20


# --- owners -----------------------------------------------------------------------------------------------


def test_a_newcomer_takes_over_and_the_old_one_is_fenced(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 10)
    follower.prepare(log.conninfo, [NOTES_ALL])
    with Follower(log, NOTES_ALL) as old, Follower(log, NOTES_ALL) as new:
        assert old.catch_up() == 10
        append_many(log.conninfo, 10)
        assert new.catch_up() == 20
        with pytest.raises(FencedError, match="sketch version 1"):
            old.catch_up()
    assert seen(connection) == list(range(1, 21))


def test_an_owner_that_was_replaced_while_reading_commits_nothing(
    log: LogReader, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    append_many(log.conninfo, 10)
    follower.prepare(log.conninfo, [NOTES_ALL])
    read = log.read
    with Follower(log, NOTES_ALL) as old, Follower(log, NOTES_ALL) as new:

        def read_slowly(*asked: Any, **more: Any) -> list[Recorded[Event]]:
            found = read(*asked, **more)
            monkeypatch.setattr(log, "read", read)
            new.catch_up()
            return found

        monkeypatch.setattr(log, "read", read_slowly)
        with pytest.raises(FencedError):
            old.catch_up()
    assert seen(connection) == list(range(1, 11))


def test_an_owner_commits_nothing_once_another_has_come_though_it_has_not_moved(
    log: LogReader, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    append_many(log.conninfo, 10)
    follower.prepare(log.conninfo, [NOTES_ALL])
    read = log.read
    with Follower(log, NOTES_ALL) as old:

        def read_slowly(*asked: Any, **more: Any) -> list[Recorded[Event]]:
            checkpoints.take_over(connection, NOTES_ALL, uuid4())
            return read(*asked, **more)

        monkeypatch.setattr(log, "read", read_slowly)
        with pytest.raises(FencedError):
            old.catch_up()
    assert seen(connection) == []


def test_followers_racing_for_one_projection_count_nothing_twice(
    log: LogReader, connection: Connection[Any]
) -> None:
    append_many(log.conninfo, 100)
    follower.prepare(log.conninfo, [NOTES_ALL])

    def compete(_: int) -> bool:
        with Follower(log, NOTES_ALL, span=3) as one_of_many:
            try:
                return one_of_many.catch_up() == 100
            except FencedError:
                return False

    with ThreadPoolExecutor(4) as pool:
        assert any(pool.map(compete, range(4)))
    assert seen(connection) == list(range(1, 101))


# --- events that cannot be taken in -----------------------------------------------------------------------

TENDER = Sketch(
    dict.fromkeys(
        WHOLE,
        "INSERT INTO seen SELECT %(position)s, %(type)s, %(case_id)s"
        " WHERE 1 / (%(position)s - (SELECT bad FROM weakness)) IS NOT NULL",
    ),
    NAME="tender",
    TABLES="CREATE TABLE seen (position bigint PRIMARY KEY, type text NOT NULL, case_id uuid);"
    " CREATE TABLE weakness (bad bigint, case_id uuid); INSERT INTO weakness VALUES (13)",
)
"""Fails at one position, until that is mended."""


def test_a_connection_that_ends_without_a_word_is_nobody_s_poison() -> None:
    assert is_transient(psycopg.DatabaseError("server closed the connection unexpectedly"))
    assert is_transient(psycopg.OperationalError("the connection is closed"))
    assert not is_transient(psycopg.errors.UniqueViolation("a row is there already"))


@pytest.mark.faults
def test_everything_before_a_poisonous_event_is_taken_in(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 40)
    assert caught_up(log, TENDER, span=1000) == 12
    assert seen(connection, TENDER) == list(range(1, 13))
    found = standing(connection, TENDER)
    assert (found.state, found.position, found.failed_position) == (State.STOPPED, 12, 13)
    assert found.failed_type == log.read(Position(12), 1)[0].event.type
    assert found.error == "DivisionByZero 22012"


@pytest.mark.faults
def test_a_stopped_projection_stands_still_while_others_go_on(
    log: LogReader, connection: Connection[Any]
) -> None:
    append_many(log.conninfo, 20)
    follower.prepare(log.conninfo, [TENDER, NOTES_ALL])
    with follower.following(log, [TENDER, NOTES_ALL]):
        eventually(lambda: standing(connection, TENDER).state is State.STOPPED)
        append_many(log.conninfo, 20)
        assert follower.wait_for(connection, NOTES_ALL, Position(40), timeout=60)
        assert standing(connection, TENDER).position == 12


@pytest.mark.faults
def test_a_stopped_projection_goes_on_once_it_is_told_to(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 20)
    caught_up(log, TENDER)
    assert not follower.resume(connection, TENDER)
    connection.execute("UPDATE rm_tender_v1.weakness SET bad = 0")
    assert caught_up(log, TENDER) == 12
    assert follower.retry(connection, TENDER)
    assert caught_up(log, TENDER) == 20
    assert seen(connection, TENDER) == list(range(1, 21))
    assert standing(connection, TENDER).error is None


@pytest.mark.faults
def test_the_error_of_a_poisonous_event_repeats_nothing_personal(
    log: LogReader, connection: Connection[Any]
) -> None:
    numbers = Sketch(
        {InformationRequested: "INSERT INTO seen VALUES (%(request)s::int, %(type)s, %(case_id)s)"}
    )
    append_many(log.conninfo, 20)
    caught_up(log, numbers)
    found = standing(connection)
    assert found.state is State.STOPPED
    assert found.error == "InvalidTextRepresentation 22P02"
    assert SECRET_WORDS not in repr(connection.execute("SELECT * FROM follower.checkpoints").fetchall())


def test_a_broken_constraint_is_named(log: LogReader, connection: Connection[Any]) -> None:
    doubled = Sketch(dict.fromkeys(WHOLE, "INSERT INTO seen VALUES (1, %(type)s, %(case_id)s)"))
    append_many(log.conninfo, 20)
    caught_up(log, doubled)
    assert standing(connection).error == "UniqueViolation 23505 seen seen_pkey"
    assert standing(connection).position == 1


def test_a_function_that_fails_is_named_by_its_line(log: LogReader, connection: Connection[Any]) -> None:
    def stumble(_cursor: Cursor[Any], requested: ProjectedEvent) -> None:
        raise ValueError(requested.event)

    append_many(log.conninfo, 20)
    caught_up(log, Sketch({InformationRequested: stumble}))
    error = standing(connection).error
    assert (error or "").startswith("ValueError at test_follower.py:")


def test_an_event_of_a_newer_program_is_never_skipped(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 10)
    connection.execute("""
        INSERT INTO event_log.events
        SELECT 11, gen_random_uuid(), 1, recorded_at, 'referral.teleported', body, gen_random_uuid(),
            category,
            case_id, command_id, 1, occurred_at, precision, false
        FROM event_log.events WHERE position = 10""")
    connection.execute("UPDATE event_log.head SET position = 11")
    assert caught_up(log, NOTES_REQUESTS) == 10
    found = standing(connection, NOTES_REQUESTS)
    assert found.failed_type == "referral.teleported"
    assert found.error is not None
    assert "does not know" in found.error


# --- steering ---------------------------------------------------------------------------------------------


def test_a_paused_projection_stands_still_and_goes_on_where_it_was(
    log: LogReader, connection: Connection[Any]
) -> None:
    append_many(log.conninfo, 10)
    caught_up(log, NOTES_ALL)
    assert follower.pause(connection, NOTES_ALL)
    assert not follower.pause(connection, NOTES_ALL)
    append_many(log.conninfo, 10)
    assert caught_up(log, NOTES_ALL) == 10
    assert standing(connection).state is State.PAUSED
    assert not follower.retry(connection, NOTES_ALL)
    assert follower.resume(connection, NOTES_ALL)
    assert caught_up(log, NOTES_ALL) == 20


def test_the_lag_is_exact(log: LogReader, connection: Connection[Any]) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL, NOTES_REQUESTS])
    assert [(s.name, s.lag_events, s.lag_seconds) for s in follower.status(connection)] == [
        ("requests", 0, 0.0),
        ("sketch", 0, 0.0),
    ]
    append_many(log.conninfo, 10)
    caught_up(log, NOTES_ALL)
    append_many(log.conninfo, 5)
    assert standing(connection).lag_events == 5
    assert standing(connection, NOTES_REQUESTS).lag_events == 15
    assert standing(connection, NOTES_REQUESTS).lag_seconds > standing(connection).lag_seconds > 0


def test_a_writer_can_wait_to_read_what_they_wrote(log: LogReader, connection: Connection[Any]) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL])
    with follower.following(log, [NOTES_ALL]):
        for count in range(10, 40, 10):
            append_many(log.conninfo, 10)
            assert follower.wait_for(connection, NOTES_ALL, log.head(), timeout=60)
            assert seen(connection) == list(range(1, count + 1))


def test_nobody_waits_for_what_does_not_move(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 10)
    follower.prepare(log.conninfo, [NOTES_ALL])
    assert not follower.wait_for(connection, NOTES_ALL, Position(10), timeout=0)
    follower.pause(connection, NOTES_ALL)
    assert not follower.wait_for(connection, NOTES_ALL, Position(10), timeout=1e9)


def test_following_survives_the_loss_of_every_connection(log: LogReader, connection: Connection[Any]) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL])
    with follower.following(log, [NOTES_ALL]) as threads:
        for count in range(20, 80, 20):
            append_many(log.conninfo, 20)
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert follower.wait_for(connection, NOTES_ALL, Position(count), timeout=60)
        assert all(thread.is_alive() for thread in threads)
    assert seen(connection) == list(range(1, 61))


def test_who_lost_its_place_takes_it_up_again_once_the_other_has_gone(
    log: LogReader, connection: Connection[Any]
) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL])
    append_many(log.conninfo, 10)
    with follower.following(log, [NOTES_ALL]) as (thread,):
        assert follower.wait_for(connection, NOTES_ALL, Position(10), timeout=60)
        with capture_logs() as said, Follower(log, NOTES_ALL) as other:
            other.catch_up()
            append_many(log.conninfo, 10)
            eventually(lambda: [entry for entry in said if entry["event"] == "lost its place"])
            assert other.catch_up() == 20
        append_many(log.conninfo, 10)
        assert follower.wait_for(connection, NOTES_ALL, Position(30), timeout=60)
        assert thread.is_alive()
    assert seen(connection) == list(range(1, 31))


def test_who_stands_by_leaves_the_projection_to_the_other(
    log: LogReader, connection: Connection[Any]
) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL])
    with follower.following(log, [NOTES_ALL]), Follower(log, NOTES_ALL) as other:
        append_many(log.conninfo, 10)
        assert follower.wait_for(connection, NOTES_ALL, Position(10), timeout=60)
        other.catch_up()
        for _ in range(3):
            append_many(log.conninfo, 10)
            eventually(lambda: other.catch_up() == log.head())


def test_nobody_is_said_to_follow_who_is_not_there(log: LogReader, connection: Connection[Any]) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL])
    assert standing(connection).state is State.NOT_FOLLOWED
    with follower.following(log, [NOTES_ALL]):
        eventually(lambda: standing(connection).state is State.FOLLOWING)
    eventually(lambda: standing(connection).state is State.NOT_FOLLOWED)  # once the server saw them hang up
    follower.pause(connection, NOTES_ALL)
    assert standing(connection).state is State.PAUSED


# --- making -----------------------------------------------------------------------------------------------


def test_preparing_again_changes_nothing(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 10)
    caught_up(log, NOTES_ALL)
    follower.prepare(log.conninfo, [NOTES_ALL])
    assert standing(connection).position == 10


def test_programs_that_prepare_at_once_wait_for_each_other(
    log: LogReader, connection: Connection[Any]
) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: follower.prepare(log.conninfo, [NOTES_ALL]), range(4)))
    assert standing(connection).position == 0


def test_other_tables_are_another_version(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 10)
    caught_up(log, NOTES_ALL)
    longer = NOTES_ALL.TABLES + "; CREATE TABLE more (case_id uuid)"
    with pytest.raises(OtherTablesError, match="raise its VERSION"):
        follower.prepare(log.conninfo, [Sketch(NOTES_ALL.ON, TABLES=longer)])
    caught_up(log, second := Sketch(NOTES_ALL.ON, VERSION=2, TABLES=longer))
    assert seen(connection) == seen(connection, second) == list(range(1, 11))


def test_tables_whose_rows_belong_to_no_case_are_refused(log: LogReader) -> None:
    timeless = Sketch(NOTES_ALL.ON, TABLES="CREATE TABLE seen (position bigint, type text)")
    with pytest.raises(TablesWithoutCaseError, match="`case_id`: seen"):
        follower.prepare(log.conninfo, [timeless])


def test_a_projection_is_prepared_before_it_is_followed(log: LogReader) -> None:
    follower.prepare(log.conninfo, [])
    with Follower(log, NOTES_ALL) as new, pytest.raises(follower.UnknownProjectionError, match="prepare"):
        new.catch_up()


# --- building anew ----------------------------------------------------------------------------------------


def test_a_rebuild_puts_right_what_was_lost_while_the_old_tables_answer(
    log: LogReader, connection: Connection[Any]
) -> None:
    append_many(log.conninfo, 30)
    caught_up(log, NOTES_ALL)
    connection.execute("DELETE FROM rm_sketch_v1.seen WHERE position > 10")
    heard: list[tuple[int, int, int]] = []
    built = follower.rebuild(
        log, NOTES_ALL, lambda position, head: heard.append((position, head, len(seen(connection))))
    )
    assert built == 30
    assert heard == [(30, 30, 10)]
    assert seen(connection) == list(range(1, 31))
    schemas = connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rm_sketch%'")
    assert schemas.fetchone() == (1,)


def test_readers_see_the_old_tables_or_the_new_ones(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 30)
    caught_up(log, NOTES_ALL)
    connection.execute("DELETE FROM rm_sketch_v1.seen WHERE position > 10")
    with ThreadPoolExecutor(1) as pool, psycopg.connect(log.conninfo) as reading:
        rebuilding = pool.submit(follower.rebuild, log, NOTES_ALL)
        answers = [_asked(reading)]
        while not rebuilding.done():
            answers.append(_asked(reading))
        rebuilding.result()
        answers.append(_asked(reading))
    assert answers == sorted(answers)
    assert set(answers) == {10, 30}


def test_a_rebuild_and_a_follower_at_work_count_everything_once(
    log: LogReader, connection: Connection[Any]
) -> None:
    follower.prepare(log.conninfo, [NOTES_ALL])
    with follower.following(log, [NOTES_ALL]) as (thread,):
        for _ in range(5):
            append_many(log.conninfo, 30)
            follower.rebuild(log, NOTES_ALL)
        append_many(log.conninfo, 30)
        assert follower.wait_for(connection, NOTES_ALL, Position(180), timeout=60)
        assert thread.is_alive()
    assert seen(connection) == list(range(1, 181))


def test_a_rebuild_goes_as_far_as_the_tables_it_replaces(
    log: LogReader, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that arrive, and are followed, between the last batch and the swap."""
    append_many(log.conninfo, 10)
    caught_up(log, NOTES_ALL)

    def late(_position: Position, _head: Position) -> None:
        monkeypatch.setattr(log, "head", lambda: Position(10))
        append_many(log.conninfo, 10)
        with opened_reader(log.conninfo) as other:
            caught_up(other, NOTES_ALL)

    assert follower.rebuild(log, NOTES_ALL, late) == 20
    assert seen(connection) == list(range(1, 21))


def test_a_stopped_projection_is_mended_by_a_rebuild(log: LogReader, connection: Connection[Any]) -> None:
    append_many(log.conninfo, 20)
    caught_up(log, TENDER)
    follower.rebuild(log, Sketch(NOTES_ALL.ON, NAME="tender", TABLES=TENDER.TABLES))
    assert standing(connection, TENDER).state is State.NOT_FOLLOWED
    assert seen(connection, TENDER) == list(range(1, 21))


def test_a_rebuild_that_fails_leaves_everything_as_it_was(
    log: LogReader, connection: Connection[Any]
) -> None:
    append_many(log.conninfo, 20)
    caught_up(log, Sketch(NOTES_ALL.ON, NAME="tender", TABLES=TENDER.TABLES))
    with pytest.raises(psycopg.errors.DivisionByZero):
        follower.rebuild(log, TENDER)
    assert seen(connection, TENDER) == list(range(1, 21))
    assert standing(connection, TENDER).state is State.NOT_FOLLOWED
    follower.rebuild(log, Sketch(NOTES_ALL.ON, NAME="tender", TABLES=TENDER.TABLES))


# --- reading the log --------------------------------------------------------------------------------------


def test_the_log_is_read_between_two_positions_and_without_what_is_not_wanted(log: LogReader) -> None:
    append_many(log.conninfo, 30)
    every = log.read()
    assert log.read(Position(3), through=Position(9)) == every[3:9]
    without = log.read(Position(3), through=Position(20), without=[InformationRequested])
    assert without == [r for r in every[3:20] if not isinstance(r.event, InformationRequested)]
    assert log.read(through=Position(0)) == []


@dataclass(frozen=True)
class Count:
    count: int


def _asked(connection: Connection[Any]) -> int:
    (found,) = follower.ask(connection, "rm_sketch_v1", Count, "SELECT count(*) FROM seen")
    return found.count
