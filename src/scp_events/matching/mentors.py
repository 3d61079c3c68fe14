"""A mentor as matching sees them on a day, from what their stream says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from scp_events.aggregates.mentor.events import (
    MentorApplied,
    MentorOfferChanged,
    Offer,
    Standing,
    must_be_fit,
    stand,
)
from scp_events.matching.people import Mentor
from scp_events.vocabulary import (
    Code,
    Erased,
    Event,
    PersonId,
    Policy,
    Refused,
)


def mentor_from(code: PersonId, history: Iterable[Event], day: date, policy: Policy) -> Mentor:
    """Return how a mentor stands on a day, by their effective history up to it; what was erased is None."""
    standing, offer = Standing(), None
    for event in history:
        standing = stand(standing, event)
        if isinstance(event, MentorApplied | MentorOfferChanged):
            offer = event
    return Mentor(
        code=code,
        not_fit_because=_not_fit_because(standing, day, policy),
        places=max(standing.capacity - len(standing.matches), 0),
        **_said(offer),
    )


def _not_fit_because(standing: Standing, day: date, policy: Policy) -> Code | None:
    try:
        must_be_fit(standing, day, policy)
    except Refused as refusal:
        return refusal.rule
    return None


OFFERED = Mentor.model_fields.keys() & Offer.model_fields.keys()
"""What of an offer matching looks at; nobody's name."""


def _said(offer: Offer | None) -> dict[str, Any]:
    said = {name: getattr(offer, name) for name in OFFERED} if offer else {}
    return {name: value for name, value in said.items() if not isinstance(value, Erased)}
