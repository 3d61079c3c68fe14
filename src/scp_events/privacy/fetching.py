"""Keys at hand before the tasks of an event loop use them, without a thread where none is needed.

Most of what a loop decides is about somebody whose keys it has not used yet, or who is new. A thread for each
would cost more than all the rest: it has to be waited for, and the loop has to make way for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from uuid import UUID

from scp_events.database.lending import Lending
from scp_events.database.patience import connect_patiently
from scp_events.privacy.failures import KeyringError
from scp_events.privacy.keyring import Keyring
from scp_events.privacy.store import (
    KEYS_OF,
    MINT,
    PATIENCE,
    EpochRetiredError,
    StoredKey,
    said_in_our_words,
)

CONNECTIONS = 4
"""To look keys up over, at most."""


class KeyFetcher:
    """Looks up and makes keys, for the tasks of one event loop."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        connect = partial(connect_patiently, keyring.conninfo, PATIENCE)
        self._lending = Lending(connect, (KEYS_OF, MINT), most=CONNECTIONS, patience=PATIENCE)

    def close(self) -> None:
        """Give every connection back."""
        self._lending.close()

    async def fetch(self, subjects: Collection[UUID], newcomers: Collection[UUID] = ()) -> None:
        """Look these persons' keys up, and make those of new persons.

        Of `newcomers` nothing is looked up first. What cannot be done at once is left to a thread: to ask a
        key service, or to make keys for somebody who has some. Raises what `Keyring.fetch` does.
        """
        epoch = self._keyring.epoch_at_hand
        if epoch is not None:
            for subject in subjects:
                await (self._mint(subject, epoch) if subject in newcomers else self._look_up(subject))
        missing = self._keyring.missing(subjects)
        if missing:
            await asyncio.to_thread(self._keyring.fetch, missing, newcomers)

    async def _look_up(self, subject: UUID) -> None:
        looked_up_at = self._keyring.cache.forgotten
        with said_in_our_words():
            rows = await self._lending.ask(KEYS_OF, subject.bytes)
        self._keyring.hold([StoredKey(*row) for row in rows], looked_up_at)

    async def _mint(self, subject: UUID, epoch: int) -> None:
        looked_up_at = self._keyring.cache.forgotten
        try:
            fresh = self._keyring.fresh(subject, epoch)
        except KeyringError:
            return  # the epoch was retired, perhaps: the long way says
        said = [
            part for key in fresh.keys for part in (key.key_id.bytes, key.field_group.encode(), key.wrapped)
        ]
        try:
            with said_in_our_words():
                rows = await self._lending.ask(MINT, subject.bytes, epoch.to_bytes(4), *said)
        except EpochRetiredError:
            return
        self._keyring.hold([StoredKey(*row) for row in rows], looked_up_at, fresh.packed)
