"""Erasing a young person's data: asked by one person, approved by another, and carried out to the end.

    requested -> approved -> begun -> fence -> keys destroyed -> copies purged -> done, with a certificate

Its beginning is an event, and the point of no return: a legal hold wins until then, and comes too late from
then on; the log says which was first. What follows is here, each step safe to repeat: a crash between two of
them leaves an approval without its done, which `unfinished` finds. The fence comes
first, because a key destroyed without one would be made anew by the next thing that is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from uuid import uuid5

import psycopg
from pydantic import AwareDatetime

from scp_events.aggregates import record
from scp_events.aggregates.record import Erasure
from scp_events.aggregates.record.commands import BeginErasure, ErasePersonalData
from scp_events.aggregates.record.events import (
    ErasureApproved,
    ErasureOrigin,
    ErasureRefused,
    ErasureRequested,
    PersonalDataErased,
)
from scp_events.event_log import BlockingCommandHandler, CommandRequest, LogReader, Recorded
from scp_events.follower import Projection
from scp_events.follower.purging import purge_copies
from scp_events.history import effective, state_of
from scp_events.privacy import GROUPS, KeyServiceDownError
from scp_events.privacy.copies import Copy, copies_of
from scp_events.vocabulary import (
    Actor,
    CaseId,
    CaseReference,
    Code,
    Command,
    CommandId,
    DestroyedKey,
    Event,
    Position,
    Provenance,
    Refused,
    Word,
    the_one,
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
    """What was erased, who answers for it, and what is left to remove by hand.

    Nothing in it is personal, unless somebody gave a file a person's name.
    """

    case_reference: CaseReference | None
    case_id: CaseId
    subjects: tuple[CaseId, ...]
    origin: ErasureOrigin
    requested: Signed
    approved: Signed
    carried_out: Signed
    keys: tuple[DestroyedKey, ...]
    """A key is destroyed for ever, also in backups, once the epoch it names is retired."""
    stores: tuple[Code, ...]
    copies: tuple[Copy, ...]
    """Files that our programs wrote of this case, or of a case they could not tell."""
    log_position: Position


@dataclass(frozen=True)
class Standing:
    """How far the erasure of a case has come."""

    erasure: Erasure
    requested: Recorded[ErasureRequested] | None
    approved: Recorded[ErasureApproved] | None
    """None, too, where it was refused since."""
    done: Recorded[PersonalDataErased] | None


def standing(log: LogReader, case_id: CaseId) -> Standing:
    """Return how far the erasure of a case has come."""
    history = log.stream_history(the_one(record.CATEGORY, case_id))
    state = state_of(record, effective(recorded.fact for recorded in history))
    return Standing(
        state.erasure,
        _last(history, ErasureRequested),
        _last(history, ErasureApproved) if state.erasure.is_approved else None,
        _last(history, PersonalDataErased),
    )


def unfinished(log: LogReader) -> list[CaseId]:
    """Return every case whose erasure was approved and is not done.

    Or is not done any more: a backup that was restored brings keys back.
    """
    decided = log.of_types(ErasureApproved, ErasureRefused, PersonalDataErased)
    latest = {each.envelope.case_id: each.event for each in decided}
    return [
        case_id
        for case_id, event in latest.items()
        if case_id is not None and _is_left_to_do(log, case_id, event)
    ]


def _is_left_to_do(log: LogReader, case_id: CaseId, latest: Event) -> bool:
    match latest:
        case ErasureApproved():
            return True
        case PersonalDataErased():
            return len(log.keyring.destroyed(case_id)) < len(GROUPS)
    return False


def carry_out(  # noqa: PLR0913 - each says one thing about it, by name
    log: LogReader,
    handler: BlockingCommandHandler,
    case_id: CaseId,
    projections: Iterable[Projection],
    *,
    by: Actor,
    after: Callable[[Step], None] = lambda _step: None,
) -> Certificate:
    """Do what was approved, or what is left of it, and return the certificate. Safe to repeat.

    `after` hears of each step. Raises `Refused` where nothing was approved, and `ErasureIncompleteError`
    where something could not be erased; then nothing is said to be done.
    """
    found = standing(log, case_id)
    approved = found.approved
    if approved is None:
        raise Refused(
            "erasure-not-approved",
            "nobody has approved it: have it requested by one person and approved by another",
        )
    handler.handle(_request(case_id, BeginErasure(), approved, by, "begun"))
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
    said = ErasePersonalData(
        approved_as=approved.envelope.event_id, destroyed=tuple(destroyed), stores=stores
    )
    handler.handle(_request(case_id, said, approved, by, "carried-out"))
    after(Step.RECORD)
    return certificate(log, case_id)


def certificate(log: LogReader, case_id: CaseId) -> Certificate:
    """Return the certificate of an erasure that is done: always the same, however often it is asked for.

    Raises `Refused` where none is done.
    """
    found = standing(log, case_id)
    if found.requested is None or found.approved is None or found.done is None:
        raise Refused("erasure-not-done", f"erasure is {found.erasure}: there is nothing to certify")
    keys = found.done.event.destroyed
    reference = log.reference_of(case_id)
    return Certificate(
        case_reference=reference,
        case_id=case_id,
        subjects=tuple(dict.fromkeys(CaseId(key.subject) for key in keys)),
        origin=found.requested.event.origin,
        requested=_signed(found.requested, found.requested.event.requested_by),
        approved=_signed(found.approved, found.approved.event.decision.by),
        carried_out=_signed(found.done, found.done.envelope.actor),
        keys=keys,
        stores=found.done.event.stores,
        copies=copies_of(log.conninfo, reference or str(case_id)),
        log_position=found.done.position,
    )


# --- how --------------------------------------------------------------------------------------------------


def _scrub(log: LogReader) -> dict[str, str]:
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


def _request(
    case_id: CaseId, command: Command, approved: Recorded[Any], by: Actor, step: str
) -> CommandRequest:
    """One approval is carried out once: the ids of its commands follow from it."""
    return CommandRequest(
        aggregate=record,
        stream=the_one(record.CATEGORY, case_id),
        case_id=case_id,
        command=command,
        provenance=Provenance(
            by=by,
            command_id=CommandId(uuid5(approved.envelope.event_id, step)),
            purpose=PURPOSE,
            correlation_id=approved.envelope.correlation_id,
            causation_id=approved.envelope.command_id,
        ),
    )


def _signed(recorded: Recorded[Any], by: Actor) -> Signed:
    return Signed(by=by, recorded_at=recorded.recorded_at, position=recorded.position)


def _last(history: Sequence[Recorded[Any]], kind: type[E]) -> Recorded[E] | None:
    return next((recorded for recorded in reversed(history) if isinstance(recorded.event, kind)), None)
