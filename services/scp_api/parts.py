"""What `main` hands to the app: the log to decide with, a pool to read with, and whom to believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from psycopg_pool import ConnectionPool

from scp_events.access import Verifier
from scp_events.event_log import CommandHandler, LogReader


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Everything the endpoints use. Time enters here."""

    log: LogReader
    """For questions, which threads ask."""
    handler: CommandHandler
    """For commands, which are sent from the event loop."""
    reading: ConnectionPool
    """Connections for questions to projections."""
    verifier: Verifier
    threads: int = 16
    now: Callable[[], datetime] = field(default=_now)
