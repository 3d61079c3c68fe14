"""Another key for the log, handed over to by the one before.

The next key is made and kept first; then one transaction notes the hand-over, which both keys have signed;
and then the files change places and the old secret is destroyed. A crash before the transaction leaves the
log with its old key, and a next one in store. After it, whoever asks for the log's key finishes the work
(`log_key`). The transaction holds the right edge, so no tree writer signs meanwhile; one that still has the
old key is refused at its next step, and reads the new one.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

from scp_events.ledger.format.log_keys import HandOver, hand_over
from scp_events.ledger.format.note import KEY_BYTES, KeyKind, NoteError, Signer
from scp_events.ledger.key_files import next_of, read_key, write_key
from scp_events.ledger.log import tables
from scp_events.ledger.log.anchors import AnchorError, AnchorFile
from scp_events.ledger.log.log_key import Random, held_keys, known_keys, lock, log_key
from scp_events.ledger.log.tables import AnyConnection, LedgerError


def next_key(connection: AnyConnection, path: Path, random: Random = secrets.token_bytes) -> Signer:
    """Return the key that comes next; make it where there is none. It signs nothing yet.

    So witnesses can be told of it before they are asked for its first checkpoint. Raises `KeyFileError`.
    """
    name = log_key(connection, path).name
    with connection.transaction():
        lock(connection)
        if not next_of(path).exists():
            write_key(next_of(path), Signer(name, KeyKind.NOTE, random(KEY_BYTES)))
        return read_key(next_of(path), KeyKind.NOTE)


def rotate(
    connection: AnyConnection,
    path: Path,
    anchor: AnchorFile | None = None,
    random: Random = secrets.token_bytes,
) -> HandOver:
    """Hand the log over to its next key after its newest checkpoint, and destroy the old secret.

    The hand-over is written down in the file of published checkpoints at once, so that what the old key has
    signed there can be checked by the new one even where the database is lost; where that fails, with the
    next checkpoint. Raises `KeyFileError` without the log's key, `LedgerError` where nothing can be handed
    over.
    """
    old = log_key(connection, path)
    new = next_key(connection, path, random)
    with connection.transaction():
        lock(connection)
        connection.execute("SET LOCAL synchronous_commit = on")
        tables.read_edge(connection, lock=True)
        note = _hand_over(connection, old, new)
        connection.execute(
            "INSERT INTO ledger.log_keys SELECT max(number) + 1, %s, %s FROM ledger.log_keys",
            (new.verifier.vkey, note),
        )
    log_key(connection, path)
    if anchor is not None:
        with suppress(AnchorError):
            anchor.add_hand_overs(held_keys(connection, path).notes)
    return HandOver.open(note)


def _hand_over(connection: AnyConnection, old: Signer, new: Signer) -> str:
    """Return the hand-over at the newest checkpoint, which must be this log's own."""
    keys, newest = known_keys(connection), tables.newest_checkpoint(connection)
    if keys is None or newest is None or keys.newest != old.verifier:
        raise LedgerError("somebody else has just handed this log over: see `scp-events ledger keys`")
    try:
        last = keys.open(newest).checkpoint
    except NoteError as error:
        raise LedgerError(
            f"this log has not signed its newest checkpoint ({error}): `scp-events verify` says what is wrong"
        ) from error
    return hand_over(last, old, new)
