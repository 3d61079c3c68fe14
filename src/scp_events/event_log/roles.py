"""As whom a program talks to the log: with the rights it needs and no more (migrations/0003_roles.sql)."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import Connection

READER: LiteralString = "scp_log_reader"
"""May read the log."""
WRITER: LiteralString = "scp_log_writer"
"""May read it, append through the functions made for it, and name a case."""
SET_APART = 160_000
"""Since this version a member of a role may be one who cannot become it."""

BECOMING: LiteralString = (
    "SELECT set_config('role', rolname, false) FROM pg_catalog.pg_roles"
    " WHERE rolname = ANY (%s) AND pg_catalog.pg_has_role(oid, %s)"
    " ORDER BY rolname = %s DESC LIMIT 1"
)


def become(role: str, connection: Connection[Any]) -> None:
    """Give up every right but those of a role, for as long as the connection lasts.

    Whoever may write and not be a mere reader reads as a writer. Where the server has no such role, or we may
    not become it, our own rights have to do.
    """
    right = "SET" if connection.info.server_version >= SET_APART else "MEMBER"
    connection.execute(BECOMING, [[role, WRITER], right, role])
