"""Who may follow what happens, and the most they may learn from it.

An audience has one topic, built from a list of what may be said: event types, and of each the fields. What is
not on the list is not said: a new event or a new field is published only when somebody adds it here. Every
message has an envelope of ids, times and versions besides (see `cloud_events`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scp_events.aggregates import ALL
from scp_events.aggregates.irp import events as irp
from scp_events.aggregates.referral import events as referral
from scp_events.event_log import Recorded
from scp_events.history import every_event
from scp_events.vocabulary import Event, correction_of

Fields = tuple[str, ...]
JUST_THAT_IT_HAPPENED: Fields = ()


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Those who read one topic. `may_learn` lists the event types and fields they may be told."""

    name: str
    may_learn: Mapping[type[Event], Fields]
    of_restricted: bool = False
    """Whether they may learn that a restricted event happened."""

    def is_told_of(self, recorded: Recorded[Event]) -> bool:
        """Whether the event is published to this audience. Unknown confidentiality counts as restricted."""
        if type(recorded.event) not in self.may_learn:
            return False
        return self.of_restricted or recorded.envelope.confidentiality == "standard"

    def data(self, recorded: Recorded[Event]) -> dict[str, Any]:
        """Return what the message says beside its envelope."""
        event = recorded.event
        return event.model_dump(mode="json", include=set(self.may_learn[type(event)]))


INTERNAL = Audience(
    name="internal",
    may_learn={event: JUST_THAT_IT_HAPPENED for aggregate in ALL for event in every_event(aggregate)},
    of_restricted=True,
)
"""The installation's own services: that something happened, of everything, and nothing of what."""

PARTNERS = Audience(
    name="partners",
    may_learn={
        referral.ReferralSubmitted: JUST_THAT_IT_HAPPENED,
        referral.ReferralAcknowledged: JUST_THAT_IT_HAPPENED,
        referral.InformationRequested: JUST_THAT_IT_HAPPENED,
        referral.InformationProvided: JUST_THAT_IT_HAPPENED,
        referral.ReferralAccepted: JUST_THAT_IT_HAPPENED,
        referral.ReferralWaitlisted: JUST_THAT_IT_HAPPENED,
        referral.ReferralDeclined: JUST_THAT_IT_HAPPENED,
        referral.ReferralRedirected: JUST_THAT_IT_HAPPENED,
        referral.ReferralWithdrawn: JUST_THAT_IT_HAPPENED,
        referral.ReferralLinked: JUST_THAT_IT_HAPPENED,
        referral.ReferralClosed: JUST_THAT_IT_HAPPENED,
        correction_of(referral.ReferralDrafted): JUST_THAT_IT_HAPPENED,
        irp.IrpStarted: ("next_review_on",),
        irp.IrpReviewed: ("next_review_on",),
        irp.IrpClosed: JUST_THAT_IT_HAPPENED,
    },
)
"""Agencies that refer and work with us: how far a referral or a plan has come, and when a plan is reviewed.

Nothing of the young person's own streams: who holds a referral's pseudonym need not see that life go on.
"""

BY_NAME = {audience.name: audience for audience in (INTERNAL, PARTNERS)}
