"""Observation: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.observation import events
from scp_events.aggregates.observation.events import Custody, Move
from scp_events.vocabulary import ENTERING, STAFF, Command, IdentifiedCommand, Role, members


class StartCustody(IdentifiedCommand, Custody):
    """Say that the young person was taken into custody."""

    RECORDS = events.CustodyStarted


class EndCustody(IdentifiedCommand):
    """Say that the young person was released."""

    RECORDS = events.CustodyEnded


class ChangeResidence(IdentifiedCommand, Move):
    """Say that the young person moved, and whether they can be observed there."""

    RECORDS = events.ResidenceChanged


ObservationCommand: TypeAlias = StartCustody | EndCustody | ChangeResidence
COMMANDS: tuple[type[ObservationCommand], ...] = members(ObservationCommand)

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, STAFF | ENTERING)
"""Which roles may send which command."""
