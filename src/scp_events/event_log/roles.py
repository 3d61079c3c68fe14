"""As whom a program talks to the log: with the rights it needs and no more (migrations/0003_roles.sql)."""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import Connection

WRITER: LiteralString = "scp_log_writer"
SET_APART = 160_000
"""Since this version a member of a role may be one who cannot become it."""


def become_writer(connection: Connection[Any]) -> None:
    """Give up every right but those of a writer, for as long as the connection lasts.

    Where the server has no such role, or we may not become it, our own rights have to do.
    """
    may = "SET" if connection.info.server_version >= SET_APART else "MEMBER"
    connection.execute(
        "SELECT set_config('role', rolname, false) FROM pg_catalog.pg_roles"
        " WHERE rolname = %s AND pg_catalog.pg_has_role(oid, %s)",
        [WRITER, may],
    )
