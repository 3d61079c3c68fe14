"""An offence: the rules, and what they need to know of other streams.

    alleged -> charged -> proven -> (quashed)
                       -> not proven
    alleged, charged -> withdrawn
    alleged -> proven: out of court, by a caution

Allegations never count: only what was proven and not quashed does. An offence is often what brings somebody
to the programme, so what is said of it may be older than their registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, assert_never

from scp_events.aggregates.offence.commands import (
    EstablishProof,
    OffenceCommand,
    QuashConviction,
    RecordAllegation,
    RecordCharge,
    RecordNotProven,
    WithdrawAllegation,
)
from scp_events.aggregates.offence.events import (
    AllegationWithdrawn,
    ChargeRecorded,
    ConvictionQuashed,
    OffenceAlleged,
    OffenceEvent,
    OffenceNotProven,
    OffenceProven,
)
from scp_events.aggregates.participant.events import ParticipantDied, ParticipantRegistered
from scp_events.vocabulary import (
    Code,
    Command,
    Context,
    Event,
    EventId,
    Evidence,
    Fact,
    Refused,
    Word,
    replace,
)

# --- what other streams say -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """Whether somebody is known to the programme, and the day of their death."""

    registered: bool = False
    died_on: date | None = None


def _live(known: Life, fact: Fact[Event]) -> Life:
    match fact.event:
        case ParticipantRegistered():
            return replace(known, registered=True)
        case ParticipantDied():
            return replace(known, died_on=fact.when.day)
    return known


LIFE = Evidence(Life(), _live, over=(ParticipantRegistered, ParticipantDied))
EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    RecordAllegation: LIFE,
    RecordCharge: LIFE,
    EstablishProof: LIFE,
}
"""A finding may come after a death, and be taken back after it."""

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """Where the offence stands."""

    UNKNOWN = "unknown"
    ALLEGED = "alleged"
    CHARGED = "charged"
    PROVEN = "proven"
    NOT_PROVEN = "not-proven"
    WITHDRAWN = "withdrawn"
    QUASHED = "quashed"


OPEN = frozenset({Status.ALLEGED, Status.CHARGED})


class Proven(Word):
    """What counts as proven."""

    proven_as: EventId
    committed_on: date
    proven_on: date
    disposal: Code
    severity: Code
    recordable: bool


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs, and what counts."""

    status: Status = Status.UNKNOWN
    alleged_as: EventId | None = None
    proven: Proven | None = None


initial = State()


class View(Word):
    """What others may read of an offence: of what is only alleged, no more than that it is."""

    status: Status
    proven: Proven | None
    """What counts; None where nothing does."""


def view(state: State) -> View:
    """Return what others may read."""
    return View(status=state.status, proven=state.proven)


