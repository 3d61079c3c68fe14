"""The data directory: making one, and refusing one that another PostgreSQL made."""

import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scp_events.database.account import Account, within_reach
from scp_events.database.binaries import Binaries, find_version
from scp_events.database.errors import DatabaseError
from scp_events.database.home import DATABASE, PRIVATE, USER, Home, alone

BUILTIN_LOCALES_SINCE = 17
SETTINGS = """
# Written once, by scp-events. Later changes by hand are kept.
listen_addresses = ''               # no network: who can enter the socket's directory knows the password too
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse         # these two keep personal data out of the log: the detail of a message,
log_min_error_statement = panic     # "Key (name)=(...) already exists", and the statement that failed
wal_recycle = off                   # write-ahead log that is needed no more is deleted, not kept
"""


def make_cluster(home: Home, account: Account, binaries: Binaries) -> None:
    """Make the data directory and its password.

    It gets its name last. A crash before that leaves `postgres.making`, which the next attempt removes.
    """
    making = home.path / "postgres.making"
    if making.exists():
        shutil.rmtree(making)
    making.mkdir(mode=PRIVATE)
    account.give(making)
    password = secrets.token_urlsafe(32)
    _initdb(home, making, account, binaries, password)
    with (making / "postgresql.conf").open("a") as configuration:
        configuration.write(SETTINGS)
    home.write(home.passfile, f"*:*:*:{USER}:{password}\n")
    making.rename(home.data)
    home.sync()


def check_version(home: Home, found: Binaries) -> None:
    """Raise `DatabaseError` if another major version of PostgreSQL made the data directory.

    `found` are the programs as installed, not a copy for the server's user: the recipe needs `psql` too.
    """
    made_by = int((home.data / "PG_VERSION").read_text())
    if made_by == found.major:
        return
    old = find_version(made_by) or f"/path/to/postgresql-{made_by}/bin"
    raise DatabaseError(
        f"{home.data} was made by PostgreSQL {made_by}, and the programs in {found.bin} are PostgreSQL "
        f"{found.major}, which cannot read it. Either keep using {made_by}:\n"
        f"    export SCP_PG_BIN='{old}'\n"
        f"or move to {found.major}, with that variable set at first:\n"
        f"    export SCP_HOME='{home.path}'\n"
        f"    '{sys.executable}' -m scp_events.database '{old}/pg_dump' --file={DATABASE}.sql\n"
        f"    unset SCP_PG_BIN; mv '{home.data}' '{home.data}.{made_by}'\n"
        f"    '{sys.executable}' -m scp_events.database '{found.bin}/psql' --single-transaction "
        f"--file={DATABASE}.sql"
    )


def _initdb(home: Home, making: Path, account: Account, binaries: Binaries, password: str) -> None:
    with (
        within_reach(account, making) as (names, descriptors),
        _read_once(password, account) as stdin,
        home.opened("processes") as processes,  # were we killed, the next attempt waits for it
    ):
        alone(processes)
        options = [f"--pgdata={names[0]}", *_arguments(binaries.major)]
        done = account.run([binaries.initdb, *options], stdin=stdin, inherit=[*descriptors, processes])
    if done.returncode:
        raise DatabaseError(f"{binaries.initdb} could not make a data directory in {making}:\n{done.stdout}")


def _arguments(major: int) -> list[str]:
    """Nobody is trusted, pages are checked, and text has the same order on every machine."""
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [
        f"--username={USER}",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--pwfile=/dev/stdin",
        "--data-checksums",
        "--encoding=UTF8",
        "--no-locale",
        *(builtin if major >= BUILTIN_LOCALES_SINCE else []),
    ]


@contextmanager
def _read_once(secret: str, account: Account) -> Iterator[int]:
    """Yield a pipe from which `account` reads `secret`, so that it is on no disk and in no command line."""
    reading, writing = os.pipe()
    try:
        os.write(writing, f"{secret}\n".encode())
        os.close(writing)
        if account.borrowed:
            os.fchown(reading, account.uid, account.gid)  # initdb opens it again, by name
        yield reading
    finally:
        os.close(reading)
