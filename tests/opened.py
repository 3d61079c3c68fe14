"""A log with its keyring, for a test to use until its block ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from scp_events.event_log import BlockingCommandHandler, CommandHandler, LogReader
from scp_events.privacy import Keyring, open_keyring
from tests.waiting import until


@contextmanager
def opened_reader(conninfo: str, *, pool_size: int = 2) -> Iterator[LogReader]:
    """Yield a reader of the log of a database; the keyring is the one of this run (see conftest)."""
    with open_keyring(conninfo) as keyring, LogReader(conninfo, keyring, pool_size=pool_size) as log:
        yield log


@contextmanager
def opened_handler(conninfo: str) -> Iterator[BlockingCommandHandler]:
    """Yield what records commands in the log of a database."""
    with (
        open_keyring(conninfo) as keyring,
        BlockingCommandHandler(CommandHandler(conninfo, keyring)) as handler,
    ):
        yield handler


def listening(keyring: Keyring) -> None:
    """Return once a keyring hears of destroyed keys: it forgets everything when it begins to."""
    keyring.find(uuid4(), "core")
    until(lambda: keyring.cache.forgotten, "the keyring listens")
