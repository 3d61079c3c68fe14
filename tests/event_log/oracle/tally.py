"""An aggregate whose every answer can be checked: what is put in, and what is taken out of it again."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from scp_events.vocabulary import Command, Event, Refused, Stream


class Put(Event):
    """So much was added."""

    type: Literal["tally.put"] = "tally.put"
    amount: int


class Taken(Event):
    """So much was taken away."""

    type: Literal["tally.taken"] = "tally.taken"
    amount: int


TallyEvent: TypeAlias = Put | Taken


class PutIn(Command):
    """Add so much."""

    amount: int


class TakeOut(Command):
    """Take so much away, if it is there."""

    amount: int


class FillTo(Command):
    """Add what is missing."""

    amount: int


TallyCommand: TypeAlias = PutIn | TakeOut | FillTo
COMMANDS: dict[str, type[TallyCommand]] = {each.__name__: each for each in (PutIn, TakeOut, FillTo)}

EVENTS: tuple[type[TallyEvent], ...] = (Put, Taken)
initial = 0


def stream(tally_id: UUID, /) -> Stream:
    """Return where its history lives."""
    return Stream("tally", tally_id)


def evolve(state: int, event: TallyEvent, /) -> int:
    """Return what is there once `event` has happened."""
    match event:
        case Put():
            return state + event.amount
        case Taken():
            return state - event.amount
    assert_never(event)


def decide(state: int, command: TallyCommand, /) -> list[TallyEvent]:
    """Nothing is taken that is not there, and nothing filled that is full."""
    match command:
        case PutIn():
            return [Put(amount=command.amount)]
        case TakeOut():
            if command.amount > state:
                raise Refused("nothing-is-taken-that-is-not-there", f"take {state} at most")
            return [Taken(amount=command.amount)]
        case FillTo():
            return [Put(amount=command.amount - state)] if command.amount > state else []
    assert_never(command)
