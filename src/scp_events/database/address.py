"""Which database a program works with.

`SCP_DATABASE_URL` names a PostgreSQL server that somebody else looks after. Without it a private server runs
for as long as it is wanted; `SCP_HOME` names its directory. What a caller passes counts more than what the
environment says.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from scp_events.database.errors import DatabaseError

UNREADABLE = (
    "SCP_DATABASE_URL cannot be read; it is not repeated here because it may hold a password. It looks like "
    "postgresql://user:password@host:5432/database, with %-escapes for /, @ and : in the password."
)
DATA = "postgres"
"""The directory, in a home, of the embedded server's data."""
SUPPORTED = 15  # the oldest PostgreSQL the tests have run on


@contextmanager
def open_database(url: str | None = None, home: Path | None = None) -> Iterator[str]:
    """Yield how to connect to the database; an embedded server runs until the block ends.

    The database has been connected to once, so a mistake shows here. Raises `DatabaseError`, without a
    password.
    """
    if url is None and home is None:
        url = os.environ.get("SCP_DATABASE_URL") or None
    if url is not None:
        _check(url)
        yield url
    else:
        with _hold(home or default_home()) as conninfo:
            yield conninfo


def made(url: str | None, home: Path) -> bool:
    """Whether there is a database to connect to, without making one: an embedded one may not be there yet."""
    return url is not None or (home.expanduser() / DATA).exists()


def default_home() -> Path:
    """Return where the embedded server keeps its data: `SCP_HOME`, or where this system keeps users' data."""
    named = os.environ.get("SCP_HOME")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "scp-events"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "scp-events"


@contextmanager
def _hold(home: Path) -> Iterator[str]:
    if sys.platform == "win32":
        raise DatabaseError(
            "The embedded PostgreSQL needs Linux or macOS. Set SCP_DATABASE_URL to a server elsewhere."
        )
    from scp_events.database.embedded import hold  # noqa: PLC0415  # cannot be imported on Windows

    with hold(home) as server:
        yield server.conninfo


def _check(url: str) -> None:
    """Connect once."""
    shown = without_password(url)
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        raise DatabaseError(
            f"The database named in SCP_DATABASE_URL ({shown}) cannot be reached: {error}"
        ) from None
    if version < SUPPORTED:
        raise DatabaseError(
            f"The database ({shown}) is PostgreSQL {version}; {SUPPORTED} or newer is needed."
        )


def without_password(url: str) -> str:
    """Return what may be shown of an address.

    libpq quotes what it cannot parse, and an unescaped `/` or `@` in a password makes the rest of it a port,
    a host or a database. What looks like that is neither used nor repeated.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise DatabaseError(UNREADABLE) from None
    shown = {name: str(parts[name]) for name in ("host", "port", "dbname", "user") if name in parts}
    if "@" in shown.get("host", "") + shown.get("dbname", ""):
        raise DatabaseError(UNREADABLE)
    if not shown.get("port", "5432").replace(",", "").isdecimal():
        raise DatabaseError(UNREADABLE)
    return " ".join(f"{name}={value}" for name, value in shown.items())
