"""Signing keys in files that their owner alone can read, one line each.

A log's key is followed by another, and for a moment there are three files: the key, the one that comes next
(`.next`), and the one before (`.before`), until it is destroyed.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from scp_events.ledger import durable
from scp_events.ledger.format.note import KeyKind, MalformedNoteError, Signer, Verifier

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


# --- one key after another --------------------------------------------------------------------------------


def next_of(path: Path) -> Path:
    """Return where the key is kept that comes after the one at a path."""
    return path.with_name(f"{path.name}.next")


def before(path: Path) -> Path:
    """Return where the key is that came before the one at a path, until it is destroyed."""
    return path.with_name(f"{path.name}.before")


def take_over(path: Path, key: Verifier) -> None:
    """Where `key` is the one that comes next, put it at the path, and destroy the one before it.

    After a crash at any step, the same call goes on from there. Not for two at once.
    """
    if _holds(next_of(path), key):
        if path.exists():
            path.rename(before(path))
        next_of(path).rename(path)
        durable.flush_directory(path.parent)
    if before(path).exists() and _holds(path, key):
        destroy(before(path))


def destroy(path: Path) -> None:
    """Overwrite a secret and remove its file.

    What a file system or a disk keeps of what was written over, nobody can reach from here.
    """
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    durable.flush_directory(path.parent)


def _holds(path: Path, key: Verifier) -> bool:
    return path.exists() and read_key(path, key.kind).verifier == key
