"""A log with its keyring, for a test to use until its block ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from scp_events.aggregates import ALL
from scp_events.event_log import EventLog
from scp_events.privacy import Keyring, open_keyring
from scp_events.vocabulary import Aggregate
from tests.waiting import until


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


def listening(keyring: Keyring) -> None:
    """Return once a keyring hears of destroyed keys: it forgets everything when it begins to."""
    keyring.find(uuid4(), "core")
    until(lambda: keyring.cache.forgotten, "the keyring listens")
