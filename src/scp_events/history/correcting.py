"""Correcting and retracting facts: judged as the facts themselves would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from scp_events.history.asking import Decided, Question, ask, must_be_a_person, name_in
from scp_events.history.contradictions import Contradiction, contradictions_of
from scp_events.history.order import AT_THE_END, AnyFact, before, standing, state_of, told
from scp_events.history.recording import command_recording, is_correctable
from scp_events.history.together import about_besides, corrected_with, recorded_with, without
from scp_events.vocabulary import (
    CaseId,
    Command,
    CommandId,
    Correct,
    Correction,
    Decision,
    Elsewhere,
    Event,
    EventId,
    Fact,
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

_BY_THIS_COMMAND = CommandId(UUID(int=0))
"""Of a correction that is only tried."""


@dataclass(frozen=True)
class Matter:
    """A fact that somebody says was wrong, and all that is known with it."""

    question: Question
    known: Sequence[AnyFact]
    evidence: Sequence[AnyFact]
    original: AnyFact
    """As it was recorded."""
    stands: AnyFact
    """As it stands now."""
    together: Sequence[AnyFact]
    """What was recorded in other streams with it."""
    decision: Decision


def correct_fact(
    question: Question, correct: Correct, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> list[Decided]:
    """The rule of the fact is asked on the history before it, with the corrected content."""
    matter = _matter(question, correct, known, evidence)
    stands = matter.stands
    when = stands.when if correct.occurred_at is None else question.calendar.when(correct.occurred_at)
    must_have_happened(when, question.now)
    fact, elsewhere = _asked_again_of(matter, correct.instead, when)
    if fact == stands.event and when == stands.when:
        return []
    corrected = correction_of(type(fact))
    event = corrected(corrects=matter.original.event_id, fact=fact, decision=matter.decision)
    return _recorded_instead(matter, event, when, elsewhere)


def retract_fact(
    question: Question, retract: Retract, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> list[Decided]:
    """A fact that never was is retracted, once."""
    if any(isinstance(f.event, Retraction) and f.event.corrects == retract.corrects for f in known):
        return []
    matter = _matter(question, retract, known, evidence)
    kind: type[Event] = type(matter.original.event)
    event = retraction_of(kind)(corrects=matter.original.event_id, decision=matter.decision)
    return _recorded_instead(matter, event, matter.stands.when, ())


def _matter(
    question: Question, command: Correct | Retract, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> Matter:
    _must_be_a_decision_now(question, command)
    original, stands = _stands(question, known, command.corrects)
    return Matter(
        question=question,
        known=known,
        evidence=evidence,
        original=original,
        stands=stands,
        together=recorded_with(original, known, evidence),
        decision=Decision(**dict(command.decision), by=question.by),
    )


def _recorded_instead(
    matter: Matter, event: Event, when: When, elsewhere: Sequence[Elsewhere]
) -> list[Decided]:
    """Return a correction with what goes with it, unless a guard would be passed by it."""
    question = matter.question
    decided = Decided(event, when, question.stream, question.case_id)
    _must_pass_no_guard(question, matter.known, matter.evidence, decided)
    besides = about_besides(question.aggregate, matter.known, matter.original.event_id)

    def case_of(stream: Stream) -> CaseId | None:
        """What belongs to no case is itself what the fact was about besides; all else is of the case."""
        return None if stream.id in besides else question.case_id

    others = corrected_with(matter.together, elsewhere, when, matter.decision, case_of)
    return [decided, *others]


def _must_be_a_decision_now(question: Question, command: Correct | Retract) -> None:
    must_be_a_person(question.by)
    must_be_within_bounds(command, question.now.day)
    must_be_in_force(command.decision, question.now.day)
    question.policies.named(command.decision.policy_version, question.now.day)


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
            f"event {corrects} took effect when it was recorded, or came with another event: decide anew, or"
            " correct that one",
        )
    stands = told(standing(known), corrects)
    if stands is None:
        raise Refused("retracted", f"event {corrects} was retracted: record what happened anew")
    return original, stands


def _asked_again_of(matter: Matter, instead: Command, when: When) -> tuple[Event, list[Elsewhere]]:
    """Return the fact as its rule takes it, asked on the history before it: without the fact itself."""
    original = matter.original
    _must_be_the_same_kind(matter.question, instead, original)
    asked = _as_of_its_time(matter.question, original, instead, when)
    history = before(without(matter.known, [original]), when, original.position)
    others = without(matter.evidence, [original, *matter.together])
    state = state_of(asked.aggregate, history)
    if matter.question.by != original.by:  # nobody has another's report say what they may not report
        as_sender = asked._replace(by=matter.question.by, author=original.by)
        ask(as_sender, state, others, original.position)
    said = ask(asked, state, others, original.position)
    elsewhere = [event for event in said if isinstance(event, Elsewhere)]
    return _must_be_a_fact(said, original), elsewhere


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
        name=name_in(original.event),
        policies=question.policies,
    )


def _with_id(command: Command, event_id: EventId) -> Command:
    if isinstance(command, IdentifiedCommand):
        return command.model_copy(update={"event_id": event_id})
    return command


def _must_be_the_same_kind(question: Question, command: Command, original: AnyFact) -> None:
    if type(command) is not command_recording(question.aggregate, type(original.event)):
        raise Refused(
            "another-fact",
            f"event {original.event_id} is {original.event.type}, which `{command_name(type(command))}`"
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


def _must_pass_no_guard(
    question: Question, known: Sequence[AnyFact], evidence: Sequence[AnyFact], decided: Decided
) -> None:
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
        _BY_THIS_COMMAND,
    )
    for stream in dict.fromkeys((question.stream, *_of_the_same_kind(question, evidence))):
        own = known if stream == question.stream else _in(stream, evidence)
        corrected = [*own, correction] if stream == question.stream else own
        passing = _refused(question, corrected, [*evidence, correction])
        alone = _without_others_of_its_kind(stream, evidence)
        anyway = _refused(question, own, evidence) | _refused(question, corrected, alone)
        for refused, found in passing.items():
            if refused not in anyway:
                raise Refused(
                    found.rule,
                    f"event {found.fact.event_id} of {found.fact.when} would not have been allowed:"
                    f" {found.remedy}",
                )


def _of_the_same_kind(question: Question, facts: Sequence[AnyFact]) -> list[Stream]:
    return [fact.stream for fact in facts if fact.stream.category == question.stream.category]


def _in(stream: Stream, facts: Sequence[AnyFact]) -> list[AnyFact]:
    return [fact for fact in facts if fact.stream == stream]


def _without_others_of_its_kind(stream: Stream, facts: Sequence[AnyFact]) -> list[AnyFact]:
    return [fact for fact in facts if fact.stream == stream or fact.stream.category != stream.category]


def _refused(
    question: Question, known: Sequence[AnyFact], evidence: Sequence[AnyFact]
) -> dict[tuple[EventId, str], Contradiction]:
    """Return the facts of a stream that would be refused with so much known of others, and by which rule."""
    found = contradictions_of(
        question.aggregate, known, lambda _types, _others: evidence, question.case_id, question.policies
    )
    return {(each.fact.event_id, each.rule): each for each in found}
