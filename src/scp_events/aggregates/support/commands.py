"""A support episode: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.organisation.events import UnderPolicy
from scp_events.aggregates.support import events
from scp_events.aggregates.support.events import (
    Closing,
    Crisis,
    DebtPosition,
    Effort,
    Employment,
    Hearing,
    Housing,
    Request,
    SupportResult,
)
from scp_events.vocabulary import (
    ENTERING,
    STAFF,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class RequestSupport(IdentifiedCommand, Request):
    """Say what the young person is to be helped with."""

    RECORDS = events.SupportRequested


class OpenSupport(DecisionCommand):
    """Decide to help."""

    RECORDS = events.SupportOpened


class RecordSupportAction(IdentifiedCommand, Effort, UnderPolicy):
    """Say what was done for the young person, for how long and by whom."""

    RECORDS = events.SupportActionRecorded


class RecordCourtAccompaniment(IdentifiedCommand, Hearing, UnderPolicy):
    """Say who went to which court with the young person, and what the court said."""

    RECORDS = events.CourtAccompanied


class RecordCrisisIntervention(IdentifiedCommand, Crisis):
    """Say what was done in a crisis, and how the young person was afterwards."""

    RECORDS = events.CrisisInterventionRecorded


class RecordDebtPosition(IdentifiedCommand, DebtPosition):
    """Say what the young person owes, and what is done about it."""

    RECORDS = events.DebtPositionRecorded


class RecordEmploymentStatus(IdentifiedCommand, Employment):
    """Say how the young person stands in work and education."""

    RECORDS = events.EmploymentStatusRecorded


class RecordHousingStatus(IdentifiedCommand, Housing):
    """Say where the young person lives."""

    RECORDS = events.HousingStatusRecorded


class RecordSupportOutcome(IdentifiedCommand, SupportResult):
    """Say what came of the support so far."""

    RECORDS = events.SupportOutcomeRecorded


class CloseSupport(DecisionCommand, Closing):
    """End the episode."""

    RECORDS = events.SupportClosed


class ReopenSupport(DecisionCommand):
    """Go on with an episode that was closed."""

    RECORDS = events.SupportReopened


SupportCommand: TypeAlias = (
    RequestSupport
    | OpenSupport
    | RecordSupportAction
    | RecordCourtAccompaniment
    | RecordCrisisIntervention
    | RecordDebtPosition
    | RecordEmploymentStatus
    | RecordHousingStatus
    | RecordSupportOutcome
    | CloseSupport
    | ReopenSupport
)
COMMANDS: tuple[type[SupportCommand], ...] = members(SupportCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, STAFF | ENTERING | {Role.ACTIVATION_WORKER}),
    OpenSupport: STAFF,
    CloseSupport: STAFF,
    ReopenSupport: STAFF,
}
"""Which roles may send which command. Who gives the help, or enters what others report, decides nothing."""
