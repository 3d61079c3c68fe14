"""Write-ahead log of what was erased: let go of, and looked at until none of it is there.

A checkpoint lets the server remove the segments before it, unless somebody may still need them. With
`wal_recycle = off`, as our own server is set, they are deleted. With `on` they are kept to be written over,
and hold what they held until then.
"""

from __future__ import annotations

import time
from typing import LiteralString

import psycopg
from psycopg.errors import InsufficientPrivilege

from scp_events.erasure.holders import AnyConnection
from scp_events.erasure.incomplete import Holder
from scp_events.erasure.out_of_reach import OutOfReach

PAUSE_SECONDS = 0.2

_SLOTS: LiteralString = """
    SELECT slot_name FROM pg_replication_slots WHERE pg_walfile_name(restart_lsn) < %(from)s ORDER BY 1"""
_KEPT: LiteralString = """
    SELECT min(name), count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name < %(from)s"""
_SETTINGS: LiteralString = """
    SELECT current_setting('wal_recycle')::bool, current_setting('archive_mode') <> 'off',
           EXISTS (SELECT FROM pg_stat_replication)
           OR EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'physical')"""


def let_go(conninfo: str, deadline: float) -> tuple[tuple[Holder, ...], tuple[OutOfReach, ...]]:
    """Have the server forget its write-ahead log so far; return what keeps it, and what nobody can see."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        try:
            segment = _next_segment(connection)
        except InsufficientPrivilege:
            return (), (OutOfReach.WRITE_AHEAD_LOG,)
        while held := _held(connection, segment):
            if time.monotonic() >= deadline:
                return held, ()
            time.sleep(PAUSE_SECONDS)
        return (), _elsewhere(connection)


def _next_segment(connection: AnyConnection) -> str:
    """Go on in a new segment, and return its name. Raises `InsufficientPrivilege`."""
    connection.execute("SELECT FROM pg_ls_waldir() LIMIT 1")
    connection.execute("SELECT pg_switch_wal()")
    connection.execute("CHECKPOINT")  # it writes to the new one
    found = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
    return str(found[0]) if found else ""


def _held(connection: AnyConnection, segment: str) -> tuple[Holder, ...]:
    """Return what keeps segments from before this one; nothing once they are gone."""
    connection.execute("CHECKPOINT")
    oldest, count = connection.execute(_KEPT, {"from": segment}).fetchone() or (None, 0)
    if not count:
        return ()
    slots = connection.execute(_SLOTS, {"from": segment}).fetchall()
    return tuple(
        Holder(
            what=f"replication slot {name!r}, which keeps write-ahead log",
            remedy=f"let its reader catch up, or `SELECT pg_drop_replication_slot('{name}')`",
        )
        for (name,) in slots
    ) or (
        Holder(
            what=f"{count} segments of write-ahead log from {oldest} on",
            remedy="set wal_keep_size to 0, and see that archive_command does its work",
        ),
    )


def _elsewhere(connection: AnyConnection) -> tuple[OutOfReach, ...]:
    """Return where segments, or what was made of them, may be that this server has let go of."""
    recycled, archived, followed = connection.execute(_SETTINGS).fetchone() or (True, True, True)
    places = {
        OutOfReach.WRITE_AHEAD_LOG: recycled,
        OutOfReach.ARCHIVED_WRITE_AHEAD_LOG: archived,
        OutOfReach.STANDBYS: followed,
    }
    return tuple(place for place, is_so in places.items() if is_so)
