from __future__ import annotations

from datetime import date

import psycopg
import pytest

from scp_events.database import DatabaseError
from scp_events.event_log import prepare
from tests.opened import opened_reader


def test_days_are_those_of_the_zone_that_was_named_first(new_database: str) -> None:
    prepare(new_database, "America/Antigua")
    prepare(new_database)
    prepare(new_database, "America/Antigua")
    with opened_reader(new_database) as reader:
        assert str(reader.calendar.zone) == "America/Antigua"
        assert reader.calendar.whole_day(date(2025, 3, 10)).at.isoformat() == "2025-03-10T04:00:00+00:00"


def test_where_no_zone_is_named_it_is_utc(new_database: str) -> None:
    prepare(new_database)
    with opened_reader(new_database) as reader:
        assert str(reader.calendar.zone) == "UTC"


def test_another_zone_is_refused_later_as_every_day_follows_from_it(new_database: str) -> None:
    prepare(new_database, "America/Antigua")
    with pytest.raises(DatabaseError, match="those of America/Antigua, and SCP_TIME_ZONE says Europe/Zurich"):
        prepare(new_database, "Europe/Zurich")
    with (
        psycopg.connect(new_database, autocommit=True) as superuser,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"),
    ):
        superuser.execute("UPDATE event_log.installation SET time_zone = 'Europe/Zurich'")


@pytest.mark.parametrize("said", ["Antigua", "", "../etc/passwd"])
def test_what_is_no_time_zone_is_refused(new_database: str, said: str) -> None:
    with pytest.raises(DatabaseError, match="is no time zone"):
        prepare(new_database, said)
