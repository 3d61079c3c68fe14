from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from scp_events.event_log import LogReader
from scp_events.event_log.recorder import LogRecorder
from scp_events.vocabulary import Position
from tests.event_log.appending import one
from tests.opened import opened_reader

pytestmark = pytest.mark.faults

AHEAD = timedelta(days=3650)


class Written:
    """A log to which plain appends are made, and what it says of their times."""

    def __init__(self, conninfo: str, reader: LogReader) -> None:
        self.recorder = LogRecorder(conninfo)
        self.reader = reader

    def append(self) -> None:
        self.recorder.append(one())

    def times(self) -> list[datetime]:
        times = [self.reader.recorded_at(Position(n + 1)) for n in range(self.reader.head())]
        return [each for each in times if each is not None]


@pytest.fixture
def log(log_database: str) -> Iterator[Written]:
    with opened_reader(log_database) as reader:
        written = Written(log_database, reader)
        yield written
        written.recorder.close()


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
    log: Written, log_database: str
) -> None:
    log.append()
    log.append()
    ahead = set_the_clock_back(log_database, AHEAD)
    for _ in range(3):
        log.append()
    first, *rest = log.times()
    assert rest == [ahead] * 4
    assert first < ahead


def test_where_the_clock_was_set_back_an_instant_still_means_one_position(
    log: Written, log_database: str
) -> None:
    log.append()
    log.append()
    ahead = set_the_clock_back(log_database, AHEAD)
    log.append()
    assert log.reader.position_at(ahead - timedelta(microseconds=1)) == 1
    assert log.reader.position_at(ahead) == 3


def test_where_the_clock_was_set_forward_what_comes_is_later(log: Written, log_database: str) -> None:
    log.append()
    set_the_clock_back(log_database, -AHEAD)
    log.append()
    first, second = log.times()
    assert second - first > AHEAD - timedelta(hours=1)
    assert abs(second - datetime.now(UTC)) < timedelta(hours=1)
