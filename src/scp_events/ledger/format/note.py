"""Signed notes, as C2SP has them: a text, and below it a line for each signature.

Two kinds of key sign here. A note key (type 1) signs the text alone. A cosigning key (type 4) signs the text
and when it did so: a witness's statement that it saw this text then, and nothing that contradicts it before.

Keys are written in one line: a verifying key as `name+id+key`, a signing key as `PRIVATE+KEY+name+id+key`. A
key's name and id are all a signature says of it; whoever checks must have got the key itself from somewhere
they trust.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
KEY_ID_BYTES = 4
SIGNATURE_BYTES = 64
TIME_BYTES = 8
MOST_SIGNATURES = 100
LONGEST_NOTE = 1_000_000
PRIVATE = "PRIVATE+KEY+"

_DASH = "\N{EM DASH} "
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_LATEST = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _SECOND


class NoteError(Exception):
    """A note is not to be believed; the message says why."""


class MalformedNoteError(NoteError):
    """It is no signed note, or no key."""


class SignatureError(NoteError):
    """A signature is wrong, or one that has to be there is missing."""


class KeyKind(IntEnum):
    """What a key's signatures say."""

    NOTE = 0x01
    COSIGNATURE = 0x04


# --- signatures and notes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signature:
    """One line below a text: by which key, and the bytes it made. Not checked yet."""

    name: str
    key_id: bytes
    value: bytes

    def line(self) -> str:
        """Return the line, with its end."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.value)}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """Return the signature a line without its end says. Raises `MalformedNoteError`."""
        name, _, said = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not is_key_name(name):
            raise MalformedNoteError(f"{line[:80]!r} is no signature line: an em dash, a key's name, base64")
        value = from_base64(said)
        if len(value) <= KEY_ID_BYTES:
            raise MalformedNoteError(f"the signature by {name!r} is too short")
        return cls(name, value[:KEY_ID_BYTES], value[KEY_ID_BYTES:])


@dataclass(frozen=True, slots=True)
class Note:
    """A text and the signatures below it, none of them checked: `open_note` does that."""

    text: str
    signatures: tuple[Signature, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a text that cannot be signed."""
        if not self.text.endswith("\n"):
            raise MalformedNoteError("a note's text ends with a newline")
        _check_characters(self.text)

    def written(self) -> str:
        """Return the note as it is kept and sent."""
        return f"{self.text}\n{''.join(signature.line() for signature in self.signatures)}"

    def signed(self, *signatures: Signature) -> Note:
        """Return the note with these signatures besides; one that is there already is not added again."""
        return Note(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))

    @classmethod
    def parse(cls, written: str) -> Note:
        """Return the note that is written there. Raises `MalformedNoteError`."""
        if len(written) > LONGEST_NOTE:
            raise MalformedNoteError(f"no note of ours has {len(written)} characters")
        _check_characters(written)
        text, blank, below = written.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise MalformedNoteError(
                "a note is a text, an empty line, and signature lines, each with its newline"
            )
        lines = below.removesuffix("\n").split("\n")
        if len(lines) > MOST_SIGNATURES:
            raise MalformedNoteError(f"no note of ours has {len(lines)} signatures")
        return cls(f"{text}\n", tuple(map(Signature.parse, lines)))


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A text, who has truly signed it, and the signatures of keys nobody told us of, which say nothing."""

    text: str
    signatures: Mapping[Verifier, Signature]
    unknown: tuple[Signature, ...]


def open_note(written: str, verifiers: Iterable[Verifier]) -> OpenedNote:
    """Return a note that at least one of these keys has signed.

    A signature by none of them is left aside, even where it bears the name of one. Raises `SignatureError`
    where none of them has signed or a signature that claims to be by one of them is wrong;
    `MalformedNoteError` where it is no note.
    """
    note = Note.parse(written)
    known = _by_name_and_id(verifiers)
    verified: dict[Verifier, Signature] = {}
    unknown = []
    for signature in note.signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            unknown.append(signature)
        else:
            verifier.verify(note.text, signature)
            verified.setdefault(verifier, signature)
    if not verified:
        raise SignatureError(f"none of these has signed: {', '.join(name for name, _ in known) or 'nobody'}")
    return OpenedNote(note.text, verified, tuple(unknown))


def _by_name_and_id(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise ValueError(
                f"two keys are called {verifier.name}+{verifier.key_id.hex()}: trust one of them"
            )
    return known


# --- keys -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that checks signatures."""

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        """Refuse what is no key."""
        if not is_key_name(self.name):
            raise MalformedNoteError(f"{self.name!r} cannot be a key's name: no spaces, no plus, not empty")
        if len(self.public) != KEY_BYTES:
            raise MalformedNoteError(
                f"the key of {self.name!r} has {len(self.public)} bytes, not {KEY_BYTES}"
            )

    @property
    def key_id(self) -> bytes:
        """Return the four bytes by which signatures name the key."""
        return sha256(b"%s\n%c%s" % (self.name.encode(), self.kind, self.public)).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """Return the key in one line, to be given to whoever checks."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes((self.kind,)) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """Return the key written in one line. Raises `MalformedNoteError`."""
        name, said_id, kind, public = _parse_key(vkey, "verifying")
        verifier = cls(name, kind, public)
        _check_id(verifier, said_id)
        return verifier

    def verify(self, text: str, signature: Signature) -> None:
        """Check that this key has signed the text. Raises `SignatureError`."""
        wrong = SignatureError(f"the signature by {self.name}+{self.key_id.hex()} is wrong")
        if (signature.name, signature.key_id) != (self.name, self.key_id):
            raise wrong
        message, value = text.encode(), signature.value
        if self.kind is KeyKind.COSIGNATURE:
            time, value = value[:TIME_BYTES], value[TIME_BYTES:]
            if int.from_bytes(time, "big") > _LATEST:
                raise wrong
            message = _cosigned(text, time)
        if len(value) != SIGNATURE_BYTES:
            raise wrong
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, message)
        except (InvalidSignature, ValueError):
            raise wrong from None


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs notes or, as a witness, cosigns them. The seed is the secret."""

    name: str
    kind: KeyKind
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no key, without showing it."""
        if len(self.seed) != KEY_BYTES:
            raise MalformedNoteError(f"the key of {self.name!r} has {len(self.seed)} bytes, not {KEY_BYTES}")
        _ = self.verifier

    @property
    def verifier(self) -> Verifier:
        """Return the key by which others check what this one signed."""
        return Verifier(self.name, self.kind, self._private().public_key().public_bytes_raw())

    @property
    def skey(self) -> str:
        """Return the key in one line. Whoever has it can sign in our name."""
        said = to_base64(bytes((self.kind,)) + self.seed)
        return f"{PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{said}"

    @classmethod
    def parse(cls, skey: str) -> Signer:
        """Return the key written in one line. Raises `MalformedNoteError`, which does not show it."""
        if not skey.startswith(PRIVATE):
            raise MalformedNoteError(f"a signing key begins with {PRIVATE}")
        name, said_id, kind, seed = _parse_key(skey.removeprefix(PRIVATE), "signing")
        signer = cls(name, kind, seed)
        _check_id(signer.verifier, said_id)
        return signer

    def sign(self, text: str) -> Signature:
        """Return the signature of a note key on a text."""
        if self.kind is not KeyKind.NOTE:
            raise ValueError(f"{self.name} is a witness's key: it cosigns")
        return self._signature(self._private().sign(text.encode()))

    def cosign(self, text: str, at: datetime) -> Signature:
        """Return the signature of a witness's key on a text, saying when."""
        if self.kind is not KeyKind.COSIGNATURE:
            raise ValueError(f"{self.name} is no witness's key: it signs, and cannot say when")
        time = ((at - _EPOCH) // _SECOND).to_bytes(TIME_BYTES, "big")
        return self._signature(time + self._private().sign(_cosigned(text, time)))

    def _signature(self, value: bytes) -> Signature:
        return Signature(self.name, self.verifier.key_id, value)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def cosigned_at(signature: Signature) -> datetime:
    """Return when a witness says that it cosigned; meaningful once the signature has been checked."""
    return _EPOCH + int.from_bytes(signature.value[:TIME_BYTES], "big") * _SECOND


def is_key_name(name: str) -> bool:
    """Tell whether a key can be called so."""
    return bool(name) and "+" not in name and not any(each.isspace() for each in name)


def _cosigned(text: str, time: bytes) -> bytes:
    """Return what a witness signs."""
    return b"cosignature/v1\ntime %d\n%s" % (int.from_bytes(time, "big"), text.encode())


def _parse_key(said: str, which: str) -> tuple[str, str, KeyKind, bytes]:
    """Return name, id, kind and key. What is wrong is told without the key, which may be a secret."""
    parts = said.split("+", 2)
    if len(parts) != len(("name", "id", "key")):
        raise MalformedNoteError(f"a {which} key is written as name+id+key")
    name, said_id, encoded = parts
    try:
        kind, *key = from_base64(encoded)
        return name, said_id, KeyKind(kind), bytes(key)
    except (MalformedNoteError, ValueError):
        raise MalformedNoteError(f"the {which} key of {name[:80]!r} is of no kind known here") from None


def _check_id(verifier: Verifier, said: str) -> None:
    if said != verifier.key_id.hex():
        raise MalformedNoteError(
            f"the key of {verifier.name!r} has the id {verifier.key_id.hex()}, not {said[:16]!r}"
        )


# --- text -------------------------------------------------------------------------------------------------


def to_base64(data: bytes) -> str:
    """Return data in standard base64."""
    return base64.b64encode(data).decode("ascii")


def from_base64(said: str) -> bytes:
    """Return what standard base64 says, which has one spelling only. Raises `MalformedNoteError`.

    Python passes over stray bits at the end; two spellings of one signature would be two notes.
    """
    try:
        data = base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or to_base64(data) != said:
        raise MalformedNoteError(f"{said[:100]!r} is not base64 in its one spelling")
    return data


def _check_characters(text: str) -> None:
    """Refuse control characters, and what is no text in UTF-8 at all."""
    if any(each < " " and each != "\n" for each in text):
        raise MalformedNoteError("a note has no control characters but newlines")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedNoteError("a note is text in UTF-8") from None
