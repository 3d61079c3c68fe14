"""What would have been decided otherwise: the rule of every fact asked again under another policy.

History stays as it is: each fact is asked about what stood before it, whatever would have come of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from scp_events.history.asking import Question
from scp_events.history.contradictions import FactsOf, answer_again, question_again
from scp_events.history.order import AnyFact, effective
from scp_events.history.recording import asked_again, command_recording
from scp_events.policy import Policies
from scp_events.vocabulary import AnyAggregate, CaseId, Command, Elsewhere, Event, Grounds, Policy, Refused


class Otherwise(NamedTuple):
    """A fact that stands, and what the rule would say to it under another policy."""

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
    policies: Policies,
) -> Iterator[Otherwise]:
    """Yield the facts of one stream that would be decided otherwise, in order of time.

    `policies` suppose that one version was in force on every day. What its own rule would refuse as it is is
    left out: that is a contradiction already.
    """
    state = aggregate.initial
    for fact in effective(known):
        command = command_recording(aggregate, type(fact.event))
        if command is not None:
            said = asked_again(command, fact.event)
            changed = under(policies.in_force_on(fact.when.day), said)
            if changed is not said:
                before, after = (
                    _answer(question_again(aggregate, fact, each, case_id, known_then), state, facts_of, fact)
                    for each, known_then in ((said, policies.as_adopted()), (changed, policies))
                )
                yield from _compared(fact, before, after)
        state = aggregate.evolve(state, fact.event)


Answer: TypeAlias = Refused | list[dict[str, Any]]


def under(policy: Policy, command: Command) -> Command:
    """Return a command as if it had been sent under a version; itself where it names none, or that one."""
    changes: dict[str, Any] = {}
    if getattr(command, "policy_version", policy.version) != policy.version:
        changes["policy_version"] = policy.version
    grounds = getattr(command, "decision", None)
    if isinstance(grounds, Grounds) and grounds.policy_version != policy.version:
        changes["decision"] = grounds.model_copy(update={"policy_version": policy.version})
    return command.model_copy(update=changes) if changes else command


def _answer(question: Question, state: object, facts_of: FactsOf, fact: AnyFact) -> Answer:
    said = answer_again(question, state, facts_of, fact.position)
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
