"""Whether the requirements of completion are met: that follows from minutes and a plan, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from scp_events.aggregates.enrolment.events import EnrolmentEvent
from scp_events.aggregates.enrolment.state import State, Status, evolve, initial
from scp_events.aggregates.irp.events import IrpAgreedByParticipant
from scp_events.vocabulary import EventId, Fact, When


def are_met(state: State, plan_agreed: EventId | None) -> bool:
    """Minutes and an agreed plan, both, and nothing else (S2.11)."""
    return state.missing_minutes <= 0 and plan_agreed is not None


def proof(state: State, plan_agreed: EventId | None) -> tuple[EventId, ...]:
    """Return every event that minutes were credited by, and that by which the plan was agreed to."""
    return (*state.credits, *((plan_agreed,) if plan_agreed else ()))


class Met(NamedTuple):
    """Since when the requirements are met, and by which events."""

    since: When
    evidence: tuple[EventId, ...]


class Derived(NamedTuple):
    """What came of an enrolment, and since when its requirements are met; None where they are not."""

    state: State
    met: Met | None


def derive(history: Iterable[Fact[EnrolmentEvent | IrpAgreedByParticipant]]) -> Derived:
    """Return what follows from an enrolment's own facts and the agreements to plans, in order of time.

    What comes after the enrolment has ended, or while it rests, makes nothing so.
    """
    state, plan, met = initial, None, None
    for fact in history:
        if isinstance(fact.event, IrpAgreedByParticipant):
            plan = fact.event_id
        else:
            state = evolve(state, fact.event)
        if state.status is Status.ENROLLED:
            met = (met or Met(fact.when, proof(state, plan))) if are_met(state, plan) else None
    return Derived(state, met)
