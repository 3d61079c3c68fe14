"""Bringing the tables of one schema up to date.

A room that owns tables keeps plain SQL files named `0001_events.sql`, `0002_...sql` in a package of its own.
They are applied once each, in order, and what was applied is recorded with its checksum in the table
`migrations` of the schema. Unqualified names in a file mean this schema. A file that was applied somewhere is
never edited; a new one follows it.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

from psycopg import Connection, Error
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier

from scp_events.database.errors import MigrationError

NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
TABLE = """
    CREATE SCHEMA IF NOT EXISTS {schema};
    CREATE TABLE {schema}.migrations (
        name       text PRIMARY KEY,
        sha256     text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
    )"""


@dataclass(frozen=True)
class Migration:
    """One SQL file of a package."""

    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """The checksum of its text; `git` may have changed the line ends, which does not count."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrate(connection: Connection[Any], schema: str, package: str) -> list[str]:
    """Apply the files of `package` which `schema` lacks, and return their names.

    Each is applied and recorded in one transaction: a crash leaves it applied or not, and the next call goes
    on from there. Programs that do this at the same time wait for each other. `connection` must not be in a
    transaction. Raises `MigrationError` if the record and the files contradict each other; then nothing more
    is applied.
    """
    migrations = migrations_of(package)
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise MigrationError(
            "migrate() needs a connection that is not in a transaction: commit or roll back first."
        )
    applied: list[str] = []
    while (name := _apply_next(connection, schema, migrations)) is not None:
        applied.append(name)
    return applied


def migrations_of(package: str) -> list[Migration]:
    """Return the SQL files of a package. Raises `MigrationError` unless numbered 1, 2, 3 and so on."""
    files = sorted(
        (file for file in resources.files(package).iterdir() if file.name.endswith(".sql")),
        key=lambda file: file.name,
    )
    for expected, file in enumerate(files, start=1):
        matched = NAME.fullmatch(file.name)
        if matched is None or int(matched[1]) != expected:
            raise MigrationError(
                f"{package} holds {file.name} where {expected:04}_*.sql is expected. "
                "Files are numbered without gaps or doubles, in the order in which they are applied."
            )
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]


def _apply_next(connection: Connection[Any], schema: str, migrations: list[Migration]) -> str | None:
    """Apply the first migration that is missing and return its name; None if there is none."""
    with connection.transaction():
        connection.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"scp_events.migrations.{schema}"]
        )
        recorded = _recorded(connection, schema)
        _compare(schema, recorded, migrations)
        if len(recorded) == len(migrations):
            return None
        _apply(connection, schema, migrations[len(recorded)])
    return migrations[len(recorded)].name


def _recorded(connection: Connection[Any], schema: str) -> list[tuple[str, str]]:
    """Return name and checksum of what was applied. The table is made only if missing: not every user may."""
    table = Identifier(schema, "migrations")
    found = connection.execute("SELECT to_regclass(%s)", [table.as_string(connection)]).fetchone()
    if found == (None,):
        connection.execute(SQL(TABLE).format(schema=Identifier(schema)))
    return connection.execute(SQL("SELECT name, sha256 FROM {} ORDER BY name").format(table)).fetchall()


def _compare(schema: str, recorded: list[tuple[str, str]], migrations: list[Migration]) -> None:
    """Raise `MigrationError` unless the migrations begin with exactly those that were applied."""
    known = {migration.name: migration.sha256 for migration in migrations}
    for position, (name, sha256) in enumerate(recorded):
        if name not in known:
            raise MigrationError(
                f"{schema} was migrated with {name}, which this version of the program does not have. "
                "Run the newer version, or restore a backup from before."
            )
        if name != migrations[position].name:
            raise MigrationError(
                f"{schema} was migrated with {name} but not with {migrations[position].name} before it. "
                f"Number new files after {recorded[-1][0]}."
            )
        if sha256 != known[name]:
            raise MigrationError(
                f"{name} has changed since it was applied to {schema}: its checksum was {sha256[:12]} and is "
                f"{known[name][:12]}. Restore the file, and put the change into a new one after the last."
            )


def _apply(connection: Connection[Any], schema: str, migration: Migration) -> None:
    connection.execute(SQL("SET LOCAL search_path TO {}").format(Identifier(schema)))
    try:
        connection.execute(migration.sql.encode())
    except Error as error:
        raise MigrationError(f"{migration.name} cannot be applied to {schema}: {error}") from error
    if connection.info.transaction_status != TransactionStatus.INTRANS:
        raise MigrationError(
            f"{migration.name} ends its transaction. Remove its COMMIT; it is committed with its record."
        )
    connection.execute(
        SQL("INSERT INTO {} (name, sha256) VALUES (%s, %s)").format(Identifier(schema, "migrations")),
        [migration.name, migration.sha256],
    )
