"""Observation: what is stored for ever.

Whoever counts reoffending has to know when somebody could be observed at all: not in custody, not away, not
dead. A time without an offence in a cell is no success.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

from scp_events.vocabulary import Code, IdentifiedEvent, OrganisationCode, Word, members

# --- what a command and its event both say ----------------------------------------------------------------


class Custody(Word):
    """Where somebody is held, and as what."""

    custody_kind: Code
    """Such as `remand` or `sentence`."""
    held_by: OrganisationCode


class Moved(StrEnum):
    """Whether what somebody does where they live now comes to be known to those who observe."""

    INTO_AREA = "into-area-observed"
    OUT_OF_AREA = "out-of-area-observed"


class Move(Word):
    """Where somebody lives now: no address, an area."""

    area: Code
    moved: Moved


# --- events -----------------------------------------------------------------------------------------------


class CustodyStarted(IdentifiedEvent, Custody):
    """The young person was taken into custody."""

    TITLE = "Custody started: {custody_kind}, {held_by}"
    type: Literal["observation.custody-started"] = "observation.custody-started"


class CustodyEnded(IdentifiedEvent):
    """The young person was released."""

    TITLE = "Custody ended"
    type: Literal["observation.custody-ended"] = "observation.custody-ended"


class ResidenceChanged(IdentifiedEvent, Move):
    """The young person moved to another area, which is observed or not."""

    TITLE = "Residence changed: {moved}, {area}"
    type: Literal["observation.residence-changed"] = "observation.residence-changed"


ObservationEvent: TypeAlias = CustodyStarted | CustodyEnded | ResidenceChanged
EVENTS: tuple[type[ObservationEvent], ...] = members(ObservationEvent)
