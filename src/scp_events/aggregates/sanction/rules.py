"""A sanction: the rules, and what they need to know of other streams.

    imposed -> serving -> discharged (successfully | unsuccessfully)
    imposed -> discharged unsuccessfully: it never was begun
    imposed, serving -> revoked

A sanction is often what brings somebody to the programme, so it may be older than their registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from scp_events.aggregates.participant.events import PRESENCE, must_be_alive
from scp_events.aggregates.sanction.commands import (
    DischargeSanction,
    RecordSanction,
    RevokeSanction,
    SanctionCommand,
    StartServing,
)
from scp_events.aggregates.sanction.events import (
    Discharged,
    SanctionDischarged,
    SanctionEvent,
    SanctionImposed,
    SanctionRevoked,
    ServingStarted,
)
from scp_events.vocabulary import Command, Context, EventId, Evidence, Refused, Word, replace

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {RecordSanction: PRESENCE, StartServing: PRESENCE}
"""How a sanction ended is decided after a death as well."""

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the sanction stands."""

    NOT_IMPOSED = "not-imposed"
    IMPOSED = "imposed"
    SERVING = "serving"
    DISCHARGED = "discharged"
    REVOKED = "revoked"


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    status: Status = Status.NOT_IMPOSED
    imposed_as: EventId | None = None
    outcome: Discharged | None = None


initial = State()


class View(Word):
    """What others may read of a sanction."""

    status: Status
    outcome: Discharged | None


def view(state: State) -> View:
    """Return what others may read."""
    return View(status=state.status, outcome=state.outcome)


def evolve(state: State, event: SanctionEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case SanctionImposed():
            return replace(state, status=Status.IMPOSED, imposed_as=event.event_id)
        case ServingStarted():
            return replace(state, status=Status.SERVING)
        case SanctionDischarged():
            return replace(state, status=Status.DISCHARGED, outcome=event.outcome)
        case SanctionRevoked():
            return replace(state, status=Status.REVOKED)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: SanctionCommand, context: Context) -> list[SanctionEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RecordSanction():
            return record_sanction(state, command, context)
        case StartServing():
            return start_serving(state, command, context)
        case DischargeSanction():
            return discharge_sanction(state, command, context)
        case RevokeSanction():
            return revoke_sanction(state, command, context)
    assert_never(command)


# --- the rules --------------------------------------------------------------------------------------------


def record_sanction(state: State, command: RecordSanction, context: Context) -> list[SanctionEvent]:
    """A sanction is imposed once, on somebody who is alive."""
    if state.imposed_as is not None:
        raise Refused(
            "already-imposed",
            f"event {state.imposed_as} imposed this sanction: `correct` it, or begin another with"
            " `record-sanction`",
        )
    must_be_alive(context.evidence)
    return [command.fact(context.by, event_id=context.event_id)]


def start_serving(state: State, command: StartServing, context: Context) -> list[SanctionEvent]:
    """A sanction that has not ended is begun once."""
    if state.status is Status.SERVING:
        return []
    _must_be_open(state, context)
    must_be_alive(context.evidence)
    return [command.fact(context.by)]


def discharge_sanction(state: State, command: DischargeSanction, context: Context) -> list[SanctionEvent]:
    """S2.8: a sanction is discharged once; successfully only where it was begun to be served."""
    if state.status is Status.DISCHARGED and state.outcome is command.outcome:
        return []
    _must_be_open(state, context)
    if command.outcome is Discharged.SUCCESSFULLY and state.status is not Status.SERVING:
        raise Refused(
            "not-served",
            f"nobody had begun to serve it by {context.when}: record `start-serving` first, or discharge it"
            " `unsuccessfully`",
        )
    return [command.fact(context.by)]


def revoke_sanction(state: State, command: RevokeSanction, context: Context) -> list[SanctionEvent]:
    """A sanction that has not ended is revoked once."""
    if state.status is Status.REVOKED:
        return []
    _must_be_open(state, context)
    return [command.fact(context.by)]


def _must_be_open(state: State, context: Context) -> None:
    if state.status is Status.NOT_IMPOSED:
        raise Refused("not-imposed", f"nothing was imposed by {context.when}: `record-sanction` first")
    if state.status in {Status.DISCHARGED, Status.REVOKED}:
        raise Refused(
            "sanction-ended",
            f"the sanction was {state.status} by {context.when}: `correct` what was recorded, or record"
            " another with `record-sanction`",
        )
