"""Organisations, as several tests tell of them: who works there."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from scp_events.aggregates.organisation.events import MemberJoined, MemberLeft
from scp_events.scenario import Told, elsewhere, on
from scp_events.vocabulary import EventId, OrganisationId, PersonId, Role, named

HERE = OrganisationId("second-chance")


def joined(  # noqa: PLR0913 - each says one thing about it, by name
    person: PersonId,
    role: Role,
    day: str,
    *,
    until: date | None = None,
    at: OrganisationId = HERE,
    event_id: EventId | None = None,
) -> Told:
    """Return, for other streams to know, that somebody began to work somewhere on a day."""
    event = MemberJoined(event_id=event_id or EventId(uuid4()), person=person, role=role, valid_until=until)
    return elsewhere(named("organisation", at), on(day, event))


def left(person: PersonId, role: Role, day: str, at: OrganisationId = HERE) -> Told:
    """Return, for other streams to know, that a day was somebody's last."""
    event = MemberLeft(event_id=EventId(uuid4()), person=person, role=role)
    return elsewhere(named("organisation", at), on(day, event))
