"""An enrolment in a programme: what is stored for ever."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from scp_events.aggregates.programme.events import Minutes, Variant
from scp_events.vocabulary import (
    Code,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    IdentifiedEvent,
    Narrative,
    OfTheCase,
    Personal,
    PolicyVersion,
    ReferralId,
    TellingCode,
    Word,
    members,
)

# --- what a command and its event both say ----------------------------------------------------------------

MinuteOfSession = Annotated[int, Field(ge=0, le=100_000)]
"""Minutes after the session began."""
Credited = Annotated[int, Field(ge=0, le=10_000_000)]
"""Minutes that count towards the total."""


class Absence(StrEnum):
    """Why somebody did not come."""

    ACCEPTABLE = "acceptable"
    UNACCEPTABLE = "unacceptable"
    LOGISTICS = "logistics"
    """Through no doing of theirs, such as a bus that did not run."""


class Turnout(StrEnum):
    """Whether somebody came, and for how much of it."""

    ATTENDED = "attended"
    LATE = "late"
    LEFT_EARLY = "left-early"
    LATE_AND_LEFT_EARLY = "late-and-left-early"
    ABSENT = "absent"


class Completion(StrEnum):
    """Whether somebody completed the programme."""

    COMPLETED = "completed"
    NOT_COMPLETED = "not-completed"


class Ending(StrEnum):
    """Why an enrolment ended before the programme was completed."""

    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    BREACHED = "breached"
    TRANSFERRED = "transferred"
    DIED = "died"
    NOT_STARTED = "not-started"


class Asked(StrEnum):
    """What a programme that is not for everybody asks of whom it admits, besides their age."""

    GENDER = "gender"
    OFFENCE_SEVERITY = "offence-severity"


class OfferedPlace(Word):
    """A place in a programme."""

    programme: Code
    group: Code | None = None


class Admission(Word):
    """Who is admitted: to which programme, in which variant, through which referral."""

    programme: Code
    variant: Code
    """By age on the day of enrolment; it is kept until somebody decides otherwise."""
    referral_id: ReferralId | None = None
    audience_confirmed: bool = False
    """Whether somebody made sure of what the programme asks and no record says."""


class OfSession(Word):
    """Which session it is about."""

    session: Code
    """What people call it."""


class Attendance(OfSession):
    """From when to when somebody was there, or why not."""

    arrived_minutes: MinuteOfSession | None = None
    left_minutes: MinuteOfSession | None = None
    absence: Absence | None = None
    explanation: Narrative | None = None
    behaviour: TellingCode | None = None
    engagement: TellingCode | None = None


class CatchUp(OfSession):
    """What somebody made up for, of a session that they missed or that was short."""

    minutes: Minutes
    means: Code
    """Such as `individual-session`."""
    note: Narrative | None = None


class NonCompliance(Word):
    """What somebody did not keep to."""

    matter: TellingCode
    note: Narrative


class Continuation(Word):
    """What somebody goes on with of their own will."""

    areas: Annotated[
        Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)] | Erased, Personal("narrative")
    ]
    """The problems that came to light, such as `debts`."""


class Tally(Word):
    """How many minutes were credited and how many are required, by which version of the rule."""

    credited_minutes: Credited
    required_minutes: Minutes
    rule_version: PolicyVersion


# --- events -----------------------------------------------------------------------------------------------


class EnrolmentOffered(IdentifiedEvent, OfferedPlace):
    """The young person was offered a place in a programme."""

    TITLE = "Place offered: in {programme}"
    type: Literal["enrolment.offered"] = "enrolment.offered"


class ParticipantEnrolled(DecisionEvent, Admission):
    """The young person was admitted, under the version of the programme in force that day."""

    TITLE = "Enrolled: in {programme} {template_version}, variant {variant}, {required_minutes} minutes"
    type: Literal["enrolment.enrolled"] = "enrolment.enrolled"
    template_version: PolicyVersion
    variants: tuple[Variant, ...]
    """Those of that version, as it stood."""
    required_minutes: Minutes
    confirmed: tuple[Asked, ...] = ()
    """What no record said, so that whoever decided answers for it."""


class VariantChanged(DecisionEvent):
    """Somebody decided that the young person goes on in another variant."""

    TITLE = "Variant changed: to {variant}, {required_minutes} minutes"
    type: Literal["enrolment.variant-changed"] = "enrolment.variant-changed"
    variant: Code
    required_minutes: Minutes


class PhaseEntered(IdentifiedEvent):
    """The young person began a phase of the programme."""

    TITLE = "Phase entered: {phase}"
    type: Literal["enrolment.phase-entered"] = "enrolment.phase-entered"
    phase: Code


class AttendanceRecorded(IdentifiedEvent, Attendance):
    """The young person came to a session or did not, and so many minutes count."""

    TITLE = "Attendance recorded: {status} at {session}, {credited_minutes} minutes credited"
    type: Literal["enrolment.attendance-recorded"] = "enrolment.attendance-recorded"
    status: Turnout
    held_minutes: Minutes
    """How long the session was."""
    conforming: bool
    """Whether it was as long as the variant asks for."""
    credited_minutes: Credited


class AbsenceReasonAccepted(DecisionEvent, OfSession):
    """Somebody accepted why the young person did not come."""

    TITLE = "Reason for absence accepted: of {session}"
    type: Literal["enrolment.absence-reason-accepted"] = "enrolment.absence-reason-accepted"


class AbsenceReasonRejected(DecisionEvent, OfSession):
    """Somebody did not accept why the young person did not come."""

    TITLE = "Reason for absence rejected: of {session}"
    type: Literal["enrolment.absence-reason-rejected"] = "enrolment.absence-reason-rejected"


class CatchUpCredited(IdentifiedEvent, CatchUp):
    """The young person made up for some of a session, and that counts."""

    TITLE = "Catch-up credited: {minutes} minutes of {session}"
    type: Literal["enrolment.catch-up-credited"] = "enrolment.catch-up-credited"


class CompletionRequirementsMet(Event, Tally):
    """Minutes and plan are there: this was derived, and nobody decided it."""

    TITLE = "Requirements of completion met: {credited_minutes} of {required_minutes} minutes, plan agreed"
    type: Literal["enrolment.completion-requirements-met"] = "enrolment.completion-requirements-met"
    evidence: Annotated[tuple[EventId, ...], OfTheCase()]
    """Every event that minutes were credited by, and that by which the plan was agreed to."""


class ProgrammeCompleted(DecisionEvent, Tally):
    """Somebody decided that the young person completed the programme, as the minutes and the plan say."""

    TITLE = "Programme completed: {credited_minutes} of {required_minutes} minutes"
    type: Literal["enrolment.programme-completed"] = "enrolment.programme-completed"


class CompletionOverridden(DecisionEvent):
    """Somebody decided about completion otherwise than minutes and plan say."""

    TITLE = "Completion overridden: {outcome}"
    type: Literal["enrolment.completion-overridden"] = "enrolment.completion-overridden"
    outcome: Completion


class EnrolmentSuspended(DecisionEvent):
    """The enrolment rests for a while."""

    TITLE = "Enrolment suspended: {decision.reason_code}"
    type: Literal["enrolment.suspended"] = "enrolment.suspended"


class EnrolmentResumed(DecisionEvent):
    """The enrolment goes on."""

    TITLE = "Enrolment resumed: {decision.reason_code}"
    type: Literal["enrolment.resumed"] = "enrolment.resumed"


class NonComplianceRecorded(IdentifiedEvent, NonCompliance):
    """The young person did not keep to something."""

    TITLE = "Non-compliance recorded"
    type: Literal["enrolment.non-compliance-recorded"] = "enrolment.non-compliance-recorded"


class BreachInitiated(DecisionEvent):
    """Somebody decided to report that the young person did not comply."""

    TITLE = "Breach initiated"
    type: Literal["enrolment.breach-initiated"] = "enrolment.breach-initiated"


class EnrolmentEnded(DecisionEvent):
    """The enrolment ended before the programme was completed."""

    TITLE = "Enrolment ended: {reason}"
    type: Literal["enrolment.ended"] = "enrolment.ended"
    reason: Ending


class VoluntaryContinuationStarted(IdentifiedEvent, Continuation):
    """The young person goes on of their own will; it adds nothing to what they completed."""

    TITLE = "Voluntary continuation started"
    type: Literal["enrolment.voluntary-continuation-started"] = "enrolment.voluntary-continuation-started"


class VoluntaryContinuationEnded(IdentifiedEvent):
    """The young person does not go on any more."""

    TITLE = "Voluntary continuation ended: {reason_code}"
    type: Literal["enrolment.voluntary-continuation-ended"] = "enrolment.voluntary-continuation-ended"
    reason_code: Code


EnrolmentEvent: TypeAlias = (
    EnrolmentOffered
    | ParticipantEnrolled
    | VariantChanged
    | PhaseEntered
    | AttendanceRecorded
    | AbsenceReasonAccepted
    | AbsenceReasonRejected
    | CatchUpCredited
    | CompletionRequirementsMet
    | ProgrammeCompleted
    | CompletionOverridden
    | EnrolmentSuspended
    | EnrolmentResumed
    | NonComplianceRecorded
    | BreachInitiated
    | EnrolmentEnded
    | VoluntaryContinuationStarted
    | VoluntaryContinuationEnded
)
EVENTS: tuple[type[EnrolmentEvent], ...] = members(EnrolmentEvent)
