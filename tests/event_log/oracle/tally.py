"""An aggregate whose every answer can be checked: what is put in, and what is taken out of it again.

Its commands are acts: they count from when they are recorded, so one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, assert_never
from uuid import UUID

from scp_events.vocabulary import Act, Command, Context, Event, Evidence, Refused, Role, Scope, Stream, Word


class Put(Event):
    """So much was added."""

    TITLE = "Put in: {amount}"
    type: Literal["tally.put"] = "tally.put"
    amount: int


class Taken(Event):
    """So much was taken away."""

    TITLE = "Taken out: {amount}"
    type: Literal["tally.taken"] = "tally.taken"
    amount: int


TallyEvent: TypeAlias = Put | Taken


class PutIn(Act):
    """Add so much."""

    RECORDS = Put
    amount: int


class TakeOut(Act):
    """Take so much away, if it is there."""

    RECORDS = Taken
    amount: int


class FillTo(Act):
    """Add what is missing."""

    RECORDS = Put
    amount: int


TallyCommand: TypeAlias = PutIn | TakeOut | FillTo
BY_NAME: dict[str, type[TallyCommand]] = {each.__name__: each for each in (PutIn, TakeOut, FillTo)}

CATEGORY = "tally"
COLLECTION = "tallies"
SCOPE = Scope.NO_CASE
BEGINS = None
OPENS_CASE = False
RESTS_ON_WORDS = False
EVENTS: tuple[type[TallyEvent], ...] = (Put, Taken)
COMMANDS: tuple[type[TallyCommand], ...] = tuple(BY_NAME.values())
EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}
MAY: Mapping[type[Command], frozenset[Role]] = {}
initial = 0


class View(Word):
    """What others may read of it."""

    there: int


def view(state: int, /) -> View:
    """Return what others may read."""
    return View(there=state)


def stream(tally_id: UUID, /) -> Stream:
    """Return where its history lives."""
    return Stream(CATEGORY, tally_id)


def evolve(state: int, event: TallyEvent, /) -> int:
    """Return what is there once `event` has happened."""
    match event:
        case Put():
            return state + event.amount
        case Taken():
            return state - event.amount
    assert_never(event)


def decide(state: int, command: TallyCommand, _context: Context, /) -> list[TallyEvent]:
    """Nothing is taken that is not there, and nothing filled that is full."""
    match command:
        case PutIn():
            return [Put(amount=command.amount)]
        case TakeOut():
            if command.amount > state:
                raise Refused("not-there", f"take {state} at most")
            return [Taken(amount=command.amount)]
        case FillTo():
            return [Put(amount=command.amount - state)] if command.amount > state else []
    assert_never(command)
