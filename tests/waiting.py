"""Waiting for something that must come about, without ever relying on how fast it does."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0


def until(holds: Callable[[], object], what: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Return once something holds. Raises `AssertionError` where it does not come about in good time."""
    deadline = time.monotonic() + patience_seconds
    wait = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come about that {what}")
        wait.wait(0.002)


def interrupt(thread: int | None) -> None:
    """Interrupt a thread as soon as it comes to itself."""
    told = ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread or 0), ctypes.py_object(KeyboardInterrupt)
    )
    assert told == 1
