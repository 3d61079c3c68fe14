"""One import at a time into a log: whoever comes second is told so, and waits a while.

Two imports of the same rows would do no harm, as each row is recorded once. But each would report half of
them as there already, and reject one where the other has not come to a row that it needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from psycopg import Connection

from scp_events.database.patience import connect_patiently

LOCK = "scp_events.importing"
PATIENCE_SECONDS = 60.0
"""How long another import is waited for."""
LOOK_AGAIN_SECONDS = 0.2
SINCE = """
    SELECT min(backend_start) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND pg_locks.database = (
              SELECT oid FROM pg_database WHERE datname = current_database())
          AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%s, 0)
"""
"""Of those who hold our lock, when they connected."""


class ImportUnderWayError(Exception):
    """Another import records into this log, and took longer than this one waited."""


@contextmanager
def alone(conninfo: str, patience: float, on_waiting: Callable[[str], None]) -> Iterator[None]:
    """Be the only import into a log, for as long as the block lasts or its connection holds.

    `on_waiting` is told once where another import has to be waited for. Raises `ImportUnderWayError`.
    """
    with closing(connect_patiently(conninfo)) as connection:
        deadline = time.monotonic() + patience
        is_told = False
        while not _taken(connection):
            other = f"another import {_since(connection)}records into this log"
            if time.monotonic() > deadline:
                raise ImportUnderWayError(f"{other}: run this one again when that has ended")
            if not is_told:
                on_waiting(f"{other}: waiting for its end, up to {patience:.0f} seconds")
                is_told = True
            time.sleep(LOOK_AGAIN_SECONDS)
        yield


def _taken(connection: Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK]).fetchone()
    assert row is not None, "it has one row"  # noqa: S101 - for the type checker
    return bool(row[0])


def _since(connection: Connection[Any]) -> str:
    """Say since when it is at work, where we may know."""
    row = connection.execute(SINCE, [LOCK]).fetchone()
    began: datetime | None = row[0] if row else None
    return "" if began is None else f"(begun {began.astimezone():%H:%M:%S}) "
