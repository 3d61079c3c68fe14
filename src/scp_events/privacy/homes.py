"""Where the keys are kept that wrap all others: outside the database, one for each epoch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol


class KeyHome(Protocol):
    """Keeps the keys of the epochs of one installation, and wraps with them. It never gives one away."""

    @property
    def name(self) -> str:
        """What to call it where people read; nothing secret."""

    @property
    def is_at_hand(self) -> bool:
        """Whether it wraps and unwraps at once, so that an event loop need not leave that to a thread."""

    def epochs(self) -> list[int]:
        """Return the epochs whose keys are here, oldest first. Raises `KeyServiceDownError`, as all do."""

    def begin_epoch(self) -> int:
        """Make the key of the next epoch, durably, and return its number."""

    def must_be_nowhere_else(self, epoch: int, places: Iterable[Path]) -> None:
        """Raise `KeyringError` where a file in these places holds the key of such an epoch or one before."""

    def end_epoch(self, epoch: int) -> None:
        """Destroy the key of an epoch and of all before. What they wrapped is lost. Safe to repeat."""

    def close(self) -> None:
        """Let go of every key that is held in memory."""

    def wrap(self, epoch: int, keys: Sequence[bytes]) -> list[bytes]:
        """Return each key wrapped by the epoch's. Raises `KeyringError` where it is not here any more."""

    def unwrap(self, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key, given its epoch and its wrapped bytes; None for one that this home cannot open."""

    def rewrap(self, epoch: int, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key wrapped by another epoch's key; None for one that this home cannot open."""
