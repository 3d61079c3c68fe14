"""A sanction: what is stored for ever."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Code,
    CoreDetail,
    DecisionEvent,
    Event,
    IdentifiedEvent,
    Narrative,
    OrganisationCode,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class SanctionKind(StrEnum):
    """What kind of sanction it is, whatever the instrument is called."""

    ALTERNATIVE_PUNISHMENT = "alternative-punishment"
    EDUCATIONAL_MEASURE = "educational-measure"
    """Disciplinary, and not a punishment."""
    CUSTODIAL = "custodial"


class Sanction(Word):
    """What has to be done or borne, by when, and on whose word."""

    kind: SanctionKind
    instrument: Code
    """Such as `community-service-order`."""
    imposed_by: OrganisationCode
    """The court or the organisation."""
    imposed_as: Code
    """In which capacity whoever imposed it acted, such as `magistrate`."""
    to_be_done: Narrative
    due_on: Annotated[date | None, Bound(not_before=OCCURRED)] = None
    """By when it has to be done."""
    ends_on: Annotated[date | None, Bound(not_before=OCCURRED)] = None
    """Its last day, where it runs for a time."""
    reference: CoreDetail | None = None
    """The number of the order."""


class Discharged(StrEnum):
    """How a sanction came out."""

    SUCCESSFULLY = "successfully"
    UNSUCCESSFULLY = "unsuccessfully"


# --- events -----------------------------------------------------------------------------------------------


class SanctionImposed(IdentifiedEvent, Sanction):
    """A court or an organisation imposed a sanction on the young person."""

    TITLE = "Sanction imposed: {instrument}, by {imposed_by}"
    type: Literal["sanction.imposed"] = "sanction.imposed"


class ServingStarted(Event):
    """The young person began to do what the sanction asks."""

    TITLE = "Sanction begun to be served"
    type: Literal["sanction.serving-started"] = "sanction.serving-started"


class SanctionDischarged(DecisionEvent):
    """The sanction ended as it was meant to, or without having been served."""

    TITLE = "Sanction discharged: {outcome}"
    type: Literal["sanction.discharged"] = "sanction.discharged"
    outcome: Discharged


class SanctionRevoked(DecisionEvent):
    """The sanction was taken back, or another took its place."""

    TITLE = "Sanction revoked: {decision.reason_code}"
    type: Literal["sanction.revoked"] = "sanction.revoked"


SanctionEvent: TypeAlias = SanctionImposed | ServingStarted | SanctionDischarged | SanctionRevoked
EVENTS: tuple[type[SanctionEvent], ...] = members(SanctionEvent)
