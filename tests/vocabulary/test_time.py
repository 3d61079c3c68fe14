from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.vocabulary import LEEWAY, UTC_CALENDAR, Calendar, Precision, Refused, When, must_have_happened

pytestmark = pytest.mark.once

ANTIGUA = Calendar(ZoneInfo("America/Antigua"))
ZONES = [
    "UTC",
    "America/Antigua",
    "Europe/Prague",
    "America/Havana",
    "America/Santiago",
    "Pacific/Kiritimati",
]
EVENING = datetime(2025, 3, 10, 1, 30, tzinfo=UTC)
"""Half past nine in the evening of the 9th in Antigua."""


def test_the_day_of_an_instant_is_the_organisations() -> None:
    assert ANTIGUA.moment(EVENING).day == date(2025, 3, 9)
    assert UTC_CALENDAR.moment(EVENING).day == date(2025, 3, 10)


def test_an_instant_is_the_same_however_it_was_written() -> None:
    assert ANTIGUA.moment(EVENING.astimezone(ZoneInfo("Asia/Tokyo"))) == ANTIGUA.moment(EVENING)


def test_an_instant_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="2025-03-10T01:30:00 has no time zone"):
        ANTIGUA.when(EVENING.replace(tzinfo=None))


def test_a_day_is_said_as_a_day_and_never_as_noon() -> None:
    day = ANTIGUA.when(date(2025, 3, 9))
    assert (day.day, day.precision, str(day)) == (date(2025, 3, 9), Precision.DAY, "2025-03-09")
    assert str(ANTIGUA.when(EVENING)) == "2025-03-10T01:30:00+00:00"


@given(zone=st.sampled_from(ZONES), day=st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_stored_day_reads_as_the_day_that_was_said(zone: str, day: date) -> None:
    calendar = Calendar(ZoneInfo(zone))
    said = calendar.whole_day(day)
    assert calendar.read(said.at, said.precision) == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (datetime(2025, 3, 9, 9, tzinfo=UTC), date(2025, 3, 9)),
        (date(2025, 3, 9), datetime(2025, 3, 9, 9, tzinfo=UTC)),
        (date(2025, 3, 9), date(2025, 3, 9)),
    ],
)
def test_nobody_can_say_what_was_first_on_a_day_of_which_no_more_is_known(one: date, other: date) -> None:
    assert not ANTIGUA.when(one).is_after(ANTIGUA.when(other))
    assert not ANTIGUA.when(other).is_after(ANTIGUA.when(one))


def test_of_two_instants_and_of_two_days_the_later_is_after() -> None:
    assert ANTIGUA.when(EVENING + timedelta(minutes=1)).is_after(ANTIGUA.when(EVENING))
    assert ANTIGUA.when(date(2025, 3, 10)).is_after(ANTIGUA.when(EVENING))
    assert not ANTIGUA.when(EVENING).is_after(ANTIGUA.when(date(2025, 3, 10)))


def in_antigua(said: datetime | date) -> When:
    return ANTIGUA.when(said)


@pytest.mark.parametrize("said", [EVENING, EVENING + LEEWAY, date(2025, 3, 9), date(2025, 3, 8)])
def test_what_has_happened_can_be_recorded(said: datetime | date) -> None:
    must_have_happened(in_antigua(said), in_antigua(EVENING))


@pytest.mark.parametrize("said", [EVENING + LEEWAY + timedelta(seconds=1), date(2025, 3, 10)])
def test_what_lies_ahead_is_recorded_once_it_has_happened(said: datetime | date) -> None:
    with pytest.raises(Refused) as refused:
        must_have_happened(in_antigua(said), in_antigua(EVENING))
    assert refused.value.rule == "not-happened-yet"


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        (datetime.max.replace(tzinfo=UTC), "Asia/Tokyo"),
        (datetime.max.replace(tzinfo=ANTIGUA.zone), "America/Antigua"),
        (date.min, "Asia/Tokyo"),
    ],
)
def test_a_time_no_clock_can_show_is_refused(said: datetime | date, zone: str) -> None:
    with pytest.raises(Refused) as refused:
        Calendar(ZoneInfo(zone)).when(said)
    assert refused.value.rule == "date-out-of-bounds"
