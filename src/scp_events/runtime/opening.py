"""Opening what a service works with, so that its `main` only hands the parts to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from scp_events.database import DatabaseError, open_database
from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.database.settings import DatabaseSettings
from scp_events.event_log import LogReader, UnsafeServerError, prepare
from scp_events.privacy import open_keyring
from scp_events.runtime import file_modes
from scp_events.runtime.file_modes import OpenToOthersError
from scp_events.runtime.settings import ServiceSettings

CANNOT_OPEN = (DatabaseError, OpenToOthersError, UnsafeServerError)
"""Why a log cannot be opened; these say what to do."""


@contextmanager
def opened_database(settings: DatabaseSettings) -> Iterator[str]:
    """Yield how to connect to the log's database, its tables made if need be."""
    file_modes.check(settings)
    with open_database(settings.url, settings.home) as conninfo:
        prepare(conninfo, settings.time_zone)
        yield conninfo


@contextmanager
def opened_log(
    settings: ServiceSettings, *, pool_size: int, patience: float = PATIENCE_SECONDS
) -> Iterator[LogReader]:
    """Yield the log with its keyring. `patience` is how long a call waits for a database that is away."""
    with (
        opened_database(settings) as conninfo,
        open_keyring(conninfo, named=settings.keyring, url=settings.url, home=settings.home) as keyring,
        LogReader(conninfo, keyring, pool_size=pool_size, patience=patience) as log,
    ):
        yield log
