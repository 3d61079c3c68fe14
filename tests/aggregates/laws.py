"""What holds for every aggregate, whatever its rules: asked of each of them with its own random commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scp_events.vocabulary import Aggregate, Command, DecisionEvent, Event, Refused, fold
from tests.examples import examples

AnyAggregate = Aggregate[Any, Any, Any, Any]


def machine(
    aggregate: AnyAggregate, commands: st.SearchStrategy[Command], start: Sequence[Event] = ()
) -> type[RuleBasedStateMachine]:
    """Return a state machine that asks `aggregate` random commands and checks the laws after each.

    `start` is the history it begins with, where random commands alone would seldom come that far.
    """

    class Laws(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.history: list[Event] = list(start)

        @rule(command=commands)
        def ask(self, command: Command) -> None:
            before = fold(aggregate, self.history)
            events = answer(aggregate, before, command)
            self.history += events
            twice_is_once(aggregate, self.history, command)

        @rule(several=st.lists(commands, min_size=12, max_size=12))
        def ask_what_is_possible(self, several: list[Command]) -> None:
            before = fold(aggregate, self.history)
            decided = (command for command in several if answer(aggregate, before, command))
            self.ask(next(decided, several[-1]))

        @rule(data=st.data())
        def forget_some(self, data: st.DataObject) -> None:
            evolve_is_total(aggregate, data.draw(subsequences(self.history)))

        @invariant()
        def history_can_be_stored(self) -> None:
            if self.history:
                last = self.history[-1]
                assert type(last).model_validate_json(last.model_dump_json()) == last
                assert type(last) in aggregate.EVENTS

        @invariant()
        def every_decision_has_its_grounds(self) -> None:
            assert all(e.decision.options_considered for e in self.history if isinstance(e, DecisionEvent))

    Laws.TestCase.settings = settings(max_examples=examples(40), deadline=None)
    return Laws


def one_of_these(*commands: Command) -> st.SearchStrategy[Command]:
    """Any of `commands`. (`sampled_from` would write them all out whenever it is asked its name.)"""
    return st.integers(0, len(commands) - 1).map(lambda number: commands[number])


def answer(aggregate: AnyAggregate, state: Any, command: Command) -> list[Event]:
    """Return what is decided; a refusal decides nothing."""
    try:
        return list(aggregate.decide(state, command))
    except Refused as refusal:
        assert refusal.remedy, "a refusal says what to do instead"
        return []


def twice_is_once(aggregate: AnyAggregate, history: list[Event], command: Command) -> None:
    """A repeated command is refused or decides nothing new."""
    assert answer(aggregate, fold(aggregate, history), command) == []


def evolve_is_total(aggregate: AnyAggregate, events: list[Event]) -> None:
    """Any part of a valid history gives a state: a late entry can be missing from the middle."""
    fold(aggregate, events)


def subsequences(history: list[Event]) -> st.SearchStrategy[list[Event]]:
    """Any events of `history`, in their order."""
    keep = st.lists(st.booleans(), min_size=len(history), max_size=len(history))
    return keep.map(lambda chosen: [event for event, kept in zip(history, chosen, strict=True) if kept])
