"""Epoch keys in a file that only its owner can read: for one machine, or a small site.

One file can serve several installations; each finds its own keys in it and no other's. Whoever has a copy of
the file and of the database can read everything, so keep copies of the two in different places.

A change is written under one name beside it, which a crash may leave and the next program wipes. Keys are
held in memory that is wiped when they are let go of. What cannot be wiped are the copies that Python makes on
the way, of the file's text, and those of the cipher: they are gone when their memory is used for something
else, and no core file shows them (see `beginning`).
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scp_events.privacy.failures import KeyringError
from scp_events.privacy.key_traces import files_with

FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
PRIVATE = 0o700
OURS_ALONE = 0o600

Keys = dict[int, bytearray]


class FileHome:
    """The keys of one installation in a file. Nothing of them shows in its name or its failures."""

    def __init__(
        self, path: Path, installation: UUID, *, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> None:
        self._path = path
        self._installation = installation
        self._random = random
        self._read_as: tuple[int, int, int] | None = None
        self._keys: Keys = {}
        self._using = threading.RLock()
        if self._aside.exists():
            with self._alone():
                self._wipe_aside()

    def __repr__(self) -> str:
        return f"FileHome({str(self._path)!r})"

    @property
    def name(self) -> str:
        """Return the file's name."""
        return f"file {self._path}"

    @property
    def is_at_hand(self) -> bool:
        """It is a file nearby."""
        return True

    def epochs(self) -> list[int]:
        """Return the epochs whose keys are in the file."""
        with self._using:
            return sorted(self._current())

    def begin_epoch(self) -> int:
        """Add a key; a crash leaves the file as it was or with the key in it."""
        self._path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with self._changing() as everybodys:
            mine = everybodys.setdefault(self._installation, {})
            epoch = max(mine, default=0) + 1
            mine[epoch] = bytearray(self._random(KEY_BYTES))
        return epoch

    def must_be_nowhere_else(self, epoch: int, places: Iterable[Path]) -> None:
        """Raise `KeyringError` where a file in these places, or beside ours, holds such an epoch's key."""
        with self._using:
            ending = {number: key for number, key in self._current().items() if number <= epoch}
            self._must_be_nowhere(ending, [*places, *_files_beside(self._path)], but=self._path)

    def end_epoch(self, epoch: int) -> None:
        """Remove keys; the file they were in is overwritten, as far as the disk does what it is told.

        Afterwards no file beside it holds one. Raises `KeyringError` where one does all the same.
        """
        ended: Keys = {}
        with self._changing() as everybodys:
            mine = everybodys.get(self._installation, {})
            ended = {number: bytearray(mine[number]) for number in mine if number <= epoch}
            everybodys[self._installation] = {number: key for number, key in mine.items() if number > epoch}
        try:
            self._must_be_nowhere(ended, [self._path, *_files_beside(self._path)])
        finally:
            _wipe(ended)

    def close(self) -> None:
        """Wipe the keys that are held; they are read again if they are asked for."""
        with self._using:
            _wipe(self._keys)
            self._keys, self._read_as = {}, None

    def wrap(self, epoch: int, keys: Sequence[bytes]) -> list[bytes]:
        """Return each key encrypted, its nonce in front."""
        with self._using:
            cipher = AESGCM(self._key(epoch))
        nonces = self._random(NONCE_BYTES * len(keys))
        return [
            (nonce := nonces[n * NONCE_BYTES : (n + 1) * NONCE_BYTES]) + cipher.encrypt(nonce, key, None)
            for n, key in enumerate(keys)
        ]

    def unwrap(self, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key decrypted."""
        with self._using:
            ciphers = {epoch: AESGCM(key) for epoch, key in self._current().items()}
        return [_decrypted(ciphers.get(epoch), each) for epoch, each in wrapped]

    def rewrap(self, epoch: int, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key encrypted by another epoch's."""
        keys = self.unwrap(wrapped)
        anew = iter(self.wrap(epoch, [key for key in keys if key is not None]))
        return [None if key is None else next(anew) for key in keys]

    # --- the file -----------------------------------------------------------------------------------------

    @property
    def _aside(self) -> Path:
        """Where a change is written before it is put in place."""
        return self._path.with_name(f"{self._path.name}.new")

    def _key(self, epoch: int) -> bytearray:
        keys = self._current()
        if epoch not in keys:
            raise KeyringError(
                f"{self._path} holds no key for epoch {epoch} of this database: restore the file from its"
                " backup, or name the right one in SCP_KEYRING"
            )
        return keys[epoch]

    def _current(self) -> Keys:
        """Return our keys, read again where the file is another one than before."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self.close()
            return self._keys
        except OSError as error:
            raise self._unreadable(error) from None
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        if stamp != self._read_as:
            everybodys = self._read()
            _wipe(self._keys)
            self._keys = everybodys.pop(self._installation, {})
            _wipe_all(everybodys)
            self._read_as = stamp
        return self._keys

    def _read(self) -> dict[UUID, Keys]:
        try:
            mode = stat.S_IMODE(self._path.stat().st_mode)
            written = self._path.read_text(encoding="ascii")
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeError) as error:
            raise self._unreadable(error) from None
        if mode & 0o077:
            raise KeyringError(
                f"{self._path} holds keys and others may read it (mode {mode:04o}):"
                f" `chmod 600 '{self._path}'`, and consider `scp-events keys rotate`"
            )
        try:
            return _understood(written)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise KeyringError(f"{self._path} is not a keyring: restore it from its backup") from None

    def _unreadable(self, error: Exception) -> KeyringError:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        return KeyringError(
            f"the keyring {self._path} cannot be read: {reason}. Without it nothing personal can be read or"
            " written; run as its owner, or restore it from its backup"
        )

    @contextmanager
    def _changing(self) -> Iterator[dict[UUID, Keys]]:
        """Yield what the file holds, to be changed while nobody else does, and put it in place at the end."""
        with self._alone():
            everybodys = self._read()
            try:
                yield everybodys
                self._replace(_written(everybodys))
            finally:
                _wipe_all(everybodys)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the only one to change the file; the kernel ends the lock however a process ends."""
        descriptor = os.open(
            self._path.with_name(f"{self._path.name}.lock"), os.O_RDWR | os.O_CREAT, OURS_ALONE
        )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, written: bytearray) -> None:
        """Put a new file in the place of the old one, whose bytes are overwritten once it is gone."""
        self._write_aside(written)
        with self._path.open("r+b") if self._path.exists() else nullcontext() as old:
            try:
                self._aside.rename(self._path)
            except BaseException:
                self._wipe_aside()
                raise
            _sync_directory(self._path.parent)
            if old is not None:
                _overwrite(old)

    def _write_aside(self, written: bytearray) -> None:
        """Write a new file, durably, that only we can read."""
        self._wipe_aside()
        descriptor = os.open(self._aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(written)
                file.flush()
                os.fsync(descriptor)
        except BaseException:
            self._wipe_aside()
            raise
        finally:
            _wipe_bytes(written)

    def _wipe_aside(self) -> None:
        """Leave nothing of a change that came to nothing."""
        with suppress(FileNotFoundError):
            try:
                with self._aside.open("r+b") as left:
                    _overwrite(left)
            finally:
                self._aside.unlink()

    def _must_be_nowhere(
        self, keys: Mapping[int, bytearray], places: Iterable[Path], but: Path | None = None
    ) -> None:
        found = files_with({number: bytes(key) for number, key in keys.items()}, places, but)
        for path, epochs in found.items():
            named = ", ".join(map(str, epochs))
            raise KeyringError(
                f"{path} holds the key of epoch {named}, which is not retired while it does:"
                f" `shred -u '{path}'`, look for more such copies, then `scp-events keys retire`"
            )


def _decrypted(cipher: AESGCM | None, wrapped: bytes) -> bytes | None:
    if cipher is None:
        return None
    with suppress(InvalidTag, ValueError):
        return cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], None)
    return None


