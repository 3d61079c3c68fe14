"""A batch taken in: what comes last in time as it comes, and a case with anything else in it anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection

from scp_events import follower
from scp_events.aggregates import referral
from scp_events.aggregates.referral.events import InformationRequested
from scp_events.event_log import LogReader
from scp_events.follower import Follower, State
from scp_events.privacy import open_keyring
from scp_events.vocabulary import CaseId, Event, EventId, Position, Stream, correction_of, retraction_of
from tests.opened import opened_reader
from tests.projections.writing import Told, Writer
from tests.words import decision

STORIES: Any = SimpleNamespace(
    NAME="stories",
    VERSION=1,
    READS=(referral,),
    AS_RECORDED=False,
    PERSONAL={"request": follower.PersonalColumn("stories", "told", "narrative")},
    TABLES="""
        CREATE TABLE stories (case_id uuid PRIMARY KEY, told text NOT NULL CHECK (told !~ 'b.*a'))""",
    ON={
        InformationRequested: """
            INSERT INTO stories AS known VALUES (%(case_id)s, %(request)s)
            ON CONFLICT (case_id) DO UPDATE SET told = known.told || excluded.told"""
    },
    IGNORES=frozenset(referral.EVENTS) - {InformationRequested},
)
"""One letter after the other, in the order in which they come; `b` before `a` is what it cannot take in."""


class Storyteller:
    """Tells letters, each of a day of March 2025, in one stream of each case."""

    def __init__(self, log: LogReader, writer: Writer) -> None:
        self.log = log
        self._writer = writer
        self._streams: dict[CaseId, Stream] = {}

    def tell(self, case_id: CaseId, letter: str, day: int) -> EventId:
        return self._write(case_id, InformationRequested(request=letter), day)

    def correct(self, case_id: CaseId, corrects: EventId, letter: str, day: int) -> None:
        fact = InformationRequested(request=letter)
        correction = correction_of(InformationRequested)
        self._write(case_id, correction(corrects=corrects, fact=fact, decision=decision()), day)

    def retract(self, case_id: CaseId, corrects: EventId) -> None:
        self._write(case_id, retraction_of(InformationRequested)(corrects=corrects, decision=decision()), 1)

    def _write(self, case_id: CaseId, event: Event, day: int) -> EventId:
        stream = self._streams.setdefault(case_id, Stream("referral", uuid4()))
        told = Told(case_id, stream, event, date(2025, 3, day), EventId(uuid4()))
        self._writer.write([told])
        return told.event_id


@pytest.fixture
def teller(log_database: str) -> Iterator[Storyteller]:
    follower.prepare(log_database, [STORIES])
    with opened_reader(log_database) as log, open_keyring(log_database) as keyring:
        yield Storyteller(log, Writer(log_database, keyring, log.calendar))


@pytest.fixture
def connection(log_database: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(log_database, autocommit=True) as connection:
        yield connection


def followed(teller: Storyteller, span: int = 1000) -> Position:
    with Follower(teller.log, STORIES, span=span) as following:
        return following.catch_up()


def told(connection: Connection[Any], case_id: CaseId) -> str:
    row = connection.execute(
        "SELECT told FROM rm_stories_v1.stories WHERE case_id = %s", [case_id]
    ).fetchone()
    return "" if row is None else str(row[0])


@pytest.mark.parametrize("span", [1, 2, 1000])
def test_what_is_entered_late_stands_where_it_belongs(
    teller: Storyteller, connection: Connection[Any], span: int
) -> None:
    case, other = CaseId(uuid4()), CaseId(uuid4())
    for letter, day in (("k", 3), ("m", 9), ("l", 5)):
        teller.tell(case, letter, day)
        teller.tell(other, letter.upper(), 12 - day)
    followed(teller, span)
    assert (told(connection, case), told(connection, other)) == ("klm", "MLK")


def test_a_correction_stands_in_the_place_of_the_fact_and_a_retraction_leaves_it_empty(
    teller: Storyteller, connection: Connection[Any]
) -> None:
    case = CaseId(uuid4())
    wrong, _, never = (teller.tell(case, letter, day) for letter, day in (("k", 3), ("m", 9), ("n", 12)))
    followed(teller)
    teller.correct(case, wrong, "x", 3)
    followed(teller)
    assert told(connection, case) == "xmn"
    teller.correct(case, wrong, "y", 10)
    teller.retract(case, never)
    followed(teller)
    assert told(connection, case) == "my"
    teller.tell(case, "z", 10)
    followed(teller)
    assert told(connection, case) == "myz"


def test_of_a_case_of_which_everything_was_retracted_nothing_is_left(
    teller: Storyteller, connection: Connection[Any]
) -> None:
    case = CaseId(uuid4())
    only = teller.tell(case, "k", 9)
    followed(teller)
    teller.retract(case, only)
    followed(teller)
    assert told(connection, case) == ""
    teller.tell(case, "l", 3)
    followed(teller)
    assert told(connection, case) == "l"


def test_a_case_is_taken_in_anew_once_a_batch_and_others_are_not(
    teller: Storyteller, connection: Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case, other = CaseId(uuid4()), CaseId(uuid4())
    asked: list[Sequence[Any]] = []
    histories = teller.log.histories

    def noted(cases: Sequence[Any], *more: Any, **named: Any) -> Any:
        asked.append(list(cases))
        return histories(cases, *more, **named)

    monkeypatch.setattr(teller.log, "histories", noted)
    for letter, day in (("p", 9), ("o", 8), ("n", 7), ("m", 6)):
        teller.tell(case, letter, day)
        teller.tell(other, letter, 10 - day)
    followed(teller)
    assert asked == [[case]]
    assert (told(connection, case), told(connection, other)) == ("mnop", "ponm")


@pytest.mark.faults
def test_what_cannot_be_taken_in_anew_stops_at_the_event_that_asked_for_it(
    teller: Storyteller, connection: Connection[Any]
) -> None:
    case, other = CaseId(uuid4()), CaseId(uuid4())
    teller.tell(case, "a", 5)
    teller.tell(other, "k", 5)
    teller.tell(case, "b", 3)
    teller.tell(other, "l", 6)
    assert followed(teller) == 2
    (standing,) = follower.status(connection)
    assert (standing.state, standing.failed_position) == (State.STOPPED, 3)
    assert standing.error == "CheckViolation 23514 stories stories_told_check"
    assert (told(connection, case), told(connection, other)) == ("a", "k")


def test_a_history_taken_in_anew_says_erased_where_something_was(
    teller: Storyteller, connection: Connection[Any]
) -> None:
    case = CaseId(uuid4())
    teller.tell(case, "k", 5)
    followed(teller)
    assert told(connection, case) == "k"
    teller.tell(case, "l", 3)
    teller.log.keyring.fence(case)
    teller.log.keyring.destroy(case)
    followed(teller)
    assert told(connection, case) == "erasederased"


@pytest.mark.parametrize("span", [1, 3, 1000])
def test_a_rebuild_comes_to_the_same(teller: Storyteller, connection: Connection[Any], span: int) -> None:
    case = CaseId(uuid4())
    first = teller.tell(case, "m", 9)
    for letter, day in (("k", 3), ("l", 5), ("o", 12)):
        teller.tell(case, letter, day)
    teller.correct(case, first, "n", 10)
    followed(teller, span)
    assert told(connection, case) == "klno"
    connection.execute("DELETE FROM rm_stories_v1.stories")
    follower.rebuild(teller.log, STORIES)
    assert told(connection, case) == "klno"
