"""Recognising a pooler that gives every statement another connection to the server.

What a connection was prepared for, its role above all, is then another's, or lost: rights would be given up
for somebody else. A pooler that lends a connection for as long as its client stays does no harm.
"""

from __future__ import annotations

from contextlib import closing
from typing import Any

from psycopg import Connection

from scp_events.database.patience import connect_patiently
from scp_events.event_log.guards import UnsafeServerError

LOOKS = 4
"""How often two connections are compared: a pooler that others use may give them different ones once."""


def must_be_ours_alone(connection: Connection[Any], conninfo: str) -> None:
    """Raise `UnsafeServerError` where a pooler in transaction mode stands before the server.

    A server tells its process with every connection; a pooler makes up one of its own.
    """
    served_by = _process(connection)
    if served_by == connection.info.backend_pid:
        return
    with closing(connect_patiently(conninfo)) as another:
        for _ in range(LOOKS):
            others = _process(another)
            if served_by == others or served_by != _process(connection):
                raise UnsafeServerError(
                    f"a pooler stands before the server and lends its process {others} to one statement after"
                    " the other (PgBouncer calls that `pool_mode = transaction`): let it lend for a session,"
                    " or name the server itself"
                )


def _process(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT pg_backend_pid()", prepare=False).fetchone()
    assert row is not None, "it has one row"  # noqa: S101 - for the type checker
    return int(row[0])
