"""Message DB: a table and functions in our PostgreSQL, called as its clients do, in threads of this process.

The files are those of its npm package, applied in the order of its own `install.sh`, without the role, the
privileges and the reports, which no write touches, and without `pgcrypto`, which it no longer uses.

Same: our server and its fsync, an expected version for each message, an id that is recorded once at most.
More than ours: nothing. Less: positions of the whole log have gaps; an id that comes again is an error, not
answered. A write locks the *category* of its stream until it is committed, so that whoever reads a category
misses nothing. All cases are of one category, as all are in one order in our log: their writers wait for one
another. With a category for every caller, measured too, none waits, and nobody can read all of them in one
order without missing what is committed late.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, ClassVar, LiteralString
from uuid import uuid4

import psycopg

from benchmarks.callers import threads
from benchmarks.contacts import LENGTH, new_case
from benchmarks.peers.peer import HERE
from benchmarks.program import Run
from benchmarks.rounds import Done

PACKAGE = HERE / "node_modules" / "@eventide" / "message-db"
INSTALLED_IN_TURN = ("schema", "tables", "types", "functions", "indexes")
SEARCH_PATH: LiteralString = "SET search_path TO message_store, public"
WRITE: LiteralString = """
    SELECT write_message(%s::varchar, %s::varchar, 'ContactRecorded', %s::jsonb, NULL, %s::bigint)"""
CHECK: LiteralString = """
    SELECT count(*), count(*) FILTER (WHERE data = %s::jsonb),
           (SELECT count(*) FROM (SELECT FROM messages GROUP BY stream_name
                                  HAVING count(*) <> max(position) + 1) AS with_gaps)
    FROM messages"""


class MessageDb:
    """A message store, and as many connections as callers."""

    name: ClassVar[str] = "message_db"

    @staticmethod
    def version() -> str | None:
        """Return which version is installed; None where it is not."""
        package = PACKAGE / "package.json"
        return str(json.loads(package.read_bytes())["version"]) if package.exists() else None

    def __init__(self, said: Run, event: bytes) -> None:
        self._conninfo = said.database()
        self._event = event.decode()
        self._opened = ExitStack()
        self._callers: list[Caller] = []
        self._recorded = 0
        self._checking = self._connect()
        _install(self._checking)

    def record(self, callers: int, seconds: float) -> Done:
        """Let so many threads write for so long."""
        for number in range(len(self._callers), callers):
            self._callers.append(Caller(self._connect(), self._category(number), self._event))
        return threads(self._callers[:callers], seconds)

    def check(self, recorded: int) -> None:
        """Check that since last time just so many events were recorded, whole, no stream with a gap."""
        self._recorded += recorded
        [row] = self._checking.execute(CHECK, [self._event]).fetchall()
        assert row == (self._recorded, self._recorded, 0), (row, self._recorded)

    def close(self) -> None:
        """Give every connection back."""
        self._opened.close()

    def _category(self, _caller: int) -> str:
        return "participant"

    def _connect(self) -> psycopg.Connection[Any]:
        connection = self._opened.enter_context(psycopg.connect(self._conninfo, autocommit=True))
        connection.execute(SEARCH_PATH)
        return connection


class MessageDbApart(MessageDb):
    """The same, with a category for every caller."""

    name: ClassVar[str] = "message_db_apart"

    def _category(self, caller: int) -> str:
        return f"participant{caller}"


class Caller:
    """Writes to one stream after the other, over one connection."""

    def __init__(self, connection: psycopg.Connection[Any], category: str, event: str) -> None:
        self._cursor = connection.cursor()
        self._category = category
        self._event = event
        self._stream, self._version = "", -1

    def __call__(self) -> None:
        """Write one message."""
        if not self._stream or self._version + 1 == LENGTH:
            self._stream, self._version = f"{self._category}-{new_case()}", -1
        values: Sequence[object] = (str(uuid4()), self._stream, self._event, self._version)
        [(self._version,)] = self._cursor.execute(WRITE, values, prepare=True).fetchall()


def _install(connection: psycopg.Connection[Any]) -> None:
    for part in INSTALLED_IN_TURN:
        for file in sorted((PACKAGE / "database" / part).glob("*.sql")):
            connection.execute(file.read_bytes())
