"""A referral: what it needs to know of the young person's other referrals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from scp_events.aggregates.referral.commands import SubmitReferral
from scp_events.aggregates.referral.events import (
    ReferralAccepted,
    ReferralDeclined,
    ReferralDrafted,
    ReferralEvent,
    ReferralRedirected,
    ReferralSubmitted,
    ReferralWithdrawn,
)
from scp_events.vocabulary import Command, Evidence, Fact, replace


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
EVIDENCE: Mapping[type[Command], Evidence[Any]] = {SubmitReferral: REFERRALS}
