"""Asking witnesses over HTTP, the honest ones and others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from scp_events.ledger.format.checkpoint import Checkpoint, open_checkpoint, with_cosignatures
from scp_events.ledger.format.note import KeyKind, Signer, cosigned_at
from scp_events.ledger.witness import asking as witnesses
from scp_events.ledger.witness.asking import ATTEMPTS, LARGEST, Reply, collect, cosignatures
from scp_events.ledger.witness.cosigning import PATH, SIZE, TEXT, Refused, judge
from tests.ledger.history import LOG, History
from tests.ledger.leaves import invented

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HISTORY = History(invented(80))
COURT, MINISTRY, POLICE = (
    Signer(f"{agency}.example/witness", KeyKind.COSIGNATURE, bytes(range(n, n + 32)))
    for n, agency in enumerate(("court", "ministry", "police"), 1)
)
UNHURRIED = 60.0

Answer = tuple[int, str, str]
"""Status, media type and body."""


@dataclass
class Honest:
    """A witness that goes by the rules, and remembers what it was asked."""

    signer: Signer
    known: dict[str, Checkpoint] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, body: str) -> Answer:
        self.asked.append(body.partition("\n")[0])
        answer = judge(body, {LOG.name: (LOG.verifier,)}, self.known.get)
        if isinstance(answer, Refused):
            return answer.status, answer.media_type, answer.said
        self.known[LOG.name] = answer.checkpoint
        return HTTPStatus.OK, TEXT, self.signer.cosign(answer.checkpoint.text(), NOON).line()


@contextmanager
def serving(answer: Callable[[str], Answer]) -> Iterator[str]:
    """Yield the address of a witness that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, media_type, said = answer(body) if self.path == f"/w{PATH}" else (404, TEXT, "elsewhere")
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            if status in {301, 302, 307, 308}:
                self.send_header("Location", said)
            self.end_headers()
            self.wfile.write(said.encode("utf-8", "surrogateescape"))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/w/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(size: int, **called: Callable[[str], Answer]) -> dict[str, Reply]:
    """Ask witnesses to cosign `size` leaves, and return the replies by their first names."""
    signers = {"court": COURT, "ministry": MINISTRY, "police": POLICE}
    with ExitStack() as stack:
        addresses = {
            signers[name].verifier: stack.enter_context(serving(each)) for name, each in called.items()
        }
        replies = collect(HISTORY.signed(size), addresses, proof_to(size), patience=UNHURRIED)
    assert [reply.witness for reply in replies] == list(addresses)
    return dict(zip(called, replies, strict=True))


def proof_to(size: int) -> Callable[[int], tuple[bytes, ...]]:
    return lambda old: HISTORY.proof(old, size)


def test_every_witness_cosigns_what_continues_the_last_checkpoint() -> None:
    court, ministry, police = Honest(COURT), Honest(MINISTRY), Honest(POLICE)
    for size in (5, 64, 64, 69):
        replies = ask(size, court=court, ministry=ministry, police=police)
        assert [reply.problem for reply in replies.values()] == [None] * 3
        assert {reply.size for reply in replies.values()} == {size}
        signed = with_cosignatures(HISTORY.signed(size), cosignatures(replies.values()))
        keys = [each.verifier for each in (COURT, MINISTRY, POLICE)]
        opened = open_checkpoint(signed, [LOG.verifier], witnesses=keys, quorum=3)
        assert opened.cosigned == dict.fromkeys(keys, NOON)


def test_a_witness_that_is_elsewhere_says_so_and_gets_the_proof_from_there() -> None:
    court = Honest(COURT, {LOG.name: HISTORY.checkpoint(40)})
    reply = ask(69, court=court)["court"]
    assert reply.cosignature
    assert court.asked == ["old 0", "old 40"]


def test_whoever_knows_where_a_witness_is_asks_once() -> None:
    court = Honest(COURT, {LOG.name: HISTORY.checkpoint(40)})
    with serving(court) as address:
        asked = {COURT.verifier: address}
        [reply] = collect(HISTORY.signed(69), asked, proof_to(69), sizes={COURT.verifier: 40})
        assert reply.cosignature
        assert court.asked == ["old 40"]
        [again] = collect(HISTORY.signed(80), asked, proof_to(80), sizes={COURT.verifier: reply.size or 0})
        assert again.cosignature
        assert court.asked == ["old 40", "old 69"]


