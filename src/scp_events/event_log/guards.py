"""What a server must promise before anything is appended to it."""

from __future__ import annotations

import os
from typing import Any

from psycopg import Connection

PROMISES = ("fsync", "full_page_writes", "synchronous_commit")
"""With any of them off, what was acknowledged can be lost."""


class UnsafeServerError(Exception):
    """The server may lose what it says it has committed, or record it wrongly."""


def check_promises(connection: Connection[Any]) -> None:
    """Raise `UnsafeServerError` where the server, as this connection uses it, may lose a commit."""
    rows = connection.execute(
        "SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY (%s)", [list(PROMISES)]
    ).fetchall()
    refuse([name for name, setting in rows if setting == "off"])


def refuse(off: list[str]) -> None:
    """Raise `UnsafeServerError` where there is a reason to."""
    if off:
        raise UnsafeServerError(
            f"{' and '.join(sorted(off))} {'is' if len(off) == 1 else 'are'} off: a crash would lose what was"
            " acknowledged. Set it to on in postgresql.conf, and for this role and database."
        )
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS", "").lower() in {"1", "true", "yes", "on", "t", "y"}:
        raise UnsafeServerError(
            "POSTGRES_ENABLE_DB_FUNCTIONS is on: the eventsourcing library's own functions let readers at the"
            " end of a log miss events. Unset it."
        )
