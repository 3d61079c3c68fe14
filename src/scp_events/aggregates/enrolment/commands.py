"""An enrolment in a programme: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.enrolment import events
from scp_events.aggregates.enrolment.events import (
    Admission,
    Attendance,
    CatchUp,
    Completion,
    Continuation,
    Ending,
    NonCompliance,
    OfferedPlace,
    OfSession,
)
from scp_events.vocabulary import (
    ENTERING,
    LEADING,
    STAFF,
    Code,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class OfferPlace(IdentifiedCommand, OfferedPlace):
    """Offer the young person a place in a programme."""

    RECORDS = events.EnrolmentOffered


class EnrolParticipant(DecisionCommand, Admission):
    """Admit the young person to the programme, in the variant for their age on the day."""

    RECORDS = events.ParticipantEnrolled


class ChangeVariant(DecisionCommand):
    """Let the young person go on in another variant."""

    RECORDS = events.VariantChanged
    variant: Code


class EnterPhase(IdentifiedCommand):
    """Say that a phase began."""

    RECORDS = events.PhaseEntered
    phase: Code


class RecordAttendance(IdentifiedCommand, Attendance):
    """Say from when to when somebody was at a session, or why not; the time is the session's."""

    RECORDS = events.AttendanceRecorded


class AcceptAbsenceReason(DecisionCommand, OfSession):
    """Accept why the young person did not come."""

    RECORDS = events.AbsenceReasonAccepted


class RejectAbsenceReason(DecisionCommand, OfSession):
    """Do not accept why the young person did not come."""

    RECORDS = events.AbsenceReasonRejected


class CreditCatchUp(IdentifiedCommand, CatchUp):
    """Credit minutes by which the young person made up for some of a session."""

    RECORDS = events.CatchUpCredited


class AnnounceRequirementsMet(Command):
    """Say that minutes and plan are there, where no single report made it so: after a correction, say."""

    RECORDS = events.CompletionRequirementsMet


class CompleteProgramme(DecisionCommand):
    """Decide that the programme is completed, as the minutes and the plan say."""

    RECORDS = events.ProgrammeCompleted


class OverrideCompletion(DecisionCommand):
    """Decide about completion otherwise than the minutes and the plan say."""

    RECORDS = events.CompletionOverridden
    outcome: Completion


class SuspendEnrolment(DecisionCommand):
    """Let the enrolment rest for a while."""

    RECORDS = events.EnrolmentSuspended


class ResumeEnrolment(DecisionCommand):
    """Let the enrolment go on."""

    RECORDS = events.EnrolmentResumed


class RecordNonCompliance(IdentifiedCommand, NonCompliance):
    """Say what the young person did not keep to."""

    RECORDS = events.NonComplianceRecorded


class InitiateBreach(DecisionCommand):
    """Decide to report that the young person did not comply."""

    RECORDS = events.BreachInitiated


class EndEnrolment(DecisionCommand):
    """End the enrolment before the programme is completed."""

    RECORDS = events.EnrolmentEnded
    reason: Ending


class ContinueVoluntarily(IdentifiedCommand, Continuation):
    """Say that the young person goes on of their own will, once the programme is completed."""

    RECORDS = events.VoluntaryContinuationStarted


class StopContinuing(IdentifiedCommand):
    """Say that the young person does not go on any more."""

    RECORDS = events.VoluntaryContinuationEnded
    reason_code: Code


EnrolmentCommand: TypeAlias = (
    OfferPlace
    | EnrolParticipant
    | ChangeVariant
    | EnterPhase
    | RecordAttendance
    | AcceptAbsenceReason
    | RejectAbsenceReason
    | CreditCatchUp
    | AnnounceRequirementsMet
    | CompleteProgramme
    | OverrideCompletion
    | SuspendEnrolment
    | ResumeEnrolment
    | RecordNonCompliance
    | InitiateBreach
    | EndEnrolment
    | ContinueVoluntarily
    | StopContinuing
)
COMMANDS: tuple[type[EnrolmentCommand], ...] = members(EnrolmentCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **{each: LEADING if issubclass(each, DecisionCommand) else STAFF | ENTERING for each in COMMANDS},
    AcceptAbsenceReason: STAFF,
    RejectAbsenceReason: STAFF,
}
"""Which roles may send which command. Those who lead decide; who works with somebody knows why they did not
come."""
