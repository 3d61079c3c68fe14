"""Epoch keys in a file that only its owner can read: for one machine, or a small site.

One file can serve several installations; each finds its own keys in it and no other's. Whoever has a copy of
the file and of the database can read everything, so keep copies of the two in different places.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scp_events.privacy.failures import KeyringError

FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
PRIVATE = 0o700

Keys = dict[int, bytes]


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
        return sorted(self._current())

    def begin_epoch(self) -> int:
        """Add a key; a crash leaves the file as it was or with the key in it."""
        self._path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        with self._changing() as everybodys:
            mine = everybodys.setdefault(self._installation, {})
            epoch = max(mine, default=0) + 1
            mine[epoch] = self._random(KEY_BYTES)
        return epoch

    def end_epoch(self, epoch: int) -> None:
        """Remove keys; the file they were in is overwritten, as far as the disk does what it is told."""
        with self._changing() as everybodys:
            mine = everybodys.get(self._installation, {})
            everybodys[self._installation] = {number: key for number, key in mine.items() if number > epoch}

    def wrap(self, epoch: int, keys: Sequence[bytes]) -> list[bytes]:
        """Return each key encrypted, its nonce in front."""
        cipher = AESGCM(self._key(epoch))
        nonces = self._random(NONCE_BYTES * len(keys))
        return [
            (nonce := nonces[n * NONCE_BYTES : (n + 1) * NONCE_BYTES]) + cipher.encrypt(nonce, key, None)
            for n, key in enumerate(keys)
        ]

    def unwrap(self, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key decrypted."""
        ciphers = {epoch: AESGCM(key) for epoch, key in self._current().items()}
        return [_decrypted(ciphers.get(epoch), each) for epoch, each in wrapped]

    def rewrap(self, epoch: int, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key encrypted by another epoch's."""
        keys = self.unwrap(wrapped)
        anew = iter(self.wrap(epoch, [key for key in keys if key is not None]))
        return [None if key is None else next(anew) for key in keys]

    # --- the file -----------------------------------------------------------------------------------------

    def _key(self, epoch: int) -> bytes:
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
            return {}
        except OSError as error:
            raise self._unreadable(error) from None
        stamp = (found.st_ino, found.st_size, found.st_mtime_ns)
        if stamp != self._read_as:
            self._keys = self._read().get(self._installation, {})
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
        with _locked(self._path.with_name(self._path.name + ".lock")):
            everybodys = self._read()
            yield everybodys
            self._replace(_written(everybodys))

    def _replace(self, written: str) -> None:
        """Put a new file in the place of the old one, whose bytes are overwritten once it is gone."""
        new = self._beside(written)
        with self._path.open("r+b") if self._path.exists() else nullcontext() as old:
            try:
                new.rename(self._path)
            except BaseException:
                new.unlink()
                raise
            _sync_directory(self._path.parent)
            if old is not None:
                length = old.seek(0, os.SEEK_END)
                old.seek(0)
                old.write(bytes(length))
                old.flush()
                os.fsync(old.fileno())

    def _beside(self, written: str) -> Path:
        """Write a new file, durably, that only we can read."""
        descriptor, name = tempfile.mkstemp(dir=self._path.parent)  # 0600
        new = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(written)
                file.flush()
                os.fsync(descriptor)
        except BaseException:
            new.unlink()
            raise
        return new


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


def _key_in(written: str) -> bytes:
    key = bytes.fromhex(written)
    if len(key) != KEY_BYTES:
        raise ValueError("a key of another length")
    return key


def _written(everybodys: dict[UUID, Keys]) -> str:
    said = {
        "scp-events keyring": FORMAT,
        "installations": {
            str(installation): {str(epoch): key.hex() for epoch, key in sorted(keys.items())}
            for installation, keys in everybodys.items()
        },
    }
    return json.dumps(said, indent=1) + "\n"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Be the only one to change the file; the kernel ends the lock however a process ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
