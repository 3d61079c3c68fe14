"""Opening what a service works with, so that its `main` only hands the parts to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from scp_events.database import DatabaseError, open_database
from scp_events.database.address import made, without_password
from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.database.settings import DatabaseSettings
from scp_events.event_log import LogReader, UnsafeServerError, prepare
from scp_events.privacy import open_keyring
from scp_events.runtime import file_modes
from scp_events.runtime.file_modes import OpenToOthersError
from scp_events.runtime.settings import ServiceSettings


class NoLogError(Exception):
    """There is no log where one was looked for; nothing was made."""


CANNOT_OPEN = (DatabaseError, OpenToOthersError, UnsafeServerError)
"""Why a log cannot be opened; these say what to do."""


@contextmanager
def opened_database(settings: DatabaseSettings, *, make: bool = True) -> Iterator[str]:
    """Yield how to connect to the log's database, its tables made if need be.

    Where it is not to make them, raises `NoLogError` if there are none.
    """
    file_modes.check(settings)
    if not make and not made(settings.url, settings.home):
        raise NoLogError(_no_log(settings))
    with open_database(settings.url, settings.home) as conninfo:
        if not make and not _has_log(conninfo):
            raise NoLogError(_no_log(settings))
        prepare(conninfo, settings.time_zone)
        yield conninfo


@contextmanager
def opened_log(
    settings: ServiceSettings, *, pool_size: int, patience: float = PATIENCE_SECONDS, make: bool = True
) -> Iterator[LogReader]:
    """Yield the log with its keyring. `patience` is how long a call waits for a database that is away."""
    with (
        opened_database(settings, make=make) as conninfo,
        open_keyring(conninfo, named=settings.keyring, url=settings.url, home=settings.home) as keyring,
        LogReader(conninfo, keyring, pool_size=pool_size, patience=patience) as log,
    ):
        yield log


def place_of(settings: DatabaseSettings) -> str:
    """Return where a log is, as people name it; no password."""
    return str(settings.home.expanduser()) if settings.url is None else without_password(settings.url)


def _no_log(settings: DatabaseSettings) -> str:
    named = "SCP_HOME" if settings.url is None else "SCP_DATABASE_URL"
    return (
        f"there is no log in {place_of(settings)}: `scp-events init` makes one there, or let {named} name"
        " another place"
    )


def _has_log(conninfo: str) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        found = connection.execute("SELECT to_regclass('event_log.installation')").fetchone()
        return found is not None and found[0] is not None
