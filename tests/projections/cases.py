"""Invented cases in a log, for projections to be asked about: command after command, each of its day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4, uuid5

from scp_events.aggregates import assessment, engagement, irp, participant, record, referral
from scp_events.aggregates import concern as concerns
from scp_events.event_log import BlockingCommandHandler, CommandRequest, LogReader, Outcome
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
    Scope,
    Stream,
    Word,
    the_one,
)
from tests.examples import engagement as people
from tests.examples import irp as plans
from tests.examples import record as keeping
from tests.examples import referral as asking
from tests.examples.participant import REGISTER
from tests.words import KEY_WORKER, SUPERVISOR, grounds

_references = count(1)


def day(number: int) -> date:
    """Return the n-th day of 2025."""
    return date(2025, 1, 1) + timedelta(days=number - 1)


def noon(number: int) -> datetime:
    """Return noon of the n-th day of 2025."""
    return datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=number - 1)


def but(command: Any, **changes: object) -> Any:
    """Return a command that says something else in some fields."""
    return type(command).model_validate({**dict(command), **changes})


def erased(log: LogReader, case: Case) -> None:
    """Erase a young person's data: asked for, approved by a second person, and carried out."""
    case.keep(keeping.REQUEST, keeping.APPROVE)
    [*_, approval] = log.stream_history(case.stream(record))
    case.keep(record.commands.BeginErasure())
    log.keyring.fence(case.case_id)
    destroyed = tuple(log.keyring.destroy(case.case_id))
    erase = but(keeping.ERASE, destroyed=destroyed, approved_as=approval.event_id)
    case.record(record, erase, SUPERVISOR)


@dataclass
class Case:
    """One young person's streams; what is asked of them was so on the day last named, at noon."""

    handler: BlockingCommandHandler
    reference: str = field(default_factory=lambda: f"SC-2025-{next(_references):03}")
    now: datetime | date = field(default_factory=lambda: noon(1))
    plan_number: int = 1
    referral_number: int = 1

    def __post_init__(self) -> None:
        self.case_id: CaseId = self.handler.open_case(self.reference)

    def on(self, when: int | datetime | date) -> Case:
        """Go to noon of the n-th day of 2025, to an instant, or to a day of which no more is known."""
        self.now = noon(when) if isinstance(when, int) else when
        return self

    # --- asking -------------------------------------------------------------------------------------------

    def register(self) -> Case:
        """Register the young person."""
        return self._ask(participant, 1, (REGISTER,), lambda _: SUPERVISOR)

    def meet(self, *commands: Command) -> Case:
        """Ask the engagement."""
        return self._ask(engagement, 1, commands, people.by)

    def refer(self, *commands: Command, by: Actor | None = None) -> Case:
        """Ask the referral."""
        return self._ask(referral, self.referral_number, commands, lambda c: by or asking.by(c))

    def assess(self, number: int, *commands: Command) -> Case:
        """Ask the n-th assessment."""
        return self._ask(assessment, number, commands, lambda _: KEY_WORKER)

    def plan(self, *commands: Command) -> Case:
        """Ask the plan."""
        return self._ask(irp, self.plan_number, commands, lambda _: KEY_WORKER)

    def keep(self, *commands: Command) -> Case:
        """Ask the record."""
        return self._ask(record, 1, commands, keeping.by)

    def worry(self, *commands: Command) -> Case:
        """Ask the concern, which one person raises and another closes."""
        by = {concerns.commands.RaiseConcern: KEY_WORKER}
        return self._ask(concerns, 1, commands, lambda c: by.get(type(c), SUPERVISOR))

    def die(self) -> Case:
        """Say that they died."""
        return self._ask(participant, 1, (participant.commands.RecordDeath(),), lambda _: SUPERVISOR)

    def correct(
        self,
        aggregate: AnyAggregate,
        invented: UUID,
        instead: Command,
        on: datetime | date | None = None,
        number: int = 1,
    ) -> Case:
        """Say what should have been recorded as the event that the tests know by an id."""
        correct = Correct(
            decision=grounds(),
            corrects=EventId(self.id_of(aggregate, invented)),
            instead=self._own(aggregate, instead),
            occurred_at=on,
        )
        self.record(aggregate, correct, KEY_WORKER, number)  # who may assess may correct it
        return self

    def retract(self, aggregate: AnyAggregate, invented: UUID, number: int = 1) -> Case:
        """Say that what the tests know by an id never was so."""
        retract = Retract(decision=grounds(), corrects=EventId(self.id_of(aggregate, invented)))
        self.record(aggregate, retract, number=number)
        return self

    # --- ids ----------------------------------------------------------------------------------------------

    @property
    def plan_id(self) -> UUID:
        """Return the id of the plan."""
        return self.stream(irp, self.plan_number).id

    @property
    def referral_id(self) -> UUID:
        """Return the id of the referral."""
        return self.stream(referral, self.referral_number).id

    def stream(self, aggregate: AnyAggregate, number: int = 1) -> Stream:
        """Return the n-th stream of a kind."""
        if aggregate.SCOPE is Scope.ONE_PER_CASE:
            return the_one(aggregate.CATEGORY, self.case_id)
        return Stream(aggregate.CATEGORY, uuid5(self.case_id, f"{aggregate.CATEGORY} {number}"))

    def id_of(self, aggregate: AnyAggregate, invented: UUID) -> UUID:
        """Return what an id of an aggregate's tests is in this case: each counts from one."""
        if (aggregate, invented) == (irp, plans.STORY):
            return self.id_of(engagement, people.TOLD)
        return uuid5(self.case_id, f"{aggregate.CATEGORY} {invented}")

    # --- how ----------------------------------------------------------------------------------------------

    def _ask(self, aggregate: AnyAggregate, number: int, commands: tuple[Command, ...], by: Any) -> Case:
        for command in commands:
            self.record(aggregate, self._own(aggregate, command), by(command), number)
        return self

    def record(
        self, aggregate: AnyAggregate, command: Command, by: Actor = SUPERVISOR, number: int = 1
    ) -> Outcome:
        """Ask one command as it is."""
        return self.handler.handle(
            CommandRequest(
                aggregate=aggregate,
                stream=self.stream(aggregate, number),
                case_id=self.case_id,
                name=self.reference,
                command=command,
                provenance=Provenance(
                    by=by, command_id=CommandId(uuid4()), occurred_at=self.now, purpose="casework"
                ),
            )
        )

    def _own(self, aggregate: AnyAggregate, said: Any) -> Any:
        """Return what is said with the ids of this case in the place of the invented ones."""
        match said:
            case UUID():
                return self.id_of(aggregate, said)
            case Word():
                return said.model_copy(update={name: self._own(aggregate, value) for name, value in said})
            case tuple():
                return tuple(self._own(aggregate, each) for each in said)
        return said
