"""Safeguarding concerns, as several tests tell of them."""

from __future__ import annotations

from scp_events.aggregates.concern.commands import (
    CloseConcern,
    ConcernCommand,
    EscalateConcern,
    RaiseConcern,
)
from scp_events.aggregates.concern.events import ConcernClosed, ConcernEscalated, ConcernRaised
from scp_events.vocabulary import OrganisationId
from tests.words import KEY_WORKER, decision, event_id, grounds

CHILD_PROTECTION = OrganisationId("child-protection")
RAISED_AS = event_id(701)

RAISE = RaiseConcern(event_id=RAISED_AS, concern="An invented bruise.")
ESCALATE = EscalateConcern(decision=grounds(), escalated_to=CHILD_PROTECTION)
CLOSE = CloseConcern(decision=grounds(), outcome="An invented fall: they are safe.")
EVERY_COMMAND: tuple[ConcernCommand, ...] = (RAISE, ESCALATE, CLOSE)

RAISED = ConcernRaised(event_id=RAISED_AS, raised_by=KEY_WORKER, concern="An invented bruise.")
ESCALATED = ConcernEscalated(decision=decision(), escalated_to=CHILD_PROTECTION)
CLOSED = ConcernClosed(decision=decision(), outcome="An invented fall: they are safe.")
