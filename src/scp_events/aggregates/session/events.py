"""A session of a programme: what is stored for ever. Nothing in it is about a participant."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from scp_events.aggregates.engagement.events import Medium
from scp_events.aggregates.organisation.events import ByRegister, UnderPolicy
from scp_events.aggregates.programme.events import Minutes
from scp_events.vocabulary import (
    OCCURRED,
    Amount,
    Bound,
    Code,
    Currency,
    IdentifiedEvent,
    PersonCode,
    PolicyVersion,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""What the clocks of the organisation show, such as `17:30`."""


class Setting(Word):
    """Where people meet, by which means, on what, and who leads it."""

    medium: Medium
    venue_kind: Code
    """Such as `community-centre`."""
    venue: Code | None = None
    """Which one."""
    module: Code | None = None
    """The part of the programme it is about, such as the theme of the week."""
    facilitators: Annotated[tuple[PersonCode, ...], Field(min_length=1, max_length=20)]


class Appointment(Word):
    """When people are to meet, and for how long."""

    planned_on: Annotated[date, Bound(not_before=OCCURRED)]
    planned_at: TimeOfDay
    planned_minutes: Minutes


class Plan(Setting, Appointment):
    """A session as it is planned: of which programme, for which group."""

    programme: Code
    group: Code


class Meeting(Setting):
    """A session as it was held. It began at the time of the event."""

    actual_minutes: Minutes


class Cost(Word):
    """What somebody paid for a session."""

    cost_kind: Code
    """Such as `room-hire`."""
    amount: Amount
    """Exactly, to the last place."""
    currency: Currency


# --- events -----------------------------------------------------------------------------------------------


class SessionScheduled(IdentifiedEvent, Plan, UnderPolicy, ByRegister):
    """A group is to meet, for a session of a programme."""

    TITLE = "Session scheduled: for group {group}, on {planned_on} at {planned_at}"
    type: Literal["session.scheduled"] = "session.scheduled"
    code: Code
    """What people call it."""
    template_version: PolicyVersion
    """The version of the programme that was in force."""
    modules: tuple[Code, ...]
    """What that version is made of; none is anything."""
    venue_kinds: tuple[Code, ...]
    """Where that version may be held; none is anywhere."""


class SessionRescheduled(IdentifiedEvent, Appointment):
    """The session is to be held at another time."""

    TITLE = "Session rescheduled: to {planned_on} at {planned_at}"
    type: Literal["session.rescheduled"] = "session.rescheduled"


class SessionCancelled(IdentifiedEvent):
    """The session is not held."""

    TITLE = "Session cancelled: {reason_code}"
    type: Literal["session.cancelled"] = "session.cancelled"
    reason_code: Code


class SessionHeld(IdentifiedEvent, Meeting, UnderPolicy, ByRegister):
    """The group met: from the time of this event on, for so many minutes."""

    TITLE = "Session held: {actual_minutes} minutes, {medium}"
    type: Literal["session.held"] = "session.held"


class SessionCostRecorded(IdentifiedEvent, Cost):
    """Something was paid for the session."""

    TITLE = "Cost of the session recorded: {cost_kind}, {amount} {currency}"
    type: Literal["session.cost-recorded"] = "session.cost-recorded"


SessionEvent: TypeAlias = (
    SessionScheduled | SessionRescheduled | SessionCancelled | SessionHeld | SessionCostRecorded
)
EVENTS: tuple[type[SessionEvent], ...] = members(SessionEvent)
