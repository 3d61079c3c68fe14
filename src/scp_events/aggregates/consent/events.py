"""Consent to uses of a young person's data: what is stored for ever."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from scp_events.vocabulary import OCCURRED, Bound, Code, Event, OrganisationCode, Word, members


class ConsentParty(StrEnum):
    """Who gives consent or takes it back."""

    PARTICIPANT = "participant"
    GUARDIAN = "guardian"


# --- what a command and its event both say ----------------------------------------------------------------


class Use(Word):
    """What the data is used for, and by whom."""

    scope: Code
    recipient: OrganisationCode


class Permission(Use):
    """A use that was allowed: by whom, and until when."""

    given_by: ConsentParty
    capacity_noted: bool
    """Whether somebody noted that the participant understands what they allow."""
    valid_until: Annotated[date | None, Bound(not_before=OCCURRED)] = None


class Withdrawal(Use):
    """A use that is allowed no longer, and who says so."""

    withdrawn_by: ConsentParty


# --- events -----------------------------------------------------------------------------------------------


class ConsentGiven(Event, Permission):
    """Somebody entitled to allowed a use of the participant's data to a recipient."""

    TITLE = "Consent given: by the {given_by}, {scope} for {recipient}"
    type: Literal["consent.given"] = "consent.given"


class ConsentWithdrawn(Event, Withdrawal):
    """The consent was taken back; what was done under it stays lawful, nothing further is."""

    TITLE = "Consent withdrawn: by the {withdrawn_by}, {scope} for {recipient}"
    type: Literal["consent.withdrawn"] = "consent.withdrawn"


ConsentEvent: TypeAlias = ConsentGiven | ConsentWithdrawn
EVENTS: tuple[type[ConsentEvent], ...] = members(ConsentEvent)
