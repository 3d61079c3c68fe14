"""The event log, with the participant aggregate: a command's whole path, from the rules to the commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from benchmarks.contacts import MINUTES, NOTE, life, new_case, provenance
from benchmarks.stores import Tally, anew
from scp_events import event_log
from scp_events.aggregates import ALL, participant
from scp_events.event_log import EventLog, EventLogAsync
from scp_events.event_log.appends import Append, EnvelopedEvent
from scp_events.event_log.familiar import Standing
from scp_events.privacy import open_keyring
from scp_events.vocabulary import ParticipantId

CHECK = """
    SELECT (SELECT position FROM event_log.head), coalesce(max(position), %(checked)s), count(*),
           count(*) FILTER (WHERE type = 'participant.contact-recorded'),
           coalesce(sum((convert_from(body, 'UTF8')::jsonb -> 'event' ->> 'held_minutes')::int), 0)
    FROM event_log.events WHERE position > %(checked)s"""

STORED = """
    SELECT c.command_id, c.fingerprint, case_id, e.stream_id, version, type, body, event_id, category,
           schema_version, occurred_at, is_decision
    FROM event_log.events e JOIN event_log.commands c USING (command_id)
    WHERE case_id = %s ORDER BY position"""


class Ours:
    """One log, and what was last known of it."""

    def __init__(self, conninfo: str, keyring: str, *, connections: int = 16) -> None:
        """`keyring` is the file that the keys of this log are in; it is made where there is none."""
        event_log.prepare(conninfo)
        self.conninfo = conninfo
        self.keyring_file = keyring
        self.keyring = open_keyring(conninfo, named=keyring)
        self.log = EventLog(conninfo, ALL, keyring=self.keyring, pool_size=connections)
        self._checked = int(self.log.head())
        self._callers: list[Caller] = []

    def close(self) -> None:
        """Give every connection back."""
        self.log.close()
        self.keyring.close()

    def callers(self, number: int) -> Sequence[Caller]:
        """Return so many, who each record one thing after the other; they go on where they stopped."""
        self._callers += [Caller(self.log) for _ in range(number - len(self._callers))]
        return anew(self._callers[:number])

    def body(self) -> bytes:
        """Return what is stored of a contact, so that others can store the same bytes."""
        [contact] = self.stored_case(length=3)[-1].events
        self._checked = self.head()
        return contact.state

    def check(self, tally: Tally) -> None:
        """Check that since last time just what callers were told was recorded, without a gap."""
        with psycopg.connect(self.conninfo) as connection:
            row = connection.execute(CHECK, {"checked": self._checked}).fetchone()
        assert row is not None
        head, last, events, contacts, minutes = row
        assert (head, events) == (last, last - self._checked) == (last, tally.events), (row, tally)
        assert (contacts, minutes) == (tally.contacts, tally.contacts * MINUTES), (row, tally)
        self._checked = head

    def head(self) -> int:
        """Return the last position."""
        return int(self.log.head())

    def open_case(self, length: int, note: str | None = NOTE) -> ParticipantId:
        """Record a case of so many events."""
        case = new_case()
        for command in life(length, note):
            self.log.handle(participant, case, command, provenance(), case_id=case)
        return case

    def stored_case(self, length: int, note: str | None = NOTE) -> list[Append]:
        """Record a case of so many events, and return what was appended."""
        case = self.open_case(length, note)
        with psycopg.connect(self.conninfo) as connection:
            rows = connection.execute(STORED, [case], binary=True).fetchall()
        return [_append(row) for row in rows]

    def standing(self, case: UUID) -> Standing[participant.State]:
        """Open a case to decide on it: what is remembered of it, and what has come since."""
        return self.log.standing(participant, participant.stream(ParticipantId(case)))

    def forget(self, case: UUID) -> None:
        """Remember nothing of a case and its keys, as if the program had just been started."""
        self.keyring.cache.forget(case)


class Caller:
    """Records the commands of one case after the other."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lives = _lives()
        self.tally = Tally()

    def __call__(self) -> int:
        """Send one command, and return the event's place in the log."""
        case, command = next(self._lives)
        outcome = self._log.handle(participant, case, command, provenance(), case_id=case)
        count(self.tally, command, outcome.events)
        return outcome.first_position or 0


class AsyncCaller:
    """The same, as a task."""

    def __init__(self, log: EventLogAsync) -> None:
        self._log = log
        self._lives = _lives()
        self.tally = Tally()

    async def __call__(self) -> None:
        """Send one command."""
        case, command = next(self._lives)
        outcome = await self._log.handle(participant, case, command, provenance(), case_id=case)
        count(self.tally, command, outcome.events)


def count(tally: Tally, command: object, events: int) -> None:
    """Count what an outcome says was recorded."""
    tally.events += events
    tally.contacts += events if isinstance(command, participant.RecordContact) else 0


def _append(row: TupleRow) -> Append:
    command_id, fingerprint, case_id, *event = row
    return Append(
        command_id=command_id, fingerprint=fingerprint, case_id=case_id, events=[EnvelopedEvent(*event)]
    )


def _lives() -> Iterator[tuple[ParticipantId, Any]]:
    while True:
        case = new_case()
        for command in life():
            yield case, command
