"""A proof of absence: no event of some types stands for a case in some days, as known at a checkpoint.

A document (see `document`) that proves the case as a bundle does, every event by its leaf record, and shows
the bytes of few: those of the types it is about, with what corrected or retracted them, and the first of each
stream, which says whose case the stream is. Nothing is opened, and the story is not told.

The days are the organisation's. Its time zone is not needed to check the claim, which names the instant at
which its first day begins, and the one at which its last day is over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from scp_events.ledger.format.bundle import ProvedCase
from scp_events.ledger.format.document import Document
from scp_events.ledger.offline import verify as offline


@dataclass(frozen=True, slots=True)
class Claim:
    """That no event of these types stands in these days, the first and the last of them included."""

    types: Collection[str]
    """From their beginning on: `engagement` is every type of it. Corrections belong to their type."""
    first_day: date
    last_day: date
    time_zone: str
    starts_at: datetime
    """When the first day begins."""
    ends_before: datetime
    """When the day after the last begins."""

    def is_about(self, stored_as: str) -> bool:
        """Tell whether events of this type are what is claimed to be absent."""
        return offline.is_of(stored_as, sorted(self.types))

    def says(self) -> dict[str, object]:
        """Return what a document says of it."""
        return {
            "types": sorted(set(self.types)),
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "time_zone": self.time_zone,
            "starts_at": _written(self.starts_at),
            "ends_before": _written(self.ends_before),
        }


def document_of(case: ProvedCase, claim: Claim) -> Document:
    """Return the proof as it is handed out."""
    shown = [event for event in case.events if event.leaf.version == 1 or claim.is_about(event.leaf.type)]
    says = case.says() | {"claim": claim.says()}
    return Document(offline.ABSENCE, case.named("-absence"), case.vouched, says, case.files(shown))


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
