"""Much history brought in at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError

from scp_events.event_log.appends import Append, EnvelopedEvent
from scp_events.event_log.copying import copy_in
from scp_events.event_log.recorder import LogRecorder
from tests.words import NOON


def append(stream: UUID, first: int, count: int = 2) -> Append:
    return Append(
        command_id=uuid4(),
        fingerprint=b"asked",
        case_id=stream,
        events=[event(stream, version) for version in range(first, first + count)],
    )


def event(stream: UUID, version: int) -> EnvelopedEvent:
    return EnvelopedEvent(
        originator_id=stream,
        originator_version=version,
        topic="participant.contact-recorded",
        state=f"body {version}".encode(),
        event_id=uuid4(),
        category="participant",
        schema_version=1,
        occurred_at=NOON + timedelta(days=version),
        is_decision=False,
    )


@pytest.fixture
def recorder(log_database: str) -> Iterator[LogRecorder]:
    recorder = LogRecorder(log_database, pool_size=1)
    yield recorder
    recorder.close()


def columns(conninfo: str, stream: UUID) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(
            "SELECT version, type, body, category, case_id = stream_id, schema_version, occurred_at,"
            " is_decision"
            " FROM event_log.events WHERE stream_id = %s ORDER BY position",
            [stream],
        ).fetchall()


def test_what_is_brought_in_reads_as_what_is_appended(log_database: str, recorder: LogRecorder) -> None:
    brought, appended = uuid4(), uuid4()
    assert copy_in(log_database, [append(brought, 1), append(brought, 3)]) == 4
    recorder.append(append(appended, 1))
    recorder.append(append(appended, 3))
    assert columns(log_database, brought) == columns(log_database, appended)
    assert [n.id for n in recorder.select_notifications(1, 100)] == list(range(1, 9))


def test_a_command_brought_in_is_known_afterwards(log_database: str, recorder: LogRecorder) -> None:
    brought = append(uuid4(), 1)
    copy_in(log_database, [append(uuid4(), 1), brought])
    answer = recorder.append(brought)
    assert (answer.outcome, answer.first_position, answer.version) == ("already", 3, 2)


def test_a_stream_goes_on_where_it_stood(log_database: str, recorder: LogRecorder) -> None:
    stream = uuid4()
    recorder.append(append(stream, 1))
    copy_in(log_database, [append(stream, 3)])
    assert [page.version for page in recorder.read_stream(stream)] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "brought",
    [
        lambda there: [append(there, 1)],
        lambda there: [append(there, 5)],
        lambda _there: [append(uuid4(), 2)],
        lambda there: [append(there, 3), append(there, 6)],
    ],
    ids=["there-already", "a-gap-to-what-is-there", "without-a-beginning", "a-gap-within"],
)
def test_nothing_is_recorded_of_what_does_not_follow(
    log_database: str, recorder: LogRecorder, brought: Callable[[UUID], list[Append]]
) -> None:
    there = uuid4()
    recorder.append(append(there, 1))
    with pytest.raises(IntegrityError):
        copy_in(log_database, [append(uuid4(), 1), *brought(there)])
    assert recorder.max_notification_id() == 2
    assert recorder.append(append(there, 3)).first_position == 3


def test_the_caller_hears_how_much_is_in(log_database: str) -> None:
    heard: list[int] = []
    copy_in(log_database, [append(uuid4(), 1) for _ in range(3)], heard.append)
    assert heard == [2, 4, 6]
