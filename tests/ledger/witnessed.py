"""Logs whose checkpoints are cosigned by three witnesses that run as they do elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.key_files import LOG_KEY, write_key
from scp_events.ledger.log.settings import LedgerSettings
from tests.ledger.filled import settings
from tests.services.witnessing import Running, founded, running

NAMES = ("court.example/witness", "ministry.example/witness", "police.example/witness")
MOST_LOGS = 20


@dataclass
class Court:
    """Three witnesses, and the logs they know that nobody has used yet."""

    witnesses: list[Running]
    logs: Iterator[Signer]

    def log(self, home: Path) -> LedgerSettings:
        """Return the settings of a new log in `home`, known to all three."""
        write_key(home / LOG_KEY, next(self.logs))
        return self.settings(home)

    def settings(self, home: Path, *, without: int = 0) -> LedgerSettings:
        """Return settings that name all three; the first `without` of them at an address where nobody is."""
        said = [
            f"{'http://127.0.0.1:9' if number < without else witness.address} {witness.verifier.vkey}"
            for number, witness in enumerate(self.witnesses)
        ]
        return settings(home, ledger_witnesses=",".join(said))


@contextmanager
def court(directory: Path) -> Iterator[Court]:
    """Yield three witnesses that run."""
    logs = [
        Signer(f"log.example/{number}", KeyKind.NOTE, f"log {number}".encode().ljust(32))
        for number in range(MOST_LOGS)
    ]
    homes = [directory / str(number) for number in range(len(NAMES))]
    known = [(home, founded(home, name, *logs)) for home, name in zip(homes, NAMES, strict=True)]
    with running(*known) as witnesses:
        yield Court(witnesses, iter(logs))
