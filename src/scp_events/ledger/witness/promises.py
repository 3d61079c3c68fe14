"""What a witness has cosigned, kept so that it cannot be forgotten: its promise to cosign nothing else.

All of it is one file, replaced as a whole and flushed to the disk before anybody hears of it. A witness that
cannot find it does not start: with an empty memory it would cosign any history. One process at a time may
keep it.

Crash before the file is replaced: nothing was promised. After, and before the answer: the log asks again and
is told how far the witness is.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from scp_events.ledger import durable
from scp_events.ledger.format.checkpoint import Checkpoint, with_cosignatures
from scp_events.ledger.format.note import KeyKind, Note, Signature, Signer, Verifier
from scp_events.ledger.key_files import PRIVATE_DIRECTORY, KeyFileError, read_key, write_key
from scp_events.ledger.witness.cosigning import Accepted

KEY = "witness.key"
PROMISES = "promises.json"
LOGS = "logs"
FORMAT = "scp-witness/2"


class PromisesError(Exception):
    """The witness cannot vouch for anything; the message says what to do."""


class Promises:
    """The last checkpoint cosigned for each log, with both signatures. Not for two threads at once."""

    def __init__(self, directory: Path, witness: Verifier, signed: dict[str, str]) -> None:
        self._directory = directory
        self._witness = witness
        self._signed = signed
        self._latest = {origin: Checkpoint.parse(Note.parse(note).text) for origin, note in signed.items()}

    def latest(self, origin: str) -> Checkpoint | None:
        """Return the last checkpoint cosigned for a log."""
        return self._latest.get(origin)

    def cosigned(self, origin: str) -> str | None:
        """Return it as it was signed by the log, and cosigned."""
        return self._signed.get(origin)

    def cosigned_of(self, origin_hash: str) -> str | None:
        """Return it for the log whose name has this SHA-256, in hexadecimal digits."""
        for origin, signed in self._signed.items():
            if sha256(origin.encode()).hexdigest() == origin_hash:
                return signed
        return None

    def keep(self, accepted: Accepted, cosignature: Signature) -> None:
        """Remember a checkpoint for good; only then may anybody hear of its cosignature.

        Raises `OSError`, and forgets it.
        """
        origin = accepted.checkpoint.origin
        signed = {**self._signed, origin: with_cosignatures(accepted.signed, [cosignature])}
        durable.replace(self._directory / PROMISES, _written(self._witness, signed))
        self._signed, self._latest[origin] = signed, accepted.checkpoint


def found(directory: Path, signer: Signer) -> None:
    """Make a new witness in a directory: its key, and the memory of having promised nothing.

    Raises `KeyFileError` or `PromisesError` where there is one already.
    """
    directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    if (directory / KEY).exists():
        raise KeyFileError(f"{directory / KEY} holds a key already: found the witness elsewhere")
    promises = directory / PROMISES
    if promises.exists() and _read(promises)[1]:
        raise PromisesError(f"{promises} is what another key has promised: found the witness elsewhere")
    durable.replace(promises, _written(signer.verifier, {}))
    write_key(directory / KEY, signer)


@contextmanager
def opened(directory: Path) -> Iterator[tuple[Signer, Promises]]:
    """Yield a witness's key and its promises, for one process. Raises `PromisesError` or `KeyFileError`."""
    signer = read_key(directory / KEY, KeyKind.COSIGNATURE)
    with _alone(directory):
        witness, signed = _read(directory / PROMISES)
        if witness != signer.verifier.vkey:
            raise PromisesError(
                f"{directory / PROMISES} is what {witness!r} has promised, not {signer.name!r}"
            )
        yield signer, Promises(directory, signer.verifier, signed)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the directory's lock. It is let go when the process ends, however it ends."""
    descriptor = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, durable.OURS_ALONE)
    try:
        _lock(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PromisesError(f"another witness runs in {directory}: there can be one") from None


def _written(witness: Verifier, signed: dict[str, str]) -> bytes:
    said: dict[str, object] = {"format": FORMAT, "witness": witness.vkey, "cosigned": signed}
    return json.dumps({**said, "sha256": _sum(said)}, ensure_ascii=False, indent=1).encode()


def _read(path: Path) -> tuple[str, dict[str, str]]:
    """Return whose promises a file holds, and the signed checkpoints by their origin."""
    try:
        said = json.loads(path.read_bytes())
        claimed = said.pop("sha256")
        sound = claimed == _sum(said) and said["format"] == FORMAT
    except FileNotFoundError:
        raise PromisesError(
            f"{path} is not there, and without it this witness would cosign any history: restore the very"
            " last one; where it is lost, found a new witness with a new key"
        ) from None
    except (AttributeError, KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise PromisesError(
            f"{path} is not as it was written: restore the very last one, or found a new witness"
        )
    return said["witness"], said["cosigned"]


def _sum(said: dict[str, object]) -> str:
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
