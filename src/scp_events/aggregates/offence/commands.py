"""An offence: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.offence import events
from scp_events.aggregates.offence.events import Claim, Proof, Quashing, Source
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


class RecordAllegation(IdentifiedCommand, Claim):
    """Say what the young person is said to have done, and by whom."""

    RECORDS = events.OffenceAlleged


class RecordCharge(IdentifiedCommand, Claim):
    """Say what the young person was charged with."""

    RECORDS = events.ChargeRecorded


class EstablishProof(DecisionCommand, IdentifiedCommand, Proof):
    """Take an offence as proven, on the word of a source."""

    RECORDS = events.OffenceProven


class RecordNotProven(IdentifiedCommand):
    """Say that the charge was heard and not proven."""

    RECORDS = events.OffenceNotProven
    source: Source


class WithdrawAllegation(IdentifiedCommand):
    """Say that the allegation or the charge is upheld no longer."""

    RECORDS = events.AllegationWithdrawn
    source: Source


class QuashConviction(DecisionCommand, IdentifiedCommand, Quashing):
    """Say that what was proven was taken back."""

    RECORDS = events.ConvictionQuashed


OffenceCommand: TypeAlias = (
    RecordAllegation | RecordCharge | EstablishProof | RecordNotProven | WithdrawAllegation | QuashConviction
)
COMMANDS: tuple[type[OffenceCommand], ...] = members(OffenceCommand)

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, STAFF | ENTERING),
    EstablishProof: LEADING,
    QuashConviction: LEADING,
}
"""Which roles may send which command. Those who lead decide what counts as proven."""
