"""Gathers what a document proves from the database: a published checkpoint, and a case as that covers it.

Whatever the database says, a document leaves nothing out. How many events a case has stands in the signed
checkpoint, counted from what their bytes say; the numbers kept in the database are used where they come to
the same root. Whose case an event is of stands in its bytes: the column beside them only finds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg

from scp_events.ledger.format.bundle import ProvedCase, ProvedEvent, ProvedHead
from scp_events.ledger.format.checkpoint import signed_by_these_alone
from scp_events.ledger.format.document import Document, Vouched, written
from scp_events.ledger.format.head_pages import Fetch, HeadPages, paged
from scp_events.ledger.format.heads import Kind, count_in, name_of
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import NoteError, Signer, from_base64
from scp_events.ledger.format.tree import inclusion_proof
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.log import tables
from scp_events.ledger.log.log_key import held_keys, log_key
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import AnyConnection, LedgerError
from scp_events.ledger.log.tree_writer import HEADS
from scp_events.ledger.offline import verify as offline


class NothingToExportError(Exception):
    """There is no published checkpoint that covers what is asked for."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The log at one published checkpoint, in one transaction, and the key that documents are signed with."""

    connection: AnyConnection
    signer: Signer
    vouched: Vouched

    def signed(self, document: Document) -> bytes:
        """Return a document, signed and verified as whoever gets it will. Raises `LedgerError`."""
        archive = written(document, self.signer)
        report = offline.verify_archive(archive, offline.Trust(self.signer.verifier.vkey))
        if report.wrong:
            raise LedgerError(
                f"the document would be refused ({report.wrong[0]}): `scp-events verify` says what is wrong"
            )
        return archive


@contextmanager
def opened_desk(conninfo: str, settings: LedgerSettings, at: int | None) -> Iterator[Desk]:
    """Yield the log at the newest published checkpoint, or at the one of size `at`.

    Raises `NothingToExportError`, and `KeyFileError` where this program has no key.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        signer = log_key(connection, settings.key_file)
        keys = held_keys(connection, settings.key_file)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield Desk(connection, signer, _vouched(connection, keys, settings.trust(keys.newest), at))


def _vouched(connection: AnyConnection, keys: LogKeys, trust: Trust, at: int | None) -> Vouched:
    """Return the checkpoint asked for, signed by whom we trust and nobody else.

    Where a witness is reached is nobody's business who gets a document.
    """
    note = _published(connection, at)
    try:
        log = keys.signer_of(note)
        opened = replace(trust, logs=(log,)).open(note)
        signed = signed_by_these_alone(note, (log, *trust.witnesses.values()))
    except NoteError as error:
        raise NothingToExportError(
            f"the published checkpoint is not cosigned as is asked for now ({error}): publish another"
        ) from error
    if at not in {None, opened.checkpoint.size}:
        raise LedgerError(
            f"the checkpoint kept as that of {at} events is one of {opened.checkpoint.size}:"
            " `scp-events verify` says what else is wrong"
        )
    return Vouched(opened, signed, replace(trust, addresses={}), keys.notes)


def _published(connection: AnyConnection, at: int | None) -> str:
    """Return the checkpoint asked for."""
    note = tables.published_at(connection, at)
    if note is None and at is not None:
        raise NothingToExportError(
            f"no checkpoint of {at} events was published: `scp-events anchors` lists those that were"
        )
    if note is None:
        raise NothingToExportError(
            "no checkpoint was published yet: `scp-events anchors` says whether the witnesses can be reached"
        )
    return note


# --- a case -----------------------------------------------------------------------------------------------


def proved_case(desk: Desk, case_id: UUID) -> ProvedCase:
    """Return a case with all its events, each proved, and the proof that they are all.

    It is called by its id, until somebody says how people call it. Raises `NothingToExportError` where it
    has none, `LedgerError` where one is filed elsewhere or the counts are not those that are signed.
    """
    rows = tables.rows_of_case(desk.connection, case_id, desk.vouched.size)
    if not rows:
        raise NothingToExportError(f"the checkpoint of {desk.vouched.size} events covers none of this case")
    _must_be_filed_right(case_id, rows)
    events = list(_events(desk, rows))
    streams = {event.leaf.stream_id: category for event, (*_, category) in zip(events, rows, strict=True)}
    heads = list(_heads(desk, case_id, streams))
    _must_be_all(heads, events)
    return ProvedCase(
        id=case_id,
        reference=str(case_id),
        vouched=desk.vouched,
        events=events,
        streams=streams,
        heads=heads,
    )


def _must_be_filed_right(case_id: UUID, rows: Iterable[tuple[Any, ...]]) -> None:
    """Refuse a case under which something is filed that says another case or type than the columns beside it.

    What is filed elsewhere is not among these rows: then there are fewer than the checkpoint signs.
    """
    for position, _, _, _, stored_as, body, _ in rows:
        if _said(body) != (str(case_id), stored_as):
            raise _misfiled(position)


def _said(body: bytes) -> tuple[object, object]:
    """Return of which case and of which type an event's bytes say that it is."""
    try:
        said = json.loads(body)
        return said["case_id"], said["event"]["type"]
    except (ValueError, KeyError, TypeError):
        return None, None


def _must_be_all(heads: Sequence[ProvedHead], events: Sequence[ProvedEvent]) -> None:
    """Refuse a case that has more events, or fewer, than the checkpoint signs."""
    if heads[0].count != len(events):
        raise LedgerError(
            f"{len(events)} events are filed under the case, and the checkpoint signs {heads[0].count} of it:"
            " `scp-events verify` says where the log was changed"
        )


def _misfiled(position: int) -> LedgerError:
    return LedgerError(
        f"the event at position {position} says another case or type than the database has beside it:"
        " `scp-events verify` says what else is wrong"
    )


def _events(desk: Desk, rows: Iterable[tuple[Any, ...]]) -> Iterator[ProvedEvent]:
    """Yield a case's events with their proofs."""
    size = desk.vouched.size
    node = tables.node_of(desk.connection, size)
    for position, stream_id, version, at, stored_as, stored, _ in rows:
        leaf = Leaf(position, stream_id, version, at, stored_as, sha256(stored).digest())
        yield ProvedEvent(leaf, stored, inclusion_proof(position - 1, size, node))


def _heads(desk: Desk, case_id: UUID, streams: Iterable[UUID]) -> Iterator[ProvedHead]:
    """Yield how many events the case and each of its streams had, with proofs."""
    tree, fetch = heads_of(desk)
    for kind, of in ((Kind.CASE, case_id), *((Kind.STREAM, stream) for stream in sorted(streams))):
        proof = tree.prove(name_of(kind, of), fetch)
        yield ProvedHead(kind, of, count_in(proof.found or b""), proof.siblings)


def heads_of(desk: Desk) -> tuple[HeadPages, Fetch]:
    """Return the tree of heads that the checkpoint signs: as it is kept, or for an earlier size made anew.

    Raises `LedgerError` where neither comes to its root.
    """
    signed = from_base64(desk.vouched.opened.checkpoint.extension(HEADS) or "")
    kept = tables.read_heads(desk.connection)
    if kept.root == signed:
        return kept, tables.pages_in(desk.connection)
    counted, fetch = paged(tables.counts_at(desk.connection, desk.vouched.size))
    if counted.root != signed:
        raise LedgerError(
            f"the counts of streams and cases are not those that the checkpoint of {desk.vouched.size} events"
            " signs: `scp-events verify` says where the log was changed"
        )
    return counted, fetch
