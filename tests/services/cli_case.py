"""An invented case for the command line to tell: with decisions, a late entry and a correction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from scp_events.aggregates.engagement.commands import AgreeBoundaries, AssignKeyWorker, RecordContact
from scp_events.aggregates.engagement.events import ContactOutcome, Medium
from scp_events.aggregates.participant.commands import Register
from scp_events.aggregates.referral.commands import (
    AcceptReferral,
    AcknowledgeReferral,
    AssessSuitability,
    DetermineEligibility,
    DraftReferral,
    SubmitReferral,
)
from scp_events.aggregates.referral.events import Suitability
from scp_events.event_log import Outcome
from scp_events.vocabulary import Actor, CaseId, Command, Correct, EventId, ReferralId
from tests.asking import Case
from tests.opened import opened_handler
from tests.words import KEY_WORKER, REFERRER, SUPERVISOR, grounds

REFERENCE = "SC-2025-014"
SECRET = "the words nobody but the case may show"  # noqa: S105 - it opens nothing
"""Part of a narrative: it may be in the data asked for, and in no message."""
CONTACT = RecordContact(
    made_by=KEY_WORKER,
    medium=Medium.IN_PERSON,
    outcome=ContactOutcome.HELD,
    held_minutes=40,
    note="A walk along the river.",
)


def day(number: int) -> datetime:
    """Return noon of a day in March 2025."""
    return datetime(2025, 3, 1, 12, tzinfo=UTC) + timedelta(days=number - 1)


@dataclass
class Writer:
    """Somebody who enters what happened, one command after the other."""

    case: Case
    positions: list[int] = field(default_factory=list)
    """Of the last event of each command."""
    promptly: bool = False
    """Whether everything is entered on the day it happens, unless it says otherwise."""

    def record(
        self, command: Command, on: int, *, entered: int | None = None, by: Actor = KEY_WORKER
    ) -> Outcome:
        """Record a command of a day in March."""
        if entered is None and self.promptly:
            entered = on
        outcome = self.case.ask(
            command, at=day(on), by=by, source_recorded_at=None if entered is None else day(entered)
        )
        assert outcome.last_position is not None
        self.positions.append(outcome.last_position)
        return outcome


@dataclass
class Written:
    """What a test may want to point at."""

    case_id: CaseId
    before_late: int
    """The last position before the late entry was made."""
    late: int
    late_contact: EventId
    correction: int


def write_case(conninfo: str, reference: str = REFERENCE, *, promptly: bool = False) -> Written:
    """Record a case whose second contact, of 10 March, was entered on 20 March and corrected afterwards.

    Unless the rest is entered `promptly`, it is entered now.
    """
    with opened_handler(conninfo) as handler:
        writer = Writer(Case(handler, reference), promptly=promptly)
        referred(writer)
        registered(writer)
        writer.record(CONTACT, 8)
        [late_contact] = writer.record(CONTACT, 10, entered=20).event_ids
        _corrected(writer, late_contact)
    *_, before_late, late, correction = writer.positions
    return Written(
        case_id=writer.case.id,
        before_late=before_late,
        late=late,
        late_contact=late_contact,
        correction=correction,
    )


def referred(writer: Writer) -> None:
    """Record a referral that was accepted."""
    drafted = DraftReferral(
        programme="street-to-work",
        route="diversion",
        circumstances=f"Came to notice twice; {SECRET}.",
        policy_version="2025.1",
    )
    writer.record(drafted, 1, by=REFERRER)
    writer.record(SubmitReferral(decision=grounds()), 2, by=REFERRER)
    writer.record(AcknowledgeReferral(), 3)
    writer.record(DetermineEligibility(decision=grounds(), eligible=True), 4, by=SUPERVISOR)
    suitable = AssessSuitability(decision=grounds("wants-to-work"), suitability=Suitability.SUITABLE)
    writer.record(suitable, 4, by=SUPERVISOR)
    writer.record(AcceptReferral(decision=grounds()), 5, by=SUPERVISOR)


AGREED = AgreeBoundaries(decision=grounds(), boundaries="We meet where I feel safe.")


def registered(writer: Writer, agreed: AgreeBoundaries = AGREED, *, entered: int | None = None) -> None:
    """Record a young person; the boundaries agreed on 7 March may have been entered later."""
    register = Register(
        referral_id=ReferralId(writer.case.streams["referral"].id),
        name="Ash Example",
        date_of_birth=date(2008, 5, 4),
        preferred_language="en",
    )
    writer.record(register, 6)
    writer.record(agreed, 7, entered=entered)
    writer.record(AssignKeyWorker(decision=grounds(), key_worker=KEY_WORKER), 7, by=SUPERVISOR)


def _corrected(writer: Writer, contact: EventId) -> None:
    instead = CONTACT.model_copy(update={"held_minutes": 25, "note": None})
    correct = Correct(decision=grounds("wrong-duration"), corrects=contact, instead=instead)
    writer.record(correct, 21, entered=21, by=SUPERVISOR)
