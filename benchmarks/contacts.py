"""What is recorded: plainly invented cases, the same on every side.

A caller's work is one case after the other, each from its beginning, so that none grows long and nothing has
to be prepared: a registration, boundaries, and contacts until it has `LENGTH` events.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

from uuid_utils.compat import uuid7

from scp_events.aggregates.participant import (
    AgreeBoundaries,
    ContactOutcome,
    Medium,
    ParticipantCommand,
    RecordContact,
    Register,
)
from scp_events.policy import CURRENT
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    CommandId,
    Decision,
    EventId,
    LegalBasis,
    OrganisationId,
    ParticipantId,
    PersonId,
    Provenance,
    Role,
    Views,
)

LENGTH = 30
"""Events of a case."""
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOTE = "An invented note about an invented meeting, as long as such notes are. " * 3
WORKER = Actor(id=PersonId("kw-juniper"), role=Role.KEY_WORKER, organisation=OrganisationId("second-chance"))
MINUTES = 45
"""Held in every contact: what is in the log can be added up."""


def life(length: int = LENGTH, note: str | None = NOTE) -> Iterator[ParticipantCommand]:
    """Yield the commands of one case. Contacts without a note have nothing to be encrypted."""
    yield registration()
    yield agreement()
    for _ in range(length - 2):
        yield contact(note)


def registration() -> Register:
    """Return the first command of a case."""
    return Register(
        event_id=EventId(uuid7()),
        case_reference=f"SC-{uuid4().hex[:8].upper()}",
        name="Pepper Example",
        date_of_birth=NOON.date().replace(year=2010),
        preferred_language="en",
    )


def agreement() -> AgreeBoundaries:
    """Return the second command of a case: a decision, with its grounds."""
    return AgreeBoundaries(
        decision=grounds(),
        agreed_with=WORKER,
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


def new_case() -> ParticipantId:
    """Return the id of a case: random, as they all are."""
    return ParticipantId(uuid4())
