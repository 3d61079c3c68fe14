"""Policies that were adopted, as a process that decides has them at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from scp_events.event_log import BlockingCommandHandler, CommandHandler
from scp_events.policy import CURRENT, Policies
from scp_events.vocabulary import UTC_CALENDAR, Refused
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.jurisdiction import adopt
from tests.examples.referral import DRAFT
from tests.opened import opened_handler, opened_reader
from tests.words import REFERRER

STRICT = CURRENT.model_copy(update={"version": "2099.1", "draft_open_days": 7})
LATER = CURRENT.model_copy(update={"version": "2099.2"})
DAY = date(2998, 6, 1)
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler


@pytest.fixture
def others(log_database: str) -> Iterator[BlockingCommandHandler]:
    """Another process that decides on the same log."""
    with opened_handler(log_database) as handler:
        yield handler
    check_log(log_database)


def known(handler: BlockingCommandHandler, day: date, minutes: int = 60) -> Policies:
    """Return what a process knows so many minutes after midnight."""
    now = datetime.combine(day, time(), UTC_CALENDAR.zone) + timedelta(minutes=minutes)

    async def asked(of: CommandHandler) -> Policies:
        if not of.adopted.suffices(UTC_CALENDAR.moment(now), DRAFT):
            await of.adopted.read(UTC_CALENDAR.moment(now))
        return of.adopted.known

    return handler.run(asked)


def test_what_another_process_adopts_is_known_from_its_first_day_on(
    handler: BlockingCommandHandler, others: BlockingCommandHandler
) -> None:
    assert known(handler, DAY).adopted == ()
    adopt(others, STRICT, first_day=NEXT_DAY)
    assert known(handler, DAY).adopted == (), "read once a day: nothing adopted today is in force today"
    assert known(handler, NEXT_DAY).in_force_on(NEXT_DAY) == STRICT


def test_in_the_first_minutes_of_a_day_another_clock_may_be_on_the_day_before(
    handler: BlockingCommandHandler, others: BlockingCommandHandler
) -> None:
    known(handler, DAY, minutes=1)
    adopt(others, STRICT)
    assert known(handler, DAY, minutes=2).of("2099.1") == STRICT
    known(handler, DAY, minutes=6)
    adopt(others, LATER)
    assert known(handler, DAY, minutes=7).of("2099.2") is None


def test_a_version_that_is_not_known_here_is_looked_for_before_anybody_is_refused(
    handler: BlockingCommandHandler, others: BlockingCommandHandler
) -> None:
    adopt(others, STRICT)
    with pytest.raises(Refused) as refused:
        Case(handler).ask(DRAFT.model_copy(update={"policy_version": "2099.1"}), by=REFERRER)
    assert refused.value.rule == "policy-not-in-force"
    with pytest.raises(Refused) as refused:
        Case(handler).ask(DRAFT.model_copy(update={"policy_version": "2099.9"}), by=REFERRER)
    assert refused.value.rule == "unknown-policy-version"


def test_who_reads_the_log_sees_every_policy(log_database: str, others: BlockingCommandHandler) -> None:
    adopt(others, STRICT, LATER, first_day=DAY)
    with opened_reader(log_database) as log:
        assert [each.policy for each in log.policies().adopted] == [STRICT, LATER]
        assert log.policies().in_force_on(DAY) == LATER
