"""Making the log's tables in a database, and settling whose days they are told in."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from psycopg import Connection

from scp_events.database import DatabaseError, migrate
from scp_events.event_log.guards import check_promises

UTC = "UTC"


def prepare(conninfo: str, time_zone: str | None = None) -> None:
    """Create or bring up to date the tables of the event log. Safe to call at every start.

    `time_zone` is the organisation's, such as `America/Antigua`: the first one settles it for ever, UTC where
    none is named. Raises `DatabaseError` where another was settled before, and `UnsafeServerError` where the
    server may lose what it says it has committed.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        check_promises(connection)
        migrate(connection, "event_log", "scp_events.event_log.migrations")
        _settle(connection, time_zone)


def _settle(connection: Connection[Any], time_zone: str | None) -> None:
    if time_zone is not None:
        _must_be_known(time_zone)
    if _settled(connection) is None:
        connection.execute(
            "INSERT INTO event_log.installation (time_zone) VALUES (%s) ON CONFLICT DO NOTHING",
            [time_zone or UTC],
        )
    settled = _settled(connection)
    if time_zone not in {None, settled}:
        raise DatabaseError(
            f"the days of this log are those of {settled}, and SCP_TIME_ZONE says {time_zone}: name"
            f" {settled}, as the day of every event follows from it"
        )


def _settled(connection: Connection[Any]) -> str | None:
    row = connection.execute("SELECT time_zone FROM event_log.installation").fetchone()
    return None if row is None else row[0]


def _must_be_known(time_zone: str) -> None:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise DatabaseError(
            f"{time_zone!r} is no time zone: give SCP_TIME_ZONE a name such as America/Antigua"
        ) from None
