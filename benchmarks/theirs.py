"""The plain eventsourcing library: the same cases as an aggregate class, over its default recorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.contacts import LENGTH, MINUTES, NOTE, WORKER
from benchmarks.plain_library import Cases, environment
from benchmarks.stores import Tally, anew

CONTACT: dict[str, Any] = {
    "medium": "in-person",
    "held_minutes": MINUTES,
    "made_by": WORKER.model_dump(mode="json"),
    "note": NOTE,
}
REFERENCE = "SC-2026-001"
CHECK = """
    SELECT coalesce(max(notification_id), %(checked)s), count(*),
           count(*) FILTER (WHERE topic LIKE '%%ContactRecorded'),
           coalesce(sum((convert_from(state, 'UTF8')::jsonb ->> 'held_minutes')::int), 0)
    FROM cases_events WHERE notification_id > %(checked)s"""


class Theirs:
    """One application, and what was last known of its events."""

    def __init__(self, conninfo: str, *, connections: int = 16, cached: int = 0) -> None:
        self.conninfo = conninfo
        self.cases = Cases(env=environment(conninfo, connections=connections, cached=cached))
        self._checked = 0
        self._callers: list[Caller] = []

    def close(self) -> None:
        """Give every connection back."""
        self.cases.close()

    def callers(self, number: int) -> Sequence[Caller]:
        """Return so many, who each record one thing after the other; they go on where they stopped."""
        self._callers += [Caller(self.cases) for _ in range(number - len(self._callers))]
        return anew(self._callers[:number])

    def check(self, tally: Tally) -> None:
        """Check that since last time just what callers were told was recorded, without a gap."""
        with psycopg.connect(self.conninfo) as connection:
            row = connection.execute(CHECK, {"checked": self._checked}).fetchone()
        assert row is not None
        head, events, contacts, minutes = row
        assert (head - self._checked, events) == (events, tally.events), (row, tally)
        assert (contacts, minutes) == (tally.contacts, tally.contacts * MINUTES), (row, tally)
        self._checked = head

    def head(self) -> int:
        """Return the last notification id."""
        return self.cases.recorder.max_notification_id() or 0

    def open_case(self, length: int, note: str | None = NOTE) -> UUID:
        """Record a case of so many events."""
        return self.cases.open_case(REFERENCE, length - 1, CONTACT | {"note": note})


class Caller:
    """Records one case after the other, each contact with a load and a save."""

    def __init__(self, cases: Cases) -> None:
        self._cases = cases
        self._case: UUID | None = None
        self._length = LENGTH
        self.tally = Tally()

    def __call__(self) -> int:
        """Open the next case, or record a contact; return the event's place in the log."""
        if self._case is None or self._length == LENGTH:
            self._case, position = self._cases.begin(REFERENCE)
            self._length = 0
        else:
            position = self._cases.record_contact(self._case, CONTACT)
            self.tally.contacts += 1
        self._length += 1
        self.tally.events += 1
        return position
