"""Working with a young person: what it needs to know of other streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scp_events.aggregates.engagement.commands import COMMANDS, AssignKeyWorker, HandOver
from scp_events.aggregates.organisation.events import REGISTER, Register, where_listed
from scp_events.aggregates.participant.events import PRESENCE, Presence
from scp_events.vocabulary import Actor, Command, Event, Evidence, Fact


@dataclass(frozen=True)
class Surroundings:
    """Whether there is somebody to work with, and who worked at the organisation of whoever does."""

    presence: Presence = field(default_factory=Presence)
    register: Register = field(default_factory=Register)


def _learn(known: Surroundings, fact: Fact[Event]) -> Surroundings:
    return Surroundings(PRESENCE.evolve(known.presence, fact), REGISTER.evolve(known.register, fact))


def _their_organisation(command: AssignKeyWorker | HandOver, _by: Actor) -> tuple[UUID]:
    worker = command.key_worker if isinstance(command, AssignKeyWorker) else command.to_key_worker
    return where_listed(worker.organisation)


ALONE = Evidence(Surroundings(), _learn, over=PRESENCE.over)
OF_STAFF = Evidence(Surroundings(), _learn, over=(*PRESENCE.over, *REGISTER.over), others=_their_organisation)

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    **dict.fromkeys(COMMANDS, ALONE),
    AssignKeyWorker: OF_STAFF,
    HandOver: OF_STAFF,
}
