"""One import at a time on a machine: whoever has the turn holds a lock, and so does the program at work.

The kernel lets go of it however they end, so an import is under way exactly as long as its lock is held.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from scp_events.privacy.copies import OURS_ALONE

TRIES, PAUSE = 5, 0.02
"""Whoever asks whose turn it is has the lock for a moment, too."""


class Turn:
    """The turn of the imports in a directory."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "turn"

    def take(self, import_id: UUID | None = None) -> int | None:
        """Return a descriptor that holds the turn for an import; None where another has it."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OURS_ALONE)
        for _ in range(TRIES):
            with suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(descriptor, 0)
                os.write(descriptor, str(import_id or "").encode())
                return descriptor
            time.sleep(PAUSE)
        os.close(descriptor)
        return None

    def whose(self) -> str:
        """Return the id of the import that has the turn; nothing where none has it."""
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return ""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.read(descriptor, 64).decode()
        else:
            return ""
        finally:
            os.close(descriptor)
