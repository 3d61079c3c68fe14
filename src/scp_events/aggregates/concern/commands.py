"""A safeguarding concern: what doors offer. Whoever sends a command is who fears, or decides."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.concern import events
from scp_events.aggregates.concern.events import Fear
from scp_events.vocabulary import DecisionCommand, IdentifiedCommand, Narrative, OrganisationCode, members


class RaiseConcern(IdentifiedCommand, Fear):
    """Say what you fear for the young person."""

    RECORDS = events.ConcernRaised


class EscalateConcern(DecisionCommand):
    """Put the concern to an agency with the power to act."""

    RECORDS = events.ConcernEscalated
    escalated_to: OrganisationCode


class CloseConcern(DecisionCommand):
    """Find a concern settled that somebody else raised."""

    RECORDS = events.ConcernClosed
    outcome: Narrative


ConcernCommand: TypeAlias = RaiseConcern | EscalateConcern | CloseConcern
COMMANDS: tuple[type[ConcernCommand], ...] = members(ConcernCommand)
