"""Moving the log to another database while everybody works on it: dumped, restored, and put in its place.

Programs know a database by its name, so they go on with the new one by themselves.
"""

from __future__ import annotations

import subprocess
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from scp_events.database.binaries import find_binaries
from tests.waiting import until


def move(conninfo: str) -> None:
    """Put a restored copy of a database in its place."""
    name = str(conninfo_to_dict(conninfo)["dbname"])
    before, after = f"{name}_before", f"{name}_after"
    with psycopg.connect(elsewhere(conninfo), autocommit=True) as server:
        take_away(server, name, before)
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(after)))
        copy(make_conninfo(conninfo, dbname=before), make_conninfo(conninfo, dbname=after))
        server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(after), Identifier(name)))
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(before)))


def elsewhere(conninfo: str) -> str:
    """Return how to connect to the same server without being in the way."""
    return make_conninfo(conninfo, dbname="postgres")


def take_away(server: psycopg.Connection[Any], name: str, to: str) -> None:
    """Give a database another name, whoever is connected to it."""
    allow = SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    server.execute(allow.format(Identifier(name), SQL("false")))
    until(lambda: _nobody_is_in(server, name), "everybody is out")
    server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(to)))
    server.execute(allow.format(Identifier(to), SQL("true")))


def _nobody_is_in(server: psycopg.Connection[Any], name: str) -> bool:
    found = server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
    ).fetchall()
    return not found


def copy(source: str, target: str) -> None:
    """Dump one database into another."""
    programs = find_binaries().bin
    dump = [programs / "pg_dump", f"--dbname={source}"]
    restore = [
        *(programs / "psql", f"--dbname={target}", "--quiet", "--no-psqlrc", "--single-transaction"),
        "--set=ON_ERROR_STOP=1",
    ]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
        subprocess.run(restore, stdin=dumping.stdout, stdout=subprocess.DEVNULL, check=True)
    assert dumping.returncode == 0
