"""Checkpoints, as C2SP has them: what a log says of its tree at one size, signed by it and its witnesses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scp_events.ledger.format.note import (
    KeyKind,
    MalformedNoteError,
    Note,
    Signature,
    SignatureError,
    Signer,
    Verifier,
    cosigned_at,
    from_base64,
    open_note,
    to_base64,
)
from scp_events.ledger.format.tree import EMPTY_ROOT, HASH_BYTES

LARGEST = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class NoSuchTreeError(MalformedNoteError):
    """It tells of a tree without leaves that has another root than there is."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, how many leaves its tree has, its root, and lines that the log says besides."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be written so that it is read as the same."""
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise MalformedNoteError(
                    f"{line[:80]!r} is not one line of a checkpoint: it has to be one, not empty"
                )
        if not 0 <= self.size <= LARGEST:
            raise MalformedNoteError(f"no tree has {self.size} leaves")
        if len(self.root) != HASH_BYTES:
            raise MalformedNoteError(f"a root has {HASH_BYTES} bytes, not {len(self.root)}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise NoSuchTreeError(f"the tree without leaves has no root {self.root.hex()}")

    def text(self) -> str:
        """Return what is signed."""
        return "".join(
            f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions)
        )

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint a text says, which has one spelling only. Raises `MalformedNoteError`."""
        match text.removesuffix("\n").split("\n"):
            case [origin, size, root, *extensions] if text.endswith("\n"):
                return cls(origin, parse_size(size), from_base64(root), tuple(extensions))
        raise MalformedNoteError("a checkpoint is an origin, a size and a root, a line each")

    def extension(self, word: str) -> str | None:
        """Return the rest of the extension line that begins with `word`; None where there is none.

        Raises `MalformedNoteError` where there are two, because nobody could tell which is meant.
        """
        found = [line.removeprefix(f"{word} ") for line in self.extensions if line.startswith(f"{word} ")]
        if len(found) > 1:
            raise MalformedNoteError(f"the checkpoint says {word!r} {len(found)} times")
        return found[0] if found else None


def parse_size(said: str) -> int:
    """Return a size in decimal, without leading zeros. Raises `MalformedNoteError`."""
    if not _SIZE.fullmatch(said) or int(said) > LARGEST:
        raise MalformedNoteError(f"{said[:40]!r} is no size of a tree")
    return int(said)


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """Return the checkpoint as a note signed by its log."""
    text = checkpoint.text()
    return Note(text).signed(signer.sign(text)).written()


def with_cosignatures(written: str, cosignatures: Iterable[Signature]) -> str:
    """Return a signed checkpoint with cosignatures besides."""
    return Note.parse(written).signed(*cosignatures).written()


def signed_by_these_alone(written: str, verifiers: Collection[Verifier]) -> str:
    """Return a checkpoint with one signature by each of these keys that has signed, in their order.

    Whoever checks a document takes no other line: one that nobody can check could say anything.
    """
    note, opened = Note.parse(written), open_note(written, verifiers)
    signatures = [opened.signatures[each] for each in verifiers if each in opened.signatures]
    return Note(note.text, tuple(signatures)).written()


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint that its log has signed, and which of the witnesses asked about cosigned it, and when."""

    checkpoint: Checkpoint
    log: Verifier
    cosigned: Mapping[Verifier, datetime] = field(default_factory=dict)


def open_checkpoint(
    written: str,
    verifiers: Collection[Verifier],
    *,
    witnesses: Collection[Verifier] = (),
    quorum: int = 0,
    origin: str | None = None,
) -> OpenedCheckpoint:
    """Return a checkpoint signed by one of the log's keys and by at least `quorum` of the witnesses.

    The origin is the one given or, where none is, the name of the key that signed: a key that signs for two
    logs could otherwise pass one for the other. Raises `SignatureError` where a signature is wrong or too few
    are there, `MalformedNoteError` where it is no checkpoint.
    """
    check_trust(verifiers, witnesses, quorum)
    opened = open_note(written, (*verifiers, *witnesses))
    log = next((each for each in opened.signatures if each.kind is KeyKind.NOTE), None)
    if log is None:
        raise SignatureError("the log has not signed, only others have")
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != (origin or log.name):
        raise SignatureError(f"this is a checkpoint of {checkpoint.origin!r}, not of {origin or log.name!r}")
    cosigned = {
        verifier: cosigned_at(signature)
        for verifier, signature in opened.signatures.items()
        if verifier.kind is KeyKind.COSIGNATURE
    }
    if len(cosigned) < quorum:
        raise SignatureError(
            f"{len(cosigned)} of {len(witnesses)} witnesses have cosigned, {quorum} are needed"
        )
    return OpenedCheckpoint(checkpoint, log, cosigned)


def check_trust(verifiers: Collection[Verifier], witnesses: Collection[Verifier], quorum: int) -> None:
    """Refuse a policy that would count one voice twice, or could never be met. Raises `ValueError`."""
    if any(each.kind is not KeyKind.NOTE for each in verifiers):
        raise ValueError("a log signs with a note key (type 1), not with a cosigning key")
    if any(each.kind is not KeyKind.COSIGNATURE for each in witnesses):
        raise ValueError("a witness signs with a cosigning key (type 4), not with a note key")
    if {each.public for each in verifiers} & {each.public for each in witnesses}:
        raise ValueError("the log is one of its own witnesses: whoever has its key could cosign too")
    if len({each.public for each in witnesses}) < len(witnesses):
        raise ValueError("two witnesses have one key: they would be one voice counted twice")
    if not 0 <= quorum <= len(witnesses):
        raise ValueError(f"a quorum of {quorum} cannot be had from {len(witnesses)} witnesses")
