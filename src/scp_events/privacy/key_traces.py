"""Looking for a key in files, however somebody may have written it down.

Found are its bytes, and its hexadecimal and base64 forms, wherever they stand in a file. Not found is what is
compressed, encrypted, or split over lines.
"""

from __future__ import annotations

import os
import stat
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from scp_events.privacy.failures import KeyringError

CHUNK = 4 * 2**20


def files_with(
    keys: Mapping[int, bytes], places: Iterable[Path], but: Path | None = None
) -> dict[Path, list[int]]:
    """Return the files, in these places or below, that hold a key, and which. Links are not followed.

    Raises `KeyringError` for a file that cannot be read: nobody could say what it holds.
    """
    if not keys:
        return {}
    wanted = {number: spellings(key) for number, key in keys.items()}
    overlap = max(len(each) for some in wanted.values() for each in some)
    itself = but and but.resolve()
    found = {path: _numbers_in(path, wanted, overlap) for path in _files(places) if path.resolve() != itself}
    return {path: numbers for path, numbers in found.items() if numbers}


def spellings(key: bytes) -> frozenset[bytes]:
    """Return how a key can be written. Base64 depends on how many bytes stand before it, modulo 3."""
    base64 = (
        encode(bytes(before) + key)[-(-before * 4 // 3) : (before + len(key)) * 4 // 3]
        for before in range(3)
        for encode in (b64encode, urlsafe_b64encode)
    )
    return frozenset({key, key.hex().encode(), key.hex().upper().encode(), *base64})


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            for directory, _, names in os.walk(place, onerror=_cannot_look):
                yield from (Path(directory) / name for name in names)
        else:
            yield place


def _numbers_in(path: Path, wanted: Mapping[int, frozenset[bytes]], overlap: int) -> list[int]:
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return []
        with path.open("rb", buffering=0) as file:
            found: set[int] = set()
            before = b""
            while chunk := file.read(CHUNK):
                content = before + chunk
                found |= {n for n, written in wanted.items() if any(w in content for w in written)}
                before = content[-overlap:]
    except FileNotFoundError:  # it was there a moment ago
        return []
    except OSError as error:
        _cannot_look(error)
    return sorted(found)


def _cannot_look(error: OSError) -> None:
    if isinstance(error, FileNotFoundError):
        return
    raise KeyringError(
        f"{error.filename} cannot be read ({error.strerror}), so nobody can say that it holds no key: run as"
        " a user who may read it"
    ) from None
