"""What would have been decided otherwise: the rule of every fact asked again with something changed.

History stays as it is: each fact is asked about what stood before it, whatever would have come of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from scp_events.history.asking import Question
from scp_events.history.contradictions import FactsOf, answer_again, question_again
from scp_events.history.order import AnyFact, effective
from scp_events.history.recording import asked_again, command_recording
from scp_events.vocabulary import AnyAggregate, CaseId, Command, Elsewhere, Event, Position, Refused

Changing: TypeAlias = Callable[[Command], Command]
"""Returns a command with something changed; the same object where there is nothing to change."""


class Otherwise(NamedTuple):
    """A fact that stands, and what the rule would say to it with something changed."""

    fact: AnyFact
    refusal: Refused | None
    """Why it would be refused; None where something else would be recorded."""
    differs_in: tuple[str, ...] = ()
    """In which fields that would be something else, such as `eligible`."""


def decided_otherwise(
    aggregate: AnyAggregate,
    known: Sequence[AnyFact],
    facts_of: FactsOf,
    case_id: CaseId | None,
    changing: Changing,
) -> Iterator[Otherwise]:
    """Yield the facts of one stream that would be decided otherwise, in order of time.

    What its own rule would refuse today is left out: that is a contradiction already.
    """
    state = aggregate.initial
    for fact in effective(known):
        command = command_recording(aggregate, type(fact.event))
        if command is not None:
            said = asked_again(command, fact.event)
            changed = changing(said)
            if changed is not said:
                before, after = (
                    _answer(question_again(aggregate, fact, each, case_id), state, facts_of, fact.position)
                    for each in (said, changed)
                )
                yield from _compared(fact, before, after)
        state = aggregate.evolve(state, fact.event)


Answer: TypeAlias = Refused | list[dict[str, Any]]


def _answer(question: Question, state: object, facts_of: FactsOf, position: Position) -> Answer:
    said = answer_again(question, state, facts_of, position)
    return said if isinstance(said, Refused) else [*map(_content, said)]


def _content(said: Event | Elsewhere) -> dict[str, Any]:
    """Return what an event says, without the names of versions: those differ by themselves."""
    event = said.event if isinstance(said, Elsewhere) else said
    content: dict[str, Any] = _without_versions(event.model_dump(mode="json"))
    return content


def _without_versions(said: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    match said:
        case dict():
            return {name: _without_versions(each) for name, each in said.items() if name not in VERSIONS}
        case list():
            return [_without_versions(each) for each in said]
    return said


VERSIONS = frozenset({"policy_version", "criteria_version"})


def _compared(fact: AnyFact, before: Answer, after: Answer) -> Iterator[Otherwise]:
    if isinstance(before, Refused):
        return
    if isinstance(after, Refused):
        yield Otherwise(fact, after)
    elif before != after:
        yield Otherwise(fact, None, tuple(_fields_that_differ(before, after)))


def _fields_that_differ(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[str]:
    if len(before) != len(after):
        yield "what is recorded"
    for one, other in zip(before, after, strict=False):
        yield from (name for name in one | other if one.get(name) != other.get(name))
