"""A projection as it was on another day: as far as the world had come, and by what was known then.

Its tables are built anew beside the live ones, for one connection alone, and vanish with it. That reads the
log up to the position asked for, as a rebuild does: an answer about today is had from the live tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.sql import SQL, Literal

from scp_events.event_log import LogReader
from scp_events.follower.projection import AnyConnection, Projection
from scp_events.follower.taking_in import Tables
from scp_events.vocabulary import Position

TEMPORARY = "pg_temp"
"""PostgreSQL looks for tables and views here first, whatever the search path says. A projection's questions,
asked on this connection, are answered from the tables made here. A crash leaves nothing behind."""


@dataclass(frozen=True)
class Point:
    """Where to stand: None is unbounded, that is, everything that happened or everything that is known."""

    as_of: datetime | date | None = None
    """A time in the world: an instant, or a whole day of the organisation."""
    known_through: Position | None = None
    """A place in the log: what was recorded after it was not known."""


@contextmanager
def at(log: LogReader, projection: Projection, point: Point) -> Iterator[AnyConnection]:
    """Yield a connection, for this projection's questions alone, which answers them as of `point`.

    It reads the log up to that position, so it takes as long as a rebuild.
    """
    through = log.head() if point.known_through is None else point.known_through
    end = None if point.as_of is None else log.calendar.when(point.as_of)
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        with connection.transaction():
            _make_tables(connection, projection, through)
            Tables(log, projection, TEMPORARY).build(connection, through, end)
        yield connection


def _make_tables(connection: AnyConnection, projection: Projection, through: Position) -> None:
    connection.execute(SQL("SET LOCAL search_path TO {}").format(SQL(TEMPORARY)))
    connection.execute(projection.TABLES)
    connection.execute(
        SQL("CREATE VIEW built_from AS SELECT {}::bigint AS position").format(Literal(through))
    )
