"""What a verification can come to, each with an exit code of its own; and what was found on the way there.

Only `verified` is 0: whatever else is so, somebody has to look, and nothing of it is said beside a 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    """What a verification comes to, the worst first."""

    ALTERED = "altered"
    """Something is not as the ledger has it, or as the log has signed it."""
    CONTRADICTED = "contradicted"
    """An anchor, a pin or a witness holds another history than this one."""
    OTHER_KEY = "another-key"
    """The database names, or is signed with, another key than the one that the verifier holds."""
    FOREIGN_ANCHOR = "foreign-anchor"
    """A line of the anchor file is another log's."""
    ANCHOR_NOT_COMPARED = "anchor-not-compared"
    """An anchor of this log is gone, cannot be read, or is damaged."""
    WITNESSES_NOT_ASKED = "witnesses-not-asked"
    """A witness could not be asked, or too few have cosigned what was published last."""
    VOUCHED_BY_NOBODY = "vouched-by-nobody"
    """Log and ledger are consistent in themselves, and the verifier holds nothing to compare them with."""
    VERIFIED = "verified"
    """Log, ledger and everything that the verifier holds are of one history."""

    @property
    def code(self) -> int:
        """Return the exit code."""
        return CODES[self]

    @property
    def says(self) -> str:
        """Return what it means, in a sentence."""
        return MEANINGS[self]


CODES = {
    Outcome.VERIFIED: 0,
    Outcome.CONTRADICTED: 3,
    Outcome.ALTERED: 4,
    Outcome.OTHER_KEY: 5,
    Outcome.FOREIGN_ANCHOR: 6,
    Outcome.ANCHOR_NOT_COMPARED: 7,
    Outcome.WITNESSES_NOT_ASKED: 8,
    Outcome.VOUCHED_BY_NOBODY: 9,
}
MEANINGS = {
    Outcome.VERIFIED: "log, ledger and everything that you hold are of one history",
    Outcome.CONTRADICTED: "an anchor, a pin or a witness holds another history than this one",
    Outcome.ALTERED: "something is not as it was signed; its position or its name is told",
    Outcome.OTHER_KEY: "the database names, or is signed with, another key than the one you hold",
    Outcome.FOREIGN_ANCHOR: "a line of the anchor file is another log's",
    Outcome.ANCHOR_NOT_COMPARED: "an anchor of this log is gone, cannot be read, or is damaged",
    Outcome.WITNESSES_NOT_ASKED: "a witness could not be asked, or too few have cosigned",
    Outcome.VOUCHED_BY_NOBODY: "consistent in itself; you hold nothing to compare it with",
}


class Finding(NamedTuple):
    """Something that keeps a log from being verified."""

    outcome: Outcome
    says: str
    position: int | None = None
    """The first position that is concerned, where it is about events."""
    name: str | None = None
    """What is concerned, where it is about something else: a table, a checkpoint, a file, a witness."""


def worst_of(findings: Iterable[Finding]) -> Outcome:
    """Return what a verification comes to that found all this."""
    found = {finding.outcome for finding in findings}
    return next((outcome for outcome in Outcome if outcome in found), Outcome.VERIFIED)
