"""Bringing much history in at once, through COPY: for moving a log, not for commands.

The head row is held until everything is in, so whoever appends meanwhile waits, and readers see all of it or
nothing. What is brought in must follow what is there; the first append that does not is named, and nothing of
it is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError
from psycopg import Connection, Cursor

from scp_events.event_log.appends import Append, EnvelopedEvent
from scp_events.event_log.guards import check_promises
from scp_events.vocabulary import Position

EVENTS: LiteralString = (
    "COPY event_log.events (position, stream_id, version, recorded_at, type, body, event_id, category,"
    " case_id, command_id, schema_version, occurred_at, is_decision) FROM STDIN (FORMAT binary)"
)
EVENT_TYPES = (
    *("int8", "uuid", "int4", "timestamptz", "text", "bytea", "uuid", "text", "uuid"),
    *("uuid", "int2", "timestamptz", "bool"),
)
COMMANDS: LiteralString = (
    "COPY event_log.commands (command_id, fingerprint, stream_id, first_position, last_version, event_count)"
    " FROM STDIN (FORMAT binary)"
)
COMMAND_TYPES = ("uuid", "bytea", "uuid", "int8", "int4", "int4")


def copy_in(
    conninfo: str,
    appends: Iterable[Append],
    progress: Callable[[int], None] = lambda _events: None,
) -> Position:
    """Record appends in their order, in one transaction, and return the last position.

    `progress` hears how many events are in. Raises `IntegrityError` where a stream is not just below what is
    brought in for it, and where an id is taken. For a user who may write the tables themselves.
    """
    with psycopg.connect(conninfo) as connection:
        check_promises(connection)
        try:
            return _Copying(connection, progress).run(appends)
        except psycopg.errors.UniqueViolation as taken:
            raise IntegrityError(
                f"what is brought in is there already: {taken.diag.constraint_name}"
            ) from taken


class _Copying:
    """One transaction that brings history in."""

    def __init__(self, connection: Connection[Any], progress: Callable[[int], None]) -> None:
        self._connection = connection
        self._progress = progress
        self._first_versions: dict[UUID, int] = {}
        self._versions: dict[UUID, int] = {}
        self._commands: list[tuple[object, ...]] = []
        self._before, self._recorded_at = self._take_the_head()
        self._position = self._before

    def run(self, appends: Iterable[Append]) -> Position:
        with self._connection.cursor() as cursor:
            self._copy(cursor, EVENTS, EVENT_TYPES, (row for append in appends for row in self._rows(append)))
            self._copy(cursor, COMMANDS, COMMAND_TYPES, self._commands)
            self._must_have_followed(cursor)
            cursor.execute(
                "UPDATE event_log.head SET position = %s, recorded_at = %s",
                (self._position, self._recorded_at),
            )
            cursor.execute("NOTIFY event_log")
        self._connection.commit()
        return Position(self._position)

    def _take_the_head(self) -> tuple[int, datetime]:
        row = self._connection.execute(
            "SELECT position, greatest(clock_timestamp(), recorded_at) FROM event_log.head FOR UPDATE"
        ).fetchone()
        assert row is not None, "the head has one row"  # noqa: S101 - for the type checker
        return row[0], row[1]

    def _rows(self, append: Append) -> Iterator[tuple[object, ...]]:
        first = self._position + 1
        for event in append.events:
            self._must_follow(event)
            self._position += 1
            yield self._row(append, event)
        last = append.events[-1]
        self._commands.append(
            (
                append.command_id,
                append.fingerprint,
                last.originator_id,
                first,
                last.originator_version,
                len(append.events),
            )
        )
        self._progress(self._position - self._before)

    def _row(self, append: Append, event: EnvelopedEvent) -> tuple[object, ...]:
        return (
            self._position,
            event.originator_id,
            event.originator_version,
            self._recorded_at,
            event.topic,
            event.state,
            event.event_id,
            event.category,
            append.case_id,
            append.command_id,
            event.schema_version,
            event.occurred_at,
            event.is_decision,
        )

    def _copy(
        self,
        cursor: Cursor[Any],
        statement: LiteralString,
        types: Sequence[str],
        rows: Iterable[tuple[object, ...]],
    ) -> None:
        with cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def _must_follow(self, event: EnvelopedEvent) -> None:
        """Within what is brought in, a stream's versions follow each other."""
        stream_id = UUID(str(event.originator_id))
        before = self._versions.get(stream_id)
        if before is None:
            self._first_versions[stream_id] = event.originator_version
        elif event.originator_version != before + 1:
            raise IntegrityError(
                f"version {event.originator_version} of {stream_id} follows version {before}"
            )
        self._versions[stream_id] = event.originator_version

    def _must_have_followed(self, cursor: Cursor[Any]) -> None:
        """A stream brought in from its middle has its beginning here; keys say that none is here twice."""
        late = {stream_id: first for stream_id, first in self._first_versions.items() if first > 1}
        missing = cursor.execute(
            "SELECT id, first FROM unnest(%s::uuid[], %s::integer[]) AS brought (id, first) WHERE NOT EXISTS"
            " (SELECT FROM event_log.events e WHERE e.stream_id = id AND e.version = first - 1) LIMIT 1",
            (list(late), list(late.values())),
        ).fetchone()
        if missing:
            raise IntegrityError(
                f"stream {missing[0]} is brought in from version {missing[1]}, and the one before is missing"
            )
