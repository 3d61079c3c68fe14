"""Commands about invented young people, and what a test needs to send them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from scp_events.aggregates import engagement, participant, record
from scp_events.aggregates.engagement.commands import AgreeBoundaries, RecordContact
from scp_events.aggregates.engagement.events import ContactOutcome, Medium
from scp_events.aggregates.participant.commands import Register
from scp_events.event_log import BlockingCommandHandler, CommandHandler, CommandRequest, Outcome
from scp_events.vocabulary import (
    Actor,
    AnyAggregate,
    CaseId,
    Command,
    CommandId,
    Correct,
    EventId,
    Provenance,
    Retract,
    Stream,
    the_one,
)
from tests.words import KEY_WORKER, grounds


def register(name: str = "Pepper Example") -> Register:
    """Return the first command of a case."""
    return Register(name=name, date_of_birth=date(2010, 1, 1), preferred_language="en")


def agree() -> AgreeBoundaries:
    """Return an agreement on boundaries."""
    return AgreeBoundaries(decision=grounds(), boundaries="Invented boundaries.")


def contact(
    minutes: int = 30, event_id: EventId | None = None, note: str = "An invented note."
) -> RecordContact:
    """Return a contact that was held."""
    return RecordContact(
        event_id=event_id,
        made_by=KEY_WORKER,
        medium=Medium.PHONE,
        outcome=ContactOutcome.HELD,
        held_minutes=minutes,
        note=note,
    )


def sent(
    by: Actor = KEY_WORKER,
    occurred_at: datetime | date | None = None,
    command_id: CommandId | None = None,
) -> Provenance:
    """Say who sends a command, and when it was so."""
    return Provenance(
        by=by, command_id=command_id or CommandId(uuid4()), occurred_at=occurred_at, purpose="casework"
    )


@dataclass(frozen=True)
class Case:
    """A young person's case, and how to ask for something in it."""

    id: CaseId
    reference: str

    @classmethod
    def new(cls) -> Case:
        """Return a case nobody knows yet."""
        return cls(CaseId(uuid4()), f"SC-{uuid4().hex[:8].upper()}")

    @property
    def engagement(self) -> Stream:
        """Return the stream of the work with them."""
        return the_one("engagement", self.id)

    @property
    def participant(self) -> Stream:
        """Return the stream of who they are."""
        return the_one("participant", self.id)

    def request(
        self,
        command: Command,
        provenance: Provenance | None = None,
        stream: Stream | None = None,
        **more: Any,
    ) -> CommandRequest:
        """Return a request; a correction is of the engagement unless a stream is named."""
        aggregate = aggregate_of(command, stream)
        return CommandRequest(
            aggregate=aggregate,
            stream=stream or the_one(aggregate.CATEGORY, self.id),
            case_id=self.id,
            command=command,
            provenance=provenance or sent(),
            name=self.reference,
            **more,
        )


def aggregate_of(command: Command, stream: Stream | None = None) -> AnyAggregate:
    """Return the aggregate that a command is for."""
    for aggregate in (participant, engagement, record):
        if type(command) in aggregate.COMMANDS or (stream and stream.category == aggregate.CATEGORY):
            return aggregate
    assert isinstance(command, Correct | Retract)
    return engagement


def engaged(handler: BlockingCommandHandler, case: Case | None = None, at: datetime | None = None) -> Case:
    """Record a case with a registration and boundaries: two events."""
    case = case or Case.new()
    for command in (register(), agree()):
        handler.handle(case.request(command, sent(occurred_at=at)))
    return case


async def engaged_async(handler: CommandHandler, at: datetime | None = None) -> Case:
    """Record a case with a registration and boundaries: two events."""
    case = Case.new()
    for command in (register(), agree()):
        await handler.handle(case.request(command, sent(occurred_at=at)))
    return case


def recorded(outcome: Outcome) -> EventId:
    """Return the one event that was recorded."""
    (event_id,) = outcome.event_ids
    return event_id
