"""Observation: the rules, and what they need to know of other streams.

    observed <-> in custody
    observed <-> away: moved out of the area observed
    -> dead: as the participant's stream says

Custody and moving may be older than the registration: what is counted may begin before the programme does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from scp_events.aggregates.observation.commands import (
    ChangeResidence,
    EndCustody,
    ObservationCommand,
    StartCustody,
)
from scp_events.aggregates.observation.events import (
    Custody,
    CustodyEnded,
    CustodyStarted,
    Move,
    Moved,
    ObservationEvent,
    ResidenceChanged,
)
from scp_events.aggregates.participant.events import PRESENCE, must_be_alive
from scp_events.vocabulary import Command, Context, Evidence, Refused, Word, replace

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {StartCustody: PRESENCE, ChangeResidence: PRESENCE}
"""That custody ended is said of somebody who died in it as well."""

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: where somebody is held, and where they moved last."""

    custody: Custody | None = None
    residence: Move | None = None


initial = State()


class View(Word):
    """What others may read of how somebody can be observed. Deaths are the participant's."""

    custody: Custody | None
    residence: Move | None
    observed: bool


def view(state: State) -> View:
    """Return what others may read."""
    away = state.residence is not None and state.residence.moved is Moved.OUT_OF_AREA
    return View(custody=state.custody, residence=state.residence, observed=state.custody is None and not away)


def evolve(state: State, event: ObservationEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case CustodyStarted():
            return replace(state, custody=_custody(event))
        case CustodyEnded():
            return replace(state, custody=None)
        case ResidenceChanged():
            return replace(state, residence=_residence(event))
    assert_never(event)


def _custody(said: Custody) -> Custody:
    return Custody(custody_kind=said.custody_kind, held_by=said.held_by)


def _residence(said: Move) -> Move:
    return Move(area=said.area, moved=said.moved)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: ObservationCommand, context: Context) -> list[ObservationEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case StartCustody():
            return start_custody(state, command, context)
        case EndCustody():
            return end_custody(state, command, context)
        case ChangeResidence():
            return change_residence(state, command, context)
    assert_never(command)


def start_custody(state: State, command: StartCustody, context: Context) -> list[ObservationEvent]:
    """Nobody is held in two places: a transfer is an end and a start."""
    if state.custody == _custody(command):
        return []
    if state.custody is not None:
        raise Refused(
            "in-custody",
            f"{state.custody.held_by} held them by {context.when}: `end-custody` first, on the day of the"
            " transfer",
        )
    must_be_alive(context.evidence)
    return [command.fact(context.by, event_id=context.event_id)]


def end_custody(state: State, command: EndCustody, context: Context) -> list[ObservationEvent]:
    """Only who is held is released."""
    if state.custody is None:
        raise Refused(
            "not-in-custody",
            f"nobody held them by {context.when}: `start-custody` first, or correct `occurred_at`",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def change_residence(state: State, command: ChangeResidence, context: Context) -> list[ObservationEvent]:
    """The last move counts, from within the area or from without."""
    if state.residence == _residence(command):
        return []
    must_be_alive(context.evidence)
    return [command.fact(context.by, event_id=context.event_id)]
