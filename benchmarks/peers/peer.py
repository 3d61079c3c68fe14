"""What a peer can be asked for."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol

from benchmarks.program import Run
from benchmarks.rounds import Done

HERE = Path(__file__).parent
"""Where `make peers` puts its packages: Python's into `.venv`, Node's into `node_modules`."""


class Peer(Protocol):
    """Another event store, made for one run, that records one event over and over."""

    name: ClassVar[str]

    @staticmethod
    def version() -> str | None:
        """Return which version is installed; None where it is not."""

    def __init__(self, said: Run, event: bytes) -> None:
        """`event` is what is to be recorded: JSON."""

    def record(self, callers: int, seconds: float) -> Done:
        """Let so many callers record for so long; they go on where they stopped."""

    def check(self, recorded: int) -> None:
        """Check that since last time just so many events were recorded, whole and without a gap."""

    def close(self) -> None:
        """End its programs and give every connection back."""
