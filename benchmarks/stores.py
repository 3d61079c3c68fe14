"""What each side of a comparison can be asked for: callers who record, and a check of what they were told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass
class Tally:
    """What callers were told is recorded."""

    events: int = 0
    contacts: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.events + other.events, self.contacts + other.contacts)


class Counted(Protocol):
    """Knows what it was told is recorded."""

    tally: Tally


class Caller(Counted, Protocol):
    """Records once at each call, and returns the event's place in the log."""

    def __call__(self) -> int:
        """Record once."""


class Store(Protocol):
    """Where callers record."""

    conninfo: str

    def callers(self, number: int) -> Sequence[Caller]:
        """Return so many, who each record one thing after the other; they go on where they stopped."""

    def check(self, tally: Tally) -> None:
        """Check that since last time just what callers were told was recorded."""

    def head(self) -> int:
        """Return the last place in the log."""

    def close(self) -> None:
        """Give every connection back."""


C = TypeVar("C", bound=Counted)


def anew(callers: Sequence[C]) -> Sequence[C]:
    """Let callers count from nothing; they go on with the cases they are at."""
    for caller in callers:
        caller.tally = Tally()
    return callers


def total(callers: Iterable[Counted]) -> Tally:
    """Return what all of them were told is recorded."""
    return sum((caller.tally for caller in callers), start=Tally())
