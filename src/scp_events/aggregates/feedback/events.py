"""Feedback on the programme: what is stored for ever. No instrument is built in."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from scp_events.vocabulary import (
    Citation,
    Code,
    CoreDetail,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    IdentifiedEvent,
    Narrative,
    OrganisationCode,
    Personal,
    PersonCode,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class Respondent(StrEnum):
    """Who says how satisfied they are."""

    PARTICIPANT = "participant"
    MENTOR = "mentor"
    COMMUNITY_ORGANISATION = "community-organisation"


class Companion(StrEnum):
    """What somebody is to a young person whom they work with."""

    MENTOR = "mentor"
    KEY_WORKER = "key-worker"


class Side(StrEnum):
    """Which of the two in a relationship says how it is."""

    PARTICIPANT = "participant"
    COMPANION = "companion"


class Collected(StrEnum):
    """How people were asked."""

    IN_PERSON = "in-person"
    PHONE = "phone"
    ON_PAPER = "on-paper"
    ONLINE = "online"


class Answer(Word):
    """What somebody answered: on which scale, of which instrument, and perhaps in words."""

    instrument: Code
    instrument_version: Citation
    lowest: Decimal
    highest: Decimal
    """The ends of the scale: the higher, the better."""
    score: Annotated[Decimal | Erased, Personal("narrative")]
    collected: Collected
    comment: Narrative | None = None


class Satisfaction(Answer):
    """How satisfied somebody is with the programme."""

    said_by: Respondent
    organisation: OrganisationCode | None = None
    """Which community organisation, where one answered."""


class Relationship(Answer):
    """How a young person and somebody who works with them get on."""

    companion: PersonCode
    companion_is: Companion
    said_by: Side


class Testimony(Word):
    """What a young person tells of the programme, in their own words."""

    words: Narrative
    shown_as: CoreDetail | None = None
    """What they want to be called where it is published; None is no name at all."""


class OfTestimony(Word):
    """Which testimony it is about: the event by which it was given."""

    testimony: EventId


class Publication(OfTestimony):
    """A testimony, and the organisation that publishes it."""

    publisher: OrganisationCode


# --- events -----------------------------------------------------------------------------------------------


class SatisfactionRecorded(IdentifiedEvent, Satisfaction):
    """Somebody said how satisfied they are with the programme."""

    TITLE = "Satisfaction recorded: of the {said_by}, with {instrument} {instrument_version}"
    type: Literal["feedback.satisfaction-recorded"] = "feedback.satisfaction-recorded"


class RelationshipRated(IdentifiedEvent, Relationship):
    """The participant, or somebody who works with them, said how they get on."""

    TITLE = "Relationship rated: by the {said_by}, with the {companion_is} {companion}"
    type: Literal["feedback.relationship-rated"] = "feedback.relationship-rated"


class TestimonyGiven(IdentifiedEvent, Testimony):
    """The participant told of the programme in their own words."""

    TITLE = "Testimony given"
    type: Literal["feedback.testimony-given"] = "feedback.testimony-given"


class TestimonyWithdrawn(Event, OfTestimony):
    """The participant took their words back; where they are published they are to be taken down."""

    TITLE = "Testimony withdrawn"
    type: Literal["feedback.testimony-withdrawn"] = "feedback.testimony-withdrawn"


class TestimonyPublished(DecisionEvent, Publication):
    """The testimony is published by an organisation to which the participant's consent extends."""

    TITLE = "Testimony published: by {publisher}"
    type: Literal["feedback.testimony-published"] = "feedback.testimony-published"


class TestimonyTakenDown(DecisionEvent, Publication):
    """The organisation publishes the testimony no longer."""

    TITLE = "Testimony taken down: by {publisher}"
    type: Literal["feedback.testimony-taken-down"] = "feedback.testimony-taken-down"


FeedbackEvent: TypeAlias = (
    SatisfactionRecorded
    | RelationshipRated
    | TestimonyGiven
    | TestimonyWithdrawn
    | TestimonyPublished
    | TestimonyTakenDown
)
EVENTS: tuple[type[FeedbackEvent], ...] = members(FeedbackEvent)
