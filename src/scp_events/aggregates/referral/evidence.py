"""A referral: what it needs to know of the young person's other referrals, and of the programme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scp_events.aggregates.programme.events import (
    Audience,
    ProgrammeDefined,
    ProgrammeRetired,
    ProgrammeRevised,
)
from scp_events.aggregates.referral.commands import DetermineEligibility, SubmitReferral
from scp_events.aggregates.referral.events import (
    ReferralAccepted,
    ReferralDeclined,
    ReferralDrafted,
    ReferralEvent,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from scp_events.vocabulary import Actor, Command, Event, EventId, Evidence, Fact, named, replace


@dataclass(frozen=True)
class Referrals:
    """Where each referral of the young person goes, and which of them wait for an answer."""

    programmes: Mapping[UUID, str] = field(default_factory=dict)
    waiting: frozenset[UUID] = frozenset()

    def waiting_for(self, programme: str | None) -> list[UUID]:
        """Return the referrals to a programme that were submitted and not decided."""
        return [each for each, to in self.programmes.items() if to == programme and each in self.waiting]


def _evolve(known: Referrals, fact: Fact[ReferralEvent]) -> Referrals:
    referral = fact.stream.id
    match fact.event:
        case ReferralDrafted():
            return replace(known, programmes={**known.programmes, referral: fact.event.programme})
        case ReferralSubmitted():
            return replace(known, waiting=known.waiting | {referral})
    return replace(known, waiting=known.waiting - {referral})


REFERRALS = Evidence(
    Referrals(),
    _evolve,
    over=(
        ReferralDrafted,
        ReferralSubmitted,
        ReferralAccepted,
        ReferralDeclined,
        ReferralRedirected,
        ReferralWithdrawn,
    ),
)


@dataclass(frozen=True)
class Offered:
    """The programme as it stands, with the event that says so; None where it was never defined."""

    audience: Audience = field(default_factory=Audience)
    defined_as: EventId | None = None
    retired: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it admits anybody."""
        return self.defined_as is not None and not self.retired

    @property
    def relied_on(self) -> tuple[EventId, ...]:
        """Return the version of the programme that was looked at."""
        return () if self.defined_as is None else (self.defined_as,)


def _offer(offered: Offered, fact: Fact[Event]) -> Offered:
    match fact.event:
        case ProgrammeDefined(audience=audience) | ProgrammeRevised(audience=audience):
            return replace(offered, audience=audience, defined_as=fact.event_id)
        case ProgrammeRetired():
            return replace(offered, retired=True)
    return offered


def _programme_of(command: DetermineEligibility, _by: Actor) -> tuple[UUID, ...]:
    return () if command.known is None else (named("programme", command.known.programme).id,)


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    SubmitReferral: REFERRALS,
    DetermineEligibility: Evidence(
        Offered(), _offer, over=(ProgrammeDefined, ProgrammeRevised, ProgrammeRetired), others=_programme_of
    ),
}
