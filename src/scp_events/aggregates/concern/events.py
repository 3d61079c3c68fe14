"""A safeguarding concern: what is stored for ever, and shown to nobody it is not for."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from scp_events.vocabulary import (
    Actor,
    DecisionEvent,
    Event,
    IdentifiedEvent,
    Narrative,
    OrganisationCode,
    Word,
    members,
)


class Restricted(Event):
    """What only those may see whose task it is."""

    confidentiality: ClassVar[Literal["standard", "restricted"]] = "restricted"


# --- what a command and its event both say ----------------------------------------------------------------


class Fear(Word):
    """What somebody fears for a young person."""

    concern: Narrative


# --- events -----------------------------------------------------------------------------------------------


class ConcernRaised(Restricted, IdentifiedEvent, Fear):
    """Somebody fears that the young person is being harmed, or could be."""

    TITLE = "Concern raised"
    type: Literal["concern.raised"] = "concern.raised"
    raised_by: Actor


class ConcernEscalated(Restricted, DecisionEvent):
    """The concern was put to an agency with the power to act."""

    TITLE = "Concern escalated: to {escalated_to}"
    type: Literal["concern.escalated"] = "concern.escalated"
    escalated_to: OrganisationCode


class ConcernClosed(Restricted, DecisionEvent):
    """Somebody other than the person who raised the concern found it settled."""

    TITLE = "Concern closed"
    type: Literal["concern.closed"] = "concern.closed"
    outcome: Narrative


ConcernEvent: TypeAlias = ConcernRaised | ConcernEscalated | ConcernClosed
EVENTS: tuple[type[ConcernEvent], ...] = members(ConcernEvent)
