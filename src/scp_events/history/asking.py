"""Asking the rule of a command, on the state just before it and as of its own time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from scp_events.history.order import AT_THE_END, AnyFact, before
from scp_events.policy import NOTHING_ADOPTED, Policies
from scp_events.vocabulary import (
    Act,
    Actor,
    AnyAggregate,
    Calendar,
    CaseId,
    Command,
    Context,
    DecisionCommand,
    DecisionEvent,
    Elsewhere,
    Event,
    EventId,
    IdentifiedCommand,
    Position,
    Refused,
    Stream,
    When,
    command_name,
    must_be_in_force,
    must_be_within_bounds,
    must_have_happened,
)


class Question(NamedTuple):
    """A command, and all that is asked with it."""

    aggregate: AnyAggregate
    stream: Stream
    case_id: CaseId | None
    command: Command
    when: When
    """When it was so; of an act, now."""
    by: Actor
    event_id: EventId
    """For the event it leads to, where the command names none."""
    now: When
    calendar: Calendar
    name: str | None = None
    """What people call the case, or what belongs to none, where the command begins it."""
    author: Actor | None = None
    """Whose act it is, where that is not `by`: a correction is sent by one, of what another did."""
    policies: Policies = NOTHING_ADOPTED
    """What is known of the versions of the policy."""

    def context(self, evidence: object) -> Context:
        """Return what the rule is told besides."""
        named = self.command.event_id if isinstance(self.command, IdentifiedCommand) else None
        return Context(
            when=self.when,
            by=self.by,
            author=self.author or self.by,
            event_id=named or self.event_id,
            stream=self.stream,
            case_id=self.case_id,
            policy=self.policies.asked_by(self.command, self.when.day),
            name=self.name,
            time_zone=None if self.calendar is None else self.calendar.zone.key,
            evidence=evidence,
        )


class Decided(NamedTuple):
    """An event to be recorded. `when` is None for an act: its time is the log's clock."""

    event: Event
    when: When | None
    stream: Stream
    case_id: CaseId | None


def decide_at_the_end(question: Question, state: object, evidence: Sequence[AnyFact] = ()) -> list[Decided]:
    """Decide a command on the state just before it. Raises `Refused`."""
    when = None if isinstance(question.command, Act) else question.when
    must_have_happened(question.when, question.now)
    return [
        Decided(said.event, when, said.stream, said.case_id)
        if isinstance(said, Elsewhere)
        else Decided(said, when, question.stream, question.case_id)
        for said in ask(question, state, evidence, AT_THE_END)
    ]


def ask(
    question: Question, state: object, evidence: Sequence[AnyFact], position: Position
) -> list[Event | Elsewhere]:
    """Ask the rule of a command."""
    _must_be_named(question)
    must_be_within_bounds(question.command, question.when.day)
    if isinstance(question.command, DecisionCommand):
        must_be_a_person(question.by)
        must_be_in_force(question.command.decision, question.when.day)
    found = evidence_for(question, evidence, position)
    decided: Sequence[Event | Elsewhere] = question.aggregate.decide(
        state, question.command, question.context(found)
    )
    relied_on = getattr(found, "relied_on", ())
    return [_resting_on(said, relied_on) for said in decided]


def evidence_for(question: Question, facts: Sequence[AnyFact], position: Position = AT_THE_END) -> Any:  # noqa: ANN401 - as the aggregate has it
    """Return what the evidence of a command comes to as of its time; None where it needs none.

    Of `facts` those count that it is over: for a correction more are read than one rule looks at.
    """
    needed = question.aggregate.EVIDENCE.get(type(question.command))
    if needed is None:
        return None
    earlier = before(facts, question.when, position)
    return needed.fold(fact for fact in earlier if isinstance(fact.event, needed.over))


def _resting_on(said: Event | Elsewhere, relied_on: Sequence[EventId]) -> Event | Elsewhere:
    if not isinstance(said, DecisionEvent):
        return said
    return said.model_copy(update={"decision": said.decision.relying_on(relied_on)})


NAMES = ("case_reference", "code")
"""The field of an event that says what people call what it begins."""


def name_in(event: Event) -> str | None:
    """Return what people call what an event begins, if it begins anything."""
    for field in NAMES:
        if (name := getattr(event, field, None)) is not None:
            return str(name)
    return None


def _must_be_named(question: Question) -> None:
    """Refuse to record a beginning without what people call it: that could never be read again."""
    if question.name is not None:
        return
    for field in NAMES:
        if field in question.command.RECORDS.model_fields:
            raise Refused(
                f"{field.replace('_', '-')}-missing",
                f"`{command_name(type(question.command))}` needs a `{field}`: say which one it is about",
            )


def must_be_a_person(by: Actor) -> None:
    """Refuse a decision of a system: it may be an input to one, never its maker."""
    if by.kind != "human":
        raise Refused(
            "a-person-decides",
            f"{by.id} is a system: a person records a decision, and may name it as an input",
        )
