"""What keeps a deleted row alive: whoever may still have to see it, on any connection or server.

Rewriting a table drops the rows that nobody can see any more, and copies the others. A row that a transaction
deleted may be seen

* by a session of this database whose snapshot is older than that transaction;
* by any session that takes a snapshot while a transaction of that age runs, in whatever database, prepared
  ones included: it counts as running for everybody;
* by a standby that reports what its sessions see, over its connection or through a replication slot.
"""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from scp_events.erasure.incomplete import Holder

AnyConnection = Connection[Any]

_SESSIONS: LiteralString = """
    SELECT a.pid, coalesce(r.application_name, a.application_name), a.backend_type,
           coalesce(a.xact_start, a.backend_start), r.pid IS NOT NULL
    FROM pg_stat_activity a LEFT JOIN pg_stat_replication r USING (pid)
    WHERE a.pid <> pg_backend_pid()
      AND (age(a.backend_xid) >= age(%(since)s::xid)
           OR age(a.backend_xmin) >= age(%(since)s::xid)
              AND (a.datname = current_database() OR a.datname IS NULL))
    ORDER BY 4"""
_PREPARED: LiteralString = """
    SELECT gid, database, prepared FROM pg_prepared_xacts
    WHERE age(transaction) >= age(%(since)s::xid) ORDER BY prepared"""
_SLOTS: LiteralString = """
    SELECT slot_name FROM pg_replication_slots WHERE age(xmin) >= age(%(since)s::xid) ORDER BY 1"""
_TEMPORARY: LiteralString = """
    SELECT DISTINCT l.pid, a.application_name, a.backend_start
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relpersistence = 't'
    CROSS JOIN LATERAL pg_stat_get_backend_pid(substring(n.nspname FROM '^pg_temp_([0-9]+)$')::int) AS l(pid)
    JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE age(c.xmin) >= age(%(since)s::xid) AND l.pid <> pg_backend_pid()"""
_LOCKING: LiteralString = """
    SELECT DISTINCT l.pid, a.application_name, a.backend_type, coalesce(a.xact_start, a.backend_start), false
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.granted AND l.relation = %(table)s::regclass AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


def now(connection: AnyConnection) -> int:
    """Return the number of a transaction later than all that have changed something here so far."""
    found = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchone()
    return int(found[0]) if found else 0


def holders(connection: AnyConnection, since: int) -> tuple[Holder, ...]:
    """Return what may still see rows that were deleted before transaction `since`."""
    asked = {"since": str(since)}
    sessions = connection.execute(_SESSIONS, asked).fetchall()
    prepared = connection.execute(_PREPARED, asked).fetchall()
    slots = connection.execute(_SLOTS, asked).fetchall()
    temporary = connection.execute(_TEMPORARY, asked).fetchall()
    return (
        *(_session(*each) for each in sessions),
        *(
            Holder(
                what=f"prepared transaction {gid!r} of database {database}",
                since=prepared_at,
                remedy=f"in that database `COMMIT PREPARED '{gid}'` or `ROLLBACK PREPARED '{gid}'`",
            )
            for gid, database, prepared_at in prepared
        ),
        *(
            Holder(
                what=f"replication slot {name!r}, for what its standby still shows",
                remedy=f"let the standby catch up, or `SELECT pg_drop_replication_slot('{name}')`",
            )
            for (name,) in slots
        ),
        *(
            Holder(
                what=f"temporary tables of session {pid} ({name or 'no name'})",
                since=began,
                remedy=f"let it end, or `SELECT pg_terminate_backend({pid})`",
            )
            for pid, name, began in temporary
        ),
    )


def locking(connection: AnyConnection, schema: str, table: str) -> tuple[Holder, ...]:
    """Return the sessions that use a table now, and so keep it from being rewritten."""
    named = SQL("{}.{}").format(Identifier(schema), Identifier(table)).as_string(connection)
    return tuple(_session(*each) for each in connection.execute(_LOCKING, {"table": named}).fetchall())


def _session(pid: int, name: str, kind: str, since: Any, is_standby: bool) -> Holder:  # noqa: ANN401, FBT001 - a row
    if is_standby:
        return Holder(
            what=f"standby {name or 'without a name'}, which reports what its sessions see (process {pid})",
            since=since,
            remedy="let its sessions end, or turn its hot_standby_feedback off",
        )
    return Holder(
        what=f"{'session' if kind == 'client backend' else kind} {pid} ({name or 'no name'})",
        since=since,
        remedy=f"let it end, or `SELECT pg_terminate_backend({pid})`",
    )