def _understood(written: str) -> dict[UUID, Keys]:
    said = json.loads(written)
    if said["scp-events keyring"] != FORMAT:
        raise ValueError("another format")
    return {
        UUID(installation): {int(epoch): _key_in(key) for epoch, key in keys.items()}
        for installation, keys in said["installations"].items()
    }


def _key_in(written: str) -> bytearray:
    key = bytearray.fromhex(written)
    if len(key) != KEY_BYTES:
        raise ValueError("a key of another length")
    return key


def _written(everybodys: dict[UUID, Keys]) -> bytearray:
    said = {
        "scp-events keyring": FORMAT,
        "installations": {
            str(installation): {str(epoch): key.hex() for epoch, key in sorted(keys.items())}
            for installation, keys in everybodys.items()
        },
    }
    return bytearray(json.dumps(said, indent=1) + "\n", "ascii")


def _files_beside(path: Path) -> list[Path]:
    """Return the files in the same directory; not what lies below it, which may be anything."""
    with suppress(FileNotFoundError):
        return [each for each in path.parent.iterdir() if each.is_file() and each != path]
    return []


def _overwrite(file: BinaryIO) -> None:
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(bytes(length))
    file.flush()
    os.fsync(file.fileno())


def _wipe_all(everybodys: Mapping[UUID, Keys]) -> None:
    for keys in everybodys.values():
        _wipe(keys)


def _wipe(keys: Mapping[int, bytearray]) -> None:
    for key in keys.values():
        _wipe_bytes(key)


def _wipe_bytes(secret: bytearray) -> None:
    """Overwrite it where it stands: what is merely let go of stays in memory until that is used again."""
    secret[:] = bytes(len(secret))


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
