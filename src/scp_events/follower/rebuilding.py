"""Making a projection anew from the whole log while the one there is keeps answering."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg.sql import SQL, Identifier

from scp_events.event_log import LogReader
from scp_events.follower import checkpoints
from scp_events.follower.projection import AnyConnection, Projection, schema_of
from scp_events.follower.taking_in import SPAN, Tables
from scp_events.vocabulary import NOTHING_YET, Position


def rebuild(
    log: LogReader,
    projection: Projection,
    progress: Callable[[Position, Position], None] = lambda _position, _head: None,
) -> Position:
    """Build the projection's tables again from position 0 and swap them in; return where they stand.

    `progress` hears how far it has come, and how long the log is. Questions are answered from the old tables
    up to the swap, which is one commit. A follower at work goes on afterwards with the new ones. Where an
    event cannot be taken in, its error is raised and everything left as it was; after a crash the next
    rebuild clears what was left behind.
    """
    with only_one(log, projection) as connection:
        new = _Rebuilding(log, projection, connection)
        new.begin()
        while new.position < (head := log.head()):
            with connection.transaction():
                new.take_in(Position(min(new.position + SPAN, head)))
            progress(new.position, head)
        new.swap()
    return new.position


@contextmanager
def only_one(log: LogReader, projection: Projection) -> Iterator[AnyConnection]:
    """Yield a connection while nobody else rebuilds this projection; wait until that is so."""
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [checkpoints.only_rebuilder(projection)]
        )
        log.keyring.cache.forget_all()  # an erasure may have been waited for, and the news not be heard yet
        yield connection


class _Rebuilding:
    """The tables that are being built, and how far they are."""

    def __init__(self, log: LogReader, projection: Projection, connection: AnyConnection) -> None:
        self.position = NOTHING_YET
        self._projection = projection
        self._connection = connection
        self._live = schema_of(projection.NAME, projection.VERSION)
        self._new = f"{self._live}_new"
        self._old = f"{self._live}_old"
        self._tables = Tables(log, projection, self._new)

    def begin(self) -> None:
        """Make empty tables beside the live ones."""
        with self._connection.transaction():
            self._drop(self._new)
            self._drop(self._old)
            checkpoints.make_tables(self._connection, self._projection, self._new)

    def take_in(self, through: Position) -> None:
        """Take in the log up to a position, within the caller's transaction."""
        events = self._tables.read(self.position, through)
        self._tables.take_in(self._connection, events, through)
        self.position = through

    def swap(self) -> None:
        """Put the new tables in the place of the live ones, at the position of these or a later one.

        The checkpoint is locked meanwhile, so its follower can neither write to tables that are about to go
        nor find itself ahead of those that come.
        """
        with self._connection.transaction():
            live = checkpoints.read(self._connection, self._projection, lock=True)
            self.take_in(max(self.position, live.position))
            self._rename(self._live, self._old)
            self._rename(self._new, self._live)
            checkpoints.rebuilt(self._connection, self._projection, self.position)
        with self._connection.transaction():
            self._drop(self._old)

    def _rename(self, schema: str, name: str) -> None:
        self._connection.execute(
            SQL("ALTER SCHEMA {} RENAME TO {}").format(Identifier(schema), Identifier(name))
        )

    def _drop(self, schema: str) -> None:
        self._connection.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))
