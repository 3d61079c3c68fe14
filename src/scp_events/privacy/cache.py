"""Unwrapped keys that a process holds for a short while, and how it hears that it must forget one.

Bound: a key destroyed anywhere is used here no longer than until the news arrives, which takes milliseconds,
and in no case longer than `CACHED_SECONDS`. While the connection that brings the news is broken, nothing is
held at all.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from uuid import UUID

import psycopg

from scp_events.privacy.encryption import PartKey
from scp_events.vocabulary import Erased, FieldGroup

CACHED_SECONDS = 30.0
CACHED_KEYS = 20_000
"""About 10 MB. Beyond, the one held longest goes first."""
CHANNEL = "keyring"
RECONNECT_SECONDS = 0.5

Held = PartKey | Erased
Whose = tuple[UUID, FieldGroup]


class _Entry(NamedTuple):
    held: Held
    key_id: str
    whose: Whose
    until: float


class KeyCache:
    """What is held, by key id and by person and group. Of destroyed keys, that they are."""

    def __init__(
        self,
        seconds: float = CACHED_SECONDS,
        keys: int = CACHED_KEYS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._most = keys
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id: dict[str, _Entry] = {}
        self._by_whose: dict[Whose, _Entry] = {}
        self._also: list[Callable[[UUID | None], None]] = []
        self.forgotten = 0
        """How often something was forgotten. Who looks a key up notes it first, and says it in `hold`."""

    def __len__(self) -> int:
        return len(self._by_id)

    def __repr__(self) -> str:
        return f"KeyCache({len(self)} keys)"

    def by_id(self, key_id: str) -> Held | None:
        """Return what is held under a key id."""
        entry = self._by_id.get(key_id)
        return entry.held if entry is not None and entry.until > self._clock() else None

    def by_whose(self, whose: Whose) -> Held | None:
        """Return what is held for a person and group."""
        entry = self._by_whose.get(whose)
        return entry.held if entry is not None and entry.until > self._clock() else None

    def lacks(self, subject: UUID, groups: Iterable[FieldGroup]) -> bool:
        """Whether a key of some group is not held for a person."""
        now = self._clock()
        for group in groups:
            entry = self._by_whose.get((subject, group))
            if entry is None or entry.until <= now:
                return True
        return False

    def hold(self, held: Held, whose: Whose, looked_up_at: int) -> None:
        """Hold a key, unless something was forgotten since it was looked up: it could be that one."""
        entry = _Entry(held, str(held.key_id), whose, self._clock() + self._seconds)
        with self._lock:
            if looked_up_at != self.forgotten:
                return
            self._by_id.pop(entry.key_id, None)  # so that it is the last one in the order
            self._by_id[entry.key_id] = self._by_whose[whose] = entry
            while len(self._by_id) > self._most:
                self._drop(next(iter(self._by_id)))

    def on_forgetting(self, also: Callable[[UUID | None], None]) -> None:
        """Have others told, who may hold what was opened: the person to be forgotten, or None for all."""
        self._also.append(also)

    def forget(self, subject: UUID) -> None:
        """Forget a person's keys."""
        with self._lock:
            self.forgotten += 1
            for key_id in [e.key_id for e in self._by_id.values() if e.whose[0] == subject]:
                self._drop(key_id)
        self._tell(subject)

    def forget_all(self) -> None:
        """Forget everything."""
        with self._lock:
            self.forgotten += 1
            self._by_id.clear()
            self._by_whose.clear()
        self._tell(None)

    def forget_old(self) -> None:
        """Forget what was held long enough, so that it does not stay in memory either."""
        with self._lock:
            now = self._clock()
            for key_id in [e.key_id for e in self._by_id.values() if e.until <= now]:
                self._drop(key_id)

    def _tell(self, subject: UUID | None) -> None:
        for tell in self._also:
            tell(subject)

    def _drop(self, key_id: str) -> None:
        entry = self._by_id.pop(key_id)
        if self._by_whose.get(entry.whose) is entry:
            del self._by_whose[entry.whose]


class News:
    """Hears which keys were destroyed, on a connection and a thread of its own, and lets a cache forget them.

    It begins to listen before it is of use, so everything held until then is forgotten when it does.
    """

    def __init__(self, conninfo: str, cache: KeyCache, on_epochs: Callable[[], None]) -> None:
        self._conninfo = conninfo
        self._cache = cache
        self._on_epochs = on_epochs
        self._wake, self._waker = os.pipe()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="keyring-news", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._stopping = True
        os.write(self._waker, b"x")
        self._thread.join()
        os.close(self._wake)
        os.close(self._waker)

    def _run(self) -> None:
        while not self._stopping:
            try:
                with psycopg.connect(self._conninfo, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._cache.forget_all()
                    self._listen(connection)
            except psycopg.Error:
                self._cache.forget_all()
                select.select([self._wake], [], [], RECONNECT_SECONDS)

    def _listen(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self._stopping:
            select.select([connection.pgconn.socket, self._wake], [], [], CACHED_SECONDS / 4)
            for news in connection.notifies(timeout=0):
                self._hear(news.payload)
            self._cache.forget_old()

    def _hear(self, said: str) -> None:
        try:
            self._cache.forget(UUID(said))
        except ValueError:
            self._cache.forget_all()
            self._on_epochs()