def test_a_witness_that_has_seen_more_than_this_log_has_says_how_much() -> None:
    """So a log that was restored from an old backup finds out."""
    reply = ask(40, court=Honest(COURT, {LOG.name: HISTORY.checkpoint(69)}))["court"]
    assert (reply.cosignature, reply.size) == (None, 69)
    assert "more than the 40" in str(reply.problem)


def test_a_log_with_a_rewritten_history_gets_no_cosignature() -> None:
    rewritten = HISTORY.rewritten(3)
    with serving(Honest(COURT, {LOG.name: HISTORY.checkpoint(40)})) as address:
        [reply] = collect(
            rewritten.signed(69), {COURT.verifier: address}, lambda old: rewritten.proof(old, 69)
        )
    assert reply.cosignature is None
    assert reply.problem == "answered 422"


def says(status: int, said: str = "", media_type: str = TEXT) -> Callable[[str], Answer]:
    return lambda _body: (status, media_type, said)


def of_another_text(_body: str) -> Answer:
    return 200, TEXT, COURT.cosign("another text\n", NOON).line()


def by_another_witness(_body: str) -> Answer:
    return 200, TEXT, POLICE.cosign(HISTORY.checkpoint(69).text(), NOON).line()


def by_another_key(_body: str) -> Answer:
    thief = Signer(COURT.name, KeyKind.COSIGNATURE, bytes(32))
    return 200, TEXT, thief.cosign(HISTORY.checkpoint(69).text(), NOON).line()


@pytest.mark.parametrize(
    ("misbehaves", "problem"),
    [
        (says(500, "sorry"), "answered 500"),
        (says(404), "answered 404"),
        (says(409, "40\n"), "answered 409"),
        (says(200, ""), "not to be believed"),
        (says(200, "thank you\n"), "not to be believed"),
        (says(200, "— " + "a" * LARGEST), "too long"),
        (says(200, "\udcff"), "no text"),
        (says(409, "many\n", SIZE), "no size of a tree"),
        (says(409, "-1\n", SIZE), "no size of a tree"),
        (says(409, "040\n", SIZE), "no size of a tree"),
        (says(409, "40\n", SIZE), "does not stay with the size"),
        (says(409, f"{2**63 - 1}\n", SIZE), "more than the 69"),
        (of_another_text, "the signature by court"),
        (by_another_witness, "its own cosignature is not in its answer"),
        (by_another_key, "its own cosignature is not in its answer"),
    ],
)
def test_a_witness_that_misbehaves_is_told_of_and_the_others_are_heard(
    misbehaves: Callable[[str], Answer], problem: str
) -> None:
    replies = ask(69, court=misbehaves, ministry=Honest(MINISTRY), police=Honest(POLICE))
    assert replies["court"].cosignature is None
    assert problem in str(replies["court"].problem)
    assert len(cosignatures(replies.values())) == 2


def test_a_cosignature_among_those_of_strangers_is_found() -> None:
    honest = Honest(COURT)

    def crowded(body: str) -> Answer:
        status, media_type, said = honest(body)
        return status, media_type, by_another_key(body)[2] + by_another_witness(body)[2] + said

    reply = ask(69, court=crowded)["court"]
    assert reply.cosignature
    assert cosigned_at(reply.cosignature) == NOON


def test_a_witness_that_names_another_size_each_time_is_given_up() -> None:
    asked: list[str] = []

    def wandering(body: str) -> Answer:
        asked.append(body)
        return 409, SIZE, f"{len(asked)}\n"

    assert "does not stay" in str(ask(69, court=wandering)["court"].problem)
    assert len(asked) == ATTEMPTS


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    honest = Honest(COURT)
    with serving(honest) as elsewhere:
        reply = ask(69, court=says(status, f"{elsewhere.rstrip('/')}{PATH}"))["court"]
    assert reply.problem == f"answered {status}"
    assert honest.asked == []


