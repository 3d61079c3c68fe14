"""Consent to uses of a young person's data: what doors offer."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.consent import events
from scp_events.aggregates.consent.events import Permission, Withdrawal
from scp_events.vocabulary import Command, members


class GiveConsent(Command, Permission):
    """Allow a use of the participant's data. Capacity is the participant's, to understand what they allow."""

    RECORDS = events.ConsentGiven


class WithdrawConsent(Command, Withdrawal):
    """Take a consent back."""

    RECORDS = events.ConsentWithdrawn


ConsentCommand: TypeAlias = GiveConsent | WithdrawConsent
COMMANDS: tuple[type[ConsentCommand], ...] = members(ConsentCommand)
