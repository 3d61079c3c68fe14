"""A private PostgreSQL server: it starts with the first program that wants it and stops with the last.

    with hold(Path.home() / ".local/share/scp-events") as server:
        psycopg.connect(server.conninfo)

`home` says which files this leaves and what happens to them in a crash.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping
from psycopg.sql import SQL, Identifier

from scp_events.database import postmaster
from scp_events.database.account import Account, server_account
from scp_events.database.binaries import Binaries, find_binaries, reachable
from scp_events.database.cluster import check_version, make_cluster
from scp_events.database.errors import DatabaseError
from scp_events.database.home import DATABASE, PATIENCE, PAUSE, Home, alone, together
from scp_events.runtime import ending


@dataclass(frozen=True)
class EmbeddedPostgres:
    """A running server: how to connect to its database (no password inside), and its process."""

    conninfo: str
    pid: int


@contextmanager
def hold(home: Path) -> Iterator[EmbeddedPostgres]:
    """Yield the server of `home`, started if need be, and keep it running until the block ends.

    Raises `DatabaseError` if it cannot be had; the text says why and what to do.
    """
    place = Home(home.expanduser().resolve())  # one path, so that every program finds the same socket
    holder = _Holder(place, server_account(place.data))
    with ending.at_last(holder.let_go):
        yield holder.server()


class _Holder:
    """One of the programs that use a server: it starts it as the first, and stops it as the last."""

    def __init__(self, home: Home, account: Account) -> None:
        self._home = home
        self._account = account
        self._opened = ExitStack()
        self._holders: int | None = None

    def server(self) -> EmbeddedPostgres:
        """Return the server, once it lets us in."""
        with ending.postponed(), _explained(self._home, self._account):
            self._home.make()
            holders = self._opened.enter_context(self._home.opened("holders"))
            with self._home.locked(ending.check):
                together(holders)
                self._holders = holders
                return _attach(self._home) or _start(self._home, self._account)

    def let_go(self) -> None:
        """Stop the server, unless others hold it."""
        with _explained(self._home, self._account), self._opened:
            if self._holders is not None:
                with self._home.locked():
                    if alone(self._holders):
                        postmaster.stop(self._home, self._account)


@contextmanager
def _explained(home: Home, account: Account) -> Iterator[None]:
    """Turn "permission denied" into who was denied what, and the way out."""
    try:
        yield
    except OSError as error:
        raise DatabaseError(
            f"The home {home.path} of the database cannot be used: {error}. "
            f"The server runs as {account.name}. Set SCP_HOME to a directory of your own."
        ) from error


def _attach(home: Home) -> EmbeddedPostgres | None:
    """Return the server that runs; None once none of its processes is left.

    Between the two, it is starting or stopping because a program was killed meanwhile, or it was killed
    itself and its children are about to notice.
    """
    deadline = time.monotonic() + PATIENCE
    while _ping(home) != Ping.OK:
        if not home.any_process():
            return None
        if time.monotonic() > deadline:
            raise DatabaseError(f"The server of {home.path} runs but lets nobody in.\n{home.log_tail()}")
        ending.check()
        time.sleep(PAUSE)
    return _entered(home)


def _start(home: Home, account: Account) -> EmbeddedPostgres:
    """Start the server, after making its data directory if there is none."""
    found = find_binaries()
    binaries = reachable(found, account)
    if not home.data.exists():
        make_cluster(home, account, binaries)
        ending.check()
    check_version(home, found)
    home.check_passfile()
    home.make_socket_directory(account)
    postmaster.forget_dead(home)
    _launch(home, account, binaries)
    return _entered(home)


def _launch(home: Home, account: Account, binaries: Binaries) -> None:
    """Start the process and wait until it answers."""
    said_before = home.log_size()
    postmaster.launch(home, account, binaries)
    postmaster.until(lambda: _answers_or_has_gone(home), PATIENCE)
    if _ping(home) != Ping.OK:
        raise DatabaseError(f"The server of {home.path} does not start.\n{home.log_tail(said_before)}")


def _answers_or_has_gone(home: Home) -> bool:
    ending.check()
    return _ping(home) == Ping.OK or not home.any_process()


def _ping(home: Home) -> Ping:
    """Ask the server whether it lets people in. Shows no password."""
    return Ping(
        PGconn.ping(
            make_conninfo(home.conninfo, passfile=str(home.path / "none"), connect_timeout=5).encode()
        )
    )


def _entered(home: Home) -> EmbeddedPostgres:
    """Log in, make the database if there is none yet, and return the server."""
    home.check_passfile()
    try:
        with psycopg.connect(
            home.conninfo, dbname="postgres", autocommit=True, connect_timeout=10
        ) as connection:
            if (
                connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
                is None
            ):
                connection.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
    except psycopg.Error as error:
        raise DatabaseError(
            f"The server of {home.path} does not let us in: {error}. Its password is in {home.passfile}."
        ) from error
    pid = postmaster.recorded(home)
    if pid is None:
        raise DatabaseError(f"The server of {home.path} has just stopped.\n{home.log_tail()}")
    return EmbeddedPostgres(home.conninfo, pid)
