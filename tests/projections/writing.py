"""Facts written into a log as they come, late or wrong or only to the day; no rule is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg

from scp_events.aggregates import ALL
from scp_events.event_log import Codec
from scp_events.event_log.envelope import envelope_of
from scp_events.event_log.enveloping import Enveloped
from scp_events.privacy.keyring import Keyring
from scp_events.privacy.marks import subjects_of
from scp_events.vocabulary import (
    Actor,
    Calendar,
    CaseId,
    CommandId,
    Event,
    EventId,
    Precision,
    Stream,
)
from tests.words import SUPERVISOR

EVENTS = """
    INSERT INTO event_log.events
    SELECT position, %(stream)s, %(version)s, recorded_at, %(type)s, %(body)s, %(event_id)s, %(category)s,
           %(case_id)s, %(command_id)s, %(schema_version)s, coalesce(%(occurred_at)s, recorded_at),
           %(precision)s, %(is_decision)s
    FROM event_log.head"""
COMMANDS = """
    INSERT INTO event_log.commands (command_id, fingerprint, first_position, event_count)
    SELECT %(command_id)s, 'fingerprint', position, 1 FROM event_log.head"""
HEAD = """
    UPDATE event_log.head
    SET position = position + 1, recorded_at = greatest(recorded_at, clock_timestamp())"""


class Told(NamedTuple):
    """An event, and when it was so: an instant, a day, or None for an act."""

    case_id: CaseId
    stream: Stream
    event: Event
    said: datetime | date | None
    event_id: EventId
    by: Actor = SUPERVISOR


class Writer:
    """Writes events into one log, each by a command of its own, in the order in which they are told."""

    def __init__(self, conninfo: str, keyring: Keyring, calendar: Calendar) -> None:
        self._conninfo = conninfo
        self._keyring = keyring
        self._codec = Codec(ALL, keyring)
        self._calendar = calendar
        self._versions: Counter[Stream] = Counter()

    def write(self, told: Iterable[Told]) -> None:
        """Record events."""
        rows = [self._row(each) for each in told]
        with psycopg.connect(self._conninfo) as connection, connection.pipeline():
            for row in rows:
                for statement in (HEAD, EVENTS, COMMANDS):
                    connection.execute(statement, row)

    def _row(self, told: Told) -> dict[str, Any]:
        self._versions[told.stream] += 1
        command_id = CommandId(uuid4())
        when = None if told.said is None else self._calendar.when(told.said)
        envelope = envelope_of(type(told.event))(
            event=told.event,
            event_id=told.event_id,
            case_id=told.case_id,
            occurred_at=when.at if when else None,
            precision=when.precision if when else Precision.MINUTE,
            actor=told.by,
            purpose="casework",
            command_id=command_id,
            confidentiality=told.event.confidentiality,
            subjects=subjects_of(told.event, told.case_id),
        )
        stored = Enveloped(envelope, when, told.stream, self._versions[told.stream]).stored(self._codec)
        return stored._asdict() | {
            "stream": told.stream.id,
            "category": told.stream.category,
            "command_id": command_id,
        }
