"""A young person, as they are known to the programme: what it needs to know of other streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scp_events.aggregates.participant.commands import ProposeIdentityLink, Register
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.referral.events import ReferralAccepted
from scp_events.vocabulary import Actor, Command, EventId, Evidence, Fact, Stream, replace


@dataclass(frozen=True)
class Acceptances:
    """By which event each referral was accepted."""

    accepted: Mapping[UUID, EventId] = field(default_factory=dict)


def _accept(known: Acceptances, fact: Fact[ReferralAccepted]) -> Acceptances:
    return replace(known, accepted={**known.accepted, fact.stream.id: fact.event_id})


@dataclass(frozen=True)
class Records:
    """The records there are of somebody who was registered."""

    registered: frozenset[Stream] = frozenset()


def _register(known: Records, fact: Fact[ParticipantRegistered]) -> Records:
    return replace(known, registered=known.registered | {fact.stream})


def _the_other(command: ProposeIdentityLink, _by: Actor) -> tuple[UUID]:
    return (command.other,)


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    Register: Evidence(Acceptances(), _accept, over=(ReferralAccepted,)),
    ProposeIdentityLink: Evidence(Records(), _register, over=(ParticipantRegistered,), others=_the_other),
}
