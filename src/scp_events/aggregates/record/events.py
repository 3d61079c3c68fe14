"""Keeping and erasing a young person's record: what is stored for ever."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from scp_events.vocabulary import (
    OCCURRED,
    Actor,
    Bound,
    Citation,
    Code,
    DecisionEvent,
    ErasureEvent,
    Event,
    EventId,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class Hold(Word):
    """An order to keep the record until a day, whatever falls due before."""

    reference: Citation
    ordered_on: Annotated[date, Bound(not_after=OCCURRED)]
    """The date of the order. The record is held from when the hold is placed."""
    expires_on: Annotated[date, Bound(after=OCCURRED)]
    """The last day on which the record has to be kept."""


class ErasureOrigin(StrEnum):
    """On whose account personal data is to be erased."""

    PARTICIPANT = "participant"
    GUARDIAN = "guardian"
    MENTOR = "mentor"
    RETENTION_SCHEDULE = "retention-schedule"
    COURT = "court"


# --- events -----------------------------------------------------------------------------------------------


class LegalHoldPlaced(DecisionEvent, Hold):
    """The record has to be kept until a day, whatever falls due before."""

    TITLE = "Legal hold placed: {reference}, until {expires_on}"
    type: Literal["record.legal-hold-placed"] = "record.legal-hold-placed"


class LegalHoldReleased(DecisionEvent):
    """The record need not be kept on that account any longer."""

    TITLE = "Legal hold released: {reference}"
    type: Literal["record.legal-hold-released"] = "record.legal-hold-released"
    reference: Citation


class ErasureRequested(Event):
    """Somebody asked that the participant's personal data be erased."""

    TITLE = "Erasure requested: on account of {origin}"
    type: Literal["record.erasure-requested"] = "record.erasure-requested"
    origin: ErasureOrigin
    requested_by: Actor


class ErasureRefused(DecisionEvent):
    """The data is kept for now, and why."""

    TITLE = "Erasure refused"
    type: Literal["record.erasure-refused"] = "record.erasure-refused"


class ErasureApproved(DecisionEvent):
    """A second person decided that the data be erased; what is left is to carry it out."""

    TITLE = "Erasure approved"
    type: Literal["record.erasure-approved"] = "record.erasure-approved"


class ErasureBegun(Event):
    """The approved erasure began. Keys are destroyed from here on: a hold comes too late."""

    TITLE = "Erasure begun"
    type: Literal["record.erasure-begun"] = "record.erasure-begun"


class PersonalDataErased(ErasureEvent):
    """The participant's personal data became unreadable for ever; that something happened stays."""

    TITLE = "Personal data erased"
    type: Literal["record.personal-data-erased"] = "record.personal-data-erased"
    approved_as: EventId
    stores: tuple[Code, ...]
    """What was purged of copies."""
    out_of_reach: tuple[Code, ...] = ()
    """What of the database server nobody could look at, so that it is not vouched for."""


RecordEvent: TypeAlias = (
    LegalHoldPlaced
    | LegalHoldReleased
    | ErasureRequested
    | ErasureRefused
    | ErasureApproved
    | ErasureBegun
    | PersonalDataErased
)
EVENTS: tuple[type[RecordEvent], ...] = members(RecordEvent)
