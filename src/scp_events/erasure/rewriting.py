"""Tables written anew, so that their files hold no deleted row: or it is said who keeps one alive.

The server itself is the witness: told to, it says how many dead rows it had to copy. Only a table of which it
copied none is done.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import psycopg
from psycopg.errors import Diagnostic
from psycopg.sql import SQL, Identifier

from scp_events.erasure import holders
from scp_events.erasure.holders import AnyConnection
from scp_events.erasure.incomplete import Holder

PAUSE_SECONDS = 0.2
LOCK_SECONDS = 2
"""How long a table's other users stand behind us in the queue for it, each time."""
_COUNT = re.compile(r"\d+")


class Table(NamedTuple):
    """A table by its names."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


class NotRewrittenError(Exception):
    """The server did not say that it rewrote a table; it may not have been allowed to."""


def rewrite(conninfo: str, tables: Iterable[Table], deadline: float) -> tuple[Holder, ...]:
    """Write tables anew once nothing keeps their deleted rows alive; return what still does at `deadline`.

    What was deleted before this call is then in none of their files. Raises `NotRewrittenError`.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        since = holders.now(connection)
        left: Sequence[Table] = tuple(tables)
        while True:
            held = holders.holders(connection, since)
            if not held:
                told = {table: _rewritten(connection, table) for table in left}
                left = [table for table, held_by in told.items() if held_by]
                held = tuple(dict.fromkeys(holder for held_by in told.values() for holder in held_by))
            if not left or time.monotonic() >= deadline:
                return held
            time.sleep(PAUSE_SECONDS)


def _rewritten(connection: AnyConnection, table: Table) -> tuple[Holder, ...]:
    """Write one table anew; return what kept it from leaving every dead row behind, nothing if it did."""
    try:
        copied = _dead_rows_copied(connection, table)
    except psycopg.errors.LockNotAvailable:
        return holders.locking(connection, *table) or (_busy(table),)
    if copied:
        return (
            Holder(
                what=f"{copied} rows of {table}, deleted a moment ago, which some session may still see",
                remedy="try again when less is going on",
            ),
        )
    return ()


def _busy(table: Table) -> Holder:
    return Holder(what=f"whoever used {table} a moment ago", remedy="try again")


def _dead_rows_copied(connection: AnyConnection, table: Table) -> int:
    """Write a table anew, and return how many dead rows the server had to keep.

    It tells that in a sentence of the server's language, whose first number it is.
    """
    told: list[str] = []

    def listen(said: Diagnostic) -> None:
        if said.message_detail is not None:
            told.append(said.message_detail)

    connection.add_notice_handler(listen)
    try:
        connection.execute(SQL("VACUUM (FULL, VERBOSE) {}").format(Identifier(*table)))
    finally:
        connection.remove_notice_handler(listen)
    counts = [_COUNT.search(detail) for detail in told]
    if not counts or None in counts:
        raise NotRewrittenError(
            f"the server did not rewrite {table}: does the user who connects own it? Let its owner"
            f" `VACUUM FULL {table}`, or connect as the owner"
        )
    return sum(int(found[0]) for found in counts if found is not None)
