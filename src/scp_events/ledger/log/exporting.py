"""Gathers a case's bundle from the database: what is stored of it at one checkpoint, with the proofs.

The events are handed on as they are stored; what people read of them comes from whoever can read them. The
checkpoint is one that was published, so that everybody who is asked about it knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

import psycopg

from scp_events.ledger.format.bundle import Bundle, Opened, ProvedEvent, ProvedHead, written
from scp_events.ledger.format.checkpoint import OpenedCheckpoint
from scp_events.ledger.format.head_pages import Fetch, HeadPages, paged
from scp_events.ledger.format.heads import Kind, count_in, name_of
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import NoteError, Verifier
from scp_events.ledger.format.tree import inclusion_proof
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.log import tables
from scp_events.ledger.log.log_key import held_keys, log_key
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import AnyConnection, LedgerError
from scp_events.ledger.offline import verify as offline


class NothingToExportError(Exception):
    """There is no published checkpoint that covers the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What people read of a case at one size of the log, made by whoever can read it."""

    reference: str
    replay: bytes
    story: str
    policies: Mapping[str, object]
    opened: Mapping[int, Sequence[Opened]]


def export(
    conninfo: str,
    settings: LedgerSettings,
    case_id: UUID,
    read: Callable[[int], Readable],
    *,
    at: int | None = None,
) -> tuple[str, bytes]:
    """Return a bundle's name and bytes, at the newest published checkpoint or at the one of size `at`.

    `read` is asked for the case as it was known at that size. The same case at the same checkpoint gives the
    same bytes. They have been verified, as whoever gets them will. Raises `NothingToExportError`, and
    `LedgerError` where log and ledger do not prove what they say.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        signer = log_key(connection, settings.key_file)
        keys = held_keys(connection, settings.key_file)
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            note = _published(connection, at)
            trust = _without_addresses(settings.trust(keys.newest))
            opened = _opened(note, keys, trust)
            size = opened.checkpoint.size
            events = list(_events(connection, case_id, size))
            categories = {event.leaf.stream_id: category for event, category in events}
            heads = list(_heads(connection, case_id, categories, size))
    if not events:
        raise NothingToExportError(f"the checkpoint of {size} events covers none of this case")
    readable = read(size)
    bundle = Bundle(
        case_id=case_id,
        case_reference=readable.reference,
        checkpoint=opened,
        note=note,
        trust=trust,
        hand_overs=keys.notes,
        events=[event for event, _ in events],
        streams=categories,
        heads=heads,
        policies=readable.policies,
        replay=readable.replay,
        story=readable.story,
        opened=readable.opened,
    )
    archive = written(bundle, signer)
    _must_verify(archive, signer.verifier)
    return bundle.name, archive


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


def _without_addresses(trust: Trust) -> Trust:
    """Return whom to trust; where a witness is reached is nobody's business who gets a bundle."""
    return replace(trust, addresses={})


def _opened(note: str, keys: LogKeys, trust: Trust) -> OpenedCheckpoint:
    try:
        return replace(trust, logs=(keys.signer_of(note),)).open(note)
    except NoteError as error:
        raise NothingToExportError(
            f"the published checkpoint is not cosigned as is asked for now ({error}): publish another"
        ) from error


def _events(connection: AnyConnection, case_id: UUID, size: int) -> Iterator[tuple[ProvedEvent, str]]:
    """Yield a case's events with their proofs, and of which kind each one's stream is."""
    node = tables.node_of(connection, size)
    for position, stream_id, version, at, stored_as, stored, category in tables.rows_of_case(
        connection, case_id, size
    ):
        leaf = Leaf(position, stream_id, version, at, stored_as, sha256(stored).digest())
        yield ProvedEvent(leaf, stored, inclusion_proof(position - 1, size, node)), category


def _heads(
    connection: AnyConnection, case_id: UUID, streams: Iterable[UUID], size: int
) -> Iterator[ProvedHead]:
    """Yield how many events the case and each of its streams had at a size, with proofs."""
    tree, fetch = _tree_of_heads(connection, size)
    for kind, of in ((Kind.CASE, case_id), *((Kind.STREAM, stream) for stream in sorted(streams))):
        proof = tree.prove(name_of(kind, of), fetch)
        yield ProvedHead(kind, of, count_in(proof.found or b""), proof.siblings)


def _tree_of_heads(connection: AnyConnection, size: int) -> tuple[HeadPages, Fetch]:
    """Return the tree of heads at a size: the one that is kept, or for a size that is past, one made anew."""
    if tables.read_edge(connection).size == size:
        return tables.read_heads(connection), tables.pages_in(connection)
    return paged(tables.counts_at(connection, size))


def _must_verify(archive: bytes, log: Verifier) -> None:
    """Do as whoever gets the bundle does."""
    report = offline.verify_archive(archive, offline.Trust(log.vkey))
    if report.wrong:
        raise LedgerError(
            f"the bundle would be refused ({report.wrong[0]}): `scp-events verify` says what is wrong"
        )
