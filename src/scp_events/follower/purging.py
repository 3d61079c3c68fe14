"""Purging what projections keep in the clear of somebody whose keys were destroyed.

Copies are in the tables that answer now, in those a rebuild is making, in those one has left behind, and in
those of earlier versions. Of these last nobody knows any more what they hold: they are dropped before
anything can be called erased.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Cursor
from psycopg.sql import SQL, Composed, Identifier
from psycopg.types.json import Jsonb
from pydantic_core import to_json

from scp_events.follower import checkpoints
from scp_events.follower.projection import AnyConnection, PersonalColumn, Projection, schema_of, within
from scp_events.vocabulary import DestroyedKey

LOCK_SECONDS = 20
"""How long a follower, or a rebuild, is waited for."""
_OURS = r"rm\_%"
_REBUILDING = re.compile(r"_(new|old)$")


@dataclass(frozen=True)
class Purging:
    """What became of a purge."""

    purged: Sequence[str]
    """The projections that keep something of people, and keep nothing of this one any more."""
    tables: Sequence[tuple[str, str]]
    """Schema and name of the tables in whose files old rows lie until each is written anew."""
    failures: Mapping[str, str]
    """By schema, why it could not be purged, and what to do."""


def purge_copies(
    conninfo: str, projections: Iterable[Projection], destroyed: Sequence[DestroyedKey]
) -> Purging:
    """Purge every copy of what these keys encrypted. Safe to repeat.

    Whoever follows a projection is fenced, and forgets every key before going on: what was read before the
    keys were destroyed cannot be written here any more.
    """
    known = {schema_of(each.NAME, each.VERSION): each for each in projections}
    purged: list[str] = []
    tables: list[tuple[str, str]] = []
    failures: dict[str, str] = {}
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for schema in _schemas(connection):
            projection = known.get(_REBUILDING.sub("", schema))
            if projection is None:
                failures[schema] = f'nothing reads it any more: DROP SCHEMA "{schema}" CASCADE'
            elif projection.PERSONAL:
                try:
                    _purge(connection, schema, projection, destroyed)
                    purged.append(projection.NAME)
                    tables += [(schema, table) for table in _personal_tables(projection)]
                except psycopg.errors.LockNotAvailable:
                    failures[schema] = "it is being rebuilt: let that end, and try again"
                except psycopg.Error as error:
                    failures[schema] = f"{type(error).__name__} {error.sqlstate or ''}: try again"
    return Purging(sorted(set(purged)), tables, failures)


def purge(cursor: Cursor[Any], projection: Projection, destroyed: Iterable[DestroyedKey]) -> None:
    """Set what these keys encrypted to `erased`, wherever the projection keeps a copy. Safe to repeat."""
    columns = dict.fromkeys(projection.PERSONAL.values())
    for key in destroyed:
        values = {"subject": key.subject, "erased": Jsonb(key.erased, dumps=to_json)}
        for kept in columns:
            if kept.group == key.group:
                cursor.execute(_purging(kept), values)


def _purging(kept: PersonalColumn) -> Composed:
    table, column = map(Identifier, (kept.table, kept.column))
    return SQL("UPDATE {} SET {} = {} WHERE case_id = %(subject)s AND {} IS NOT NULL AND {}").format(
        table, column, SQL(kept.purged), column, SQL(kept.holding)
    )


def _purge(
    connection: AnyConnection, schema: str, projection: Projection, destroyed: Sequence[DestroyedKey]
) -> None:
    """Purge one schema, while nobody rebuilds it, and fence its follower.

    The checkpoint is locked meanwhile, in the order in which its follower locks: neither waits for ever.
    """
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LOCK_SECONDS}s"])
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [checkpoints.only_rebuilder(projection)]
        )
        checkpoints.fence(connection, projection)
        cursor.execute(within(schema))
        purge(cursor, projection, destroyed)


def _personal_tables(projection: Projection) -> Iterable[str]:
    return dict.fromkeys(kept.table for kept in projection.PERSONAL.values())


def _schemas(connection: AnyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s ORDER BY nspname", [_OURS]
    ).fetchall()
    return [name for (name,) in rows]
