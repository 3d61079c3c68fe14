"""What is recorded: plainly invented cases, the same on every side.

A caller's work is one case after the other, each from its beginning, so that none grows long and nothing has
to be prepared: a registration, boundaries, and contacts until it has `LENGTH` events.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from scp_events.aggregates import engagement, participant, referral
from scp_events.aggregates.engagement.commands import AgreeBoundaries, RecordContact
from scp_events.aggregates.engagement.events import ContactOutcome, Medium
from scp_events.aggregates.participant.commands import Register
from scp_events.aggregates.referral.commands import (
    AcknowledgeReferral,
    AssessSuitability,
    DetermineEligibility,
    DraftReferral,
    SubmitReferral,
)
from scp_events.aggregates.referral.events import Suitability
from scp_events.event_log import CommandRequest
from scp_events.policy import CURRENT
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    CaseId,
    Command,
    CommandId,
    Decision,
    EventId,
    LegalBasis,
    OrganisationId,
    PersonId,
    Provenance,
    Role,
    Stream,
    Views,
    the_one,
)

LENGTH = 30
"""Events of a case."""
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOTE = "An invented note about an invented meeting, as long as such notes are. " * 3
WORKER = Actor(id=PersonId("kw-juniper"), role=Role.KEY_WORKER, organisation=OrganisationId("second-chance"))
LEAD = Actor(id=PersonId("sv-rowan"), role=Role.SUPERVISOR, organisation=OrganisationId("second-chance"))
REFERRER = Actor(id=PersonId("po-thistle"), role=Role.POLICE_OFFICER, organisation=OrganisationId("police"))
MINUTES = 45
"""Held in every contact: what is in the log can be added up."""


def life(length: int = LENGTH, note: str | None = NOTE) -> Iterator[Command]:
    """Yield the commands of one case. Contacts without a note have nothing to be encrypted."""
    yield registration()
    yield agreement()
    for _ in range(length - 2):
        yield contact(note)


def registration() -> Register:
    """Return the first command of a case."""
    return Register(
        event_id=EventId(uuid7()),
        name="Pepper Example",
        date_of_birth=NOON.date().replace(year=2010),
        preferred_language="en",
    )


def agreement() -> AgreeBoundaries:
    """Return the second command of a case: a decision, with its grounds."""
    return AgreeBoundaries(
        decision=grounds(),
        boundaries=NOTE,
    )


def grounds() -> Decision:
    """Return the grounds of a decision."""
    return Decision(
        by=WORKER,
        reason_code="onset",
        reason_text=NOTE,
        legal_basis=LegalBasis(
            instrument="statute",
            act="Example Act",
            section="s. 1",
            valid_from=NOON.date().replace(year=2020),
        ),
        options_considered=("agree", NO_ACTION),
        views=Views(expressed=NOTE),
        policy_version=CURRENT.version,
    )


def contact(note: str | None = NOTE) -> RecordContact:
    """Return every further command of a case."""
    return RecordContact(
        event_id=EventId(uuid7()),
        medium=Medium.IN_PERSON,
        outcome=ContactOutcome.HELD,
        held_minutes=MINUTES,
        made_by=WORKER,
        note=note,
    )


def provenance() -> Provenance:
    """Say who sends a command, and make it another one than all before."""
    return Provenance(by=WORKER, command_id=CommandId(uuid7()), occurred_at=NOON, purpose="benchmark")


def request(case: CaseId, command: Command) -> CommandRequest:
    """Return a command as it is sent."""
    aggregate = participant if isinstance(command, Register) else engagement
    return CommandRequest(
        aggregate=aggregate,
        stream=the_one(aggregate.CATEGORY, case),
        case_id=case,
        command=command,
        provenance=provenance(),
        name=reference_of(case),
    )


def reviewed(case: CaseId) -> Iterator[CommandRequest]:
    """Yield what brings a referral so far that it can be accepted."""
    stream = Stream(referral.CATEGORY, case)
    drafted = DraftReferral(
        event_id=EventId(uuid7()),
        programme="street-to-work",
        route="diversion",
        circumstances=NOTE,
        policy_version=CURRENT.version,
    )
    for by, command in (
        (REFERRER, drafted),
        (REFERRER, SubmitReferral(decision=grounds())),
        (LEAD, AcknowledgeReferral()),
        (LEAD, DetermineEligibility(decision=grounds(), eligible=True)),
        (LEAD, AssessSuitability(decision=grounds(), suitability=Suitability.SUITABLE)),
    ):
        said = Provenance(by=by, command_id=CommandId(uuid7()), occurred_at=NOON, purpose="benchmark")
        yield CommandRequest(
            aggregate=referral,
            stream=stream,
            case_id=case,
            command=command,
            provenance=said,
            name=reference_of(case),
        )


REVIEWED = 5
"""Events of such a referral."""


def new_case() -> CaseId:
    """Return the id of a case: random, as they all are."""
    return CaseId(uuid4())


def reference_of(case: UUID) -> str:
    """Return what people call a case: nobody has to ask which case it is."""
    number = case.hex.upper()
    return f"SC-{number[:12]}-{number[12:24]}-{number[24:]}"


def case_named(reference: str) -> CaseId:
    """Return the case that is called so."""
    return CaseId(UUID(reference.removeprefix("SC-").replace("-", "")))
