"""Files that others may read or change, found before a program begins to rely on them.

Each key is refused again where it is read. Here a program that would need it later does not start at all.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from scp_events.database.settings import DatabaseSettings
from scp_events.privacy.opening import FILE

READ, CHANGED = 0o077, 0o022


class OpenToOthersError(Exception):
    """Somebody else may read a secret, or change what we rely on; the message says how to end that."""


def check(settings: DatabaseSettings) -> None:
    """Look at the home and the files that a program's settings name. Raises `OpenToOthersError`."""
    check_directory(settings.home)
    named = getattr(settings, "keyring", None)
    secrets = [
        None if named and "://" in named else Path(named or settings.home / FILE).expanduser(),
        getattr(settings, "key_file", None),
    ]
    for secret in filter(None, secrets):
        check_secret(secret)
    if (anchors := getattr(settings, "anchor_file", None)) is not None:
        _must_not_be(
            anchors, CHANGED, "holds the checkpoints we compare with and others may change it", "600"
        )


def check_directory(path: Path) -> None:
    """Raise `OpenToOthersError` where others may put files, and so keys of theirs, into a directory."""
    _must_not_be(path, CHANGED, "is where keys are kept and others may write to it", "700")


def check_secret(path: Path) -> None:
    """Raise `OpenToOthersError` where others may read, or change, a file with a key."""
    _must_not_be(path, READ, "holds a secret and others may read it", "600")


def _must_not_be(path: Path, open_to_others: int, what: str, remedy: str) -> None:
    """Look at what is there; what is not there yet is made as it must be."""
    try:
        mode = stat.S_IMODE(path.expanduser().stat().st_mode)
    except OSError:
        return
    if os.name == "posix" and mode & open_to_others:
        raise OpenToOthersError(f"{path} {what} (mode {mode:04o}): `chmod {remedy} '{path}'`")
