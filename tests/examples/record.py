"""Keeping and erasing a record, as several tests tell of it."""

from __future__ import annotations

from datetime import date

from scp_events.aggregates import record
from scp_events.aggregates.record.commands import (
    ApproveErasure,
    BeginErasure,
    ErasePersonalData,
    PlaceLegalHold,
    RecordCommand,
    RefuseErasure,
    ReleaseLegalHold,
    RequestErasure,
)
from scp_events.aggregates.record.events import ErasureOrigin
from scp_events.scenario import CASE, perform
from scp_events.vocabulary import Actor, Command, DestroyedKey, Event
from tests.words import KEY_WORKER, NOON, SUPERVISOR, event_id, grounds

APPROVED_AS = event_id(901)

HOLD = PlaceLegalHold(
    decision=grounds(),
    reference="Order 12/2024",
    ordered_on=date(2024, 12, 20),
    expires_on=date(2025, 6, 30),
)
RELEASE = ReleaseLegalHold(decision=grounds(), reference="Order 12/2024")
REQUEST = RequestErasure(origin=ErasureOrigin.PARTICIPANT)
REFUSE = RefuseErasure(decision=grounds())
APPROVE = ApproveErasure(decision=grounds())
BEGIN = BeginErasure()
DESTROYED = (
    DestroyedKey(key_id=event_id(902), subject=CASE, group="core", at=NOON),
    DestroyedKey(key_id=event_id(903), subject=CASE, group="narrative", at=NOON),
)
ERASE = ErasePersonalData(approved_as=APPROVED_AS, destroyed=DESTROYED, stores=("keyring", "caseload"))
EVERY_COMMAND: tuple[RecordCommand, ...] = (HOLD, RELEASE, REQUEST, REFUSE, APPROVE, BEGIN, ERASE)


def by(command: Command) -> Actor:
    """Return who sends a command: a key worker asks for an erasure, a supervisor decides."""
    return KEY_WORKER if isinstance(command, RequestErasure) else SUPERVISOR


def history(*commands: RecordCommand) -> list[Event]:
    """Return what the commands decide, one after the other."""
    return perform(record, *commands, by=by)
