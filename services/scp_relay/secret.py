"""The secret that the pseudonyms are made with: one file, made once, readable by us alone.

Losing it would give every stream another name, so its fingerprint is kept with the relay's progress and a
relay with another secret does not start. Keep a copy of the file where the database's backups are not.
"""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from scp_events.publishing.pseudonyms import SECRET_BYTES
from scp_events.runtime.program import CannotWorkError


def load_or_make(path: Path) -> bytes:
    """Return the secret in the file `path`, made if there is none. Raises `CannotWorkError`."""
    if not path.exists():
        _make(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise CannotWorkError(f"{path} holds a secret and others may read it: `chmod 600 '{path}'`")
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise CannotWorkError(f"{path} does not hold {2 * SECRET_BYTES} hexadecimal digits: restore it")
    return secret


def _make(path: Path) -> None:
    """Write a new secret beside and link it into place: a crash leaves all of it or nothing, a race one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):  # another relay was faster: its secret counts
            os.link(name, path)
    finally:
        os.unlink(name)  # noqa: PTH108 - beside os.link, which pathlib spells the other way round
