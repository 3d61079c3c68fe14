"""Invented cases in a log, for projections to be asked about: command after command, each on its day."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4, uuid5

from scp_events.aggregates import irp, participant, referral
from scp_events.event_log import EventLog, Outcome
from scp_events.vocabulary import (
    Actor,
    Aggregate,
    Command,
    CommandId,
    IrpId,
    ParticipantId,
    Provenance,
    ReferralId,
)
from tests.words import IRP, PARTICIPANT, REFERRAL, SUPERVISOR

ANY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
C = TypeVar("C", bound=Command)


def day(number: int) -> datetime:
    """Return noon of the n-th day of 2025."""
    return datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=number - 1)


@dataclass
class Case:
    """One young person's streams; what is asked of them is recorded on the day last named."""

    log: EventLog
    participant_id: ParticipantId = field(default_factory=lambda: ParticipantId(uuid4()))
    referral_id: ReferralId = field(default_factory=lambda: ReferralId(uuid4()))
    irp_id: IrpId = field(default_factory=lambda: IrpId(uuid4()))
    now: datetime = field(default_factory=lambda: day(1))

    def on(self, number: int) -> Case:
        """Go to the n-th day of 2025."""
        self.now = day(number)
        return self

    def refer(self, *commands: referral.ReferralCommand, by: Actor = SUPERVISOR) -> Case:
        """Ask the referral."""
        return self._ask(referral, self.referral_id, commands, by)

    def meet(self, *commands: participant.ParticipantCommand, by: Actor = SUPERVISOR) -> Case:
        """Ask the participant."""
        return self._ask(participant, self.participant_id, commands, by)

    def plan(self, *commands: irp.IrpCommand, by: Actor = SUPERVISOR) -> Case:
        """Ask the plan."""
        return self._ask(irp, self.irp_id, commands, by)

    def _ask(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        stream_id: UUID,
        commands: tuple[Command, ...],
        by: Actor,
    ) -> Case:
        for command in commands:
            self.ask(aggregate, stream_id, command, by)
        return self

    def ask(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        stream_id: UUID,
        command: Command,
        by: Actor = SUPERVISOR,
    ) -> Outcome:
        """Ask any aggregate one command, with the ids of this case in the place of the invented ones."""
        return self.record(aggregate, stream_id, self.own(command, stream_id), by)

    def record(
        self,
        aggregate: Aggregate[Any, Any, Any, Any],
        stream_id: UUID,
        command: Command,
        by: Actor = SUPERVISOR,
    ) -> Outcome:
        """Ask one command as it is."""
        sent = Provenance(
            by=by, command_id=CommandId(uuid4()), occurred_at=self.now, purpose="case-management"
        )
        return self.log.handle(aggregate, stream_id, command, sent, case_id=self.participant_id)

    def own(self, command: C, stream_id: UUID) -> C:
        """Return a command of `tests.words` or `tests.aggregates`, said of a stream of this case."""
        said = ANY_ID.sub(lambda found: str(self.id_of(UUID(found[0]), stream_id)), command.model_dump_json())
        return type(command).model_validate_json(said)

    def id_of(self, invented: UUID, stream_id: UUID) -> UUID:
        """Return what an invented id is in a stream of this case: each aggregate's tests count from one."""
        own = {PARTICIPANT: self.participant_id, REFERRAL: self.referral_id, IRP: self.irp_id}
        return own.get(invented) or uuid5(stream_id, str(invented))
