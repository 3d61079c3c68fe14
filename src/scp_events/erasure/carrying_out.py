"""Carrying out an approved erasure, step by step, each safe to repeat."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid5

import psycopg

from scp_events.aggregates import record
from scp_events.aggregates.record.commands import BeginErasure, ErasePersonalData
from scp_events.erasure import stray_files, write_ahead_log
from scp_events.erasure.certificate import Certificate, certificate
from scp_events.erasure.incomplete import ErasureIncompleteError, Holder
from scp_events.erasure.out_of_reach import OutOfReach
from scp_events.erasure.rewriting import NotRewrittenError, Table, rewrite
from scp_events.erasure.standing import standing
from scp_events.erasure.unfinished import forget_attempt, note_attempt
from scp_events.event_log import BlockingCommandHandler, CommandRequest, LogReader, Recorded
from scp_events.follower import Projection
from scp_events.follower.purging import Purging, purge_copies
from scp_events.vocabulary import Actor, CaseId, Command, CommandId, Provenance, Refused, the_one

PURPOSE = "erasure"
KEYRING = "keyring"
KEYS = Table("keyring", "keys")
WAIT_SECONDS = 60.0
"""How long whatever keeps old rows is waited for, unless somebody says otherwise."""


class Step(StrEnum):
    """What is done after the approval, in this order."""

    FENCE = "fence"
    DESTROY = "destroy"
    PURGE = "purge"
    REWRITE = "rewrite"
    SCRUB = "scrub"
    RECORD = "record"


def carry_out(  # noqa: PLR0913 - each says one thing about it, by name
    log: LogReader,
    handler: BlockingCommandHandler,
    case_id: CaseId,
    projections: Iterable[Projection],
    *,
    by: Actor,
    wait: float = WAIT_SECONDS,
    data: Path | None = None,
    after: Callable[[Step], None] = lambda _step: None,
) -> Certificate:
    """Do what was approved, or what is left of it, and return the certificate. Safe to repeat.

    `wait` is how many seconds whatever keeps old rows is waited for; `data` the data directory of a server
    that is ours, None for one that somebody else looks after. `after` hears of each step.

    Raises `Refused` where nothing was approved, and `ErasureIncompleteError` where something could not be
    erased; then nothing is said to be done, and it is listed as unfinished.
    """
    approved = standing(log, case_id).approved
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
    try:
        out_of_reach = _leave_no_trace(log.conninfo, purging, wait, data, after)
    except ErasureIncompleteError as incomplete:
        with suppress(psycopg.Error):  # it may be the database that is away
            note_attempt(log.conninfo, case_id, by, incomplete)
        raise
    said = ErasePersonalData(
        approved_as=approved.envelope.event_id,
        destroyed=tuple(destroyed),
        stores=(KEYRING, *purging.purged),
        out_of_reach=out_of_reach,
    )
    handler.handle(_request(case_id, said, approved, by, "carried-out"))
    forget_attempt(log.conninfo, case_id)
    after(Step.RECORD)
    return certificate(log, case_id)


def _leave_no_trace(
    conninfo: str, purging: Purging, wait: float, data: Path | None, after: Callable[[Step], None]
) -> tuple[OutOfReach, ...]:
    """Leave nothing of destroyed keys and purged rows in a file; return where nobody could look.

    First the tables: what their rewriting leaves in the write-ahead log, and in files where it was cut short,
    goes afterwards. Raises `ErasureIncompleteError`.
    """
    deadline = time.monotonic() + wait
    failures = dict(purging.failures)
    try:
        held = rewrite(conninfo, [KEYS, *(Table(*each) for each in purging.tables)], deadline)
        _go_on_unless(held, failures)
        after(Step.REWRITE)
        kept, not_seen = write_ahead_log.let_go(conninfo, deadline)
        stray, nor_seen = stray_files.sweep(conninfo, data, deadline)
        _go_on_unless((*kept, *stray), failures)
        after(Step.SCRUB)
    except NotRewrittenError as error:
        raise ErasureIncompleteError({**failures, KEYRING: str(error)}) from None
    except psycopg.Error as error:
        told = f"{type(error).__name__} {error.sqlstate or ''}: try again"
        raise ErasureIncompleteError({**failures, "database": told}) from error
    return (*not_seen, *nor_seen)


def _go_on_unless(held: Sequence[Holder], failures: dict[str, str]) -> None:
    if held or failures:
        raise ErasureIncompleteError(failures, tuple(held))


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
