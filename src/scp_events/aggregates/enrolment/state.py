"""An enrolment in a programme: what is remembered of it, and what others may read.

How far somebody has come is counted in minutes of presence, session by session; that a session was recorded
counts for nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, assert_never

from scp_events.aggregates.enrolment.events import (
    Absence,
    AbsenceReasonAccepted,
    AbsenceReasonRejected,
    AttendanceRecorded,
    BreachInitiated,
    CatchUpCredited,
    Completion,
    CompletionOverridden,
    CompletionRequirementsMet,
    Ending,
    EnrolmentEnded,
    EnrolmentEvent,
    EnrolmentOffered,
    EnrolmentResumed,
    EnrolmentSuspended,
    NonComplianceRecorded,
    OfSession,
    ParticipantEnrolled,
    PhaseEntered,
    ProgrammeCompleted,
    VariantChanged,
    VoluntaryContinuationEnded,
    VoluntaryContinuationStarted,
)
from scp_events.aggregates.programme.events import Variant
from scp_events.vocabulary import (
    Code,
    EventId,
    Word,
    replace,
)


class Status(StrEnum):
    """Where the enrolment stands."""

    NOT_OFFERED = "not-offered"
    OFFERED = "offered"
    ENROLLED = "enrolled"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    ENDED = "ended"


class SessionLine(NamedTuple):
    """What is remembered of one session: how long it was, and why somebody stayed away, if they did."""

    held_minutes: int
    absence: Absence | None


class Credit(NamedTuple):
    """Minutes, and the session of which somebody was there for them or made up for them."""

    session: Code
    minutes: int


@dataclass(frozen=True)
class State:
    """What we remember: the terms, and how far somebody has come."""

    status: Status = Status.NOT_OFFERED
    programme: Code | None = None
    group: Code | None = None
    template_version: str | None = None
    variants: tuple[Variant, ...] = ()
    variant: Code | None = None
    phase: Code | None = None
    sessions: Mapping[Code, SessionLine] = field(default_factory=dict)
    credits: Mapping[EventId, Credit] = field(default_factory=dict)
    """By the event that credited them."""
    announced: bool = False
    """Whether it was said that the requirements of completion are met."""
    override: Completion | None = None
    non_compliance: tuple[EventId, ...] = ()
    breach_initiated: bool = False
    ending: Ending | None = None
    continuing: bool = False

    @property
    def terms(self) -> Variant | None:
        """Return what is asked of somebody in their variant."""
        return next((each for each in self.variants if each.code == self.variant), None)

    @property
    def credited_minutes(self) -> int:
        """Return what counts towards the total."""
        return sum(credit.minutes for credit in self.credits.values())

    @property
    def required_minutes(self) -> int | None:
        """Return the total that is asked for; None before somebody is enrolled."""
        return None if self.terms is None else self.terms.total_minutes

    @property
    def missing_minutes(self) -> int:
        """Return what is not credited yet; nobody has enough before they are enrolled."""
        return 1 if self.required_minutes is None else self.required_minutes - self.credited_minutes

    def credited_of(self, session: Code) -> int:
        """Return what counts of one session, with what was made up for."""
        return sum(credit.minutes for credit in self.credits.values() if credit.session == session)


initial = State()


class Requirements(StrEnum):
    """Whether it was announced that the requirements of completion are met, and whether that holds."""

    NOT_MET = "not-met"
    MET = "met"
    LAPSED = "lapsed"
    """Announced, and after a correction the minutes are not there any more."""


class View(Word):
    """What others may read of an enrolment."""

    status: Status
    programme: Code | None
    group: Code | None
    template_version: str | None
    variant: Code | None
    phase: Code | None
    credited_minutes: int
    required_minutes: int | None
    attended: int
    """Sessions of which anything was credited."""
    missed: int
    """Sessions to which they did not come, made up for or not."""
    requirements: Requirements
    override: Completion | None
    breach_initiated: bool
    ending: Ending | None
    continuing: bool


def view(state: State) -> View:
    """Return what others may read."""
    lines = state.sessions.values()
    return View(
        status=state.status,
        programme=state.programme,
        group=state.group,
        template_version=state.template_version,
        variant=state.variant,
        phase=state.phase,
        credited_minutes=state.credited_minutes,
        required_minutes=state.required_minutes,
        attended=sum(line.absence is None for line in lines),
        missed=sum(line.absence is not None for line in lines),
        requirements=_requirements(state),
        override=state.override,
        breach_initiated=state.breach_initiated,
        ending=state.ending,
        continuing=state.continuing,
    )


def _requirements(state: State) -> Requirements:
    if not state.announced:
        return Requirements.NOT_MET
    return Requirements.MET if state.missing_minutes <= 0 else Requirements.LAPSED


def evolve(state: State, event: EnrolmentEvent) -> State:
    """Return what we remember once `event` has happened."""
    match event:
        case EnrolmentOffered():
            return replace(state, status=Status.OFFERED, programme=event.programme, group=event.group)
        case ParticipantEnrolled():
            return _enrolled(state, event)
        case VariantChanged():
            return replace(state, variant=event.variant, phase=None)
        case PhaseEntered():
            return replace(state, phase=event.phase)
        case AttendanceRecorded():
            return _attended(state, event)
        case AbsenceReasonAccepted():
            return _absent(state, event, Absence.ACCEPTABLE)
        case AbsenceReasonRejected():
            return _absent(state, event, Absence.UNACCEPTABLE)
        case CatchUpCredited():
            return _credited(state, event.event_id, Credit(event.session, event.minutes))
        case CompletionRequirementsMet():
            return replace(state, announced=True)
        case ProgrammeCompleted():
            return replace(state, status=Status.COMPLETED)
        case CompletionOverridden():
            return _overridden(state, event.outcome)
        case EnrolmentSuspended():
            return replace(state, status=Status.SUSPENDED)
        case EnrolmentResumed():
            return replace(state, status=Status.ENROLLED)
        case NonComplianceRecorded():
            return replace(state, non_compliance=(*state.non_compliance, event.event_id))
        case BreachInitiated():
            return replace(state, breach_initiated=True)
        case EnrolmentEnded():
            return replace(state, status=Status.ENDED, ending=event.reason)
        case VoluntaryContinuationStarted():
            return replace(state, continuing=True)
        case VoluntaryContinuationEnded():
            return replace(state, continuing=False)
    assert_never(event)


def _enrolled(state: State, event: ParticipantEnrolled) -> State:
    return replace(
        state,
        status=Status.ENROLLED,
        programme=event.programme,
        template_version=event.template_version,
        variants=event.variants,
        variant=event.variant,
    )


def _attended(state: State, event: AttendanceRecorded) -> State:
    line = SessionLine(event.held_minutes, event.absence)
    state = replace(state, sessions={**state.sessions, event.session: line})
    return _credited(state, event.event_id, Credit(event.session, event.credited_minutes))


def _credited(state: State, event_id: EventId, credit: Credit) -> State:
    return replace(state, credits={**state.credits, event_id: credit}) if credit.minutes else state


def _absent(state: State, event: OfSession, reason: Absence) -> State:
    line = state.sessions.get(event.session)
    if line is None:
        return state
    return replace(state, sessions={**state.sessions, event.session: line._replace(absence=reason)})


def _overridden(state: State, outcome: Completion) -> State:
    status = Status.COMPLETED if outcome is Completion.COMPLETED else Status.ENROLLED
    return replace(state, override=outcome, status=status)
