"""Emmett: a TypeScript library on our PostgreSQL, called by promises in Node (`emmett_callers.mjs`).

Same: our server and its fsync, as many connections as callers, an expected version for each append.
More than ours: nothing that is used here. Less: positions of the whole log have gaps, and their order is not
that of the commits (readers wait for the oldest transaction under way instead); an append that comes again is
refused for its version, not answered. An append is a transaction of its own, in three round trips, and its
values are part of the statement's text.
"""

from __future__ import annotations

import json
import shutil
from typing import ClassVar, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.contacts import LENGTH
from benchmarks.peers.callers_elsewhere import CallersElsewhere
from benchmarks.peers.peer import HERE
from benchmarks.plain_library import password
from benchmarks.program import Run
from benchmarks.rounds import Done

PACKAGE = HERE / "node_modules" / "@event-driven-io" / "emmett-postgresql"
CHECK: LiteralString = """
    SELECT count(*), count(*) FILTER (WHERE message_data = %s::jsonb),
           (SELECT count(*) FROM emt_streams s WHERE stream_position <>
               (SELECT count(*) FROM emt_messages m WHERE m.stream_id = s.stream_id))
    FROM emt_messages"""


class Emmett:
    """An event store in a database of its own, and the program that calls it."""

    name: ClassVar[str] = "emmett"

    @staticmethod
    def version() -> str | None:
        """Return which version is installed; None where it is not, or Node is not."""
        package = PACKAGE / "package.json"
        installed = package.exists() and shutil.which("node")
        return str(json.loads(package.read_bytes())["version"]) if installed else None

    def __init__(self, said: Run, event: bytes) -> None:
        self._conninfo = said.database()
        self._event = event.decode()
        self._recorded = 0
        settings = {
            "connection": _for_node(self._conninfo),
            "event": json.loads(event),
            "length": LENGTH,
        }
        self._callers = CallersElsewhere(["node", str(HERE / "emmett_callers.mjs")], settings)

    def record(self, callers: int, seconds: float) -> Done:
        """Let so many promises append for so long."""
        return self._callers.record(callers, seconds)

    def check(self, recorded: int) -> None:
        """Check that since last time just so many events were recorded, whole, no stream with a gap."""
        self._recorded += recorded
        with psycopg.connect(self._conninfo) as connection:
            row = connection.execute(CHECK, [self._event]).fetchone()
        assert row == (self._recorded, self._recorded, 0), (row, self._recorded)

    def close(self) -> None:
        """End the program."""
        self._callers.close()


def _for_node(conninfo: str) -> dict[str, object]:
    """Return how Node's driver is told of a database."""
    said = conninfo_to_dict(conninfo)
    return {
        "host": said["host"],
        "port": int(said.get("port") or 5432),
        "user": said["user"],
        "password": password(said),
        "database": said["dbname"],
    }
