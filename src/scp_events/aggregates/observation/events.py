"""Observation: what is stored for ever, and what interrupts or ends it.

Whoever counts reoffending has to know when somebody could be observed at all: not in custody, not away, not
dead. A time without an offence in a cell is no success.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple, TypeAlias

from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.vocabulary import Code, Event, Fact, IdentifiedEvent, OrganisationCode, Word, members

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

# --- what interrupts and what ends ------------------------------------------------------------------------


class NotObserved(StrEnum):
    """Why somebody cannot be observed."""

    IN_CUSTODY = "in-custody"
    AWAY = "away"
    DEAD = "dead"


class Interruption(NamedTuple):
    """Days on which somebody could not be observed: the first, and the one on which they could again."""

    why: NotObserved
    since: date
    until: date | None
    """None while it lasts; death ends all others, and lasts."""


def interruptions(history: Iterable[Fact[Event]]) -> list[Interruption]:
    """Return what interrupted or ended being observed, from facts in order of time, the first one first.

    Custody may fall into a time away: each is told for itself.
    """
    since: dict[NotObserved, date] = {}
    over: list[Interruption] = []
    for fact in history:
        why, begins = _turn(fact.event)
        if why is None or NotObserved.DEAD in since:
            continue
        day = fact.when.day
        ending = [*since] if why is NotObserved.DEAD else [] if begins else [why]
        over += [Interruption(each, since.pop(each), day) for each in ending if each in since]
        if begins:
            since.setdefault(why, day)
    lasting = [Interruption(why, day, None) for why, day in since.items()]
    return sorted([*over, *lasting], key=lambda each: each.since)


def _turn(event: Event) -> tuple[NotObserved | None, bool]:
    """Return which reason not to be observed an event begins or ends, if any."""
    match event:
        case CustodyStarted():
            return NotObserved.IN_CUSTODY, True
        case CustodyEnded():
            return NotObserved.IN_CUSTODY, False
        case ResidenceChanged():
            return NotObserved.AWAY, event.moved is Moved.OUT_OF_AREA
        case ParticipantDied():
            return NotObserved.DEAD, True
    return None, False
