"""A sanction: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.sanction import events
from scp_events.aggregates.sanction.events import Discharged, Sanction
from scp_events.vocabulary import (
    ENTERING,
    LEADING,
    STAFF,
    Command,
    DecisionCommand,
    IdentifiedCommand,
    Role,
    members,
)


class RecordSanction(IdentifiedCommand, Sanction):
    """Say what was imposed on the young person, and by whom."""

    RECORDS = events.SanctionImposed


class StartServing(Command):
    """Say that the young person began to do what the sanction asks."""

    RECORDS = events.ServingStarted


class DischargeSanction(DecisionCommand):
    """Say that the sanction ended, and whether it was served."""

    RECORDS = events.SanctionDischarged
    outcome: Discharged


class RevokeSanction(DecisionCommand):
    """Say that the sanction was taken back, or that another took its place."""

    RECORDS = events.SanctionRevoked


SanctionCommand: TypeAlias = RecordSanction | StartServing | DischargeSanction | RevokeSanction
COMMANDS: tuple[type[SanctionCommand], ...] = members(SanctionCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, LEADING),
    RecordSanction: STAFF | ENTERING,
    StartServing: STAFF | ENTERING,
}
"""Which roles may send which command. Those who lead say how a sanction ended."""
