"""An agreement to share information: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, TypeAlias

from scp_events.aggregates.agreement import events
from scp_events.aggregates.agreement.events import Contribution, Funding, Terms
from scp_events.vocabulary import LEADING, OCCURRED, Bound, Code, Command, IdentifiedCommand, Role, members


class SignAgreement(IdentifiedCommand, Terms):
    """Say who agreed to share what, what for, and from when to when."""

    RECORDS = events.AgreementSigned


class AmendAgreement(IdentifiedCommand, Terms):
    """Say what the parties agreed on instead, as a whole."""

    RECORDS = events.AgreementAmended


class SuspendAgreement(IdentifiedCommand):
    """Let nothing be shared under the agreement until it is resumed."""

    RECORDS = events.AgreementSuspended
    reason_code: Code


class ResumeAgreement(IdentifiedCommand):
    """Let information be shared under the agreement again."""

    RECORDS = events.AgreementResumed


class EndAgreement(IdentifiedCommand):
    """Say that a party gave notice, and which day is the last."""

    RECORDS = events.AgreementEnded
    last_day: Annotated[date, Bound(not_before=OCCURRED)]
    reason_code: Code


class RecordContribution(IdentifiedCommand, Contribution):
    """Say what a partner brings in, and what it is worth."""

    RECORDS = events.ContributionRecorded


class RecordFundingSource(IdentifiedCommand, Funding):
    """Say where money for the shared work comes from."""

    RECORDS = events.FundingSourceRecorded


AgreementCommand: TypeAlias = (
    SignAgreement
    | AmendAgreement
    | SuspendAgreement
    | ResumeAgreement
    | EndAgreement
    | RecordContribution
    | RecordFundingSource
)
COMMANDS: tuple[type[AgreementCommand], ...] = members(AgreementCommand)

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, LEADING)
"""Which roles may send which command. Those who lead sign for their organisation."""
