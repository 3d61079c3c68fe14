"""Keeping and erasing a young person's record: what is asked for. All of it takes effect once recorded."""

from __future__ import annotations

from typing import TypeAlias

from scp_events.aggregates.record import events
from scp_events.aggregates.record.events import ErasureOrigin, Hold
from scp_events.vocabulary import Act, Citation, Code, DecisionCommand, EventId, SomeKeys, members


class PlaceLegalHold(Act, DecisionCommand, Hold):
    """Keep the record until a day. Placed again with another day, the hold lasts until that."""

    RECORDS = events.LegalHoldPlaced


class ReleaseLegalHold(Act, DecisionCommand):
    """Keep the record no longer on that account."""

    RECORDS = events.LegalHoldReleased
    reference: Citation


class RequestErasure(Act):
    """Ask that personal data be erased."""

    RECORDS = events.ErasureRequested
    origin: ErasureOrigin


class RefuseErasure(Act, DecisionCommand):
    """Keep the data, and say why."""

    RECORDS = events.ErasureRefused


class ApproveErasure(Act, DecisionCommand):
    """Decide, as a second person, that the data be erased."""

    RECORDS = events.ErasureApproved


class BeginErasure(Act):
    """Begin to destroy keys, as was approved. The program itself says it."""

    RECORDS = events.ErasureBegun


class ErasePersonalData(Act):
    """Say that the keys were destroyed and every copy purged, as was approved. The program itself says it."""

    RECORDS = events.PersonalDataErased
    approved_as: EventId
    destroyed: SomeKeys
    stores: tuple[Code, ...]
    out_of_reach: tuple[Code, ...] = ()


RecordCommand: TypeAlias = (
    PlaceLegalHold
    | ReleaseLegalHold
    | RequestErasure
    | RefuseErasure
    | ApproveErasure
    | BeginErasure
    | ErasePersonalData
)
COMMANDS: tuple[type[RecordCommand], ...] = members(RecordCommand)
