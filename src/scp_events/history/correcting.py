"""Correcting and retracting facts: judged as the facts themselves would be."""

from __future__ import annotations

from collections.abc import Sequence

from scp_events.history.asking import Decided, Question, ask, must_be_a_person
from scp_events.history.contradictions import Contradiction, contradictions_of
from scp_events.history.order import AT_THE_END, AnyFact, before, standing, state_of, told
from scp_events.history.recording import command_recording, is_correctable
from scp_events.vocabulary import (
    Command,
    Correct,
    Correction,
    Decision,
    Elsewhere,
    Event,
    EventId,
    Fact,
    Grounds,
    IdentifiedCommand,
    Refused,
    Retract,
    Retraction,
    Stream,
    When,
    command_name,
    correction_of,
    must_be_in_force,
    must_be_within_bounds,
    must_have_happened,
    retraction_of,
)


def correct_fact(
    question: Question, correct: Correct, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> list[Decided]:
    """The rule of the fact is asked on the history before it, with the corrected content."""
    _must_be_a_decision_now(question, correct)
    original, stands = _stands(question, known, correct.corrects)
    when = stands.when if correct.occurred_at is None else question.calendar.when(correct.occurred_at)
    must_have_happened(when, question.now)
    fact = _asked_of_it(question, original, correct.instead, when, known, evidence)
    if fact == stands.event and when == stands.when:
        return []
    correction = correction_of(type(fact))(
        corrects=original.event_id, fact=fact, decision=_decision(question, correct.decision)
    )
    return _unless_a_guard_is_passed(
        question, known, evidence, Decided(correction, when, question.stream, question.case_id)
    )


def retract_fact(
    question: Question, retract: Retract, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> list[Decided]:
    """A fact that never was is retracted, once."""
    _must_be_a_decision_now(question, retract)
    if any(isinstance(f.event, Retraction) and f.event.corrects == retract.corrects for f in known):
        return []
    original, stands = _stands(question, known, retract.corrects)
    kind: type[Event] = type(original.event)
    retraction = retraction_of(kind)(
        corrects=original.event_id, decision=_decision(question, retract.decision)
    )
    decided = Decided(retraction, stands.when, question.stream, question.case_id)
    return _unless_a_guard_is_passed(question, known, evidence, decided)


def _must_be_a_decision_now(question: Question, command: Correct | Retract) -> None:
    must_be_a_person(question.by)
    must_be_within_bounds(command, question.now.day)
    must_be_in_force(command.decision, question.now.day)


def _decision(question: Question, grounds: Grounds) -> Decision:
    return Decision(**dict(grounds), by=question.by)


def _stands(question: Question, known: Sequence[AnyFact], corrects: EventId) -> tuple[AnyFact, AnyFact]:
    """Return a fact as it was recorded, and as it stands now."""
    original = told(known, corrects)
    if original is None or isinstance(original.event, Correction | Retraction):
        raise Refused(
            "unknown-fact",
            f"event {corrects} is no fact of this {question.stream.category}: name in `corrects` one that the"
            " replay of the case shows, and not an earlier correction of it",
        )
    if not is_correctable(question.aggregate, type(original.event)):
        raise Refused(
            "not-correctable",
            f"event {corrects} took effect when it was recorded: decide anew instead",
        )
    stands = told(standing(known), corrects)
    if stands is None:
        raise Refused("retracted", f"event {corrects} was retracted: record what happened anew")
    return original, stands


def _without(known: Sequence[AnyFact], original: AnyFact) -> list[AnyFact]:
    return [
        fact
        for fact in known
        if original.event_id not in {fact.event_id, getattr(fact.event, "corrects", None)}
    ]


def _asked_of_it(  # noqa: PLR0913, PLR0917 - what a fact is asked again on
    question: Question,
    original: AnyFact,
    instead: Command,
    when: When,
    known: Sequence[AnyFact],
    evidence: Sequence[AnyFact],
) -> Event:
    """Return the fact as the rule takes it, asked on the history before it: without the fact itself."""
    _must_be_the_same_kind(question, instead, original)
    history = before(_without(known, original), when, original.position)
    asked = _as_of_its_time(question, original, instead, when)
    said = ask(
        asked,
        state_of(question.aggregate, history),
        _without(evidence, original),
        original.position,
    )
    return _must_be_a_fact(said, original)


def _as_of_its_time(question: Question, original: AnyFact, command: Command, when: When) -> Question:
    """Return the question that the fact itself was once the answer to."""
    return Question(
        aggregate=question.aggregate,
        stream=question.stream,
        case_id=question.case_id,
        command=_with_id(command, original.event_id),
        when=when,
        by=original.by,
        event_id=original.event_id,
        now=question.now,
        calendar=question.calendar,
        case_reference=getattr(original.event, "case_reference", None),
    )


def _with_id(command: Command, event_id: EventId) -> Command:
    if isinstance(command, IdentifiedCommand):
        return command.model_copy(update={"event_id": event_id})
    return command


def _must_be_the_same_kind(question: Question, command: Command, original: AnyFact) -> None:
    if type(command) is not command_recording(question.aggregate, type(original.event)):
        raise Refused(
            "another-fact",
            f"event {original.event_id} is a {original.event.type}, which `{command_name(type(command))}`"
            " does not record: say in `instead` what should have been recorded in its place, or `retract` it",
        )


def _must_be_a_fact(said: Sequence[Event | Elsewhere], original: AnyFact) -> Event:
    own = [event for event in said if not isinstance(event, Elsewhere)]
    if not own:
        raise Refused(
            "already-so",
            f"what you say instead of event {original.event_id} was already so without it: `retract` it",
        )
    return own[0]


def _unless_a_guard_is_passed(
    question: Question, known: Sequence[AnyFact], evidence: Sequence[AnyFact], decided: Decided
) -> list[Decided]:
    """Refuse a correction by which another fact would pass a guard that looks at other streams.

    Such a guard protects others: nobody passes it by recording something innocent and correcting it. It is
    asked of the stream itself, and of what is known of others of its kind. What else no longer fits together
    is taken, and told.
    """
    correction: AnyFact = Fact(
        decided.event,
        question.event_id,
        question.stream,
        AT_THE_END,
        decided.when or question.now,
        question.by,
    )
    for stream in dict.fromkeys((question.stream, *_of_the_same_kind(question, evidence))):
        own = known if stream == question.stream else _in(stream, evidence)
        corrected = [*own, correction] if stream == question.stream else own
        passing = _refused(question, corrected, [*evidence, correction])
        anyway = _refused(question, own, evidence) | _refused(question, corrected, _in(stream, evidence))
        for found in passing.values():
            if found.fact.event_id not in anyway:
                raise Refused(
                    found.rule,
                    f"event {found.fact.event_id} of {found.fact.when} would not have been allowed:"
                    f" {found.remedy}",
                )
    return [decided]


def _of_the_same_kind(question: Question, facts: Sequence[AnyFact]) -> list[Stream]:
    return [fact.stream for fact in facts if fact.stream.category == question.stream.category]


def _in(stream: Stream, facts: Sequence[AnyFact]) -> list[AnyFact]:
    return [fact for fact in facts if fact.stream == stream]


def _refused(
    question: Question, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> dict[EventId, Contradiction]:
    """Return the facts of a stream that would be refused with so much known of others."""
    found = contradictions_of(question.aggregate, known, lambda _types: evidence, question.case_id)
    return {each.fact.event_id: each for each in found}
