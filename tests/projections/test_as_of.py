"""A projection as it was on another day: by what had happened then, and by what was known then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from scp_events import event_log, follower, measures, privacy
from scp_events.aggregates import engagement
from scp_events.aggregates.engagement.rules import Status
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.follower import Point
from scp_events.projections import ALL, caseload, decisions, outcomes, referrals
from scp_events.vocabulary import Position
from tests.examples import engagement as people
from tests.examples import irp as plans
from tests.examples import referral as asking
from tests.examples.assessment import ASSESS, OVERRIDE
from tests.opened import opened_handler, opened_reader
from tests.projections.cases import Case, but, day, erased
from tests.projections.conftest import Reading
from tests.words import KEY_WORKER, REFERRER


def story(handler: BlockingCommandHandler) -> Case:
    case = Case(handler).on(1).refer(*asking.ACCEPTED).on(5).register().meet(*people.TRUSTED)
    case.on(10).meet(people.CONFIRM, people.ASSIGN).on(20).assess(1, ASSESS).on(25).assess(1, OVERRIDE)
    return case.on(30).plan(*plans.ACTIVE, plans.achieve()).on(40).meet(people.PAUSE)


def test_a_caseload_is_told_as_of_a_day(handler: BlockingCommandHandler, log: LogReader) -> None:
    story(handler)
    told = {}
    for number in (4, 9, 10, 24, 25, 40):
        with follower.at(log, caseload, Point(as_of=day(number))) as asked:
            rows = [
                *caseload.of_key_worker(asked, KEY_WORKER.id, day(number)),
                *caseload.without_key_worker(asked, day(number)),
            ]
            told[number] = [(row.status, row.risk_level, row.plan_status) for row in rows]
    assert told == {
        4: [],
        9: [(Status.ENGAGING, None, None)],
        10: [(Status.ACTIVE, None, None)],
        24: [(Status.ACTIVE, "medium", None)],
        25: [(Status.ACTIVE, "very-high", None)],
        40: [(Status.PAUSED, "very-high", "active")],
    }


def test_what_was_not_known_yet_is_not_told(handler: BlockingCommandHandler, log: LogReader) -> None:
    case = story(handler)
    before = log.head()
    case.on(day(10)).meet(but(people.MISS, outcome="held", held_minutes=15))
    case.correct(engagement, people.FIRST, but(people.MEET, held_minutes=5))
    for known, minutes in ((before, 80), (Position(before + 1), 95), (Position(before + 2), 60), (None, 60)):
        with follower.at(log, caseload, Point(day(10), known)) as asked:
            (row,) = caseload.of_key_worker(asked, KEY_WORKER.id, day(10))
            assert row.held_minutes == minutes


def test_the_live_tables_are_left_as_they_are(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    story(handler)
    live = reading(caseload)
    now = caseload.of_key_worker(live, KEY_WORKER.id, day(60))
    with follower.at(log, caseload, Point(day(2))) as asked:
        assert caseload.of_key_worker(asked, KEY_WORKER.id, day(2)) == []
        assert caseload.of_key_worker(live, KEY_WORKER.id, day(60)) == now
    schemas = live.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rm%'").fetchall()
    assert len(schemas) == len(ALL)


@pytest.mark.parametrize("projection", ALL, ids=lambda each: each.NAME)
def test_every_projection_says_of_now_what_its_live_tables_say(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading, projection: Any
) -> None:
    case = story(handler)
    case.on(day(12)).meet(but(people.MISS, outcome="held", held_minutes=15))
    case.correct(engagement, people.FIRST, people.MEET, day(7))
    erased(log, story(handler))
    assert answers(reading(projection), projection, case) != []
    with follower.at(log, projection, Point()) as asked:
        assert answers(asked, projection, case) == answers(reading(projection), projection, case)


def answers(asked: psycopg.Connection[Any], projection: Any, case: Case) -> list[Any]:
    if projection is caseload:
        return [caseload.of_key_worker(asked, KEY_WORKER.id, day(60)), caseload.loads(asked, day(60), 12)]
    if projection is referrals:
        return [referrals.of_agency(asked, REFERRER.organisation), referrals.counts(asked)]
    if projection is decisions:
        return [decisions.of_case(asked, case.case_id), decisions.register(asked)]
    on = date(2025, 9, 1)
    return [
        measures.referral_conversion(asked, on),
        measures.days_to_first_contact(asked, on),
        measures.days_to_agreed_plan(asked, on),
        measures.goals_achieved(asked, on),
    ]


def test_a_figure_as_known_earlier_says_what_it_was_made_from(
    handler: BlockingCommandHandler, log: LogReader
) -> None:
    story(handler)
    known = log.head()
    story(handler)
    with follower.at(log, outcomes, Point(known_through=known)) as asked:
        rate = measures.referral_conversion(asked, day(100))
    assert (rate.n, rate.data_cutoff.position) == (1, known)


# --- west of UTC ------------------------------------------------------------------------------------------


@pytest.fixture
def in_antigua(new_database: str) -> Iterator[tuple[BlockingCommandHandler, LogReader]]:
    event_log.prepare(new_database, time_zone="America/Antigua")
    privacy.prepare(new_database)
    follower.prepare(new_database, ALL)
    with opened_handler(new_database) as handler, opened_reader(new_database) as log:
        yield handler, log


def test_an_evening_west_of_utc_belongs_to_the_day_it_was_there(
    in_antigua: tuple[BlockingCommandHandler, LogReader],
) -> None:
    """31 March, nine in the evening in Antigua, is one in the morning of 1 April in UTC."""
    handler, log = in_antigua
    evening = datetime(2025, 4, 1, 1, tzinfo=UTC)
    assert evening.astimezone(ZoneInfo("America/Antigua")).date() == date(2025, 3, 31)
    case = Case(handler).on(80).register().meet(people.AGREE).on(evening).meet(people.MEET)
    case.on(evening).refer(*asking.ACCEPTED)
    for projection in (caseload, referrals, outcomes):
        with follower.Follower(log, projection) as following:
            following.catch_up()
    with psycopg.connect(log.conninfo) as asked:
        march = caseload.contacts_made(asked, date(2025, 3, 1), date(2025, 3, 31))
        assert [(made.made_by, made.held) for made in march] == [(KEY_WORKER.id, 1)]
        assert caseload.contacts_made(asked, date(2025, 4, 1), date(2025, 4, 30)) == []
        (row,) = referrals.of_agency(asked, REFERRER.organisation)
        assert (row.submitted_on, row.first_contact_on) == (date(2025, 3, 31), date(2025, 3, 31))
        waits = measures.days_to_first_contact(asked, date(2025, 4, 28))
        assert (waits.n, waits.median_days) == (1, 0)
    with follower.at(log, caseload, Point(as_of=date(2025, 3, 31))) as asked:
        assert len(caseload.contacts_made(asked, date.min, date.max)) == 1
    with follower.at(log, caseload, Point(as_of=date(2025, 3, 30))) as asked:
        assert caseload.contacts_made(asked, date.min, date.max) == []
