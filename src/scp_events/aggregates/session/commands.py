"""A session of a programme: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.organisation.events import UnderPolicy
from scp_events.aggregates.session import events
from scp_events.aggregates.session.events import Appointment, Cost, Meeting, Plan
from scp_events.vocabulary import ENTERING, STAFF, Code, Command, IdentifiedCommand, Role, members


class ScheduleSession(IdentifiedCommand, Plan, UnderPolicy):
    """Plan a session of a programme for a group."""

    RECORDS = events.SessionScheduled


class RescheduleSession(IdentifiedCommand, Appointment):
    """Move a session to another time."""

    RECORDS = events.SessionRescheduled


class CancelSession(IdentifiedCommand):
    """Say that a session is not held, and why."""

    RECORDS = events.SessionCancelled
    reason_code: Code


class RecordSessionHeld(IdentifiedCommand, Meeting, UnderPolicy):
    """Say that a session was held: since when is the time of the report, and for how long."""

    RECORDS = events.SessionHeld


class RecordSessionCost(IdentifiedCommand, Cost):
    """Say what was paid for a session."""

    RECORDS = events.SessionCostRecorded


SessionCommand: TypeAlias = (
    ScheduleSession | RescheduleSession | CancelSession | RecordSessionHeld | RecordSessionCost
)
COMMANDS: tuple[type[SessionCommand], ...] = members(SessionCommand)

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, STAFF | ENTERING)
"""Which roles may send which command."""
