"""Files of a database that belong to none of its relations, found and removed.

A server that is killed while it writes a table anew leaves the new file behind, whole or in part, under a
name that no relation has. Nothing ever looks at it again, and it is copied with every backup.

A file that a transaction has just made has no relation that we could see, either. So only one that was last
written to before every transaction began that is going on is stray; a prepared transaction may own one that
is older than the server. No transaction can come to own a file later that is there now.
"""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.errors import InsufficientPrivilege

from scp_events.erasure.holders import AnyConnection
from scp_events.erasure.incomplete import Holder
from scp_events.erasure.out_of_reach import OutOfReach

PAUSE_SECONDS = 0.2
MARGIN = timedelta(seconds=1)
"""By how much the clock of a file system may be behind."""

# An empty one is about to be removed by the server itself; one of a temporary table goes at its next start.
_FILES: LiteralString = """
    SELECT name, directory || '/' || name, (pg_stat_file(directory || '/' || name, true)).*
    FROM (SELECT 'base/' || oid AS directory FROM pg_database WHERE datname = current_database()) d,
         pg_ls_dir(directory) AS name
    WHERE name ~ '^[0-9]+(_[a-z]+)?([.][0-9]+)?$'"""
_RELATIONS: LiteralString = """
    SELECT pg_relation_filenode(oid)::text FROM pg_class WHERE pg_relation_filenode(oid) IS NOT NULL"""
_GOING_ON: LiteralString = """
    SELECT pid, application_name, xact_start FROM pg_stat_activity
    WHERE (datname = current_database() OR datname IS NULL) AND xact_start IS NOT NULL
    ORDER BY xact_start"""
_PREPARED: LiteralString = """
    SELECT gid, prepared FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared"""
_NUMBER = re.compile(r"\d+")


class File(NamedTuple):
    """A file in the database's directory."""

    name: str
    path: str
    """Below the data directory."""
    written_at: datetime

    @property
    def relation(self) -> str:
        """The number that its relation has on the disk."""
        return _NUMBER.match(self.name)[0]  # type: ignore[index] # the question asked for such names


def sweep(
    conninfo: str, data: Path | None, deadline: float
) -> tuple[tuple[Holder, ...], tuple[OutOfReach, ...]]:
    """Remove the stray files below a data directory that is ours; of another's server, name them.

    Returns what keeps one, and what nobody can see. The server has made a checkpoint just before: it has no
    business with such a file any more.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        try:
            while held := _swept(connection, data):
                if time.monotonic() >= deadline:
                    return held, ()
                time.sleep(PAUSE_SECONDS)
        except InsufficientPrivilege:
            return (), (OutOfReach.STRAY_FILES,)
    return (), ()


def _swept(connection: AnyConnection, data: Path | None) -> tuple[Holder, ...]:
    """Remove what is stray; return what may not be, or not by us."""
    if not (found := _of_no_relation(connection)):
        return ()
    if prepared := connection.execute(_PREPARED).fetchall():
        return tuple(_prepared(*each) for each in prepared)
    oldest = connection.execute(_GOING_ON).fetchall()[0]  # there is ours
    young = [file for file in found if file.written_at > oldest[2] - MARGIN]
    if young:
        return (_going_on(len(young), *oldest),)
    if data is None:
        return tuple(_of_others(file) for file in found)
    for file in found:
        (data / file.path).unlink(missing_ok=True)
    return ()


def _of_no_relation(connection: AnyConnection) -> list[File]:
    """Return the files whose relation is not known; they are looked at before the relations."""
    files = [
        File(name, path, changed)
        for name, path, size, _, changed, *_ in connection.execute(_FILES).fetchall()
        if size
    ]
    relations = {number for (number,) in connection.execute(_RELATIONS).fetchall()}
    return [file for file in files if file.relation not in relations]


def _prepared(gid: str, since: datetime) -> Holder:
    return Holder(
        what=f"prepared transaction {gid!r}, which may own files of no relation",
        since=since,
        remedy=f"`COMMIT PREPARED '{gid}'` or `ROLLBACK PREPARED '{gid}'`",
    )


def _going_on(count: int, pid: int, name: str, since: datetime) -> Holder:
    return Holder(
        what=f"session {pid} ({name or 'no name'}), which may be making one of {count} files of no relation",
        since=since,
        remedy=f"let it end, or `SELECT pg_terminate_backend({pid})`",
    )


def _of_others(file: File) -> Holder:
    return Holder(
        what=f"file {file.path}, of no relation, in the server's data directory",
        since=file.written_at,
        remedy="a crash left it: have it removed by whoever looks after the server",
    )
