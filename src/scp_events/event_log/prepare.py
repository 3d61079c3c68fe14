"""Making the log's tables in a database."""

from __future__ import annotations

import psycopg

from scp_events.database.migrations import migrate


def prepare(conninfo: str) -> None:
    """Create or bring up to date the tables of the event log. Safe to call at every start."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        migrate(connection, "event_log", "scp_events.event_log.migrations")
