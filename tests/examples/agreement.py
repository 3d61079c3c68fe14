"""Agreements to share information, as several tests tell of them."""

from __future__ import annotations

from datetime import date

from scp_events.aggregates.agreement.commands import SignAgreement
from scp_events.aggregates.agreement.events import AgreementSigned
from scp_events.aggregates.organisation.events import OrganisationKind, OrganisationRegistered
from scp_events.scenario import Told, elsewhere, on
from scp_events.vocabulary import Event, named
from tests.words import REFERRER, SUPERVISOR, event_id

SIGNED_AS = event_id(1101)
SIGN = SignAgreement(
    event_id=SIGNED_AS,
    parties=(REFERRER.organisation, SUPERVISOR.organisation),
    scopes=("referral", "support"),
    purposes=("rehabilitation",),
    valid_from=date(2025, 2, 1),
    valid_until=date(2025, 12, 31),
)
SIGNED = AgreementSigned(**dict(SIGN), code="youth-police")


def of_agreement(day: str, event: Event, name: str = "youth-police") -> Told:
    """Return an event of an agreement, for `knowing`."""
    return elsewhere(named("agreement", name), on(day, event))


def registered(name: str) -> Told:
    """Return that an organisation is in the register, for `knowing`."""
    event = OrganisationRegistered(
        event_id=event_id(1190),
        title="An invented agency",
        kind=OrganisationKind.NON_PROFIT,
        services=(),
        code=name,
    )
    return elsewhere(named("organisation", name), on("2025-01-01", event))
