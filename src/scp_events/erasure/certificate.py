"""What an erasure that is done can be shown by."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime

from scp_events.aggregates.record.events import ErasureOrigin
from scp_events.erasure.standing import standing
from scp_events.event_log import LogReader, Recorded
from scp_events.privacy.copies import Copy, copies_of
from scp_events.vocabulary import (
    Actor,
    CaseId,
    CaseReference,
    Code,
    DestroyedKey,
    Position,
    Refused,
    Word,
)


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
    out_of_reach: tuple[Code, ...]
    """What of the database server could not be looked at, and is not vouched for."""
    copies: tuple[Copy, ...]
    """Files that our programs wrote of this case, or of a case they could not tell."""
    log_position: Position


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
        out_of_reach=found.done.event.out_of_reach,
        copies=copies_of(log.conninfo, reference or str(case_id)),
        log_position=found.done.position,
    )


def _signed(recorded: Recorded[Any], by: Actor) -> Signed:
    return Signed(by=by, recorded_at=recorded.recorded_at, position=recorded.position)
