"""Consent to uses of a young person's data: the rules.

Of each use, the last word in the world counts: a consent found late does not undo a withdrawal that came
after it. Nothing personal is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

from scp_events.aggregates.consent.commands import ConsentCommand, GiveConsent, WithdrawConsent
from scp_events.aggregates.consent.events import (
    ConsentEvent,
    ConsentGiven,
    ConsentParty,
    ConsentWithdrawn,
    Permission,
    Use,
)
from scp_events.aggregates.participant.events import must_be_present
from scp_events.vocabulary import Code, Context, OrganisationCode, Refused, Word, part_of, replace

UseKey: TypeAlias = tuple[Code, OrganisationCode]
"""Scope and recipient."""

# --- state ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """What we remember: the last word on each use."""

    allowed: Mapping[UseKey, Permission] = field(default_factory=dict)
    withdrawn: frozenset[UseKey] = frozenset()


initial = State()


class ConsentView(Permission):
    """What others may read of a consent."""

    withdrawn: bool


class View(Word):
    """What others may read of a young person's consents."""

    consents: tuple[ConsentView, ...]


def view(state: State) -> View:
    """Return what others may read."""
    return View(
        consents=tuple(
            ConsentView(**dict(permission), withdrawn=use in state.withdrawn)
            for use, permission in state.allowed.items()
        )
    )


def evolve(state: State, event: ConsentEvent) -> State:
    """Return what we remember once `event` has happened."""
    use = _use(event)
    match event:
        case ConsentGiven():
            allowed = {**state.allowed, use: part_of(event, Permission)}
            return replace(state, allowed=allowed, withdrawn=state.withdrawn - {use})
        case ConsentWithdrawn():
            return replace(state, withdrawn=state.withdrawn | {use})
    assert_never(event)


def _use(said: Use) -> UseKey:
    return said.scope, said.recipient


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: ConsentCommand, context: Context) -> list[ConsentEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case GiveConsent():
            return give_consent(state, command, context)
        case WithdrawConsent():
            return withdraw_consent(state, command, context)
    assert_never(command)


# --- the rules --------------------------------------------------------------------------------------------


def give_consent(state: State, command: GiveConsent, context: Context) -> list[ConsentEvent]:
    """Consent is given by a participant whose capacity was noted, or else by a guardian."""
    must_be_present(context.evidence)
    if command.given_by is ConsentParty.PARTICIPANT and not command.capacity_noted:
        raise Refused(
            "capacity-not-noted",
            f"the participant consents to {command.scope} for {command.recipient} and no capacity was noted:"
            " say in `capacity_noted` that they understand what they allow, or ask their guardian",
        )
    use = _use(command)
    if state.allowed.get(use) == part_of(command, Permission) and use not in state.withdrawn:
        return []
    return [command.fact(context.by)]


def withdraw_consent(state: State, command: WithdrawConsent, context: Context) -> list[ConsentEvent]:
    """Consent that was given can be withdrawn at any time, whatever the status."""
    use = _use(command)
    if use not in state.allowed:
        raise Refused(
            "no-consent",
            f"consent to {command.scope} for {command.recipient} was not given by {context.when}:"
            " name the `scope` and `recipient` it was given for",
        )
    return [] if use in state.withdrawn else [command.fact(context.by)]
