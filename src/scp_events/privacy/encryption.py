"""One part of an event encrypted with one key: what is written, what it is bound to, and how it is opened.

    data key --HKDF-SHA256--> cipher key (32) | commitment (32) | key of blinded digests and of nonces (32)

The commitment stands in the clear and is compared before anything is decrypted: a ciphertext of AES-GCM alone
can be made to read differently under two keys, so it would prove nothing. What a part says is bound to its
place: it opens in no other event, field group or person's name.

Inside stands a random salt before the text. The digest of both stands outside. Whoever may read the text can
be given salt and text, and check with SHA-256 alone that they are what was stored. Once the key is destroyed
the salt is gone with it, and the digest says nothing to somebody who guesses.
"""

from __future__ import annotations

import binascii
import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scp_events.privacy.failures import CorruptPartError, WrongKeyError
from scp_events.vocabulary import FieldGroup

DATA_KEY_BYTES: Final = 32
SALT_BYTES: Final = 32
NONCE_BYTES: Final = 12
PADDED_TO: Final = 32
"""Text is filled up with spaces to a multiple of this, so that its length tells less."""

_DERIVING = b"scp-events/part-key/1\0"
_NUMBERING = b"scp-events/nonce/1\0"
_BINDING = b"scp-events/part/1\0"
_DIGESTING = b"scp-events/part-text/1\0"

Random = Callable[[int], bytes]


class PartKey:
    """What one data key is used for. It knows whose it is, and shows nothing else of itself."""

    __slots__ = (
        "_blinding",
        "_cipher",
        "commitment",
        "group",
        "key_id",
        "key_id_as_written",
        "subject",
        "subject_as_written",
    )

    def __init__(self, data_key: bytes, *, key_id: UUID, subject: UUID, group: FieldGroup) -> None:
        whose = b"".join((_DERIVING, key_id.bytes, subject.bytes, group.encode()))
        derived = HKDF(SHA256(), length=96, salt=None, info=whose).derive(data_key)
        self.key_id = key_id
        self.subject = subject
        self.group = group
        self.key_id_as_written, self.subject_as_written = str(key_id), str(subject)
        self.commitment = derived[32:64]
        self._cipher = AESGCM(derived[:32])
        self._blinding = hmac.new(derived[64:], digestmod="sha256")

    def __repr__(self) -> str:
        return f"PartKey({self.key_id}, {self.subject}, {self.group!r})"

    def encrypt(self, nonce: bytes, text: bytes, bound_to: bytes) -> bytes:
        """Return the ciphertext with its tag."""
        return self._cipher.encrypt(nonce, text, bound_to)

    def decrypt(self, nonce: bytes, ciphertext: bytes, bound_to: bytes) -> bytes:
        """Return the text, or raise `InvalidTag`. It proves nothing without the commitment compared first."""
        return self._cipher.decrypt(nonce, ciphertext, bound_to)

    def nonce(self, bound_to: bytes) -> bytes:
        """Return the nonce for what is bound to a place, by a keyed digest.

        What it is bound to has the digest of salt and text in it. So even where a salt is drawn twice, as by
        two copies of a running machine, no two texts are encrypted with one nonce.
        """
        return self._keyed(_NUMBERING + bound_to)[:NONCE_BYTES]

    def blind(self, digest: bytes) -> bytes:
        """Return what tells one digest from another while the key exists, and tells nothing afterwards."""
        return self._keyed(digest)

    def _keyed(self, said: bytes) -> bytes:
        keyed = self._blinding.copy()  # `hmac.digest` would let every other thread go first
        keyed.update(said)
        return keyed.digest()


class Place(NamedTuple):
    """Where a part belongs: the n-th event of a stream, which has this type."""

    stream_id: UUID
    version: int
    type: str


class Opened(NamedTuple):
    """A part's text as it was encrypted, with the salt by which anybody can check it against the digest."""

    group: FieldGroup
    subject: UUID
    key_id: UUID
    salt: bytes
    text: bytes

    @property
    def digest(self) -> bytes:
        """Return what stands in the stored part, if this is what was encrypted."""
        return digest_of(self.salt, self.text)


def encrypt_part(key: PartKey, place: Place, text: bytes, random: Random) -> dict[str, str]:
    """Return the part as it is stored. `random` gives so many bytes nobody can guess."""
    salt = random(SALT_BYTES)
    padded = text + b" " * (-len(text) % PADDED_TO)
    digest = digest_of(salt, padded)
    bound = bound_to(key, place, digest)
    nonce = key.nonce(bound)
    ciphertext = key.encrypt(nonce, salt + padded, bound)
    return {
        "group": key.group,
        "subject": key.subject_as_written,
        "key": key.key_id_as_written,
        "commitment": _written(key.commitment),
        "digest": _written(digest),
        "ciphertext": _written(nonce + ciphertext),
    }


def decrypt_part(key: PartKey, place: Place, part: Mapping[str, object]) -> Opened:
    """Return what a stored part says. Raises `WrongKeyError` or `CorruptPartError`."""
    if not hmac.compare_digest(_read(part, "commitment"), key.commitment):
        raise WrongKeyError("the key at hand is not the one it was encrypted with")
    ciphertext, bound = _read(part, "ciphertext"), bound_to(key, place, _read(part, "digest"))
    try:
        said = key.decrypt(ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):
        raise CorruptPartError("what is stored is not what was encrypted in this place") from None
    return Opened(key.group, key.subject, key.key_id, said[:SALT_BYTES], said[SALT_BYTES:])


def digest_of(salt: bytes, text: bytes) -> bytes:
    """Return the public digest of a part's text; `hashlib` alone computes it."""
    return sha256(_DIGESTING + salt + text).digest()


def bound_to(key: PartKey, place: Place, digest: bytes) -> bytes:
    """Return what the ciphertext is bound to. Every member has a fixed length or says its own."""
    type_, group = place.type.encode(), key.group.encode()
    return b"".join(
        (
            _BINDING,
            place.stream_id.bytes,
            place.version.to_bytes(8),
            key.subject.bytes,
            key.key_id.bytes,
            key.commitment,
            digest,
            len(type_).to_bytes(2),
            type_,
            len(group).to_bytes(2),
            group,
        )
    )


def _written(said: bytes) -> str:
    return binascii.b2a_base64(said, newline=False).decode()


def _read(part: Mapping[str, object], name: str) -> bytes:
    said = part.get(name)
    try:
        return binascii.a2b_base64(said, strict_mode=True) if isinstance(said, str) else b""
    except binascii.Error:
        raise CorruptPartError(f"its {name} is not what was written") from None
