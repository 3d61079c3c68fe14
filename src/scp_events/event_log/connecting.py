"""Connections to the log: with the rights they need, and only to a server that keeps its promises."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from scp_events.database.patience import connect_patiently
from scp_events.event_log.guards import check_promises
from scp_events.event_log.poolers import must_be_ours_alone
from scp_events.event_log.roles import become

SETTINGS = """
    SELECT set_config('enable_seqscan', 'off', false),
           set_config('plan_cache_mode', 'force_generic_plan', false),
           set_config('jit', 'off', false),
           set_config('default_transaction_isolation', 'read committed', false)
"""
"""A plan made while a table was small would read all of it for ever; compiling one costs more than it saves.

An append sees what was committed before it got the lock, so it must not look at an older picture.
"""


def connect(conninfo: str, role: str, patience: float) -> Connection[Any]:
    """Return a connection in a role. Raises `UnsafeServerError` where the server may lose commits."""
    connection = connect_patiently(conninfo, patience)
    try:
        must_be_ours_alone(connection, conninfo)
        check_promises(connection)
        connection.execute(SETTINGS)
        become(role, connection)
    except BaseException:
        connection.close()
        raise
    return connection
