"""The server the contenders share, a database for each, and a way to the server that takes longer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from scp_events.database import open_database


@contextmanager
def server() -> Iterator[str]:
    """Yield the server named in SCP_DATABASE_URL, or one of our own that ends with us."""
    url = os.environ.get("SCP_DATABASE_URL") or None
    with TemporaryDirectory(prefix="scp-bench-") as home, open_database(url, Path(home) / "pg") as conninfo:
        yield conninfo


@contextmanager
def database(conninfo: str) -> Iterator[str]:
    """Yield how to connect to a new database, which is dropped afterwards."""
    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield make_conninfo(conninfo, dbname=name)
    finally:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def slow_wire(conninfo: str, milliseconds: float) -> Iterator[str]:
    """Yield how to connect to the same database over a wire whose round trip takes so much longer."""
    known = conninfo_to_dict(conninfo)
    with TemporaryDirectory(prefix="scp-wire-") as place:
        here = Path(place) / ".s.PGSQL.5432"
        command = [sys.executable, "-m", "benchmarks.slow_wire", str(here)]
        there = [str(known["host"]), str(known.get("port", 5432)), str(milliseconds)]
        with subprocess.Popen(  # noqa: S603 - a program of ours
            [*command, *there], stdout=subprocess.PIPE, text=True
        ) as wire:
            try:
                assert wire.stdout is not None
                assert wire.stdout.readline() == "ready\n"
                yield make_conninfo(conninfo, host=place, port=5432, hostaddr="")
            finally:
                wire.terminate()
