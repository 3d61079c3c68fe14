"""The keys of one log, one after the other, and the hand-overs between them.

A key signs the checkpoints up to a size, and from there on the next one does. Where one ends and the next
begins is said in a note that both have signed:

    scp-events hand-over 1
    <origin>
    <size of the last checkpoint that the old key signed>
    <its root, base64>
    old <vkey>
    new <vkey>

So whoever knows one of the keys knows all of them: the old key vouches for the new one, which it names, and
the new key for what the old one has signed, up to that size and with that root. No note of this kind can pass
for a checkpoint, whose second line is a size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from scp_events.ledger.format.checkpoint import Checkpoint, OpenedCheckpoint, open_checkpoint, parse_size
from scp_events.ledger.format.note import (
    KeyKind,
    MalformedNoteError,
    Note,
    NoteError,
    SignatureError,
    Signer,
    Verifier,
    from_base64,
    open_note,
    to_base64,
)
from scp_events.ledger.format.tree import HASH_BYTES

FORMAT = "scp-events hand-over 1"
_OLD, _NEW = "old ", "new "


@dataclass(frozen=True, slots=True)
class HandOver:
    """From after this size on, the new key signs for the log, and the old one no more."""

    origin: str
    size: int
    root: bytes
    old: Verifier
    new: Verifier

    def __post_init__(self) -> None:
        """Refuse a hand-over to the same key, or to another log."""
        if not self.origin == self.old.name == self.new.name:
            raise MalformedNoteError(
                f"the keys of one log are called as it is, {self.origin!r}: not {self.old.name!r} and then"
                f" {self.new.name!r}"
            )
        if self.old.public == self.new.public or {self.old.kind, self.new.kind} != {KeyKind.NOTE}:
            raise MalformedNoteError(f"{self.origin!r} hands over to another key, which signs notes")
        if len(self.root) != HASH_BYTES:
            raise MalformedNoteError(f"a root has {HASH_BYTES} bytes, not {len(self.root)}")

    def text(self) -> str:
        """Return what both keys sign."""
        lines = (FORMAT, self.origin, self.size, to_base64(self.root))
        keys = (f"{_OLD}{self.old.vkey}", f"{_NEW}{self.new.vkey}")
        return "".join(f"{line}\n" for line in (*lines, *keys))

    @classmethod
    def parse(cls, text: str) -> HandOver:
        """Return the hand-over a text says, which has one spelling only. Raises `MalformedNoteError`."""
        match text.split("\n"):
            case [form, origin, size, root, old, new, ""]:
                said = (form, old[: len(_OLD)], new[: len(_NEW)])
                if said == (FORMAT, _OLD, _NEW):
                    keys = Verifier.parse(old.removeprefix(_OLD)), Verifier.parse(new.removeprefix(_NEW))
                    return cls(origin, parse_size(size), from_base64(root), *keys)
        raise MalformedNoteError(f"this is no hand-over of a log's key: it does not say {FORMAT!r} and so on")

    @classmethod
    def open(cls, written: str) -> HandOver:
        """Return a hand-over that both keys have signed. Raises `NoteError`."""
        found = cls.parse(Note.parse(written).text)
        signed = open_note(written, (found.old, found.new)).signatures
        if len(signed) != len((found.old, found.new)):
            raise SignatureError(f"a hand-over of {found.origin!r} is signed by one of its keys, not by both")
        return found


def hand_over(last: Checkpoint, old: Signer, new: Signer) -> str:
    """Return the note by which `old` hands over to `new` after the last checkpoint it has signed."""
    text = HandOver(last.origin, last.size, last.root, old.verifier, new.verifier).text()
    return Note(text).signed(old.sign(text), new.sign(text)).written()


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys of one log: the first, and those it handed over to. Raises `NoteError` for no such chain."""

    first: Verifier
    notes: tuple[str, ...] = ()
    """The hand-overs as they are signed, in their order."""
    hand_overs: tuple[HandOver, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Check every link of the chain."""
        found = tuple(map(HandOver.open, self.notes))
        object.__setattr__(self, "hand_overs", found)
        key, size = self.first, 0
        for each in found:
            if each.old != key or each.size < size:
                raise MalformedNoteError(
                    f"the hand-over of {each.origin!r} at {each.size} events does not follow the one before"
                )
            key, size = each.new, each.size

    @classmethod
    def of(cls, known: Verifier, notes: Iterable[str]) -> LogKeys:
        """Return the keys that a key which is trusted vouches for, through these hand-overs.

        Raises `SignatureError` where it is none of theirs, `NoteError` where they do not hold together.
        """
        written = tuple(notes)
        keys = cls(HandOver.open(written[0]).old if written else known, written)
        if known not in keys.all:
            raise SignatureError(
                f"{known.vkey} is none of the keys of the log {keys.origin!r}, which signs with"
                f" {keys.newest.vkey}"
            )
        return keys

    @property
    def origin(self) -> str:
        """Return what the log is called."""
        return self.first.name

    @property
    def all(self) -> tuple[Verifier, ...]:
        """Return the keys, oldest first."""
        return (self.first, *(each.new for each in self.hand_overs))

    @property
    def newest(self) -> Verifier:
        """Return the key that signs now."""
        return self.all[-1]

    def at(self, size: int) -> Verifier:
        """Return the key that signs checkpoints of a size; of any other key they are worth nothing."""
        return next((each.old for each in self.hand_overs if size <= each.size), self.newest)

    def signer_of(self, written: str) -> Verifier:
        """Return the key that must have signed a checkpoint, by its size. Raises `MalformedNoteError`."""
        return self.at(Checkpoint.parse(Note.parse(written).text).size)

    def open(self, written: str, witnesses: Collection[Verifier] = ()) -> OpenedCheckpoint:
        """Return a checkpoint signed by the key of its size. Raises `NoteError`."""
        return open_checkpoint(written, [self.signer_of(written)], witnesses=witnesses)


def opened_by(
    keys: Collection[LogKeys], written: str, witnesses: Collection[Verifier] = ()
) -> OpenedCheckpoint:
    """Return a checkpoint that one of several chains of keys has signed. Raises `NoteError`."""
    told: NoteError = SignatureError("no key of the log is known that could have signed it")
    for each in keys:
        try:
            return each.open(written, witnesses)
        except NoteError as error:
            told = error
    raise told
