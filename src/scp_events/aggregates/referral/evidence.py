"""A referral: what it needs to know of others of the young person, of the programme, and of agreements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scp_events.aggregates.agreement.events import AGREEMENTS, Agreements, agreements_named
from scp_events.aggregates.programme.events import PROGRAMME, programme_called
from scp_events.aggregates.referral.commands import DetermineEligibility, RedirectReferral, SubmitReferral
from scp_events.aggregates.referral.events import (
    ReferralAccepted,
    ReferralDeclined,
    ReferralDrafted,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from scp_events.vocabulary import Actor, Command, Event, Evidence, Fact, replace


@dataclass(frozen=True)
class Referrals:
    """Where each referral of the young person goes, and which of them wait for an answer."""

    programmes: Mapping[UUID, str] = field(default_factory=dict)
    waiting: frozenset[UUID] = frozenset()

    def waiting_for(self, programme: str | None) -> list[UUID]:
        """Return the referrals to a programme that were submitted and not decided."""
        return [each for each, to in self.programmes.items() if to == programme and each in self.waiting]


def _count(known: Referrals, fact: Fact[Event]) -> Referrals:
    referral = fact.stream.id
    match fact.event:
        case ReferralDrafted():
            return replace(known, programmes={**known.programmes, referral: fact.event.programme})
        case ReferralSubmitted():
            return replace(known, waiting=known.waiting | {referral})
    return replace(known, waiting=known.waiting - {referral})


@dataclass(frozen=True)
class Submissions:
    """The young person's referrals, and the agreement that one of them rests on."""

    referrals: Referrals = field(default_factory=Referrals)
    agreements: Agreements = field(default_factory=Agreements)


def _submit(known: Submissions, fact: Fact[Any]) -> Submissions:
    if isinstance(fact.event, AGREEMENTS.over):
        return replace(known, agreements=AGREEMENTS.evolve(known.agreements, fact))
    return replace(known, referrals=_count(known.referrals, fact))


SUBMISSIONS = Evidence(
    Submissions(),
    _submit,
    over=(
        *AGREEMENTS.over,
        ReferralDrafted,
        ReferralSubmitted,
        ReferralAccepted,
        ReferralDeclined,
        ReferralRedirected,
        ReferralWithdrawn,
    ),
    others=agreements_named,
)


def _programme_of(command: DetermineEligibility, _by: Actor) -> tuple[UUID, ...]:
    return () if command.known is None else programme_called(command.known.programme)


EVIDENCE: Mapping[type[Command], Evidence[Any]] = {
    SubmitReferral: SUBMISSIONS,
    DetermineEligibility: Evidence(PROGRAMME.initial, PROGRAMME.evolve, PROGRAMME.over, others=_programme_of),
    RedirectReferral: AGREEMENTS,
}
