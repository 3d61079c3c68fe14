"""What no longer fits together: found by asking the rule of every fact again, in order of time.

A late report may be right and yet contradict what stands. It is taken, both stay, and the contradiction is
told until a correction or an explanation settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from scp_events.history.asking import Question, ask, name_in
from scp_events.history.order import AnyFact, effective, standing
from scp_events.history.recording import asked_again, command_recording
from scp_events.policy import NOTHING_ADOPTED, Policies
from scp_events.vocabulary import (
    Act,
    AnyAggregate,
    CaseId,
    Command,
    Correction,
    Elsewhere,
    Event,
    EventId,
    Evidence,
    Position,
    Refused,
    Retraction,
    named_events,
)

FactsOf: TypeAlias = Callable[[tuple[type[Event], ...], Collection[UUID]], Sequence[AnyFact]]


class Contradiction(NamedTuple):
    """A fact that stands, and the rule by which it would be refused, asked again as of its time."""

    fact: AnyFact
    rule: str
    remedy: str


def contradictions_of(
    aggregate: AnyAggregate,
    known: Sequence[AnyFact],
    facts_of: FactsOf,
    case_id: CaseId | None,
    policies: Policies = NOTHING_ADOPTED,
) -> list[Contradiction]:
    """Return the facts of one stream that no longer fit what stands before them, in order of time.

    `facts_of` returns the facts of some event classes in the case, and in what a command is about besides,
    their corrections included.
    """
    found: list[Contradiction] = []
    state = aggregate.initial
    for fact in effective(known):
        refusal = _refused_now(aggregate, state, fact, facts_of, case_id, policies)
        if refusal is not None:
            found.append(Contradiction(fact, refusal.rule, refusal.remedy))
        state = aggregate.evolve(state, fact.event)
    return found


def _refused_now(  # noqa: PLR0913, PLR0917 - all of it is asked about one fact
    aggregate: AnyAggregate,
    state: object,
    fact: AnyFact,
    facts_of: FactsOf,
    case_id: CaseId | None,
    policies: Policies,
) -> Refused | None:
    command = command_recording(aggregate, type(fact.event))
    needed = None if command is None else aggregate.EVIDENCE.get(command)
    if command is None or (issubclass(command, Act) and not _rests_on_the_case(needed)):
        return None
    question = question_again(aggregate, fact, asked_again(command, fact.event), case_id, policies)
    answer = answer_again(question, state, facts_of, fact.position)
    return answer if isinstance(answer, Refused) else None


def question_again(
    aggregate: AnyAggregate, fact: AnyFact, command: Command, case_id: CaseId | None, policies: Policies
) -> Question:
    """Return the question that a fact was the answer to, with a command that may say something else."""
    return Question(
        aggregate=aggregate,
        stream=fact.stream,
        case_id=case_id,
        command=command,
        when=fact.when,
        by=fact.by,
        event_id=fact.event_id,
        now=fact.when,
        calendar=_NO_CALENDAR,
        name=name_in(fact.event),
        policies=policies,
    )


def answer_again(
    question: Question, state: object, facts_of: FactsOf, position: Position
) -> list[Event | Elsewhere] | Refused:
    """Return what the rule says to a question asked again, on the evidence there is for it."""
    needed = question.aggregate.EVIDENCE.get(type(question.command))
    try:
        evidence = facts_of(needed.over, [*needed.others(question.command, question.by)]) if needed else ()
        return ask(question, state, evidence, position)
    except Refused as refusal:
        return refusal


def in_hindsight(known: Sequence[AnyFact]) -> Iterator[Contradiction]:
    """Yield what rests on facts of the case that never were so, or were so later only, as is known now."""
    stands = {fact.event_id: fact for fact in standing(known)}
    told = (fact for fact in known if not isinstance(fact.event, Correction | Retraction))
    retracted = {fact.event_id for fact in told} - stands.keys()
    for fact in stands.values():
        for event_id in named_events(fact.event):
            if event_id in stands and stands[event_id].when.is_after(fact.when):
                yield _rests_on(fact, event_id, "evidence-not-happened-yet", f"of {stands[event_id].when}")
            elif event_id in retracted:
                yield _rests_on(fact, event_id, "evidence-retracted", "which was retracted")


def _rests_on(fact: AnyFact, event_id: EventId, rule: str, why: str) -> Contradiction:
    return Contradiction(fact, rule, f"it rests on event {event_id}, {why}: decide anew, or correct it")


def _rests_on_the_case(needed: Evidence[Any] | None) -> bool:
    """Whether an act rests on what late reports of the case can make otherwise.

    What it rests on in its own stream were acts as well; of other cases we know nothing here.
    """
    return needed is not None and needed.is_of_one_case


_NO_CALENDAR: Any = None
"""Only a correction names a time of its own."""