def evolve(state: State, event: OffenceEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case OffenceAlleged():
            return replace(state, status=Status.ALLEGED, alleged_as=event.event_id)
        case ChargeRecorded():
            return replace(state, status=Status.CHARGED)
        case OffenceProven():
            return replace(state, status=Status.PROVEN, proven=_what_counts(event))
        case OffenceNotProven():
            return replace(state, status=Status.NOT_PROVEN)
        case AllegationWithdrawn():
            return replace(state, status=Status.WITHDRAWN)
        case ConvictionQuashed():
            return replace(state, status=Status.QUASHED, proven=None)
    assert_never(event)


def _what_counts(event: OffenceProven) -> Proven:
    return Proven(
        proven_as=event.event_id,
        committed_on=event.committed_on,
        proven_on=event.proven_on,
        disposal=event.disposal,
        severity=event.severity,
        recordable=event.recordable,
    )


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: OffenceCommand, context: Context) -> list[OffenceEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RecordAllegation():
            return record_allegation(state, command, context)
        case RecordCharge():
            return record_charge(state, command, context)
        case EstablishProof():
            return establish_proof(state, command, context)
        case RecordNotProven():
            return record_not_proven(state, command, context)
        case WithdrawAllegation():
            return withdraw_allegation(state, command, context)
        case QuashConviction():
            return quash_conviction(state, command, context)
    assert_never(command)


# --- the rules --------------------------------------------------------------------------------------------


def record_allegation(state: State, command: RecordAllegation, context: Context) -> list[OffenceEvent]:
    """An offence is alleged once, and was committed by somebody alive."""
    if state.alleged_as is not None:
        raise Refused(
            "already-alleged",
            f"event {state.alleged_as} alleges this offence: `correct` it, or begin another with"
            " `record-allegation`",
        )
    _must_have_been_alive(context.evidence, command.committed_on)
    return [_said(command, context)]


def record_charge(state: State, command: RecordCharge, context: Context) -> list[OffenceEvent]:
    """What was alleged is charged once, perhaps as something else."""
    if state.status is Status.CHARGED:
        raise Refused("already-charged", "it was charged by then: `correct` the charge where it is wrong")
    _must_be_open(state, context)
    _must_have_been_alive(context.evidence, command.committed_on)
    return [_said(command, context)]


def establish_proof(state: State, command: EstablishProof, context: Context) -> list[OffenceEvent]:
    """What was alleged is proven once, of somebody who is on the programme; out of court without a charge."""
    _must_be_open(state, context)
    life: Life = context.evidence
    if not life.registered:
        raise Refused("not-registered", "the participant was not registered by then: `register` them first")
    _must_have_been_alive(life, command.committed_on)
    return [_said(command, context)]


def record_not_proven(state: State, command: RecordNotProven, context: Context) -> list[OffenceEvent]:
    """Only a charge is heard."""
    if state.status is Status.NOT_PROVEN:
        return []
    _must_be_open(state, context)
    if state.status is not Status.CHARGED:
        raise Refused(
            "not-charged",
            f"nobody was charged by {context.when}: `record-charge` first, or `withdraw-allegation`",
        )
    return [_said(command, context)]


def withdraw_allegation(state: State, command: WithdrawAllegation, context: Context) -> list[OffenceEvent]:
    """An allegation or a charge that was not decided is withdrawn once."""
    if state.status is Status.WITHDRAWN:
        return []
    _must_be_open(state, context)
    return [_said(command, context)]


def quash_conviction(state: State, command: QuashConviction, context: Context) -> list[OffenceEvent]:
    """What was proven is quashed once, on the day it was proven or later."""
    if state.status is Status.QUASHED:
        return []
    if state.proven is None:
        raise Refused(
            "not-proven", f"the offence was {state.status} by {context.when}: only what was proven is quashed"
        )
    if command.quashed_on < state.proven.proven_on:
        raise Refused(
            "quashed-before-proven",
            f"it was proven on {state.proven.proven_on.isoformat()}, after `quashed_on`"
            f" {command.quashed_on.isoformat()}: correct one of the two",
        )
    proof = state.proven.proven_as
    return [command.relying_on((proof,)).fact(context.by, event_id=context.event_id)]


def _said(command: OffenceCommand, context: Context) -> OffenceEvent:
    event: OffenceEvent = command.fact(context.by, event_id=context.event_id)
    return event


def _must_be_open(state: State, context: Context) -> None:
    if state.status is Status.UNKNOWN:
        raise Refused("not-alleged", f"nothing was alleged by {context.when}: `record-allegation` first")
    if state.status not in OPEN:
        raise Refused(
            "offence-decided",
            f"the offence was {state.status} by {context.when}: `correct` what was recorded, or begin another"
            " with `record-allegation`",
        )


def _must_have_been_alive(life: Life, committed_on: date) -> None:
    if life.died_on is not None and committed_on > life.died_on:
        raise Refused(
            "died",
            f"`committed_on` {committed_on.isoformat()} is after the death on {life.died_on.isoformat()}:"
            " correct one of the two",
        )
