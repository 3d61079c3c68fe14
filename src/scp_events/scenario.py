"""Given, when, then: how the rules are told, in tests and in documentation.

given(referral, drafted, submitted).when(AcceptReferral(...)).then_refused("under-review-first")
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from scp_events.vocabulary import Aggregate, Command, Event, Refused, fold

S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Outcome(Generic[S, C, E]):
    """What came of a command: events, nothing new, or a refusal; `then...` states which was expected."""

    state: S
    events: list[E]
    refusal: Refused | None

    def then(self, *expected: E) -> None:
        """Exactly these events were decided."""
        assert self.refusal is None, f"refused by {self._refusal()}"
        assert self.events == list(expected), f"decided {self.events}"

    def then_nothing_new(self) -> None:
        """It was already so."""
        self.then()

    def then_refused(self, rule: str) -> None:
        """A rule said no, and it is `rule`."""
        assert self.refusal is not None, f"not refused, but decided {self.events}"
        assert self.refusal.rule == rule, f"refused by {self._refusal()}"

    def _refusal(self) -> str:
        return f"{self.refusal.rule}: {self.refusal.remedy}" if self.refusal else "no rule"


@dataclass(frozen=True)
class Given(Generic[S, C, E]):
    """A history so far."""

    aggregate: Aggregate[Any, S, C, E]
    history: tuple[E, ...]

    def when(self, command: C) -> Outcome[S, C, E]:
        """Ask for something."""
        state = fold(self.aggregate, self.history)
        try:
            return Outcome(state, self.aggregate.decide(state, command), None)
        except Refused as refusal:
            return Outcome(state, [], refusal)


def given(aggregate: Aggregate[Any, S, C, E], *history: E) -> Given[S, C, E]:
    """Begin a scenario with what has happened already."""
    return Given(aggregate, history)


def perform(aggregate: Aggregate[Any, S, C, E], *commands: C) -> list[E]:
    """Return the history that `commands`, one after the other, decide; a refusal is raised."""
    history: list[E] = []
    for command in commands:
        history += aggregate.decide(fold(aggregate, history), command)
    return history
