"""Random bytes that nobody can guess, drawn from the system many at a time.

Whoever asks the system lets every other thread go first, and with many callers that takes longer than
encrypting does. Nothing is given out twice: not to two threads, and not to a process and its child. Two
copies of a machine that is copied while it runs draw alike for a while: so this is for salts, never for keys
or nonces.
"""

from __future__ import annotations

import os
import secrets
import threading
from typing import Final

DRAWN_AT_ONCE: Final = 4_096


class Randomness:
    """What was drawn and is not given out yet. For many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = b""
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    def __call__(self, count: int) -> bytes:
        """Return so many bytes."""
        with self._lock:
            if len(self._left) < count:
                self._left = secrets.token_bytes(max(DRAWN_AT_ONCE, count))
            given, self._left = self._left[:count], self._left[count:]
            return given

    def _begin_anew(self) -> None:
        """A child has a copy of what its parent will give out, and of a lock that somebody may hold."""
        self._lock = threading.Lock()
        self._left = b""


random_bytes: Final = Randomness()
