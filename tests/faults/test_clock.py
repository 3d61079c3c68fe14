from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from scp_events.event_log import EventLog
from tests.check_log import check_log
from tests.event_log.test_log import drafted
from tests.opened import opened_log

pytestmark = pytest.mark.faults

AHEAD = timedelta(days=3650)


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


def set_the_clock_back(conninfo: str, by: timedelta) -> datetime:
    """Let the last append have been recorded while the server's clock was so much ahead of now."""
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute("UPDATE event_log.head SET recorded_at = clock_timestamp() + %s", (by,))
        superuser.execute("ALTER TABLE event_log.events DISABLE TRIGGER never_changed")
        superuser.execute(
            "UPDATE event_log.events SET recorded_at = (SELECT recorded_at FROM event_log.head)"
            " WHERE position = (SELECT position FROM event_log.head)"
        )
        superuser.execute("ALTER TABLE event_log.events ENABLE ALWAYS TRIGGER never_changed")
        row = superuser.execute("SELECT recorded_at FROM event_log.head").fetchone()
    assert row is not None
    return datetime.astimezone(row[0], UTC)


def test_where_the_clock_was_set_back_times_repeat_and_positions_go_on(
    log: EventLog, log_database: str
) -> None:
    drafted(log)
    drafted(log)
    ahead = set_the_clock_back(log_database, AHEAD)
    for _ in range(3):
        drafted(log)
    recorded = log.read()
    assert [each.position for each in recorded] == [1, 2, 3, 4, 5]
    assert [each.recorded_at for each in recorded[1:]] == [ahead] * 4
    assert recorded[0].recorded_at < ahead


def test_where_the_clock_was_set_back_an_instant_still_means_one_position(
    log: EventLog, log_database: str
) -> None:
    drafted(log)
    drafted(log)
    ahead = set_the_clock_back(log_database, AHEAD)
    drafted(log)
    assert log.position_at(ahead - timedelta(microseconds=1)) == 1
    assert log.position_at(ahead) == 3


def test_where_the_clock_was_set_forward_what_comes_is_later(log: EventLog, log_database: str) -> None:
    drafted(log)
    set_the_clock_back(log_database, -AHEAD)
    drafted(log)
    first, second = log.read()
    assert second.recorded_at - first.recorded_at > AHEAD - timedelta(hours=1)
    assert abs(second.recorded_at - datetime.now(UTC)) < timedelta(hours=1)
