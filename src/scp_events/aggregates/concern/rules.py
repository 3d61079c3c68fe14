"""A safeguarding concern: the rules.

    raised -> (escalated to one agency or several) -> closed by somebody else

A concern never waits: not for registration, not for boundaries, not for a break to end. Nothing personal is
remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from scp_events.aggregates.concern.commands import (
    CloseConcern,
    ConcernCommand,
    EscalateConcern,
    RaiseConcern,
)
from scp_events.aggregates.concern.events import (
    ConcernClosed,
    ConcernEscalated,
    ConcernEvent,
    ConcernRaised,
)
from scp_events.vocabulary import Context, OrganisationId, PersonId, Refused, Word, replace

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: no more than the next decision needs."""

    raised_by: PersonId | None = None
    escalated_to: tuple[OrganisationId, ...] = ()
    closed: bool = False


initial = State()


class View(Word):
    """What others may read of a concern."""

    raised_by: PersonId | None
    escalated_to: tuple[OrganisationId, ...]
    closed: bool


def view(state: State) -> View:
    """Return what others may read."""
    return View(raised_by=state.raised_by, escalated_to=state.escalated_to, closed=state.closed)


def evolve(state: State, event: ConcernEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case ConcernRaised():
            return replace(state, raised_by=event.raised_by.id)
        case ConcernEscalated():
            return replace(state, escalated_to=(*state.escalated_to, event.escalated_to))
        case ConcernClosed():
            return replace(state, closed=True)
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: ConcernCommand, context: Context) -> list[ConcernEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case RaiseConcern():
            return raise_concern(state, command, context)
        case EscalateConcern():
            return escalate_concern(state, command, context)
        case CloseConcern():
            return close_concern(state, command, context)
    assert_never(command)


# --- the rules --------------------------------------------------------------------------------------------


def raise_concern(state: State, command: RaiseConcern, context: Context) -> list[ConcernEvent]:
    """A concern is raised at any time, once; what is feared besides is a concern of its own."""
    if state.raised_by is not None:
        raise Refused(
            "already-raised",
            f"{state.raised_by} raised this concern: `correct` it, or raise another with `raise-concern`",
        )
    return [command.fact(context.by, event_id=context.event_id, raised_by=context.by)]


def escalate_concern(state: State, command: EscalateConcern, context: Context) -> list[ConcernEvent]:
    """An open concern is put to each agency once."""
    _must_be_raised(state)
    if command.escalated_to in state.escalated_to:
        return []
    if state.closed:
        raise Refused(
            "concern-closed",
            f"this concern was closed by {context.when}: raise it anew with `raise-concern`",
        )
    return [command.fact(context.by)]


def close_concern(state: State, command: CloseConcern, context: Context) -> list[ConcernEvent]:
    """Four eyes: nobody closes a concern they raised."""
    _must_be_raised(state)
    if state.closed:
        return []
    if state.raised_by == context.by.id:
        raise Refused("own-concern", f"{context.by.id} raised this concern: let somebody else close it")
    return [command.fact(context.by)]


def _must_be_raised(state: State) -> None:
    if state.raised_by is None:
        raise Refused("not-raised", "this concern was not raised by then: `raise-concern` first")
