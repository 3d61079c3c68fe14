"""An invented case for the command line to tell: with decisions, a late entry and a correction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from scp_events import casework
from scp_events.aggregates import participant, referral
from scp_events.event_log import EventLog
from scp_events.vocabulary import (
    Aggregate,
    Command,
    CommandId,
    EventId,
    ParticipantId,
    Provenance,
    ReferralId,
)
from tests.opened import opened_log
from tests.words import KEY_WORKER, REFERRER, SUPERVISOR, decision

REFERENCE = "SC-2025-014"
SECRET = "the words nobody but the case may show"  # noqa: S105 - it opens nothing
"""Part of a narrative: it may be in the data asked for, and in no message."""


def day(number: int) -> datetime:
    """Return noon of a day in March 2025."""
    return datetime(2025, 3, 1, 12, tzinfo=UTC) + timedelta(days=number - 1)


@dataclass
class Writer:
    """Somebody who enters what happened, one command after the other."""

    log: EventLog
    case_id: ParticipantId

    def record(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        stream_id: UUID,
        command: Command,
        on: int,
        *,
        entered: int | None = None,
    ) -> int:
        """Record a command of a day in March; return the position of its last event."""
        outcome = casework.handle(
            self.log,
            aggregate,
            stream_id,
            command,
            Provenance(
                by=KEY_WORKER,
                command_id=CommandId(uuid4()),
                occurred_at=day(on),
                purpose="case-work",
                source_recorded_at=None if entered is None else day(entered),
            ),
            case_id=self.case_id,
        )
        assert outcome.last_position is not None
        return outcome.last_position


@dataclass
class Written:
    """What a test may want to point at."""

    case_id: ParticipantId
    before_late: int
    """The last position before the late entry was made."""
    late: int
    late_contact: EventId
    correction: int


def write_case(conninfo: str, reference: str = REFERENCE) -> Written:
    """Record a case whose third contact, of 10 March, was entered on 20 March and corrected afterwards."""
    with opened_log(conninfo, pool_size=2) as log:
        writer = Writer(log, log.open_case(reference))
        accepted = _referred(writer, reference)
        _registered(writer, accepted, reference)
        before_late = log.head()
        late_contact = EventId(uuid4())
        late = _contact(writer, 10, late_contact, entered=20)
        return Written(
            case_id=writer.case_id,
            before_late=before_late,
            late=late,
            late_contact=late_contact,
            correction=_corrected(writer, late_contact),
        )


def _referred(writer: Writer, reference: str) -> ReferralId:
    referral_id = ReferralId(uuid4())
    drafted = referral.DraftReferral(
        event_id=EventId(uuid4()),
        participant_id=writer.case_id,
        case_reference=reference,
        programme="street-to-work",
        route="diversion",
        referred_by=REFERRER,
        circumstances=f"Came to notice twice; {SECRET}.",
        drafted_on=date(2025, 3, 1),
        policy_version="2025.1",
    )
    writer.record(referral, referral_id, drafted, 1)
    submitted = referral.SubmitReferral(decision=decision(), submitted_on=date(2025, 3, 2))
    writer.record(referral, referral_id, submitted, 2)
    writer.record(referral, referral_id, referral.AcknowledgeReferral(), 3)
    eligible = referral.DetermineEligibility(decision=decision(), eligible=True)
    writer.record(referral, referral_id, eligible, 4)
    suitable = referral.AssessSuitability(
        decision=decision(reason_code="wants-to-work"), suitability=referral.Suitability.SUITABLE
    )
    writer.record(referral, referral_id, suitable, 4)
    writer.record(referral, referral_id, referral.AcceptReferral(decision=decision()), 5)
    return referral_id


def _registered(writer: Writer, referral_id: ReferralId, reference: str) -> None:
    registered = participant.Register(
        event_id=EventId(uuid4()),
        case_reference=reference,
        referral_id=referral_id,
        name="Ash Example",
        date_of_birth=date(2008, 5, 4),
        preferred_language="en",
    )
    writer.record(participant, writer.case_id, registered, 6)
    agreed = participant.AgreeBoundaries(
        decision=decision(), agreed_with=KEY_WORKER, boundaries="We meet where I feel safe."
    )
    writer.record(participant, writer.case_id, agreed, 7)
    assigned = participant.AssignKeyWorker(
        decision=decision(), key_worker=KEY_WORKER, assigned_on=date(2025, 3, 7), caseload_of_new_worker=0
    )
    writer.record(participant, writer.case_id, assigned, 7)
    _contact(writer, 8, EventId(uuid4()))


def _contact(writer: Writer, on: int, event_id: EventId, *, entered: int | None = None) -> int:
    contact = participant.RecordContact(
        event_id=event_id,
        made_by=KEY_WORKER,
        medium=participant.Medium.IN_PERSON,
        outcome=participant.ContactOutcome.HELD,
        held_minutes=40,
        note="A walk along the river.",
    )
    return writer.record(participant, writer.case_id, contact, on, entered=entered)


def _corrected(writer: Writer, event_id: EventId) -> int:
    corrected = participant.CorrectContact(
        decision=decision(SUPERVISOR, "wrong-duration"),
        corrects=event_id,
        made_by=KEY_WORKER,
        medium=participant.Medium.IN_PERSON,
        outcome=participant.ContactOutcome.HELD,
        held_minutes=25,
    )
    return writer.record(participant, writer.case_id, corrected, 21, entered=21)
