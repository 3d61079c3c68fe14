"""What holds for every aggregate, whatever its rules: asked of each of them with its own random commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scp_events.scenario import SOMEBODY, Given, Happened, Outcome, given
from scp_events.vocabulary import Actor, AnyAggregate, Command, DecisionEvent, Event, fold
from tests.examples import examples


def _somebody(_command: Command) -> Actor:
    return SOMEBODY


def machine(
    aggregate: AnyAggregate,
    commands: st.SearchStrategy[Command],
    start: Sequence[Event] = (),
    *,
    knowing: Sequence[Happened] = (),
    by: Callable[[Command], Actor] = _somebody,
) -> type[RuleBasedStateMachine]:
    """Return a state machine that asks `aggregate` random commands and checks the laws after each.

    `start` is the history it begins with, where random commands alone would seldom come that far; `knowing`
    is what other streams say, and `by` who sends a command.
    """

    class Laws(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.history: list[Event] = list(start)

        @rule(command=commands)
        def ask(self, command: Command) -> None:
            self.history += decided(self.so_far(), command, by(command))
            assert decided(self.so_far(), command, by(command)) == [], "a repeated command decides nothing"

        @rule(several=st.lists(commands, min_size=12, max_size=12))
        def ask_what_is_possible(self, several: list[Command]) -> None:
            possible = (command for command in several if decided(self.so_far(), command, by(command)))
            self.ask(next(possible, several[-1]))

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

        @invariant()
        def what_others_may_read_can_be_said(self) -> None:
            assert aggregate.view(fold(aggregate, self.history)).model_dump_json()

        def so_far(self) -> Given:
            return given(aggregate, *self.history).knowing(*knowing)

    Laws.TestCase.settings = settings(max_examples=examples(40), deadline=None)
    return Laws


def one_of_these(*commands: Command) -> st.SearchStrategy[Command]:
    """Any of `commands`. (`sampled_from` would write them all out whenever it is asked its name.)"""
    return st.integers(0, len(commands) - 1).map(lambda number: commands[number])


def decided(so_far: Given, command: Command, by: Actor) -> list[Event]:
    """Return what a command decides in its own stream, a minute later; a refusal decides nothing."""
    outcome: Outcome = so_far.when(command, by=by, now=so_far.next_minute)
    if outcome.refusal is not None:
        assert outcome.refusal.remedy, "a refusal says what to do instead"
    return [each.event for each in outcome.decided if each.stream == so_far.stream]


def evolve_is_total(aggregate: AnyAggregate, events: list[Event]) -> None:
    """Any part of a valid history gives a state: a late entry can be missing from the middle."""
    fold(aggregate, events)


def subsequences(history: list[Event]) -> st.SearchStrategy[list[Event]]:
    """Any events of `history`, in their order."""
    keep = st.lists(st.booleans(), min_size=len(history), max_size=len(history))
    return keep.map(lambda chosen: [event for event, kept in zip(history, chosen, strict=True) if kept])
