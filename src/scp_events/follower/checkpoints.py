"""How far each projection has come, who may move it, and what keeps it from moving."""

from __future__ import annotations

import time
from collections.abc import Iterable
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from scp_events.database.migrations import migrate
from scp_events.follower import case_times
from scp_events.follower.projection import AnyConnection, PersonalColumn, Projection, schema_of, within
from scp_events.vocabulary import Position, Word

POLL_SECONDS = 0.01


class State(StrEnum):
    """Whether a projection moves."""

    FOLLOWING = "following"
    PAUSED = "paused"
    STOPPED = "stopped"
    """At an event it could not take in; everything before it was."""
    NOT_FOLLOWED = "not followed"
    """It would move, and no program is there that moves it."""


class FencedError(Exception):
    """Another follower has taken the projection over: this one changed nothing since, and may not go on."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(
            f"{projection.NAME} version {projection.VERSION} lost its place: another follower took over"
        )


class OtherTablesError(Exception):
    """The projection's tables were made by other SQL than its module says now."""


class UnknownProjectionError(Exception):
    """There is no checkpoint of this projection."""

    def __init__(self, projection: Projection) -> None:
        super().__init__(f"{projection.NAME} version {projection.VERSION} has no tables: `prepare` it first")


class MovedError(Exception):
    """The checkpoint is not where it was: look again."""


class Checkpoint(Word):
    """Where a projection stands, as its follower needs to know it."""

    position: Position
    owner: UUID | None
    state: State


class Standing(Word):
    """Where a projection stands, as people need to know it."""

    name: str
    version: int
    position: Position
    lag_events: int
    """Events recorded and not yet passed."""
    lag_seconds: float
    """How long the oldest of them has been waiting."""
    state: State
    failed_position: Position | None
    failed_type: str | None
    error: str | None
    """What kind of failure, and where in the program; never a value out of the event."""


class TablesWithoutCaseError(Exception):
    """A projection has tables whose rows belong to no case, so they could not be put in order of time."""


# --- making -----------------------------------------------------------------------------------------------


def prepare(conninfo: str, projections: Iterable[Projection]) -> None:
    """Make the tables of these projections where there are none. Safe to call at every start.

    Raises `OtherTablesError` for a projection whose `TABLES` changed and whose `VERSION` did not.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        migrate(connection, "follower", "scp_events.follower.migrations")
        for projection in projections:
            with connection.transaction():
                _prepare(connection, projection)


def _prepare(connection: AnyConnection, projection: Projection) -> None:
    connection.execute("LOCK TABLE follower.checkpoints IN SHARE ROW EXCLUSIVE MODE")
    made_with = connection.execute(
        "SELECT tables_sha256 FROM follower.checkpoints WHERE name = %s AND version = %s", _key(projection)
    ).fetchone()
    if made_with is None:
        make_tables(connection, projection, schema_of(projection.NAME, projection.VERSION))
        connection.execute(
            "INSERT INTO follower.checkpoints (name, version, tables_sha256) VALUES (%s, %s, %s)",
            (*_key(projection), fingerprint(projection)),
        )
    elif made_with != (fingerprint(projection),):
        raise OtherTablesError(
            f"the tables of {projection.NAME} version {projection.VERSION} were made by other SQL:"
            " raise its VERSION, or rebuild it",
        )


def make_tables(connection: AnyConnection, projection: Projection, schema: str) -> None:
    """Make the projection's tables in a new schema, within the caller's transaction.

    Beside its own they are the time that each case has come to, and the position they were built from.
    """
    connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
    connection.execute(within(schema))
    connection.execute(projection.TABLES)
    connection.execute(case_times.TABLE)
    connection.execute(
        SQL(
            "CREATE VIEW built_from AS SELECT position FROM follower.checkpoints"
            " WHERE name = {} AND version = {}"
        ).format(*map(Literal, _key(projection)))
    )
    for kept in dict.fromkeys(projection.PERSONAL.values()):
        connection.execute(_without_statistics(kept))
    _must_have_cases(connection, projection, schema)
    connection.execute("SET LOCAL search_path TO DEFAULT")


def _must_have_cases(connection: AnyConnection, projection: Projection, schema: str) -> None:
    found = connection.execute(
        "SELECT relname FROM pg_class c WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'case_id')",
        [schema],
    ).fetchall()
    if found and not projection.AS_RECORDED:
        names = ", ".join(name for (name,) in found)
        raise TablesWithoutCaseError(f"give these tables of {projection.NAME} a column `case_id`: {names}")


def _without_statistics(kept: PersonalColumn) -> Composed:
    """What ANALYZE knows of a column are values out of it, which nobody would think of purging."""
    return SQL("ALTER TABLE {} ALTER COLUMN {} SET STATISTICS 0").format(
        Identifier(kept.table), Identifier(kept.column)
    )


def fingerprint(projection: Projection) -> str:
    """Return what tells one `TABLES` from another."""
    return sha256(projection.TABLES.encode()).hexdigest()


def _key(projection: Projection) -> tuple[str, int]:
    return projection.NAME, projection.VERSION


# --- moving -----------------------------------------------------------------------------------------------


def read(connection: AnyConnection, projection: Projection, *, lock: bool = False) -> Checkpoint:
    """Return the checkpoint; with `lock` nobody moves it until the caller's transaction ends."""
    with connection.cursor(row_factory=class_row(Checkpoint)) as cursor:
        found = cursor.execute(
            SQL(
                "SELECT position, owner, state FROM follower.checkpoints WHERE name = %s AND version = %s {}"
            ).format(SQL("FOR UPDATE" if lock else "")),
            _key(projection),
        ).fetchone()
    if found is None:
        raise UnknownProjectionError(projection)
    return found


