"""Files with personal data that our own programs wrote: rejected rows, bundles, case files, uploads.

No key makes them unreadable. Each is noted before it is written, so that an erasure can name them all, and
readable by whoever wrote it alone.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.rows import class_row
from pydantic import AwareDatetime

from scp_events.vocabulary import Word

OURS_ALONE = 0o600
NO_CASE = ""
"""For what names no case that can be read: it may be anybody's, so it is named whoever is erased."""


class CopyKind(StrEnum):
    """What a file holds."""

    REJECTED_ROWS = "rejected-rows"
    BUNDLE = "bundle"
    CASE_FILE = "case-file"
    UPLOADED_SHEETS = "uploaded-sheets"


class Copy(Word):
    """A file with personal data, as the machine that wrote it knows it."""

    kind: CopyKind
    machine: str
    path: str
    written_at: AwareDatetime

    @property
    def is_gone(self) -> bool:
        """Whether it is not at its path any more, removed or moved: another machine cannot be asked."""
        return self.machine == platform.node() and not Path(self.path).exists()


def write_copy(conninfo: str, kind: CopyKind, path: Path, content: bytes, cases: Iterable[str]) -> None:
    """Write a file that holds data of these cases, by their references; replaces what was there."""
    where, aside = path.absolute(), _aside(path.absolute())
    _note(conninfo, kind, cases, aside, where)
    try:
        _write_whole(where, aside, content)
    finally:
        _forget(conninfo, *(each for each in (aside, where) if not each.exists()))


def write_for_owner(path: Path, content: bytes) -> None:
    """Write a file that its owner alone can read; replaces what was there, or leaves it as it was."""
    _write_whole(path, _aside(path), content)


def _aside(path: Path) -> Path:
    """Return the name under which a file is written until it is whole. A program that is killed leaves it."""
    return path.with_name(f".{uuid4().hex}.part")


def _write_whole(path: Path, aside: Path, content: bytes) -> None:
    """Write a file aside, flush it to the disk, and put it in its place: a full disk leaves no half file."""
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


@contextmanager
def directory_for(conninfo: str, kind: CopyKind, path: Path, cases: Iterable[str]) -> Iterator[Path]:
    """Yield an empty directory for data of these cases, which is removed when the block ends.

    It is noted meanwhile: a program that is killed leaves it behind.
    """
    where = path.absolute()

    _remove(where)
    _note(conninfo, kind, cases, where)
    try:
        where.mkdir(mode=0o700)
        yield where
    finally:
        remove_directory(conninfo, where)


def remove_directory(conninfo: str, path: Path) -> None:
    """Remove a directory with everything in it, and take all of it out of the register."""
    where = path.absolute()
    _remove(where)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "DELETE FROM keyring.copies WHERE machine = %s AND (path = %s OR starts_with(path, %s))",
            [platform.node(), str(where), f"{where}{os.sep}"],
        )


def _remove(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)


def _forget(conninfo: str, *paths: Path) -> None:
    """Take out of the register what is not there any more."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "DELETE FROM keyring.copies WHERE machine = %s AND path = ANY(%s)",
            [platform.node(), [str(path) for path in paths]],
        )


def _note(conninfo: str, kind: CopyKind, cases: Iterable[str], *paths: Path) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.cursor().executemany(
            "INSERT INTO keyring.copies (reference, kind, machine, path) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (reference, kind, machine, path) DO UPDATE SET written_at = clock_timestamp()",
            [
                (reference, kind, platform.node(), str(path))
                for reference in sorted(set(cases))
                for path in paths
            ],
        )


def written_here(conninfo: str) -> list[Path]:
    """Return the files that our programs wrote of anybody on this machine, and that are still there."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT DISTINCT path FROM keyring.copies WHERE machine = %s ORDER BY 1", [platform.node()]
        ).fetchall()
    return [path for (named,) in rows if (path := Path(named)).exists()]


def copies_of(conninfo: str, reference: str) -> tuple[Copy, ...]:
    """Return what was written of a case, and what may hold something of it, oldest first."""
    with psycopg.connect(conninfo) as connection, connection.cursor(row_factory=class_row(Copy)) as cursor:
        return tuple(
            cursor.execute(
                "SELECT DISTINCT ON (written_at, path) kind, machine, path, written_at FROM keyring.copies"
                " WHERE reference IN (%s, %s) ORDER BY written_at, path",
                [reference, NO_CASE],
            ).fetchall()
        )
