"""What was recorded in other streams together with a fact is corrected together with it.

An agreement to a plan supersedes the version before in one append; the start of a match takes a place of
its mentor, in a stream that belongs to no case. Where the agreement or the start turns out to have been on
another day, or never to have been, so does that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from uuid import UUID

from scp_events.history.asking import Decided
from scp_events.history.order import AnyFact, standing, told
from scp_events.history.recording import asked_again, command_recording
from scp_events.vocabulary import (
    Actor,
    AnyAggregate,
    CaseId,
    Command,
    Correct,
    Correction,
    Decision,
    Elsewhere,
    Event,
    EventId,
    Retract,
    Retraction,
    Stream,
    When,
    correction_of,
    retraction_of,
)


def others_of(aggregate: AnyAggregate, command: Command, by: Actor) -> tuple[UUID, ...]:
    """Return the cases besides its own, and streams that belong to none, that a command needs evidence of."""
    said = command.instead if isinstance(command, Correct) else command
    needed = aggregate.EVIDENCE.get(type(said))
    return () if needed is None else tuple(needed.others(said, by))


def further_about(aggregate: AnyAggregate, command: Command, known: Sequence[AnyFact]) -> frozenset[UUID]:
    """Return what else the evidence of a correction is of: what the fact was about, and who reported it.

    Both are known once its stream was read. Whoever reported a fact is judged, not whoever corrects it.
    """
    if not isinstance(command, Correct | Retract):
        return frozenset()
    original = told(known, command.corrects)
    theirs = () if original is None else others_of(aggregate, command, original.by)
    return about_besides(aggregate, known, command.corrects).union(theirs)


def about_besides(aggregate: AnyAggregate, known: Sequence[AnyFact], corrects: EventId) -> frozenset[UUID]:
    """Return the cases, and streams that belong to none, that a fact was about besides, corrected or not."""
    return frozenset(
        other
        for fact in known
        if corrects in {fact.event_id, getattr(fact.event, "corrects", None)}
        for other in _others(aggregate, fact)
    )


def _others(aggregate: AnyAggregate, fact: AnyFact) -> Iterable[UUID]:
    said: Event = fact.event.fact if isinstance(fact.event, Correction) else fact.event
    command = command_recording(aggregate, type(said))
    needed = None if command is None else aggregate.EVIDENCE.get(command)
    if command is None or needed is None:
        return ()
    return needed.others(asked_again(command, said), fact.by)


def recorded_with(original: AnyFact, known: Sequence[AnyFact], evidence: Sequence[AnyFact]) -> list[AnyFact]:
    """Return what was recorded in other streams with a fact or a correction of it, as it stands now.

    It was recorded by the same command, and is found in that command's evidence, which has to be over it.
    """
    commands = {
        fact.command_id
        for fact in known
        if original.event_id in {fact.event_id, getattr(fact.event, "corrects", None)}
    }
    ids = {
        fact.event_id
        for fact in evidence
        if fact.stream != original.stream
        and fact.command_id in commands
        and not isinstance(fact.event, Correction | Retraction)
    }
    return [fact for fact in standing(evidence) if fact.event_id in ids]


def without(facts: Iterable[AnyFact], originals: Iterable[AnyFact]) -> list[AnyFact]:
    """Return the other facts: without some, and without what corrects them."""
    gone = {fact.event_id for fact in originals}
    return [fact for fact in facts if gone.isdisjoint((fact.event_id, getattr(fact.event, "corrects", None)))]


def corrected_with(
    together: Sequence[AnyFact],
    instead: Sequence[Elsewhere],
    when: When,
    decision: Decision,
    case_of: Callable[[Stream], CaseId | None],
) -> Iterator[Decided]:
    """Yield what turns that which was recorded in other streams into what should have been."""
    stands = {fact.stream: fact for fact in together}
    for said in instead:
        fact = stands.pop(said.stream, None)
        if fact is None:
            yield Decided(said.event, when, said.stream, said.case_id)
        elif (fact.event, fact.when) != (said.event, when):
            kind: type[Event] = type(said.event)
            event = correction_of(kind)(corrects=fact.event_id, fact=said.event, decision=decision)
            yield Decided(event, when, said.stream, said.case_id)
    for fact in stands.values():
        superfluous: type[Event] = type(fact.event)
        event = retraction_of(superfluous)(corrects=fact.event_id, decision=decision)
        yield Decided(event, fact.when, fact.stream, case_of(fact.stream))
