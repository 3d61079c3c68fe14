"""The clocks of a program and of its server: those that disagree are refused at start, and told of later.

The order of the log never depends on a clock; when something was recorded, and what lies ahead, do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import Connection

from scp_events.event_log.guards import UnsafeServerError
from scp_events.vocabulary import LEEWAY

TOLD_EVERY = 60.0
"""Seconds after which a clock that still differs is told of again."""
_journal = structlog.get_logger("scp_events.event_log")


def check_clocks(connection: Connection[Any], clock: Callable[[], datetime]) -> None:
    """Raise `UnsafeServerError` where the server's clock is not ours, or behind what it has recorded."""
    row = connection.execute(
        "SELECT clock_timestamp(), recorded_at FROM event_log.head WHERE the_only"
    ).fetchone()
    assert row is not None, "the head has one row"  # noqa: S101 - for the type checker
    server, head, ours = row[0].astimezone(UTC), row[1].astimezone(UTC), clock().astimezone(UTC)
    if abs(server - ours) > LEEWAY:
        raise UnsafeServerError(
            f"the server's clock says {server.isoformat()} and this program's {ours.isoformat()}: set the one"
            " that is wrong, and start again"
        )
    if head - server > LEEWAY:
        raise UnsafeServerError(
            f"the last event was recorded at {head.isoformat()}, and the server's clock says"
            f" {server.isoformat()}: set the clock; where it is right and was ahead before, wait until then"
        )


class ClockWatch:
    """Tells of a clock that begins to differ while the program runs, once in a while."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._tell_again_at = 0.0

    def look(self, recorded_at: datetime) -> None:
        """Compare our clock with when something was recorded just now."""
        differs = recorded_at - self._clock()
        if abs(differs) > LEEWAY and time.monotonic() >= self._tell_again_at:
            self._tell_again_at = time.monotonic() + TOLD_EVERY
            _journal.warning("clock", seconds=round(differs.total_seconds()))
