"""Signing keys in files that their owner alone can read, one line each."""

from __future__ import annotations

import stat
from pathlib import Path

from scp_events.ledger import durable
from scp_events.ledger.format.note import KeyKind, MalformedNoteError, Signer

LOG_KEY = "ledger.key"
"""The name of a log's key file."""
PRIVATE_DIRECTORY = 0o700


class KeyFileError(Exception):
    """The key cannot be had from its file, or not be put there; the message says what to do."""


def write_key(path: Path, signer: Signer) -> None:
    """Write a key to a new file. Raises `KeyFileError` where there is one: a key is never written over."""
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    try:
        durable.create(path, f"{signer.skey}\n".encode())
    except FileExistsError:
        raise KeyFileError(f"{path} holds a key already: keep it, or move it away first") from None


def read_key(path: Path, kind: KeyKind) -> Signer:
    """Return the key in a file. Raises `KeyFileError`, which does not show it."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        written = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyFileError(f"there is no key at {path}: make one, or name its file") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{path} does not hold a signing key: restore it") from None
    if mode & 0o077:
        raise KeyFileError(f"{path} holds a secret and others may read it: `chmod 600 '{path}'`")
    try:
        signer = Signer.parse(written.removesuffix("\n"))
    except MalformedNoteError as error:
        raise KeyFileError(f"{path} does not hold a signing key ({error}): restore it") from None
    if signer.kind is not kind:
        raise KeyFileError(f"{path} holds a {signer.kind.name.lower()} key, not a {kind.name.lower()} key")
    return signer
