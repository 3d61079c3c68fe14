"""Enrolments, as several tests tell of them: the programme, its sessions, the commands, what has happened."""

from __future__ import annotations

from datetime import date

from scp_events.aggregates.engagement.events import Medium
from scp_events.aggregates.enrolment.commands import (
    AcceptAbsenceReason,
    AnnounceRequirementsMet,
    ChangeVariant,
    CompleteProgramme,
    ContinueVoluntarily,
    CreditCatchUp,
    EndEnrolment,
    EnrolmentCommand,
    EnrolParticipant,
    EnterPhase,
    InitiateBreach,
    OfferPlace,
    OverrideCompletion,
    RecordAttendance,
    RecordNonCompliance,
    RejectAbsenceReason,
    ResumeEnrolment,
    StopContinuing,
    SuspendEnrolment,
)
from scp_events.aggregates.enrolment.events import (
    Absence,
    AttendanceRecorded,
    Completion,
    Ending,
    EnrolmentOffered,
    ParticipantEnrolled,
    Turnout,
)
from scp_events.aggregates.irp.events import IrpAgreedByParticipant
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.programme.events import OfAge, ProgrammeDefined, Variant
from scp_events.aggregates.session.events import SessionHeld, SessionScheduled
from scp_events.scenario import Told, at, elsewhere, known_as, on
from scp_events.vocabulary import PersonId, named
from tests.examples.participant import REGISTERED
from tests.words import decision, event_id, grounds

PLAN_AGREED_AS = event_id(1)
PROGRAMME = "invented-resocialisation"
ADULTS = Variant(
    code="adults",
    of_age=OfAge.ADULTS,
    session_count=15,
    session_minutes=120,
    total_minutes=1800,
    phases=("anamnesis", "focus", "evaluation"),
)
MINORS = Variant(
    code="minors", of_age=OfAge.MINORS, session_count=14, session_minutes=150, total_minutes=2100
)
DEFINED = ProgrammeDefined(
    event_id=event_id(901),
    code=PROGRAMME,
    template_version="2025.1",
    title="Invented resocialisation",
    variants=(ADULTS, MINORS),
)

# --- commands ---------------------------------------------------------------------------------------------

OFFER = OfferPlace(event_id=event_id(902), programme=PROGRAMME, group="group-a")
ENROL = EnrolParticipant(decision=grounds(), programme=PROGRAMME, variant="adults")
TO_ADULTS = ChangeVariant(decision=grounds("came-of-age"), variant="adults")
TO_MINORS = ChangeVariant(decision=grounds(), variant="minors")
ENTER = EnterPhase(event_id=event_id(903), phase="anamnesis")
FOCUS = EnterPhase(event_id=event_id(904), phase="focus")
ATTEND = RecordAttendance(
    event_id=event_id(905),
    session="session-1",
    arrived_minutes=0,
    left_minutes=120,
    behaviour="calm",
    engagement="eager",
)
MISS = RecordAttendance(
    event_id=event_id(906),
    session="session-2",
    absence=Absence.UNACCEPTABLE,
    explanation="An invented explanation: no bus.",
)
ACCEPT = AcceptAbsenceReason(decision=grounds(), session="session-2")
REJECT = RejectAbsenceReason(decision=grounds(), session="session-2")
CATCH_UP = CreditCatchUp(
    event_id=event_id(907),
    session="session-2",
    minutes=60,
    means="individual-session",
    note="At the library.",
)
ANNOUNCE = AnnounceRequirementsMet()
COMPLETE = CompleteProgramme(decision=grounds())
OVERRIDE = OverrideCompletion(decision=grounds(), outcome=Completion.COMPLETED)
OVERRULE = OverrideCompletion(decision=grounds(), outcome=Completion.NOT_COMPLETED)
SUSPEND = SuspendEnrolment(decision=grounds())
RESUME = ResumeEnrolment(decision=grounds())
FAIL = RecordNonCompliance(event_id=event_id(908), matter="came-drunk", note="An invented evening in town.")
BREACH = InitiateBreach(decision=grounds())
END = EndEnrolment(decision=grounds(), reason=Ending.WITHDRAWN)
GO_ON = ContinueVoluntarily(event_id=event_id(909), areas=("debts", "housing"))
STOP = StopContinuing(event_id=event_id(910), reason_code="settled")
EVERY_COMMAND: tuple[EnrolmentCommand, ...] = (
    OFFER, ENROL, TO_ADULTS, TO_MINORS, ENTER, FOCUS, ATTEND, MISS, ACCEPT, REJECT, CATCH_UP, ANNOUNCE,
    COMPLETE, OVERRIDE, OVERRULE, SUSPEND, RESUME, FAIL, BREACH, END, GO_ON, STOP,
)  # fmt: skip

# --- what has happened ------------------------------------------------------------------------------------


def born(day: str) -> ParticipantRegistered:
    """Return that somebody was registered who was born on a day."""
    return REGISTERED.model_copy(update={"date_of_birth": date.fromisoformat(day)})


ADULT, MINOR = born("1999-06-15"), born("2010-06-15")
PLAN_AGREED = known_as(PLAN_AGREED_AS, IrpAgreedByParticipant(in_their_words="Yes."))
OFFERED = EnrolmentOffered(**dict(OFFER))


def enrolled(variant: Variant = ADULTS, *, of: ProgrammeDefined = DEFINED) -> ParticipantEnrolled:
    """Return that somebody was enrolled in a variant of a programme."""
    return ParticipantEnrolled(
        decision=decision(),
        programme=of.code,
        variant=variant.code,
        template_version=of.template_version,
        variants=of.variants,
        required_minutes=variant.total_minutes,
    )


def held(code: str, day: str, minutes: int = 120, programme: str = PROGRAMME) -> tuple[Told, Told]:
    """Return that a session was scheduled, and held at ten in the morning."""
    stream = named("session", code)
    setting = {
        "medium": Medium.IN_PERSON,
        "venue_kind": "community-centre",
        "facilitators": (PersonId("kw-juniper"),),
    }
    scheduled = SessionScheduled(
        event_id=event_id(950),
        code=code,
        programme=programme,
        group="group-a",
        template_version="2025.1",
        modules=(),
        venue_kinds=(),
        planned_on=date.fromisoformat(day),
        planned_at="10:00",
        planned_minutes=minutes,
        **setting,
    )
    met = SessionHeld(event_id=event_id(951), actual_minutes=minutes, **setting)
    return elsewhere(stream, on("2025-01-02", scheduled)), elsewhere(stream, at(f"{day}T10:00", met))


def attended(number: int, minutes: int, variant: Variant = ADULTS) -> AttendanceRecorded:
    """Return that somebody was at a session from its beginning to its end."""
    return AttendanceRecorded(
        event_id=event_id(1000 + number),
        session=f"meeting-{number}",
        arrived_minutes=0,
        left_minutes=minutes,
        status=Turnout.ATTENDED,
        held_minutes=minutes,
        conforming=minutes >= variant.session_minutes,
        credited_minutes=minutes,
    )


def missed(number: int, minutes: int = 120) -> AttendanceRecorded:
    """Return that somebody was not at a session."""
    return AttendanceRecorded(
        event_id=event_id(1000 + number),
        session=f"meeting-{number}",
        absence=Absence.UNACCEPTABLE,
        status=Turnout.ABSENT,
        held_minutes=minutes,
        conforming=True,
        credited_minutes=0,
    )
