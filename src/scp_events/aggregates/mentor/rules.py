"""A mentor: the rules.

    applied -> screening -> approved -> exited -> (applied again)
    besides: suspended <-> reinstated

Background checks and trainings are recorded whenever they are made, and each counts on the days on which it
is valid. So a clearance lapses, and one of a later day takes force, without any command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, assert_never
from uuid import UUID

from scp_events.aggregates.mentor.commands import (
    ApplyAsMentor,
    ApproveMentor,
    BeginMentorScreening,
    ChangeMentorCapacity,
    ChangeMentorOffer,
    ExitMentor,
    MentorCommand,
    RecordBackgroundCheck,
    RecordMentorSupervision,
    RecordMentorTraining,
    ReinstateMentor,
    SuspendMentor,
)
from scp_events.aggregates.mentor.events import (
    BackgroundCheckRecorded,
    Capacity,
    CheckResult,
    MentorApplied,
    MentorApproved,
    MentorCapacityChanged,
    MentorEvent,
    MentorExited,
    MentorOfferChanged,
    MentorPlaceFreed,
    MentorPlaceTaken,
    MentorReinstated,
    MentorScreeningBegun,
    MentorSupervisionHeld,
    MentorSuspended,
    MentorTrainingCompleted,
    Standing,
    must_be_cleared_and_trained,
    stand,
)
from scp_events.aggregates.organisation.events import (
    REGISTER,
    Register,
    Whom,
    must_be_listed,
)
from scp_events.vocabulary import (
    Code,
    Command,
    Context,
    Evidence,
    PersonId,
    Refused,
    Role,
    Word,
    replace,
)

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {RecordMentorSupervision: REGISTER}

# --- state ------------------------------------------------------------------------------------------------


class Status(StrEnum):
    """How far somebody has come as a mentor."""

    NOT_APPLIED = "not-applied"
    APPLIED = "applied"
    SCREENING = "screening"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    EXITED = "exited"


@dataclass(frozen=True)
class State:
    """What we remember: where they stand, and nothing of who they are."""

    code: PersonId | None = None
    screening: bool = False
    standing: Standing = field(default_factory=Standing)

    @property
    def status(self) -> Status:
        """Return how far they have come."""
        standing = self.standing
        if not standing.applied:
            return Status.NOT_APPLIED
        if standing.exited:
            return Status.EXITED
        if standing.suspended:
            return Status.SUSPENDED
        if standing.approved_as is not None:
            return Status.APPROVED
        return Status.SCREENING if self.screening else Status.APPLIED


initial = State()


class CheckView(Word):
    """What others may read of a background check."""

    result: CheckResult
    valid_from: date | None
    valid_until: date | None


class TrainingView(Word):
    """What others may read of a training."""

    course: Code
    valid_until: date | None


class View(Word):
    """What others may read of a mentor. What they offer is in the history."""

    status: Status
    background_checks: tuple[CheckView, ...]
    trainings: tuple[TrainingView, ...]
    capacity: Capacity
    matches: tuple[UUID, ...]
    """Those that take a place."""


def view(state: State) -> View:
    """Return what others may read."""
    standing = state.standing
    return View(
        status=state.status,
        background_checks=tuple(
            CheckView(result=each.result, valid_from=each.valid_from, valid_until=each.valid_until)
            for each in standing.checks
        ),
        trainings=tuple(
            TrainingView(course=each.course, valid_until=each.valid_until) for each in standing.trainings
        ),
        capacity=standing.capacity,
        matches=standing.matches,
    )


def evolve(state: State, event: MentorEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case MentorApplied():
            return State(code=event.code, standing=stand(state.standing, event))
        case MentorScreeningBegun():
            return replace(state, screening=True)
        case MentorOfferChanged() | MentorSupervisionHeld():
            return state
        case (
            BackgroundCheckRecorded()
            | MentorTrainingCompleted()
            | MentorApproved()
            | MentorCapacityChanged()
            | MentorSuspended()
            | MentorReinstated()
            | MentorExited()
            | MentorPlaceTaken()
            | MentorPlaceFreed()
        ):
            return replace(state, standing=stand(state.standing, event))
    assert_never(event)


# --- deciding ---------------------------------------------------------------------------------------------


def decide(state: State, command: MentorCommand, context: Context) -> list[MentorEvent]:
    """Answer `command` with events, with nothing new, or with `Refused`."""
    match command:
        case ApplyAsMentor():
            return apply_as_mentor(state, command, context)
        case ChangeMentorOffer():
            return change_mentor_offer(state, command, context)
        case BeginMentorScreening():
            return begin_mentor_screening(state, command, context)
        case RecordBackgroundCheck():
            return record_background_check(state, command, context)
        case RecordMentorTraining():
            return record_mentor_training(state, command, context)
        case ApproveMentor():
            return approve_mentor(state, command, context)
        case RecordMentorSupervision():
            return record_mentor_supervision(state, command, context)
        case ChangeMentorCapacity():
            return change_mentor_capacity(state, command, context)
        case SuspendMentor():
            return suspend_mentor(state, command, context)
        case ReinstateMentor():
            return reinstate_mentor(state, command, context)
        case ExitMentor():
            return exit_mentor(state, command, context)
    assert_never(command)


# --- the rules: becoming a mentor -------------------------------------------------------------------------


def apply_as_mentor(state: State, command: ApplyAsMentor, context: Context) -> list[MentorEvent]:
    """Somebody applies once, and again after they have exited: then they are screened and approved anew."""
    if state.status not in {Status.NOT_APPLIED, Status.EXITED}:
        raise Refused(
            "already-applied",
            f"{context.name} had applied by {context.when}: say what has changed with `change-mentor-offer`"
            " or `change-mentor-capacity`, or use a name of its own for another person",
        )
    return [command.fact(context.by, event_id=context.event_id, code=context.name)]


def change_mentor_offer(state: State, command: ChangeMentorOffer, context: Context) -> list[MentorEvent]:
    """A mentor may offer something else, and move, at any time."""
    _must_be_a_mentor(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def begin_mentor_screening(
    state: State, command: BeginMentorScreening, context: Context
) -> list[MentorEvent]:
    """Whoever applied is screened, once for each application."""
    _must_be_a_mentor(state, context)
    return [] if state.screening else [command.fact(context.by)]


def record_background_check(
    state: State, command: RecordBackgroundCheck, context: Context
) -> list[MentorEvent]:
    """A check is part of the screening, and made again later; a clear one says until when it is valid."""
    _must_be_screened(state, context)
    if (command.result is CheckResult.CLEAR) != (command.valid_until is not None):
        raise Refused(
            "validity-of-a-clear-check",
            f"the check is {command.result} and `valid_until` is {command.valid_until or 'left out'}: say"
            " until when a clear one is valid, and leave it out of any other",
        )
    return [command.fact(context.by, event_id=context.event_id)]


def record_mentor_training(
    state: State, command: RecordMentorTraining, context: Context
) -> list[MentorEvent]:
    """A mentor, or whoever applied to be one, is trained, as often as need be."""
    _must_be_a_mentor(state, context)
    return [command.fact(context.by, event_id=context.event_id)]


def approve_mentor(state: State, command: ApproveMentor, context: Context) -> list[MentorEvent]:
    """Whoever is cleared and trained, both in date that day, is approved by somebody else."""
    _must_be_screened(state, context)
    if state.standing.approved_as is not None:
        return []
    if context.by.id == state.code:
        raise Refused("own-approval", f"{context.by.id} is the mentor: let somebody else decide about it")
    grounds = must_be_cleared_and_trained(state.standing, context.when.day, context.policy)
    return [command.relying_on(grounds).fact(context.by, event_id=context.event_id)]


# --- the rules: being a mentor ----------------------------------------------------------------------------


def record_mentor_supervision(
    state: State, command: RecordMentorSupervision, context: Context
) -> list[MentorEvent]:
    """An approved mentor is supervised, by somebody else; a suspended one, too."""
    _must_be_a_mentor(state, context)
    if state.standing.approved_as is None:
        raise Refused(
            "mentor-not-approved",
            f"the mentor was not approved by {context.when}: `approve-mentor` first, or correct"
            " `occurred_at`",
        )
    if command.supervisor == state.code:
        raise Refused(
            "own-supervision",
            f"{command.supervisor} is the mentor: name in `supervisor` who supervised them",
        )
    known: Register = context.evidence
    whom = Whom(command.supervisor, context.author.organisation, frozenset({Role.SUPERVISOR}))
    listings = must_be_listed(known, [whom], context.policy.register_of_members, context.when.day)
    return [command.fact(context.by, event_id=context.event_id, listings=listings)]


def change_mentor_capacity(
    state: State, command: ChangeMentorCapacity, context: Context
) -> list[MentorEvent]:
    """A mentor says how many are enough; those who are more than that already stay."""
    _must_be_a_mentor(state, context)
    return [] if state.standing.capacity == command.capacity else [command.fact(context.by)]


def suspend_mentor(state: State, command: SuspendMentor, context: Context) -> list[MentorEvent]:
    """Anybody who is, or wants to be, a mentor can be suspended at any time."""
    _must_be_a_mentor(state, context)
    return [] if state.standing.suspended else [command.fact(context.by)]


def reinstate_mentor(state: State, command: ReinstateMentor, context: Context) -> list[MentorEvent]:
    """A suspended mentor is reinstated by somebody other than themselves."""
    _must_be_a_mentor(state, context)
    if not state.standing.suspended:
        return []
    if context.by.id == state.code:
        raise Refused("own-approval", f"{context.by.id} is the mentor: let somebody else decide about it")
    return [command.fact(context.by)]


def exit_mentor(state: State, command: ExitMentor, context: Context) -> list[MentorEvent]:
    """A mentor can leave at any time, also while matches of theirs are open: those are then closed."""
    if state.status is Status.EXITED:
        return []
    _must_be_a_mentor(state, context)
    return [command.fact(context.by)]


# --- what several rules ask -------------------------------------------------------------------------------


def _must_be_a_mentor(state: State, context: Context) -> None:
    if state.status in {Status.NOT_APPLIED, Status.EXITED}:
        had = "exited" if state.standing.exited else "not applied"
        raise Refused(
            "no-mentor",
            f"they had {had} by {context.when}: `apply-as-mentor` first, or correct `occurred_at`",
        )


def _must_be_screened(state: State, context: Context) -> None:
    _must_be_a_mentor(state, context)
    if not state.screening:
        raise Refused(
            "not-screened",
            f"screening had not begun by {context.when}: `begin-mentor-screening` first",
        )
