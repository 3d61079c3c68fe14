"""The keyring for the tasks of one event loop: keys are looked up and made without a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TypeAlias
from uuid import UUID

from scp_events.privacy.keyring import Keyring, Script
from scp_events.privacy.store import KeyStoreAsync, beside
from scp_events.scripts import play, play_async

Aside: TypeAlias = Callable[[Callable[[], None]], Awaitable[None]]


class KeyringAsync:
    """Has keys of a `Keyring` at hand before they are used. Where its home is far away, a thread asks it."""

    def __init__(self, keyring: Keyring, aside: Aside) -> None:
        """`aside` has a thread do something, and waits for it."""
        self._keyring = keyring
        self._aside = aside
        self._store = KeyStoreAsync(keyring.conninfo)

    async def close(self) -> None:
        """Give the connections back. The keyring stays open."""
        await self._store.close()

    async def fetch(self, subjects: Collection[UUID], newcomers: Collection[UUID] = ()) -> None:
        """Look keys up, and make those of new persons, as `Keyring.fetch` does."""
        await self._play(self._keyring.fetching(subjects, newcomers))

    async def foresee(self, key_ids: Collection[str]) -> None:
        """Look up keys that will be asked for, and the others of those persons, who are decided on next."""
        await self._play(self._keyring.foreseeing(key_ids, beside))

    async def _play(self, script: Script[None]) -> None:
        if self._keyring.home.is_at_hand:
            await play_async(script, self._store.ask)
        else:
            await self._aside(partial(play, script, self._keyring.store.ask))
