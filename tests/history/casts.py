"""Who the random stories are about: every kind of stream of a case, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from uuid import UUID

from scp_events.aggregates import (
    assessment,
    concern,
    consent,
    engagement,
    enrolment,
    feedback,
    irp,
    match,
    observation,
    offence,
    participant,
    record,
    referral,
    sanction,
    support,
)
from scp_events.aggregates.engagement import commands as engaging
from scp_events.aggregates.engagement.events import ContactOutcome, ExitReason, Medium
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.scenario import REFERENCE, SOMEBODY, Happened, Told, elsewhere
from scp_events.vocabulary import Actor, AnyAggregate, Command, EventId, IdentifiedCommand, named
from tests.aggregates import (
    test_feedback,
    test_match,
    test_observation,
    test_offence,
    test_sanction,
    test_support,
)
from tests.examples import assessment as assessments
from tests.examples import concern as concerns
from tests.examples import consent as consents
from tests.examples import engagement as engagements
from tests.examples import enrolment as enrolments
from tests.examples import irp as plans
from tests.examples import participant as participants
from tests.examples import record as records
from tests.examples import referral as referrals
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, SUPERVISOR, grounds


def _somebody(_command: Command) -> Actor:
    return SOMEBODY


@dataclass(frozen=True)
class Cast:
    """What a story is about: an aggregate, what may be asked of it, and what has happened before."""

    aggregate: AnyAggregate
    commands: Sequence[Command]
    before: Sequence[Command] = ()
    knowing: Sequence[Told] = ()
    by: Callable[[Command], Actor] = _somebody


REGISTERED = ParticipantRegistered(
    event_id=EventId(UUID(int=9)),
    name="Ash Example",
    date_of_birth=date(2009, 3, 3),
    preferred_language="en",
    case_reference=REFERENCE,
)
LONG_BEFORE = date(2024, 12, 1)
BOUNDARIES = engaging.AgreeBoundaries(decision=grounds(), boundaries="Invented boundaries.")
ENGAGEMENT = Cast(
    engagement,
    commands=(
        *(BOUNDARIES, engaging.DeclineBoundaries(decision=grounds())),
        *(
            engaging.RecordContact(
                made_by=KEY_WORKER, medium=Medium.PHONE, outcome=outcome, held_minutes=minutes
            )
            for outcome, minutes in ((ContactOutcome.HELD, 30), (ContactOutcome.CANCELLED, 0))
        ),
        *(engaging.RecordStory(story="A story."), engaging.ConfirmStory(policy_version="2025.1")),
        *(
            engaging.AssignKeyWorker(decision=grounds(), key_worker=worker)
            for worker in (KEY_WORKER, OTHER_KEY_WORKER)
        ),
        engaging.HandOver(decision=grounds(), to_key_worker=OTHER_KEY_WORKER, handover_note="A note."),
        *(engaging.Pause(decision=grounds()), engaging.Resume(decision=grounds())),
        engaging.Exit(decision=grounds(), reason=ExitReason.WITHDREW, exit_plan="A plan."),
        engaging.ReEngage(decision=grounds()),
    ),
    before=(BOUNDARIES,),
    knowing=(Told(REGISTERED, LONG_BEFORE),),
)
REFERRAL = Cast(
    referral,
    commands=(
        *(referrals.DRAFT, referrals.SUBMIT, referrals.ACKNOWLEDGE, referrals.ASK, referrals.ANSWER),
        *(referrals.ELIGIBLE, referrals.NOT_ELIGIBLE, referrals.SUITABLE, referrals.NOT_READY),
        *(referrals.ACCEPT, referrals.DECLINE, referrals.WAITLIST, referrals.WITHDRAW, referrals.CLOSE),
    ),
    before=(referrals.DRAFT, referrals.SUBMIT, referrals.ACKNOWLEDGE),
    by=referrals.by,
)
PLAN = Cast(
    irp,
    commands=(
        *(plans.need(2), plans.goal(2), plans.goal(2, for_need=2), plans.step(2), plans.remove()),
        *(plans.progress(), plans.progress(2), plans.achieve(), plans.achieve(known_as=2)),
        *(plans.step_is(status) for status in plans.StepStatus),
        *(plans.PROPOSE, plans.AGREE, plans.DECLINE, plans.APPROVE, plans.START),
        *(plans.REVIEW, plans.KEPT, plans.CHANGED, plans.CLOSE_ACHIEVED, plans.CLOSE_ENDED),
    ),
    before=plans.ACTIVE,
    knowing=tuple(told._replace(when=LONG_BEFORE) for told in plans.FOUNDATION),
)


def _supervisor(_command: Command) -> Actor:
    return SUPERVISOR


def _key_worker(_command: Command) -> Actor:
    return KEY_WORKER


def _two_supervisors(command: Command) -> Actor:
    confirms = (participants.CONFIRM_LINK, participants.CONFIRM_UNLINK)
    return participants.SECOND_SUPERVISOR if command in confirms else SUPERVISOR


def _also_unnamed(commands: Iterable[Command]) -> tuple[Command, ...]:
    """Return commands as they are, and again without the id that lets each happen only once."""
    several = tuple(commands)
    return several + tuple(
        each.model_copy(update={"event_id": None}) for each in several if isinstance(each, IdentifiedCommand)
    )


def _long_before(*happened: Happened) -> tuple[Told, ...]:
    told = (each if isinstance(each, Told) else Told(each) for each in happened)
    return tuple(each._replace(when=each.when or LONG_BEFORE) for each in told)


KNOWN = _long_before(participants.REGISTERED)
SESSIONS = tuple(
    chain.from_iterable(
        (scheduled._replace(when=LONG_BEFORE), held)
        for scheduled, held in (enrolments.held(f"session-{n}", f"2025-03-0{n}") for n in (1, 2))
    )
)
CASTS = (
    ENGAGEMENT,
    REFERRAL,
    PLAN,
    Cast(
        enrolment,
        _also_unnamed(enrolments.EVERY_COMMAND),
        before=(enrolments.OFFER, enrolments.ENROL),
        knowing=(
            *_long_before(enrolments.ADULT, enrolments.PLAN_AGREED),
            *_long_before(elsewhere(named("programme", enrolments.PROGRAMME), enrolments.DEFINED)),
            *SESSIONS,
        ),
        by=_supervisor,
    ),
    Cast(
        participant,
        _also_unnamed(participants.EVERY_COMMAND),
        by=_two_supervisors,
        knowing=_long_before(participants.registered_under(participants.OTHER_CASE)),
    ),
    Cast(consent, consents.EVERY_COMMAND, knowing=KNOWN),
    Cast(
        assessment,
        _also_unnamed(assessments.EVERY_COMMAND),
        before=(assessments.ASSESS,),
        knowing=_long_before(participants.REGISTERED, engagements.AGREED),
        by=_key_worker,
    ),
    Cast(concern, _also_unnamed(concerns.EVERY_COMMAND), before=(concerns.RAISE,), by=_supervisor),
    Cast(record, records.EVERY_COMMAND, by=records.by),
    Cast(feedback, _also_unnamed(test_feedback.EVERY_COMMAND), knowing=_long_before(*test_feedback.KNOWING)),
    Cast(
        match,
        _also_unnamed(test_match.EVERY_COMMAND),
        before=(
            *(test_match.RANK, test_match.PROPOSE),
            *(test_match.THEY_ACCEPT, test_match.MENTOR_ACCEPTS, test_match.START),
        ),
        knowing=_long_before(*test_match.KNOWING),
        by=_supervisor,
    ),
    Cast(
        support,
        _also_unnamed(test_support.EVERY_COMMAND),
        before=(test_support.REQUEST, test_support.OPEN),
        knowing=_long_before(participants.REGISTERED, test_support.IDENTIFIED),
    ),
    Cast(offence, _also_unnamed(test_offence.EVERY_COMMAND), knowing=KNOWN, by=_supervisor),
    Cast(sanction, _also_unnamed(test_sanction.EVERY_COMMAND), by=_supervisor),
    Cast(observation, _also_unnamed(test_observation.EVERY_COMMAND), knowing=KNOWN),
)
