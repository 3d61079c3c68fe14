"""Erasing a young person's data: asked by one person, approved by another, and carried out to the end.

    requested -> approved -> fence -> keys destroyed -> copies purged -> said to be done, with a certificate

The approval is an event, and the point of no return. What follows it is here, each step safe to repeat: a
crash between two of them leaves an approval without its done, which `unfinished` finds. The fence comes
first, because a key destroyed without one would be made anew by the next thing that is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import uuid5

import psycopg
from pydantic import AwareDatetime

from scp_events import casework
from scp_events.aggregates import participant
from scp_events.aggregates.participant import Erasure, ErasureOrigin
from scp_events.event_log import EventLog, Recorded
from scp_events.follower import Projection
from scp_events.follower.purging import purge_copies
from scp_events.privacy import GROUPS, KeyServiceDownError
from scp_events.vocabulary import (
    Actor,
    CaseReference,
    Code,
    CommandId,
    DestroyedKey,
    Event,
    ParticipantId,
    Position,
    Provenance,
    Refused,
    Word,
)

E = TypeVar("E", bound=Event)

PURPOSE = "erasure"
KEYRING = "keyring"


class Step(StrEnum):
    """What is done after the approval, in this order."""

    FENCE = "fence"
    DESTROY = "destroy"
    PURGE = "purge"
    SCRUB = "scrub"
    RECORD = "record"


class ErasureIncompleteError(Exception):
    """Something could not be erased, so nothing is said to be done. Run it again once the cause is mended."""

    def __init__(self, failures: Mapping[str, str]) -> None:
        told = "; ".join(f"{where}: {why}" for where, why in failures.items())
        super().__init__(f"the erasure is not complete: {told}")
        self.failures = failures


class Signed(Word):
    """Who did something about an erasure, when, and where the log says so."""

    by: Actor
    recorded_at: AwareDatetime
    position: Position


class Certificate(Word):
    """What was erased, and who answers for it. Nothing in it is personal, or not in the log."""

    case_reference: CaseReference | None
    case_id: ParticipantId
    subjects: tuple[ParticipantId, ...]
    origin: ErasureOrigin
    requested: Signed
    approved: Signed
    carried_out: Signed
    keys: tuple[DestroyedKey, ...]
    """A key is destroyed for ever, also in backups, once the epoch it names is retired."""
    stores: tuple[Code, ...]
    log_position: Position


@dataclass(frozen=True)
class Standing:
    """How far the erasure of a case has come."""

    erasure: Erasure
    requested: Recorded[participant.ErasureRequested] | None
    approved: Recorded[participant.ErasureApproved] | None
    done: Recorded[participant.PersonalDataErased] | None


def standing(log: EventLog, case_id: ParticipantId) -> Standing:
    """Return how far the erasure of a case has come."""
    loaded = log.load(participant, case_id)
    return Standing(
        loaded.state.erasure,
        _last(loaded.history, participant.ErasureRequested),
        _last(loaded.history, participant.ErasureApproved),
        _last(loaded.history, participant.PersonalDataErased),
    )


def unfinished(log: EventLog) -> list[ParticipantId]:
    """Return every case whose erasure was approved and is not done.

    Or is not done any more: a backup that was restored brings keys back.
    """
    latest = log.latest_of_each_stream(participant.ErasureApproved, participant.PersonalDataErased)
    cases = [(ParticipantId(recorded.stream.id), recorded.event) for recorded in latest]
    return [
        case_id
        for case_id, event in cases
        if isinstance(event, participant.ErasureApproved) or len(log.keyring.destroyed(case_id)) < len(GROUPS)
    ]


def carry_out(  # noqa: PLR0913 - each says one thing about it, by name
    log: EventLog,
    case_id: ParticipantId,
    projections: Iterable[Projection],
    *,
    by: Actor,
    now: datetime,
    after: Callable[[Step], None] = lambda _step: None,
) -> Certificate:
    """Do what was approved, or what is left of it, and return the certificate. Safe to repeat.

    `after` hears of each step. Raises `Refused` where nothing was approved, and `ErasureIncompleteError`
    where something could not be erased; then nothing is said to be done.
    """
    approved = standing(log, case_id).approved
    if approved is None:
        raise Refused(
            "an-erasure-is-approved-first",
            "nobody has approved it: have it requested by one person and approved by another",
        )
    log.keyring.fence(case_id)
    after(Step.FENCE)
    destroyed = log.keyring.destroy(case_id)
    after(Step.DESTROY)
    purging = purge_copies(log.conninfo, projections, destroyed)
    after(Step.PURGE)
    failures = dict(purging.failures) | _scrub(log)
    after(Step.SCRUB)
    if failures:
        raise ErasureIncompleteError(failures)
    stores = (KEYRING, *purging.purged)
    said = participant.ErasePersonalData(
        approved_as=approved.envelope.event_id, destroyed=tuple(destroyed), stores=stores
    )
    casework.handle(log, participant, case_id, said, _caused_by(approved, by, now), case_id=case_id)
    after(Step.RECORD)
    return certificate(log, case_id)


def certificate(log: EventLog, case_id: ParticipantId) -> Certificate:
    """Return the certificate of an erasure that is done: always the same, however often it is asked for.

    Raises `Refused` where none is done.
    """
    found = standing(log, case_id)
    if found.requested is None or found.approved is None or found.done is None:
        raise Refused("an-erasure-is-done-first", f"erasure is {found.erasure}: there is nothing to certify")
    keys = found.done.event.destroyed
    return Certificate(
        case_reference=log.reference_of(case_id),
        case_id=case_id,
        subjects=tuple(dict.fromkeys(ParticipantId(key.subject) for key in keys)),
        origin=found.requested.event.origin,
        requested=_signed(found.requested, found.requested.event.requested_by),
        approved=_signed(found.approved, found.approved.event.decision.by),
        carried_out=_signed(found.done, found.done.envelope.actor),
        keys=keys,
        stores=found.done.event.stores,
        log_position=found.done.position,
    )


# --- how --------------------------------------------------------------------------------------------------


def _scrub(log: EventLog) -> dict[str, str]:
    """Leave no trace of destroyed keys in the files of the database; return what could not be done.

    Write-ahead log that is not needed any more goes with a checkpoint. A server that somebody else looks
    after may not let us ask for one: it makes its own before long.
    """
    try:
        log.keyring.scrub()
        with (
            psycopg.connect(log.conninfo, autocommit=True) as connection,
            suppress(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
    except (psycopg.Error, KeyServiceDownError) as error:
        return {KEYRING: f"{type(error).__name__}: try again"}
    return {}


def _caused_by(approved: Recorded[Any], by: Actor, now: datetime) -> Provenance:
    """One approval is carried out once: the command's id follows from it."""
    return Provenance(
        by=by,
        command_id=CommandId(uuid5(approved.envelope.event_id, "carried-out")),
        occurred_at=now,
        purpose=PURPOSE,
        correlation_id=approved.envelope.correlation_id,
        causation_id=approved.envelope.command_id,
    )


def _signed(recorded: Recorded[Any], by: Actor) -> Signed:
    return Signed(by=by, recorded_at=recorded.recorded_at, position=recorded.position)


def _last(history: Sequence[Recorded[Any]], kind: type[E]) -> Recorded[E] | None:
    return next((recorded for recorded in reversed(history) if isinstance(recorded.event, kind)), None)
