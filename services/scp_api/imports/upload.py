"""Taking files in over HTTP: multipart/form-data, part by part as it arrives, names that are no paths.

What was sent is not in memory as a whole, nor in a directory that others use.
"""

from __future__ import annotations

import asyncio
import errno
import os
import unicodedata
from contextlib import suppress
from hashlib import sha256
from pathlib import Path, PurePosixPath, PureWindowsPath

from anyio.to_thread import run_sync
from fastapi import Request
from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from scp_api import problems
from scp_api.problems import Problem, WrongField
from scp_events.privacy.copies import OURS_ALONE

FIELD = "files"
"""The name of every part."""
MOST_FILES = 100
LONGEST_NAME = 200
"""Bytes. What a file system takes, with room for what we put behind."""
PATIENCE_SECONDS = 600
"""How long all of it may take to arrive."""
MEGABYTE = 1024 * 1024
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


class Upload:
    """Files that arrive. Where they are known already, they are looked at and not written anywhere."""

    def __init__(self, boundary: str, directory: Path | None, megabytes: int) -> None:
        self._parser = PushMultipartParser(boundary, max_segment_count=MOST_FILES, strict=True)
        self._directory = directory
        self._megabytes = megabytes
        self._arrived = 0
        self._file = -1
        self._digest = sha256()
        self._digests: dict[str, str] = {}
        self._alike: set[str] = set()
        self._name = ""

    def take(self, chunk: bytes) -> None:
        """Take what arrived. Raises `Problem`."""
        self._arrived += len(chunk)
        if self._arrived > self._megabytes * MEGABYTE:
            raise too_large(self._megabytes)
        try:
            for part in self._parser.parse(chunk):
                self._take(part)
        except ParserLimitReached:
            raise Problem(413, "body-too-large", f"an upload may hold {MOST_FILES} files") from None
        except MultipartError:
            raise _unreadable() from None
        except OSError as error:
            raise _no_room(error) from error

    def _take(self, part: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(part, MultipartSegment):
            self._begin(part)
        elif part is None:
            self._digests[self._name] = self._digest.hexdigest()
            self._close_file()
        else:
            self._digest.update(part)
            self._write(part)

    def _begin(self, part: MultipartSegment) -> None:
        number = len(self._digests)
        if part.name != FIELD or not part.filename:
            raise _wrong(number, f"send each file as a part named `{FIELD}`, with its file name")
        self._name = part.filename
        must_be_a_name(self._name, number)
        alike = unicodedata.normalize("NFC", self._name).casefold()
        if alike in self._alike:
            raise _wrong(number, "has the name of a file before it: keep one of the two, or rename it")
        self._alike.add(alike)
        self._digest = sha256()
        if self._directory is not None:
            path = self._directory / self._name
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OURS_ALONE)

    def _write(self, part: bytes | bytearray) -> None:
        left = memoryview(part)
        while self._file >= 0 and left:
            left = left[os.write(self._file, left) :]

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def end(self) -> str:
        """Return what tells these files from others. Raises `Problem` where something is missing."""
        try:
            self._parser.close()
        except MultipartError:
            raise _unreadable() from None
        if not self._digests:
            raise problems.invalid([WrongField(location=("body", FIELD), detail="send at least one file")])
        every = sha256()
        for name, digest in sorted(self._digests.items()):
            every.update(f"{len(name)}:{name}{digest}".encode())
        return every.hexdigest()

    def let_go(self) -> None:
        """Close what is open."""
        with suppress(OSError):
            self._close_file()


async def received(request: Request, directory: Path | None, megabytes: int) -> str:
    """Take the files of a request in, and return what tells them from others. Raises `Problem`."""
    upload = Upload(boundary_of(request), directory, megabytes)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for chunk in request.stream():
                if chunk:
                    await run_sync(upload.take, chunk)
        return upload.end()
    except TimeoutError:
        detail = f"files must arrive within {PATIENCE_SECONDS // 60} minutes: send fewer of them at once"
        raise Problem(408, "too-slow", detail) from None
    finally:
        upload.let_go()


def boundary_of(request: Request) -> str:
    """Return what stands between the parts. Raises `Problem` for a body of another kind."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise Problem(
            415, "media-type", f"send the files as multipart/form-data, each a part named `{FIELD}`"
        )
    return str(options["boundary"])


def must_be_small(request: Request, megabytes: int) -> None:
    """Refuse what is too large by its own account, before any of it arrives."""
    said = request.headers.get("content-length", "")
    if said.isascii() and said.isdigit() and int(said) > megabytes * MEGABYTE:
        raise too_large(megabytes)


def must_be_a_name(name: str, number: int) -> None:
    """Refuse a name that is a path on any system, or that cannot be one of a file."""
    is_plain = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    can_be_read = all(unicodedata.category(character) not in {"Cc", "Cs"} for character in name)
    if not is_plain or not can_be_read or name in {".", ".."}:
        raise _wrong(number, "name the file alone, without folders and control characters")
    if len(name.encode()) > LONGEST_NAME:
        raise _wrong(number, f"has a name of more than {LONGEST_NAME} bytes: shorten it")


def too_large(megabytes: int) -> Problem:
    """Return that there is more than is taken at once."""
    detail = (
        f"an upload may hold {megabytes} megabytes: send some of the sheets or rows first, the others after"
    )
    return Problem(413, "body-too-large", detail)


def _wrong(number: int, detail: str) -> Problem:
    return problems.invalid([WrongField(location=("body", FIELD, str(number)), detail=detail)])


def _unreadable() -> Problem:
    return Problem(400, "body-unreadable", "send a complete body of multipart/form-data")


def _no_room(error: OSError) -> Problem:
    if error.errno in NO_ROOM:
        return problems.busy(
            "there is no room for the files just now: try again, or tell who runs the service"
        )
    return problems.failure()
