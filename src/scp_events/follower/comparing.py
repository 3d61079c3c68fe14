"""A projection's tables compared with what the log comes to: read models are no part of the ledger's proof.

They are made once more, in a schema of their own that is dropped afterwards, up to where the live ones stand.
The checkpoint is locked while the two are compared, so its follower waits for as long as that takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import LiteralString, NamedTuple

from psycopg.sql import SQL, Identifier

from scp_events.event_log import LogReader
from scp_events.follower import checkpoints
from scp_events.follower.projection import AnyConnection, Projection, schema_of, within
from scp_events.follower.rebuilding import only_one
from scp_events.follower.taking_in import SPAN, Tables
from scp_events.vocabulary import NOTHING_YET, Position


class Difference(NamedTuple):
    """A table that is not what the log comes to: its first row that is not, and how many there are."""

    table: str
    key: str | None
    """Of that row; None where the table is another one."""
    says: str
    rows: int


def differences(
    log: LogReader,
    projection: Projection,
    progress: Callable[[Position, Position], None] = lambda _position, _head: None,
) -> tuple[Position, list[Difference]]:
    """Return where a projection stands, and which of its tables are not what the log comes to there."""
    live = schema_of(projection.NAME, projection.VERSION)
    made = f"{live}_compared"
    with only_one(log, projection) as connection:
        making = _Making(log, projection, connection, made)
        making.begin()
        try:
            while making.position < (through := checkpoints.read(connection, projection).position):
                with connection.transaction():
                    making.take_in(Position(min(making.position + SPAN, through)))
                progress(making.position, through)
            with connection.transaction():
                position = checkpoints.read(connection, projection, lock=True).position
                if position > making.position:
                    making.take_in(position)
                return position, list(_compared(connection, made, live))
        finally:
            making.drop()


class _Making:
    """The tables that are made to compare with, and how far they are."""

    def __init__(
        self, log: LogReader, projection: Projection, connection: AnyConnection, schema: str
    ) -> None:
        self.position = NOTHING_YET
        self._projection = projection
        self._connection = connection
        self._schema = schema
        self._tables = Tables(log, projection, schema)

    def begin(self) -> None:
        """Make them, without rows; a comparison that crashed may have left some."""
        self.drop()
        with self._connection.transaction():
            checkpoints.make_tables(self._connection, self._projection, self._schema)

    def take_in(self, through: Position) -> None:
        """Take in the log up to a position, within the caller's transaction."""
        self._tables.take_in(self._connection, self._tables.read(self.position, through), through)
        self.position = through

    def drop(self) -> None:
        """Leave nothing behind."""
        self._connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(self._schema)))


# --- comparing --------------------------------------------------------------------------------------------

_SHAPES: LiteralString = """
    SELECT c.relname, c.relkind,
           CASE c.relkind WHEN 'v' THEN pg_get_viewdef(c.oid) ELSE (
               SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
               FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) END AS shape,
           ARRAY(SELECT attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
                 AND a.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY attnum)
    FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind NOT IN ('i', 'I', 't')
    AND c.relname <> 'built_from' ORDER BY c.relname"""


def _compared(connection: AnyConnection, made: str, live: str) -> Iterator[Difference]:
    ought, are = _shapes(connection, made), _shapes(connection, live)
    for table in sorted(ought.keys() | are.keys()):
        if table not in ought:
            yield Difference(table, None, "the log knows no such table", 0)
        elif are.get(table) != ought[table]:
            yield Difference(table, None, "the table is gone, or another one", 0)
        elif ought[table][0] != "v":
            yield from _rows(connection, made, live, table, ought[table][2] or ["case_id"])


def _shapes(connection: AnyConnection, schema: str) -> dict[str, tuple[str, str, list[str]]]:
    """Return what each table and view of a schema is: its kind, its columns or its query, and its key."""
    connection.execute(within(schema))
    found = connection.execute(_SHAPES, [schema]).fetchall()
    return {name: (kind, shape, key) for name, kind, shape, key in found}


def _rows(
    connection: AnyConnection, made: str, live: str, table: str, key: list[str]
) -> Iterator[Difference]:
    """Yield the first row that is in one of two tables and not in the other."""
    row = connection.execute(
        SQL(
            "SELECT concat_ws(' ', {key}), bool_or(ought), bool_or(NOT ought), count(*) OVER () FROM ("
            " (SELECT *, true AS ought FROM {made} EXCEPT ALL SELECT *, true FROM {live})"
            " UNION ALL (SELECT *, false FROM {live} EXCEPT ALL SELECT *, false FROM {made})) differing"
            " GROUP BY {key} ORDER BY {key} LIMIT 1"
        ).format(
            key=SQL(", ").join(map(Identifier, key)),
            made=Identifier(made, table),
            live=Identifier(live, table),
        )
    ).fetchone()
    if row is not None:
        named, is_missing, is_there, rows = row
        yield Difference(table, named, _said(is_missing=is_missing, is_there=is_there), rows)


def _said(*, is_missing: bool, is_there: bool) -> str:
    if is_missing and is_there:
        return "the log says otherwise"
    return "the log has it, the table has not" if is_missing else "the table has it, the log has not"
