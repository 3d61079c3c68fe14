"""The demo's own log: marked when it is made, so that invented people never get among real ones."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import Connection

from scp_events.database import open_database
from scp_events.event_log import prepare
from scp_events.runtime import file_modes
from scp_events.runtime.opening import place_of
from scp_events.runtime.settings import ServiceSettings

MARK = "the log of a fictional organisation, made by `scp-events demo`"
"""A comment on the log's schema, made with it: a log without it is somebody's."""


class NotADemoError(Exception):
    """The log that is there is not a demo's; nothing was recorded in it."""


def make_demo_log() -> None:
    """Make the demo's log where there is none. Raises `NotADemoError` where there is another."""
    settings = ServiceSettings()
    file_modes.check(settings)
    with open_database(settings.url, settings.home) as conninfo:
        with psycopg.connect(conninfo) as connection:
            if not _is_marked(connection):
                named = "SCP_HOME" if settings.url is None else "SCP_DATABASE_URL"
                raise NotADemoError(
                    f"the log in {place_of(settings)} is not a demo's, and the demo records nothing in it:"
                    f" unset {named}, or let it name another place"
                )
        prepare(conninfo, settings.time_zone)


def _is_marked(connection: Connection[Any]) -> bool:
    """Mark a schema that is made here and now, in one step; return whether the one there is has the mark."""
    found = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') = %s FROM pg_namespace WHERE nspname = 'event_log'",
        [MARK],
    ).fetchone()
    if found is not None:
        return bool(found[0])
    connection.execute("CREATE SCHEMA event_log")
    connection.execute(f"COMMENT ON SCHEMA event_log IS '{MARK}'")
    return True
