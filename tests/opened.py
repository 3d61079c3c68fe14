"""A log with its keyring, for a test to use until its block ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scp_events.aggregates import ALL
from scp_events.event_log import EventLog
from scp_events.privacy import open_keyring
from scp_events.vocabulary import Aggregate


@contextmanager
def opened_log(
    conninfo: str, *, aggregates: Sequence[Aggregate[Any, Any, Any, Any]] = ALL, pool_size: int = 4
) -> Iterator[EventLog]:
    """Yield the log of a database; the keyring is the one of this run (see conftest)."""
    with (
        open_keyring(conninfo) as keyring,
        EventLog(conninfo, aggregates, keyring=keyring, pool_size=pool_size) as log,
    ):
        yield log
