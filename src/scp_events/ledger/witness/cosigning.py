"""What a witness goes by when a log asks it to cosign: the rules of C2SP tlog-witness, without any deeds.

A witness remembers, for each log it knows, the last checkpoint it cosigned. It cosigns a checkpoint only
where that is proved to continue the remembered one, so two people who see its signature see one history.

This witness is stricter than the protocol in one thing: for one size it cosigns one text. The protocol lets
the lines after the root differ; ours hold the root over all streams, and two of those for one size are two
histories as well. It answers as for two roots (422), since 409 says that another size is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TypeAlias

from scp_events.ledger.format.checkpoint import Checkpoint, NoSuchTreeError, open_checkpoint, parse_size
from scp_events.ledger.format.note import (
    MalformedNoteError,
    Note,
    SignatureError,
    Verifier,
    from_base64,
    open_note,
    to_base64,
)
from scp_events.ledger.format.tree import HASH_BYTES, ProofError, verify_consistency

PATH = "/add-checkpoint"
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
MOST_HASHES = 63

KnownLogs: TypeAlias = Mapping[str, Sequence[Verifier]]
"""The keys of each log, by its origin."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """What a log asks: cosign this checkpoint, which continues the one of `old` leaves as the proof shows."""

    old: int
    proof: tuple[bytes, ...]
    signed: str

    def body(self) -> str:
        """Return the request as it is sent."""
        lines = (f"old {self.old}", *map(to_base64, self.proof))
        return "".join(f"{line}\n" for line in lines) + f"\n{self.signed}"

    @classmethod
    def parse(cls, body: str) -> AddCheckpoint:
        """Return the request a body says. Raises `MalformedNoteError`."""
        head, blank, signed = body.partition("\n\n")
        first, *lines = head.split("\n")
        if not blank or not first.startswith("old "):
            raise MalformedNoteError("a request is `old` and a size, the proof, an empty line, a checkpoint")
        if len(lines) > MOST_HASHES:
            raise MalformedNoteError(f"no proof has {len(lines)} hashes")
        proof = tuple(map(from_base64, lines))
        if any(len(each) != HASH_BYTES for each in proof):
            raise MalformedNoteError(f"a hash has {HASH_BYTES} bytes")
        return cls(parse_size(first.removeprefix("old ")), proof, signed)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The checkpoint may be cosigned, once it is remembered for good."""

    checkpoint: Checkpoint
    signed: str
    """With the signatures of its log that were checked, and no others."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer to a request that is not granted.

    `contradiction` is the signed checkpoint where the log has signed something that was not shown to continue
    what it signed before: to be kept, for it may prove that the log has two histories.
    """

    status: HTTPStatus
    said: str
    media_type: str = TEXT
    contradiction: str | None = None


def judge(body: str, logs: KnownLogs, latest: Callable[[str], Checkpoint | None]) -> Accepted | Refused:
    """Judge a request. `latest` returns the checkpoint last cosigned for an origin."""
    try:
        asked = AddCheckpoint.parse(body)
        origin, _, _ = Note.parse(asked.signed).text.partition("\n")
        keys = logs.get(origin)
        if not keys:
            return Refused(HTTPStatus.NOT_FOUND, "this witness does not know that log\n")
        checkpoint = open_checkpoint(asked.signed, keys, origin=origin).checkpoint
    except NoSuchTreeError as error:
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n")
    except MalformedNoteError as error:
        return Refused(HTTPStatus.BAD_REQUEST, f"{error}\n")
    except SignatureError as error:
        return Refused(HTTPStatus.FORBIDDEN, f"{error}\n")
    return _weigh(replace(asked, signed=_checked(asked.signed, keys)), checkpoint, latest(origin))


def _checked(signed: str, keys: Sequence[Verifier]) -> str:
    """Return a note without the signatures of keys nobody told us of: anybody can add those."""
    opened = open_note(signed, keys)
    return Note(opened.text).signed(*opened.signatures.values()).written()


def _weigh(asked: AddCheckpoint, checkpoint: Checkpoint, latest: Checkpoint | None) -> Accepted | Refused:
    """Compare a checkpoint that its log has signed with the one before."""
    known = latest.size if latest else 0
    if asked.old > checkpoint.size:
        return Refused(HTTPStatus.BAD_REQUEST, f"{checkpoint.size} leaves cannot continue {asked.old}\n")
    if asked.old != known:
        return Refused(HTTPStatus.CONFLICT, f"{known}\n", SIZE)
    if latest and checkpoint.size == known and checkpoint.text() != latest.text():
        said = f"another checkpoint of {known} leaves has been cosigned already\n"
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, said, contradiction=asked.signed)
    try:
        _continues(latest, checkpoint, asked.proof)
    except ProofError as error:
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n", contradiction=asked.signed)
    return Accepted(checkpoint, asked.signed)


def _continues(latest: Checkpoint | None, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that the log has only grown. What came before the first leaf needs no proof, and has none."""
    if latest is None or latest.size == 0:
        if proof:
            raise ProofError("nothing proves what continues a tree without leaves: the proof must be empty")
        return
    verify_consistency(latest.size, latest.root, checkpoint.size, checkpoint.root, proof)
