"""Asking witnesses to cosign a checkpoint, over HTTP, all at once: C2SP tlog-witness from the log's side.

A witness that fails, dawdles or misbehaves has a reply that says so, and keeps no other from theirs. What it
sends is believed only as far as its signature goes. Redirects are not followed.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock, Thread
from urllib.parse import urlsplit

from scp_events.ledger.format.checkpoint import Checkpoint, parse_size
from scp_events.ledger.format.note import (
    MalformedNoteError,
    Note,
    NoteError,
    Signature,
    SignatureError,
    Verifier,
)
from scp_events.ledger.witness.cosigning import PATH, SIZE, TEXT, AddCheckpoint

PATIENCE = 10.0
"""Seconds all witnesses together have."""
ATTEMPTS = 3
"""How often one witness may name another size before we give it up."""
LARGEST = 64 * 1024

Prove = Callable[[int], Sequence[bytes]]
"""Returns the proof that the checkpoint continues the tree of so many leaves."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking one witness: its cosignature, or what the problem was.

    `size` is how many leaves it has last cosigned, where it said so. More than the checkpoint has means that
    this log has been ahead of where it is now: it was restored from a backup, or there is another one.
    """

    witness: Verifier
    cosignature: Signature | None = None
    size: int | None = None
    problem: str | None = None


def collect(
    signed: str,
    witnesses: Mapping[Verifier, str],
    prove: Prove,
    *,
    sizes: Mapping[Verifier, int] | None = None,
    patience: float = PATIENCE,
) -> list[Reply]:
    """Ask each witness at its address to cosign a signed checkpoint, and return what came of each.

    `sizes` says how far each was when last asked, which saves a question. `prove` is never called by two
    threads at once; what it raises is raised here.
    """
    turn = Lock()

    def one_at_a_time(old: int) -> Sequence[bytes]:
        with turn:
            return prove(old)

    question = _Question(signed, Note.parse(signed).text, one_at_a_time, time.monotonic() + patience)
    askings = [
        _Asking(question, witness, address, (sizes or {}).get(witness, 0))
        for witness, address in witnesses.items()
    ]
    for asking in askings:
        asking.start()
    return [asking.reply() for asking in askings]


def cosignatures(replies: Iterable[Reply]) -> list[Signature]:
    """Return the cosignatures among the replies."""
    return [reply.cosignature for reply in replies if reply.cosignature]


@dataclass(frozen=True, slots=True)
class _Question:
    """What all witnesses are asked, and until when."""

    signed: str
    text: str
    prove: Prove
    deadline: float


class _Asking(Thread):
    """One witness being asked. The thread may outlive its deadline, but nobody waits for it then."""

    def __init__(self, question: _Question, witness: Verifier, address: str, old: int) -> None:
        super().__init__(name=f"asking {witness.name}", daemon=True)
        self._question = question
        self._witness = witness
        self._address = address
        self._old = old
        self._socket: socket.socket | None = None
        self._reply: Reply | None = None
        self._error: BaseException | None = None

    def reply(self) -> Reply:
        """Return what came of it by the deadline."""
        self.join(max(self._question.deadline - time.monotonic(), 0))
        if self._error:
            raise self._error
        if self._reply:
            return self._reply
        self._give_up()
        return Reply(self._witness, problem="did not answer in time")

    def run(self) -> None:
        """Ask, and keep the reply or what went wrong on our own side."""
        try:
            self._reply = self._asked()
        except (OSError, HTTPException, NoteError, UnicodeError, _AddressError) as error:
            self._reply = Reply(self._witness, problem=_told(error))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            self._error = error

    def _asked(self) -> Reply:
        size, old = Checkpoint.parse(self._question.text).size, self._old
        for _ in range(ATTEMPTS):
            if old > size:
                problem = f"has cosigned {old} leaves already, more than the {size} of this checkpoint"
                return Reply(self._witness, size=old, problem=problem)
            proof = tuple(self._question.prove(old)) if old else ()
            status, media_type, said = self._post(AddCheckpoint(old, proof, self._question.signed).body())
            if status == HTTPStatus.OK:
                return Reply(self._witness, self._cosignature(said), size)
            if status != HTTPStatus.CONFLICT or media_type != SIZE:
                return Reply(self._witness, problem=f"answered {status}")
            old = parse_size(said.removesuffix("\n"))
        return Reply(self._witness, size=old, problem="does not stay with the size it names")

    def _cosignature(self, said: str) -> Signature:
        """Return this witness's own cosignature, checked; lines of others are left aside."""
        for line in said.removesuffix("\n").split("\n"):
            signature = Signature.parse(line)
            if (signature.name, signature.key_id) == (self._witness.name, self._witness.key_id):
                self._witness.verify(self._question.text, signature)
                return signature
        raise SignatureError("its own cosignature is not in its answer")

    def _post(self, body: str) -> tuple[int, str, str]:
        """Send a request; return status, media type and body."""
        connection, path = self._connection()
        with closing(connection):
            connection.connect()
            self._socket = connection.sock  # the connection lets go of it before the answer is read
            connection.request(
                "POST", path, body.encode(), {"Content-Type": TEXT, "User-Agent": "scp-events"}
            )
            answer = connection.getresponse()
            said = answer.read(LARGEST + 1)
        if len(said) > LARGEST:
            raise MalformedNoteError("its answer is too long")
        media_type = answer.getheader("Content-Type", "").partition(";")[0].strip().lower()
        try:
            return answer.status, media_type, said.decode()
        except UnicodeDecodeError:
            raise MalformedNoteError("its answer is no text") from None

    def _connection(self) -> tuple[HTTPConnection, str]:
        try:
            parts = urlsplit(self._address)
            port = parts.port
        except ValueError:
            raise _AddressError from None
        kind = {"http": HTTPConnection, "https": HTTPSConnection}.get(parts.scheme)
        if kind is None or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise _AddressError
        left = self._question.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return kind(parts.hostname, port, timeout=left), f"{parts.path.rstrip('/')}{PATH}"

    def _give_up(self) -> None:
        """Break off what is still being read, so that the thread ends."""
        if self._socket:
            with suppress(OSError):  # closed already
                self._socket.shutdown(socket.SHUT_RDWR)


class _AddressError(Exception):
    """The address is no place to ask at."""


def _told(error: Exception) -> str:
    """Return the problem in our words; what a witness or a library says may be anything."""
    match error:
        case _AddressError() | UnicodeError():
            return "has an address that is no http:// or https:// address"
        case TimeoutError():
            return "did not answer in time"
        case NoteError():
            return f"gave an answer that is not to be believed: {error}"
        case OSError():
            return f"cannot be reached ({type(error).__name__})"
    return f"does not speak HTTP ({type(error).__name__})"
