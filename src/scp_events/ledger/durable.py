"""Files that are whole after a crash, and still there: written aside, flushed to the disk, put in place."""

from __future__ import annotations

import os
from pathlib import Path

OURS_ALONE = 0o600


def replace(path: Path, content: bytes) -> None:
    """Put a file in place of the one before. When this returns, a power cut cannot bring the old one back.

    The name it is written under first is always the same: whoever writes must be the only one.
    """
    aside = path.with_name(f"{path.name}.new")
    _write(aside, content, os.O_TRUNC)
    aside.replace(path)
    flush_directory(path.parent)


def create(path: Path, content: bytes) -> None:
    """Make a file that is not there yet, readable by us alone. Raises `FileExistsError`.

    A crash on the way leaves an incomplete file, which nothing reads as a whole one.
    """
    _write(path, content, os.O_EXCL)
    flush_directory(path.parent)


def flush_directory(directory: Path) -> None:
    """Make sure that the names in a directory outlive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes, flag: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag, OURS_ALONE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
