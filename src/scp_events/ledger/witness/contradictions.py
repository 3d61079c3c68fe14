"""What a witness has refused to cosign though its log had signed it: evidence, for whoever looks into it.

Each is a file: the checkpoint refused, and beside it the one the witness had cosigned last, which it was not
shown to continue. Two of one size that differ prove that the log has told two histories. A checkpoint is kept
once, whatever else was sent with it, so nobody but the log itself can fill the disk. It can: then the witness
says so, keeps no more of that log, and cosigns nothing of it until somebody has looked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from scp_events.ledger import durable
from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.note import Note, NoteError
from scp_events.ledger.key_files import PRIVATE_DIRECTORY

DIRECTORY = "contradictions"
MOST = 100_000
"""Of one log. No log that is sound comes near: each is a checkpoint it has signed and that does not fit."""


class TooManyError(Exception):
    """There is no room for more contradictions of a log: somebody has to look at those there are."""


class UnreadableError(Exception):
    """A file is not as a witness has written it."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A checkpoint its log has signed, what the witness had cosigned of it last, and when it was sent."""

    signed: str
    cosigned: str | None
    at: datetime

    @property
    def checkpoint(self) -> Checkpoint:
        """Return what was refused."""
        return Checkpoint.parse(Note.parse(self.signed).text)

    @property
    def before(self) -> Checkpoint | None:
        """Return what had been cosigned."""
        return Checkpoint.parse(Note.parse(self.cosigned).text) if self.cosigned else None

    @property
    def is_proof(self) -> bool:
        """Whether it proves two histories: the log has signed two checkpoints of one size that differ."""
        return self.before is not None and self.before.size == self.checkpoint.size


class Contradictions:
    """The contradictions a witness keeps in its directory. Not for two threads at once."""

    def __init__(self, home: Path) -> None:
        self._directory = home / DIRECTORY
        self._counts: dict[str, int] = {}

    def keep(self, found: Contradiction) -> None:
        """Keep one, unless it is kept already. Raises `TooManyError` or `OSError`: then it is not."""
        checkpoint = found.checkpoint
        place = self._place(checkpoint.origin)
        path = place / f"{checkpoint.size}-{sha256(checkpoint.text().encode()).hexdigest()}.json"
        if path.exists():
            return
        if self.are_too_many(checkpoint.origin):
            raise TooManyError(
                f"{place} holds {MOST} contradictions of {checkpoint.origin}: look, and move them away"
            )
        place.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        said = {"signed": found.signed, "cosigned": found.cosigned, "at": found.at.isoformat()}
        durable.replace(path, json.dumps(said, ensure_ascii=False, indent=1).encode())
        self._counts[checkpoint.origin] += 1

    def are_too_many(self, origin: str) -> bool:
        """Tell whether there is no room for more of a log. What is moved away is noticed only then."""
        if self._counts.get(origin, MOST) >= MOST:
            place = self._place(origin)
            self._counts[origin] = len(list(place.glob("*.json"))) if place.is_dir() else 0
        return self._counts[origin] >= MOST

    def _place(self, origin: str) -> Path:
        return self._directory / sha256(origin.encode()).hexdigest()


def kept_in(home: Path) -> Iterator[Contradiction]:
    """Yield all that a witness has kept, log by log. Raises `UnreadableError`."""
    for path in sorted((home / DIRECTORY).glob("*/*.json")):
        try:
            said = json.loads(path.read_bytes())
            found = Contradiction(said["signed"], said["cosigned"], datetime.fromisoformat(said["at"]))
            _ = found.checkpoint, found.before
        except (AttributeError, KeyError, NoteError, TypeError, ValueError):
            raise UnreadableError(
                f"{path} is not as it was written: keep it, and ask who changed it"
            ) from None
        yield found
