"""Deciding a command on all that is known of its stream, as of the command's own time."""

from __future__ import annotations

from collections.abc import Sequence

from scp_events.history.asking import Decided, Question, decide_at_the_end
from scp_events.history.correcting import correct_fact, retract_fact
from scp_events.history.order import AnyFact, before, standing, state_of, told
from scp_events.history.recording import says_the_same
from scp_events.vocabulary import Correct, IdentifiedCommand, Precision, Refused, Retract, When


def decide(question: Question, known: Sequence[AnyFact], evidence: Sequence[AnyFact] = ()) -> list[Decided]:
    """Decide a command on all that is known of its stream, as of the command's own time.

    `evidence` are the facts of the types that the command's evidence is over, corrections included. Raises
    `Refused`.
    """
    command = question.command
    match command:
        case Correct():
            return correct_fact(question, command, known, evidence)
        case Retract():
            return retract_fact(question, command, known, evidence)
        case IdentifiedCommand() if command.event_id and (known_as := told(known, command.event_id)):
            return _told_again(question, known_as, known)
    state = state_of(question.aggregate, before(known, question.when))
    return decide_at_the_end(question, state, evidence)


def _told_again(question: Question, known_as: AnyFact, known: Sequence[AnyFact]) -> list[Decided]:
    """A known id with the same content and time was already so; anything else would be lost."""
    if told(standing(known), known_as.event_id) is None:
        raise Refused(
            "retracted",
            f"event {known_as.event_id} was retracted: record what happened anew, with an `event_id` of its"
            " own",
        )
    if says_the_same(question.command, known_as.event) and _of_the_same_time(question, known_as.when):
        return []
    raise Refused(
        "event-id-taken",
        f"event {known_as.event_id} of {known_as.when} says something else: send this with an `event_id` of"
        " its own, or correct that event with `correct`",
    )


def _of_the_same_time(question: Question, when: When) -> bool:
    """Whether nothing else was said: a time that was left out is now, and a day says less than its hours."""
    said = question.when
    return said in {question.now, when} or (said.precision is Precision.DAY and said.day == when.day)
