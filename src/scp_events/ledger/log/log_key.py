"""The key a log signs with: made once, kept in a file of its own, and known to the log's database.

The database remembers the public half. So a log whose key file is lost does not quietly begin to sign with
another key, which nobody who trusts the old one would believe.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from scp_events.ledger.format.note import KEY_BYTES, KeyKind, Signer, Verifier
from scp_events.ledger.key_files import KeyFileError, read_key, write_key
from scp_events.ledger.log.tables import AnyConnection

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

    Programs that ask at the same time wait for each other, and get the same key.
    """
    if path is None:
        raise KeyFileError(
            "no checkpoint can be signed without a key: set SCP_LEDGER_KEY to the file of the log's key"
        )
    with connection.transaction():
        connection.execute("LOCK TABLE ledger.log_key IN SHARE ROW EXCLUSIVE MODE")
        known = known_log(connection)
        if known is None and not path.exists():
            name = origin or f"{MADE_UP}{random(_NAME_BYTES).hex()}"
            write_key(path, Signer(name, KeyKind.NOTE, random(KEY_BYTES)))
        signer = read_key(path, KeyKind.NOTE)
        if known is None:
            connection.execute("INSERT INTO ledger.log_key (vkey) VALUES (%s)", (signer.verifier.vkey,))
        elif known != signer.verifier:
            raise KeyFileError(
                f"{path} holds the key of {signer.name}, and this log signs with that of {known.name}+"
                f"{known.key_id.hex()}: restore the log's own key file, or name it in SCP_LEDGER_KEY"
            )
    return signer


def known_log(connection: AnyConnection) -> Verifier | None:
    """Return the public key of the log in this database; None where it has not signed anything yet."""
    found = connection.execute("SELECT vkey FROM ledger.log_key").fetchone()
    return Verifier.parse(found[0]) if found else None
