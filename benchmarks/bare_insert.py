"""One INSERT and one commit for each append: the same bytes, no rules, no order, no command ids.

Every caller has its own connection and its own streams, the statement is prepared and its values are binary.
Positions are a sequence's: with gaps, and not in the order of commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, LiteralString

import psycopg

from benchmarks.contacts import LENGTH, new_case
from benchmarks.stores import Tally, anew

TABLE: LiteralString = """
    CREATE TABLE IF NOT EXISTS bare (
        position bigserial PRIMARY KEY,
        stream_id uuid NOT NULL, version integer NOT NULL, body bytea NOT NULL,
        UNIQUE (stream_id, version))"""
INSERT: LiteralString = "INSERT INTO bare (stream_id, version, body) VALUES (%b, %b, %b)"


class BareInsert:
    """A table, and as many connections as callers."""

    def __init__(self, conninfo: str, body: bytes) -> None:
        self.conninfo = conninfo
        self._body = body
        self._opened = ExitStack()
        self._callers: list[Caller] = []
        self._inserted = 0
        with psycopg.connect(conninfo) as connection:
            connection.execute(TABLE)

    def close(self) -> None:
        """Give every connection back."""
        self._opened.close()

    def callers(self, number: int) -> Sequence[Caller]:
        """Return so many, who each insert one row after the other; they go on where they stopped."""
        self._callers += [Caller(self._cursor(), self._body) for _ in range(number - len(self._callers))]
        return anew(self._callers[:number])

    def check(self, tally: Tally) -> None:
        """Check that since last time just what callers were told was inserted."""
        with psycopg.connect(self.conninfo) as connection:
            row = connection.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM bare").fetchone()
        self._inserted += tally.events
        assert row == (self._inserted, self._inserted * len(self._body)), (row, self._inserted)

    def head(self) -> int:
        """Return the largest position, which says little: others may commit smaller ones later."""
        with psycopg.connect(self.conninfo) as connection:
            row = connection.execute("SELECT coalesce(max(position), 0) FROM bare").fetchone()
        assert row is not None
        return int(row[0])

    def _cursor(self) -> psycopg.Cursor[Any]:
        connection = self._opened.enter_context(psycopg.connect(self.conninfo, autocommit=True))
        return connection.cursor()


class Caller:
    """Inserts rows over one connection."""

    def __init__(self, cursor: psycopg.Cursor[Any], body: bytes) -> None:
        self._cursor = cursor
        self._body = body
        self._stream = new_case()
        self._version = 0
        self.tally = Tally()

    def __call__(self) -> int:
        """Insert one row."""
        if self._version == LENGTH:
            self._stream, self._version = new_case(), 0
        self._version += 1
        self._cursor.execute(INSERT, (self._stream, self._version, self._body), prepare=True)
        self.tally.events += 1
        return self._version
