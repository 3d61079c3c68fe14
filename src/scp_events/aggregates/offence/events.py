"""An offence: what is stored for ever."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Code,
    DecisionEvent,
    IdentifiedEvent,
    Narrative,
    TellingCode,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------


class Source(Word):
    """Who says so, and how far behind what they say is."""

    name: Code
    """Such as `court-register`."""
    latency_days: Annotated[int, Field(ge=0, le=3_660)] | None = None
    """So many days may pass before something is in it, as the source itself says."""


class Offence(Word):
    """What somebody is said to have done. What was alleged, charged and proven may differ."""

    offence_code: TellingCode
    """In the classification of the source."""
    severity: Code
    recordable: bool
    """Whether it is of the kind that is kept in a criminal record."""
    source: Source
    particulars: Narrative | None = None


class Proof(Offence):
    """What was found to be so, when it was done and found, and what followed."""

    committed_on: Annotated[date, Bound(not_after="proven_on")]
    proven_on: Annotated[date, Bound(not_after=OCCURRED)]
    """The day of the finding. The event's own time is when the programme took it as proven."""
    disposal: Code
    """Such as `conviction` or `caution`: which of them count, a measure defines."""


class Claim(Offence):
    """What somebody is said to have done, and when."""

    committed_on: Annotated[date, Bound(not_after=OCCURRED)]


class Quashing(Word):
    """When a finding was taken back."""

    quashed_on: Annotated[date, Bound(not_after=OCCURRED)]
    """The day of the finding that did. The event's own time is when the programme took note of it."""
    source: Source


# --- events -----------------------------------------------------------------------------------------------


class OffenceAlleged(IdentifiedEvent, Claim):
    """Somebody said that the young person did something. It counts for nothing by itself."""

    TITLE = "Offence alleged: {severity}, by {source.name}"
    type: Literal["offence.alleged"] = "offence.alleged"


class ChargeRecorded(IdentifiedEvent, Claim):
    """The young person was charged. It counts for nothing by itself."""

    TITLE = "Charge recorded: {severity}, by {source.name}"
    type: Literal["offence.charge-recorded"] = "offence.charge-recorded"


class OffenceProven(DecisionEvent, IdentifiedEvent, Proof):
    """The programme took an offence as proven, on the word of a source."""

    TITLE = "Offence proven: {severity}, {disposal}, by {source.name}"
    type: Literal["offence.proven"] = "offence.proven"


class OffenceNotProven(IdentifiedEvent):
    """The charge was heard and not proven."""

    TITLE = "Offence not proven: by {source.name}"
    type: Literal["offence.not-proven"] = "offence.not-proven"
    source: Source


class AllegationWithdrawn(IdentifiedEvent):
    """Whoever alleged or charged it does so no longer."""

    TITLE = "Allegation withdrawn: by {source.name}"
    type: Literal["offence.withdrawn"] = "offence.withdrawn"
    source: Source


class ConvictionQuashed(DecisionEvent, IdentifiedEvent, Quashing):
    """What was proven was taken back: it counts no more, nor did it ever."""

    TITLE = "Conviction quashed: by {source.name}"
    type: Literal["offence.conviction-quashed"] = "offence.conviction-quashed"


OffenceEvent: TypeAlias = (
    OffenceAlleged
    | ChargeRecorded
    | OffenceProven
    | OffenceNotProven
    | AllegationWithdrawn
    | ConvictionQuashed
)
EVENTS: tuple[type[OffenceEvent], ...] = members(OffenceEvent)
