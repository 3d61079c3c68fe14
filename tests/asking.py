"""One young person's case in a log, asked command after command."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import uuid4

from scp_events.aggregates import ALL, BY_CATEGORY
from scp_events.event_log import CommandRequest, Outcome
from scp_events.vocabulary import (
    Actor,
    AnyAggregate,
    CaseId,
    Command,
    CommandId,
    Correct,
    Provenance,
    Retract,
    Scope,
    Stream,
    the_one,
)
from tests.anew import anew
from tests.examples.engagement import ACTIVE
from tests.examples.participant import REGISTER
from tests.words import KEY_WORKER

_AGGREGATE_OF = {command: aggregate for aggregate in ALL for command in aggregate.COMMANDS}


class Office(Protocol):
    """Where commands are sent: a log, or what stands for one."""

    def open_case(self, reference: str) -> CaseId: ...

    def handle(self, request: CommandRequest) -> Outcome: ...


@dataclass
class Case:
    """A case, and the streams it has come to have; of whatever there may be many of, the one begun first."""

    handler: Office
    reference: str = field(default_factory=lambda: f"SC-{uuid4().hex[:8].upper()}")
    id: CaseId = field(init=False)
    streams: dict[str, Stream] = field(default_factory=dict)
    now: datetime | None = None
    """When whatever is asked was so, unless it says otherwise; None is the present."""

    def __post_init__(self) -> None:
        self.id = self.handler.open_case(self.reference)

    def stream(self, aggregate: AnyAggregate) -> Stream:
        """Return the stream of this kind."""
        if aggregate.SCOPE is Scope.ONE_PER_CASE:
            return the_one(aggregate.CATEGORY, self.id)
        return self.streams.setdefault(aggregate.CATEGORY, Stream(aggregate.CATEGORY, uuid4()))

    def ask(
        self,
        command: Command,
        *,
        by: Actor = KEY_WORKER,
        at: datetime | date | None = None,
        stream: Stream | None = None,
        **provenance: Any,
    ) -> Outcome:
        """Ask for something that was so at a time. Invented event ids become this case's."""
        aggregate = _aggregate_of(command, stream)
        usual = {"command_id": CommandId(uuid4()), "purpose": "casework"}
        return self.handler.handle(
            CommandRequest(
                aggregate=aggregate,
                stream=stream or self.stream(aggregate),
                case_id=self.id,
                name=self.reference,
                command=_own(command, self.id),
                provenance=Provenance(by=by, occurred_at=at or self.now, **usual | provenance),
            )
        )

    def ask_all(self, commands: Iterable[Command], **more: Any) -> None:
        """Ask one after the other."""
        for command in commands:
            self.ask(command, **more)

    def engage(self, at: datetime | date | None = None) -> Case:
        """Register somebody, and work with them until they have confirmed their story."""
        self.ask_all((REGISTER, *ACTIVE), at=at)
        return self


def _aggregate_of(command: Command, stream: Stream | None) -> AnyAggregate:
    if stream is not None:
        return BY_CATEGORY[stream.category]
    return _AGGREGATE_OF[type(command.instead if isinstance(command, Correct) else command)]


def _own(command: Command, case_id: CaseId) -> Command:
    """Return the command with ids of this case; a correction names a real event already."""
    return command if isinstance(command, Correct | Retract) else anew(command, case_id)
