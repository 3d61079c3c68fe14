"""Consents, as several tests tell of them."""

from __future__ import annotations

from datetime import date

from scp_events.aggregates.consent.commands import ConsentCommand, GiveConsent, WithdrawConsent
from scp_events.aggregates.consent.events import ConsentGiven, ConsentParty, ConsentWithdrawn
from scp_events.vocabulary import OrganisationId

SCHOOL = OrganisationId("example-school")

GIVE = GiveConsent(
    scope="share-plan",
    recipient=SCHOOL,
    given_by=ConsentParty.PARTICIPANT,
    capacity_noted=True,
    valid_until=date(2027, 12, 31),
)
WITHDRAW = WithdrawConsent(scope="share-plan", recipient=SCHOOL, withdrawn_by=ConsentParty.GUARDIAN)
EVERY_COMMAND: tuple[ConsentCommand, ...] = (GIVE, WITHDRAW)

GIVEN = ConsentGiven(
    scope="share-plan",
    recipient=SCHOOL,
    given_by=ConsentParty.PARTICIPANT,
    capacity_noted=True,
    valid_until=date(2027, 12, 31),
)
WITHDRAWN = ConsentWithdrawn(scope="share-plan", recipient=SCHOOL, withdrawn_by=ConsentParty.GUARDIAN)
