"""What holds for every aggregate, whatever its rules: asked of each of them with its own random commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import BaseModel

from scp_events.event_log.envelope import UNOPENED
from scp_events.history import effective, every_event, state_of
from scp_events.privacy.marks import excluding, place_in, shares_of
from scp_events.scenario import SOMEBODY, Given, Happened, Outcome, Told, given
from scp_events.vocabulary import Actor, AnyAggregate, Command, Event
from tests.every_event import personal_texts
from tests.examples import examples

MACHINES: dict[type[object], AnyAggregate] = {}
"""Of which aggregate each state machine is."""


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
            self.so_far = given(aggregate, *start).knowing(*knowing)

        @rule(command=commands)
        def ask(self, command: Command) -> None:
            outcome = answer(self.so_far, command, by(command))
            if outcome.refusal is None:
                self.so_far = self.so_far.then_so(outcome)
            assert looks_at_no_words_of_others(self.so_far, command, by(command))
            again = answer(self.so_far, command, by(command))
            assert not again.events, "a repeated command is refused or decides nothing new"

        @rule(several=st.lists(commands, min_size=12, max_size=12))
        def ask_what_is_possible(self, several: list[Command]) -> None:
            possible = (each for each in several if answer(self.so_far, each, by(each)).events)
            self.ask(next(possible, several[-1]))

        @rule(data=st.data())
        def forget_some(self, data: st.DataObject) -> None:
            """Any part of a valid history gives a state: a late entry can be missing from the middle."""
            part = data.draw(subsequences(self.so_far.history))
            assert given(aggregate, *part).state is not None

        @invariant()
        def history_can_be_stored(self) -> None:
            assert all(can_be_stored(last, aggregate) for last in self.events[-1:])

        @invariant()
        def what_others_may_read_can_be_said(self) -> None:
            assert aggregate.view(self.so_far.state).model_dump_json()

        @invariant()
        def rules_that_rest_on_no_words_can_do_without_them(self) -> None:
            """What the log does not open in order to decide must not be missed."""
            assert does_without_words(self.so_far) or aggregate.RESTS_ON_WORDS

        @property
        def events(self) -> list[Event]:
            return [fact.event for fact in self.so_far.facts()]

    Laws.TestCase.settings = settings(max_examples=examples(20), stateful_step_count=30, deadline=None)
    MACHINES[Laws.TestCase] = aggregate
    return Laws


def one_of_these(*commands: Command) -> st.SearchStrategy[Command]:
    """Any of `commands`. (`sampled_from` would write them all out whenever it is asked its name.)"""
    return st.integers(0, len(commands) - 1).map(lambda number: commands[number])


def answer(so_far: Given, command: Command, by: Actor) -> Outcome:
    """Return what comes of a command a minute later; a refusal says a remedy and nothing personal."""
    outcome = so_far.when(command, by=by, now=so_far.next_minute)
    if outcome.refusal is not None:
        assert outcome.refusal.remedy
        heard = [command, *(fact.event for fact in so_far.facts())]
        assert not [words for words in personal_words(heard) if words in outcome.refusal.remedy]
    return outcome


def personal_words(heard: Sequence[BaseModel]) -> Iterator[str]:
    """Yield what was said of people in more than a word: a word may stand in any remedy."""
    return (text for said in heard for text in personal_texts(said) if " " in text)


def can_be_stored(event: Event, aggregate: AnyAggregate) -> bool:
    """Whether an event reads as it was written, and is known to be of its aggregate."""
    kind = type(event)
    return kind.model_validate_json(event.model_dump_json()) == event and kind in every_event(aggregate)


def does_without_words(so_far: Given) -> bool:
    """Whether who reads a history without any key comes to the same state."""
    unread = [fact._replace(event=unopened(fact.event)) for fact in so_far.facts()]
    return bool(state_of(so_far.aggregate, effective(unread)) == so_far.state)


def looks_at_no_words_of_others(so_far: Given, command: Command, by: Actor) -> bool:
    """Whether a rule comes to the same without what is encrypted in other streams; some open it."""
    needed = so_far.aggregate.EVIDENCE.get(type(command))
    if needed is None or needed.opened:
        return True
    unread = replace(so_far, others=tuple(map(_unread, so_far.others)))
    return _told(answer(unread, command, by)) == _told(answer(so_far, command, by))


def _unread(happened: Happened) -> Happened:
    if isinstance(happened, Told):
        return happened._replace(event=unopened(happened.event))
    return unopened(happened)


def _told(outcome: Outcome) -> tuple[list[Event], str | None]:
    return outcome.events, outcome.refusal and outcome.refusal.rule


def unopened(event: Event) -> Event:
    """Return an event with nothing that is encrypted in it."""
    kind = type(event)
    said = event.model_dump(mode="json", exclude=excluding(kind))
    for place in (place for share in shares_of(kind) for place in share.values(event)):
        assert place_in(said, place, UNOPENED)
    return kind.model_validate(said)


def subsequences(history: Sequence[Happened]) -> st.SearchStrategy[list[Happened]]:
    """Anything of `history`, in its order."""
    keep = st.lists(st.booleans(), min_size=len(history), max_size=len(history))
    return keep.map(lambda chosen: [each for each, kept in zip(history, chosen, strict=True) if kept])
