"""Making the log's tables in a database."""

from __future__ import annotations

import psycopg

from scp_events.database.migrations import migrate
from scp_events.event_log.guards import check_promises


def prepare(conninfo: str) -> None:
    """Create or bring up to date the tables of the event log. Safe to call at every start.

    Raises `UnsafeServerError` where the server may lose what it says it has committed.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        check_promises(connection)
        migrate(connection, "event_log", "scp_events.event_log.migrations")
