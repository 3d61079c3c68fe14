"""Which enrolments would have met the requirements of completion under another version of the policy.

Nobody decides that they are met: it follows from the minutes that a variant asks for and from a plan. So the
admission is asked again, which pins the minutes, and what follows is derived from the same attendance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast
from uuid import UUID

from scp_events.aggregates import enrolment
from scp_events.aggregates.enrolment.completion import Derived, derive
from scp_events.aggregates.enrolment.events import ParticipantEnrolled
from scp_events.aggregates.enrolment.state import State
from scp_events.aggregates.irp.events import IrpAgreedByParticipant
from scp_events.history import (
    AnyFact,
    answer_again,
    asked_again,
    by_stream,
    command_recording,
    effective,
    in_order_of_time,
    question_again,
    standing,
    state_of,
    under,
)
from scp_events.vocabulary import Code, Event, EventId, Refused, Word
from scp_events.what_if.case import Case


class WouldComplete(Word):
    """An enrolment whose requirements would be met and are not, or are met and would not be."""

    case_reference: str
    enrolment_id: UUID
    programme: Code
    variant: Code
    would_complete: bool
    """Whether they would be met; otherwise they would be no longer."""
    occurred_on: date
    """The day on which they would have been met, or were."""
    credited_minutes: int
    required_minutes: int
    """As it was pinned."""
    would_require: int
    policy_version: str
    """Under which the young person was admitted."""
    evidence: tuple[EventId, ...]
    """Every event that minutes were credited by until that day, and that by which the plan was agreed to."""


def completions(case: Case) -> Iterator[WouldComplete]:
    """Yield the enrolments of a case that would have completed, and those that would no longer."""
    agreed = standing(case.facts_of((IrpAgreedByParticipant,), ()))
    for stream, known in by_stream(case.facts).items():
        if stream.category == enrolment.CATEGORY:
            yield from _compared(case, known, agreed)


def _compared(case: Case, known: Sequence[AnyFact], agreed: Sequence[AnyFact]) -> Iterator[WouldComplete]:
    own = effective(known)
    admission = next((fact for fact in own if isinstance(fact.event, ParticipantEnrolled)), None)
    instead = None if admission is None else _admitted_under(case, own, admission)
    if admission is None or instead is None:
        return
    otherwise = [fact._replace(event=instead) if fact is admission else fact for fact in own]
    is_so = derive(in_order_of_time([*own, *agreed]))
    would_be = derive(in_order_of_time([*otherwise, *agreed]))
    if (is_so.met is None) != (would_be.met is None):
        yield _told(case, admission, is_so, would_be)


def _admitted_under(case: Case, own: Sequence[AnyFact], admission: AnyFact) -> Event | None:
    """Return the admission as it would have been recorded; None where it would have been refused."""
    before = own[: own.index(admission)]
    command = command_recording(enrolment, ParticipantEnrolled)
    assert command is not None, "an enrolment begins with it"  # noqa: S101 - for the type checker
    policy = case.policies.in_force_on(admission.when.day)
    asked = under(policy, asked_again(command, admission.event))
    question = question_again(enrolment, admission, asked, case.case_id, case.policies)
    said = answer_again(question, state_of(enrolment, before), case.facts_of, admission.position)
    return None if isinstance(said, Refused) or not said else cast("Event", said[0])


def _told(case: Case, admission: AnyFact, is_so: Derived, would_be: Derived) -> WouldComplete:
    met = would_be.met or is_so.met
    assert met is not None, "one of them is met"  # noqa: S101 - for the type checker
    state: State = is_so.state
    return WouldComplete(
        case_reference=case.reference,
        enrolment_id=admission.stream.id,
        programme=cast("Code", state.programme),
        variant=cast("Code", state.variant),
        would_complete=would_be.met is not None,
        occurred_on=met.since.day,
        credited_minutes=state.credited_minutes,
        required_minutes=cast("int", state.required_minutes),
        would_require=cast("int", would_be.state.required_minutes),
        policy_version=admission.event.decision.policy_version,
        evidence=met.evidence,
    )