@dataclass
class Nuisance:
    """Somebody who takes a question and never finishes the answer."""

    begins: bytes
    goes_on: bytes
    reached: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Yield the address."""
        over = threading.Event()

        def talk() -> None:
            with listening.accept()[0] as talking, suppress(OSError):
                self.reached.set()
                talking.sendall(self.begins)
                while not over.wait(0.01):
                    talking.sendall(self.goes_on)

        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=talk, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            over.set()
            thread.join(UNHURRIED)


def asking(witness: Signer) -> list[threading.Thread]:
    """Return the threads that still ask a witness."""
    return [thread for thread in threading.enumerate() if thread.name == f"asking {witness.name}"]


@pytest.mark.parametrize(
    "nuisance",
    [Nuisance(b"", b""), Nuisance(b"HTTP/1.1 200 OK\r\n\r\n", b"x")],
    ids=["who says nothing", "who never comes to an end"],
)
def test_a_witness_that_does_not_finish_in_time_does_not_hold_up_the_others(
    nuisance: Nuisance, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Honest(POLICE)

    def answer(body: str) -> Answer:
        assert nuisance.reached.wait(UNHURRIED)
        return honest(body)

    def clock() -> float:
        """Time is up when the honest witness has been heard."""
        heard = honest.known and not asking(POLICE)
        return UNHURRIED if heard else 0.0

    monkeypatch.setattr(witnesses, "time", SimpleNamespace(monotonic=clock))
    with nuisance.serving() as never, serving(answer) as address:
        asked = {POLICE.verifier: address, COURT.verifier: never}
        replies = collect(HISTORY.signed(69), asked, proof_to(69), patience=UNHURRIED)
        assert [reply.problem for reply in replies] == [None, "did not answer in time"]
        for thread in asking(COURT):
            thread.join(UNHURRIED)
        assert not asking(COURT), "nobody broke it off"


def test_a_witness_that_is_not_there_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gone = f"http://127.0.0.1:{listening.getsockname()[1]}"
    [reply] = collect(HISTORY.signed(69), {COURT.verifier: gone}, proof_to(69), patience=UNHURRIED)
    assert reply.problem == "cannot be reached (ConnectionRefusedError)"


def test_somebody_who_does_not_speak_http_is_told_of() -> None:
    def babble() -> None:
        with listening.accept()[0] as talking:
            talking.recv(65536)
            talking.sendall(b"220 mail.example ESMTP\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=babble)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        [reply] = collect(HISTORY.signed(69), {COURT.verifier: address}, proof_to(69), patience=UNHURRIED)
        thread.join()
    assert reply.problem == "does not speak HTTP (BadStatusLine)"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "court.example",
        "ftp://court.example",
        "file:///etc/passwd",
        "http://",
        "http://somebody:secret@court.example",
        "http://court.example/?to=elsewhere",
        "http://court.example:99999",
        "http://[court",
        "http://" + "a" * 64 + ".example",
    ],
)
def test_what_is_no_address_is_told_of(address: str) -> None:
    [reply] = collect(HISTORY.signed(69), {COURT.verifier: address}, proof_to(69), patience=UNHURRIED)
    assert reply.problem == "has an address that is no http:// or https:// address"


def test_a_proof_that_cannot_be_made_is_our_own_fault_and_raised() -> None:
    def fails(_old: int) -> tuple[bytes, ...]:
        raise RuntimeError("the tiles are gone")

    with (
        serving(Honest(COURT, {LOG.name: HISTORY.checkpoint(40)})) as address,
        pytest.raises(RuntimeError, match="the tiles are gone"),
    ):
        collect(HISTORY.signed(69), {COURT.verifier: address}, fails)


def test_proofs_are_asked_for_by_one_thread_at_a_time() -> None:
    """Whoever makes them reads tiles over one connection."""
    meeting = threading.Barrier(2)
    met: list[int] = []

    def meets(old: int) -> tuple[bytes, ...]:
        with suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(timeout=0.1))
        return HISTORY.proof(old, 69)

    behind = {LOG.name: HISTORY.checkpoint(40)}
    with ExitStack() as stack:
        asked = {
            each.verifier: stack.enter_context(serving(Honest(each, dict(behind))))
            for each in (COURT, MINISTRY, POLICE)
        }
        assert len(cosignatures(collect(HISTORY.signed(69), asked, meets))) == 3
    assert met == []


def test_nobody_asked_nobody_cosigned() -> None:
    assert collect(HISTORY.signed(69), {}, proof_to(69)) == []