def be_there(connection: AnyConnection, owner: UUID) -> None:
    """Let everybody see that `owner` is there, for as long as this connection lasts."""
    connection.execute("SELECT pg_advisory_lock_shared(follower.lock_of(%s))", [owner])


def is_followed(connection: AnyConnection, projection: Projection) -> bool:
    """Whether whoever may move the checkpoint is there."""
    found = connection.execute(
        "SELECT follower.is_there(owner) FROM follower.checkpoints WHERE name = %s AND version = %s",
        _key(projection),
    ).fetchone()
    return found == (True,)


def take_over(connection: AnyConnection, projection: Projection, owner: UUID) -> None:
    """Make `owner` the one who may move the checkpoint; whoever was is fenced from now on."""
    connection.execute(
        "UPDATE follower.checkpoints SET owner = %s WHERE name = %s AND version = %s",
        (owner, *_key(projection)),
    )


def fence(connection: AnyConnection, projection: Projection) -> None:
    """Take the checkpoint from whoever may move it, and lock it until the transaction ends.

    Nobody commits what they had read before this.
    """
    connection.execute(
        "UPDATE follower.checkpoints SET owner = NULL WHERE name = %s AND version = %s", _key(projection)
    )


def only_rebuilder(projection: Projection) -> str:
    """Return the name of the lock that whoever rebuilds a projection holds."""
    return f"rebuild {schema_of(projection.NAME, projection.VERSION)}"


def move(
    connection: AnyConnection, projection: Projection, owner: UUID, before: Position, through: Position
) -> None:
    """Move the checkpoint, if it is where `owner` left it. Raises `MovedError` otherwise.

    First in its transaction: the lock it takes keeps a new owner and a rebuild's swap out until the rows that
    belong to the move are committed.
    """
    moved = connection.execute(
        "UPDATE follower.checkpoints SET position = %s WHERE name = %s AND version = %s"
        " AND position = %s AND owner = %s AND state = 'following'",
        (through, *_key(projection), before, owner),
    )
    if not moved.rowcount:
        raise MovedError


def stop(
    connection: AnyConnection, projection: Projection, owner: UUID, failed: Position, error: str
) -> None:
    """Note which event could not be taken in, and why, so that it is not tried again and again."""
    connection.execute(
        "UPDATE follower.checkpoints SET state = 'stopped', failed_position = %(failed)s,"
        " failed_type = (SELECT type FROM event_log.events WHERE position = %(failed)s), error = %(error)s"
        " WHERE name = %(name)s AND version = %(version)s AND owner = %(owner)s AND state = 'following'",
        {
            "failed": failed,
            "error": error,
            "name": projection.NAME,
            "version": projection.VERSION,
            "owner": owner,
        },
    )


def rebuilt(connection: AnyConnection, projection: Projection, position: Position) -> None:
    """Note that the tables were built anew, and where they stand. A stopped projection goes on from there."""
    connection.execute(
        "UPDATE follower.checkpoints SET position = %s, tables_sha256 = %s,"
        " state = CASE state WHEN 'stopped' THEN 'following' ELSE state END,"
        " failed_position = NULL, failed_type = NULL, error = NULL WHERE name = %s AND version = %s",
        (position, fingerprint(projection), *_key(projection)),
    )


# --- asking and steering ----------------------------------------------------------------------------------


def status(connection: AnyConnection) -> list[Standing]:
    """Return where every version of every projection stands, in order of name."""
    with connection.cursor(row_factory=class_row(Standing)) as cursor:
        return cursor.execute("""
            SELECT c.name, c.version, c.position, h.position - c.position AS lag_events,
                   coalesce(extract(epoch FROM clock_timestamp() - waiting.recorded_at), 0)::float8
                       AS lag_seconds,
                   CASE WHEN c.state = 'following' AND follower.is_there(c.owner) IS NOT TRUE
                        THEN 'not followed' ELSE c.state END AS state,
                   c.failed_position, c.failed_type, c.error
            FROM follower.checkpoints c
            CROSS JOIN event_log.head h
            LEFT JOIN event_log.events waiting ON waiting.position = c.position + 1
            ORDER BY c.name, c.version""").fetchall()


def wait_for(connection: AnyConnection, projection: Projection, position: Position, timeout: float) -> bool:
    """Wait until the projection has taken in `position`, so that a writer can read what they wrote.

    Returns whether it has: False after `timeout` seconds, and at once where the projection does not move.
    """
    deadline = time.monotonic() + timeout
    while (found := read(connection, projection)).position < position:
        if found.state is not State.FOLLOWING or time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def pause(connection: AnyConnection, projection: Projection) -> bool:
    """Let a projection stand still where it is. Returns whether it was following."""
    return _change(connection, projection, State.FOLLOWING, State.PAUSED)


def resume(connection: AnyConnection, projection: Projection) -> bool:
    """Let a paused projection go on. Returns whether it was paused."""
    return _change(connection, projection, State.PAUSED, State.FOLLOWING)


def retry(connection: AnyConnection, projection: Projection) -> bool:
    """Let a stopped projection try its event again, the cause mended. Returns whether it was stopped."""
    return _change(connection, projection, State.STOPPED, State.FOLLOWING)


def _change(connection: AnyConnection, projection: Projection, old: State, new: State) -> bool:
    """Change the state, and wake the followers: they listen to the log's news."""
    with connection.transaction():
        changed = connection.execute(
            "UPDATE follower.checkpoints SET state = %s,"
            " failed_position = NULL, failed_type = NULL, error = NULL"
            " WHERE name = %s AND version = %s AND state = %s",
            (new.value, *_key(projection), old.value),
        )
        connection.execute("NOTIFY event_log")
    return bool(changed.rowcount)
