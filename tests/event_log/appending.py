"""Appends of plainly invented events, and what the log then holds."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from scp_events.event_log.appends import Append, NewEvent
from scp_events.vocabulary import Stream
from tests.words import NOON


def event(stream: UUID, version: int, **changes: Any) -> NewEvent:
    """Return an event of a stream; name what should differ."""
    plain = NewEvent(
        stream=Stream("invented", stream),
        case_id=None,
        version=version,
        type="invented.happened",
        body=f"body {version}".encode(),
        event_id=uuid4(),
        occurred_at=NOON,
    )
    return plain._replace(**changes)


def append(*events: NewEvent, **changes: Any) -> Append:
    """Return an append of these events; name what should differ."""
    said: dict[str, Any] = {"command_id": uuid4(), "fingerprint": b"asked", "events": events}
    return Append(**said | changes)


def one(stream: UUID | None = None, version: int = 1, **changes: Any) -> Append:
    """Return an append of one event."""
    return append(event(stream or uuid4(), version), **changes)


def stored(conninfo: str) -> list[tuple[int, UUID, int, UUID]]:
    """Return position, stream, version and command of every event, in log order."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute(
            "SELECT position, stream_id, version, command_id FROM event_log.events ORDER BY position"
        ).fetchall()


def head(conninfo: str) -> int:
    """Return the last position given out."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT position FROM event_log.head").fetchone()
    assert row is not None
    return int(row[0])


def waiting_for_the_head(conninfo: str) -> int:
    """Return how many server processes wait for the head row."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        ).fetchone()
    assert row is not None
    return int(row[0])


def change_database(conninfo: str, setting: str) -> None:
    """Let a setting of the database count for every connection from now on."""
    name = str(conninfo_to_dict(conninfo)["dbname"])
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(SQL("ALTER DATABASE {} SET {}").format(Identifier(name), SQL(setting)))  # type: ignore[arg-type]  # one of ours
