"""A standby of an embedded server, made with the programs that come with it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from scp_events.database import postmaster
from scp_events.database.account import server_account
from scp_events.database.binaries import find_binaries, reachable
from scp_events.database.home import Home
from tests.own_server import OwnServer
from tests.waiting import until

SETTINGS = """
hot_standby_feedback = on
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 1s
"""


@contextmanager
def standby_of(server: OwnServer, dbname: str) -> Iterator[str]:
    """Yield how to connect to a standby that follows a server and reports what its sessions see."""
    with tempfile.TemporaryDirectory(prefix="scp-standby-") as directory:
        home, first = Home(Path(directory) / "home"), Home(server.home)
        home.make()
        found = find_binaries()
        copying = [str(found.bin / "pg_basebackup"), "--pgdata", str(home.data), "--checkpoint=fast"]
        subprocess.run(
            [*copying, "--write-recovery-conf", "--dbname", first.conninfo], check=True, capture_output=True
        )
        shutil.copy(first.passfile, home.passfile)
        # What follows has the password in its own settings: the user who runs it cannot read the file.
        password = first.passfile.read_text().strip().rpartition(":")[2]
        reached = make_conninfo(host=str(first.socket), user="scp", password=password, passfile="")
        with (home.data / "postgresql.auto.conf").open("a") as configuration:
            configuration.write(f"primary_conninfo = '{reached.replace(chr(39), chr(39) * 2)}'\n{SETTINGS}")
        account = server_account(first.data)
        for on_the_way in (server.home.parent, server.home):
            on_the_way.chmod(0o711)  # to the socket, for the user who runs both servers
        for path in (home.data, *home.data.rglob("*")):
            shutil.chown(path, account.uid, account.gid)
        home.make_socket_directory(account)
        postmaster.launch(home, account, reachable(found, account))
        try:
            conninfo = make_conninfo(home.conninfo, dbname=dbname)
            until(lambda: _answers(conninfo), "the standby answers", 15)
            yield conninfo
        finally:
            postmaster.stop(home, account)


def _answers(conninfo: str) -> bool:
    try:
        with psycopg.connect(conninfo) as connection:
            return (
                connection.execute("SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'").rowcount > 0
            )
    except psycopg.OperationalError:
        return False
