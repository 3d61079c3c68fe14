"""Where published checkpoints are written down besides the database: a file that only grows.

One JSON object a line: when it was published, the size, the root, and the checkpoint as it was signed. Where
the log has handed over to another key, a line holds the note that says so, before what that key has signed.
Whoever restores or rewrites the database, and not this file too, is found out at the next start.

A crash can leave an incomplete line. It counts for nothing, and the next one begins on a line of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.log_keys import LogKeys, opened_by
from scp_events.ledger.format.note import NoteError

_TAIL = 64 * 1024
_MODE = 0o644


class AnchorError(Exception):
    """The file cannot be read or written, or says something that the log has not signed."""


@dataclass(frozen=True, slots=True)
class Anchored:
    """A line of the file. What it says in the clear is for people; the log has signed `note`."""

    size: int
    root: str
    note: str

    def opened(self, *keys: LogKeys) -> Checkpoint:
        """Return the checkpoint, which the log has signed with one of its keys. Raises `AnchorError`."""
        try:
            return opened_by(keys, self.note).checkpoint
        except NoteError as error:
            raise AnchorError(
                f"the checkpoint of {self.size} events written down there is not this log's ({error}):"
                " the file is another log's, or was changed"
            ) from error


class AnchorFile:
    """The file at a path. One program at a time adds to it; the publisher holds a lock in the database."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, note: str, checkpoint: Checkpoint, at: datetime) -> None:
        """Write a published checkpoint down, unless it is the last already. Raises `AnchorError`.

        When this returns, a power cut cannot take it back.
        """
        said = {"published_at": at.isoformat(), "size": checkpoint.size, "root": checkpoint.root.hex()}
        self._add(said | {"checkpoint": note}, unless_last=checkpoint.size)

    def add_hand_overs(self, notes: Iterable[str]) -> None:
        """Write down the hand-overs that are not there yet. Raises `AnchorError`."""
        known = set(self.hand_overs()) if self.path.exists() else set[str]()
        for note in notes:
            if note not in known:
                self._add({"hand_over": note})

    def _add(self, said: dict[str, object], unless_last: int | None = None) -> None:
        line = f"{json.dumps(said)}\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                if not os.fstat(descriptor).st_size:
                    os.fchmod(descriptor, _MODE)  # whatever a new file of ours is otherwise
                tail = _tail(file.fileno())
                last = _last(tail)
                if last is not None and last.size == unless_last:
                    return
                file.write((line if tail.endswith("\n") or not tail else f"\n{line}").encode())
                os.fsync(file.fileno())
        except OSError as error:
            raise self._error("written", error) from error

    def all(self) -> Iterator[Anchored]:
        """Yield every whole line, in the order they were written. Raises `AnchorError`."""
        yield from filter(None, map(anchored, self.lines()))

    def lines(self) -> Iterator[str]:
        """Yield every line as it is, whole or not. Raises `AnchorError`."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                for line in file:
                    yield line.removesuffix("\n")
        except OSError as error:
            raise self._error("read", error) from error

    def hand_overs(self) -> Iterator[str]:
        """Yield the hand-overs from one key to the next, as they are signed. Raises `AnchorError`."""
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                for line in file:
                    if (note := hand_over_in(line)) is not None:
                        yield note
        except OSError as error:
            raise self._error("read", error) from error

    def last(self) -> Anchored | None:
        """Return the last whole line; None where there is none. Raises `AnchorError`."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                return _last(_tail(descriptor))
            finally:
                os.close(descriptor)
        except OSError as error:
            raise self._error("read", error) from error

    def _error(self, done: str, error: OSError) -> AnchorError:
        return AnchorError(f"{self.path} cannot be {done}: {error.strerror}")


def _tail(descriptor: int) -> str:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, _TAIL, max(size - _TAIL, 0)).decode(errors="replace")


def _last(tail: str) -> Anchored | None:
    lines = tail.split("\n")[:-1]  # what follows the last newline was never finished
    return next(filter(None, map(anchored, reversed(lines))), None)


def hand_over_in(line: str) -> str | None:
    """Return the hand-over in a line; None where it is another line, or no whole one."""
    try:
        return str(json.loads(line)["hand_over"])
    except (ValueError, KeyError, TypeError):
        return None


def anchored(line: str) -> Anchored | None:
    """Return what a line says; None where it is no whole line."""
    try:
        said = json.loads(line)
        return Anchored(int(said["size"]), str(said["root"]), str(said["checkpoint"]))
    except (ValueError, KeyError, TypeError):
        return None
