from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Literal

from scp_events import event_log
from scp_events.database.account import Account, server_account
from scp_events.event_log import LogUnwritableError
from scp_events.event_log.appends import Append
from scp_events.event_log.recorder import LogRecorder
from tests.event_log.appending import append, event, head, stored
from tests.event_log.from_outside import FromOutside
from tests.needs import need
from tests.own_server import OwnServer

pytestmark = pytest.mark.faults

MEGABYTES = 64
LARGE = 60_000
"""Bytes of an event: more than is left on pages that are there already."""


@contextmanager
def small_disk(account: Account) -> Iterator[Path]:
    """Yield a directory that holds little."""
    need(os.geteuid() == 0, "to be root", "run the tests in a container, or with sudo")
    with tempfile.TemporaryDirectory(prefix="scp-small-") as directory:
        options = f"size={MEGABYTES}m,uid={account.uid},gid={account.gid},mode=0700"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", directory], check=False)
        need(mounted.returncode == 0, "to mount a file system", "run the container with CAP_SYS_ADMIN")
        try:
            yield Path(directory)
        finally:
            subprocess.run(["umount", "--lazy", directory], check=True)


@pytest.fixture
def disk(own: OwnServer) -> Iterator[Path]:
    with small_disk(server_account(own.home / "postgres")) as disk:
        yield disk


@pytest.fixture
def log_on_it(own: OwnServer, disk: Path) -> Iterator[str]:
    """Yield how to connect to a log whose tables are on the small disk, and what is written ahead is not."""
    with psycopg.connect(own.conninfo, autocommit=True) as connection:
        connection.execute(SQL("CREATE TABLESPACE small LOCATION {}").format(Literal(str(disk))))
        connection.execute("CREATE DATABASE on_it TABLESPACE small")
        conninfo = make_conninfo(own.conninfo, dbname="on_it")
        event_log.prepare(conninfo)
        yield conninfo
        connection.execute("DROP DATABASE on_it WITH (FORCE)")
        connection.execute("DROP TABLESPACE small")


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return what takes it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    return ballast


def test_a_full_disk_refuses_appends_serves_reads_and_leaves_nothing_in_part(
    log_on_it: str, disk: Path
) -> None:
    recorder = LogRecorder(log_on_it)
    sender = FromOutside(log_on_it)
    acknowledged: list[int | None] = [sender.append(several()).first_position for _ in range(3)]
    ballast = fill(disk)
    with pytest.raises(LogUnwritableError, match=r"DiskFull 53100.*nothing was recorded"):
        append_for_ever(sender, acknowledged)

    kept = [row[0] for row in stored(log_on_it)]
    assert kept == list(range(1, 2 * len(acknowledged) + 1)), "each append is there with both its events"
    assert [position for position in kept if position % 2] == acknowledged
    assert head(log_on_it) == len(kept)
    assert len(recorder.select_notifications(1, 1000)) == len(kept), "reads are served"

    ballast.unlink()
    assert sender.append(several()).first_position == len(kept) + 1
    sender.close()
    recorder.close()


def append_for_ever(sender: FromOutside, acknowledged: list[int | None]) -> None:
    while True:
        acknowledged.append(sender.append(several()).first_position)


def several() -> Append:
    """Return an append of two events, large enough to need room of their own."""
    stream = uuid4()
    return append(*(event(stream, version, body=os.urandom(LARGE)) for version in (1, 2)))
