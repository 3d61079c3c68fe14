"""The keys a log signs with: the one of now in a file of its own, the public halves of all in its database.

So a log whose key file is lost does not quietly begin to sign with another key, which nobody who trusts the
old one would believe. Another key follows by a hand-over alone: see `rotation.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import KEY_BYTES, KeyKind, NoteError, Signer, Verifier
from scp_events.ledger.key_files import KeyFileError, read_key, take_over, write_key
from scp_events.ledger.log.tables import AnyConnection, HandedOverError, LedgerError

MADE_UP = "scp-events.invalid/"
"""What the name of a log that was given none begins with: `.invalid` can be nobody's."""
_NAME_BYTES = 8

Random = Callable[[int], bytes]


def log_key(
    connection: AnyConnection,
    path: Path | None,
    origin: str | None = None,
    random: Random = secrets.token_bytes,
) -> Signer:
    """Return the key this log signs with; make one for a log that has none. Raises `KeyFileError`.

    Programs that ask at the same time wait for each other, and get the same key. A hand-over that was cut
    short is brought to its end.
    """
    if path is None:
        raise KeyFileError(
            "no checkpoint can be signed without a key: set SCP_LEDGER_KEY to the file of the log's key"
        )
    with connection.transaction():
        lock(connection)
        known = known_keys(connection)
        if known is not None:
            take_over(path, known.newest)
        elif not path.exists():
            name = origin or f"{MADE_UP}{random(_NAME_BYTES).hex()}"
            write_key(path, Signer(name, KeyKind.NOTE, random(KEY_BYTES)))
        signer = read_key(path, KeyKind.NOTE)
        if known is None:
            connection.execute(
                "INSERT INTO ledger.log_keys (number, vkey) VALUES (0, %s)", (signer.verifier.vkey,)
            )
        elif known.newest != signer.verifier:
            raise KeyFileError(
                f"{path} holds the key {_told(signer.verifier)}, and this log signs with"
                f" {_told(known.newest)}: restore the log's own key file, or name it in SCP_LEDGER_KEY"
            )
    return signer


def held_keys(connection: AnyConnection, path: Path | None) -> LogKeys:
    """Return the log's keys, of which this program holds the newest: so all of them can be trusted.

    Raises `KeyFileError`, and `LedgerError` where the database tells of keys that do not hold together.
    """
    newest = log_key(connection, path).verifier
    keys = keys_by(connection, newest)
    if keys.newest != newest:
        raise HandedOverError("this log was handed over to another key a moment ago: read its key anew")
    return keys


def keys_by(connection: AnyConnection, held: Verifier) -> LogKeys:
    """Return the log's keys that one vouches for which somebody holds, whatever the database says of them.

    Raises `LedgerError` where the database tells of hand-overs, and none from or to that key.
    """
    notes = connection.execute("SELECT hand_over FROM ledger.log_keys WHERE number > 0 ORDER BY number")
    try:
        return LogKeys.of(held, [note for (note,) in notes])
    except NoteError as error:
        raise LedgerError(
            f"{held.vkey} does not vouch for the keys the database tells of: {error}"
        ) from error


def chains(connection: AnyConnection, held: Iterable[Verifier]) -> tuple[LogKeys, ...]:
    """Return the keys that each one vouches for which somebody holds.

    It vouches for itself alone where the database tells of hand-overs that have nothing to do with it.
    """
    return tuple(_chain(connection, each) for each in held)


def _chain(connection: AnyConnection, held: Verifier) -> LogKeys:
    try:
        return keys_by(connection, held)
    except LedgerError:
        return LogKeys(held)


def lock(connection: AnyConnection) -> None:
    """Let nobody else make or hand over a key of this log until the transaction ends."""
    connection.execute("LOCK TABLE ledger.log_keys IN SHARE ROW EXCLUSIVE MODE")


def known_keys(connection: AnyConnection) -> LogKeys | None:
    """Return the log's keys as its database tells them; None where it has not signed anything yet.

    Every hand-over is checked. But whose the first key is only somebody else can say: `LogKeys.of` follows
    the hand-overs from a key that is known. Raises `LedgerError`.
    """
    rows = connection.execute("SELECT vkey, hand_over FROM ledger.log_keys ORDER BY number").fetchall()
    if not rows:
        return None
    try:
        keys = LogKeys(Verifier.parse(rows[0][0]), tuple(hand_over for _, hand_over in rows[1:]))
    except NoteError as error:
        raise LedgerError(f"the ledger's table of the log's keys was altered: {error}") from error
    if [key.vkey for key in keys.all] != [vkey for vkey, _ in rows]:
        raise LedgerError("the ledger's table of the log's keys was altered: it names another than it proves")
    return keys


def _told(key: Verifier) -> str:
    return f"{key.name}+{key.key_id.hex()}"
