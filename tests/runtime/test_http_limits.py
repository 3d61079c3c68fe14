"""What one client may take of a server, whoever it is: no token is needed to try, so none is needed here."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep
from uuid import UUID

import httpx2
import pytest

from tests.services.test_api_service import free_port

SECONDS = 1.0
LATEST = SECONDS + 3.0
"""By when a client that keeps us waiting is gone; the machine may be busy."""
MOST = 50


class Small:
    """A server, and connections to it."""

    def __init__(self, port: int, journal: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.journal = journal

    def connected(self, sending: bytes = b"") -> socket.socket:
        found = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        found.sendall(sending)
        return found

    def answered(self, sending: bytes) -> bytes:
        """Return all that is answered until the server closes."""
        with closing(self.connected(sending)) as connection:
            return _rest(connection)


def _rest(connection: socket.socket) -> bytes:
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        """It closed with something of ours unread."""
    return found


@contextmanager
def serving(tmp_path: Path) -> Iterator[Small]:
    port = free_port()
    journal = tmp_path / "journal"
    with journal.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.runtime.small_server", str(port), str(SECONDS), str(MOST)],
            stderr=written,
        )
    try:
        small = Small(port, journal)
        until_answered(small)
        yield small
    finally:
        process.terminate()
        assert process.wait(20) == 0


def until_answered(small: Small) -> None:
    deadline = monotonic() + 30
    while monotonic() < deadline:
        try:
            httpx2.get(small.url + "/livez")
        except httpx2.TransportError:
            sleep(0.05)
        else:
            return
    raise AssertionError(small.journal.read_text())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with serving(tmp_path_factory.mktemp("small")) as found:
        yield found


HEAD = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"X: " + b"a" * 33_000, b"431"),
        (HEAD + b"X: " + b"a" * 33_000 + b"\r\n\r\n", b"431"),
        (HEAD + b"".join(b"X: %d\r\n" % each for each in range(101)) + b"\r\n", b"431"),
        (b"GET /" + b"a" * 33_000, b"431"),
        (b"\r\n" * 17_000, b"431"),
        (b"GET / HTTP/9\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", b"400"),
    ],
    ids=[
        "a header without an end",
        "a header",
        "many headers",
        "an address",
        "empty lines",
        "9",
        "two lengths",
    ],
)
def test_a_head_that_is_too_large_or_none_is_refused(small: Small, sent: bytes, status: bytes) -> None:
    assert small.answered(sent).split(b" ")[1] == status


def test_a_head_as_large_as_any_of_ours_is_taken(small: Small) -> None:
    headers = {f"X-{number}": "a" * 300 for number in range(90)}
    assert httpx2.get(small.url + "/livez", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", HEAD, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"],
    ids=["nothing", "a letter", "half a head", "half a body"],
)
def test_who_sends_no_more_is_told_that_it_is_too_late(small: Small, sent: bytes) -> None:
    began = monotonic()
    assert small.answered(sent).startswith(b"HTTP/1.1 408 ")
    assert SECONDS <= monotonic() - began < LATEST


def test_a_byte_now_and_then_wins_no_time(small: Small) -> None:
    began = monotonic()
    with closing(small.connected(HEAD + b"X: ")) as connection:
        connection.settimeout(0.2)
        while monotonic() - began < LATEST:
            try:
                connection.sendall(b"a")
                if connection.recv(100).startswith(b"HTTP/1.1 408 "):
                    break
            except TimeoutError:
                continue
    assert monotonic() - began < LATEST


def test_who_is_answered_and_asks_no_more_is_let_go(small: Small) -> None:
    began = monotonic()
    with closing(small.connected(HEAD + b"\r\n")) as connection:
        assert connection.recv(20).startswith(b"HTTP/1.1 200 ")
        _rest(connection)
    assert monotonic() - began < LATEST


def test_the_rest_of_a_body_that_nobody_reads_is_not_waited_for_either(small: Small) -> None:
    began = monotonic()
    with closing(small.connected(HEAD + b"Content-Length: 1000000\r\n\r\n")) as connection:
        connection.settimeout(0.2)
        assert connection.recv(20).startswith(b"HTTP/1.1 200 ")
        try:
            while monotonic() - began < LATEST:
                connection.sendall(b"a")
                sleep(0.1)
        except ConnectionError:
            """It was ended."""
    assert monotonic() - began < LATEST


def test_who_does_not_read_the_answer_is_let_go(small: Small) -> None:
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", small.port))
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        sleep(LATEST)
        connection.settimeout(20)
        assert len(_rest(connection)) < 32 * 1024 * 1024


@pytest.mark.parametrize("path", [b"/large", b"/in-pieces"])
def test_who_reads_the_answer_slowly_gets_all_of_it(small: Small, path: bytes) -> None:
    received, began = 0, monotonic()
    with closing(
        small.connected(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    ) as connection:
        while part := connection.recv(1024 * 1024):
            received += len(part)
            sleep(0.1)
    assert received > 32 * 1024 * 1024
    assert monotonic() - began > SECONDS


def test_a_body_that_comes_slowly_has_longer_the_more_of_it_came(small: Small) -> None:
    with closing(
        small.connected(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 20480\r\n\r\n")
    ) as connection:
        for _ in range(20):
            connection.sendall(b"a" * 1024)
            sleep(SECONDS / 8)
        assert connection.recv(20).startswith(b"HTTP/1.1 200 ")


def test_requests_sent_one_behind_the_other_are_all_answered(small: Small) -> None:
    sent = HEAD + b"\r\n" + b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" + HEAD
    answer = small.answered(sent + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 ") == 3


def test_where_too_many_are_connected_who_waited_longest_makes_room(small: Small) -> None:
    waiting = [small.connected() for _ in range(MOST * 2)]
    for each in waiting[:MOST]:
        each.settimeout(LATEST)
    try:
        assert httpx2.get(small.url + "/livez").status_code == 200
        assert _rest(waiting[0]) == b"", "not even told that it was too late: there was no time for that"
    finally:
        for each in waiting:
            each.close()


def test_every_answer_is_safe_and_says_under_which_id_it_was_written_down(small: Small) -> None:
    answer = httpx2.get(small.url + "/livez")
    said = {
        name: answer.headers[name] for name in answer.headers if name.startswith(("x-", "content-sec", "ref"))
    }
    request_id = said.pop("x-request-id")
    assert said == {
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in answer.headers
    assert request_id in [
        json.loads(line).get("request_id") for line in small.journal.read_text().splitlines()
    ]


TRACED = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize("said", [TRACED, "0d9a1c52-0f0e-4f0a-9a46-4f6b2e0c7d31"])
def test_an_id_that_is_one_is_kept(small: Small, said: str) -> None:
    assert httpx2.get(small.url + "/livez", headers={"X-Request-Id": said}).headers["x-request-id"] == said


@pytest.mark.parametrize("said", ["Invented Wren", "2008-05-04", "", TRACED + "0", "1" * 31, TRACED + ", x"])
def test_an_id_that_could_be_somebodys_name_or_number_is_replaced(small: Small, said: str) -> None:
    found = httpx2.get(small.url + "/livez", headers={"X-Request-Id": said}).headers["x-request-id"]
    assert UUID(found).version == 4


def test_of_two_ids_neither_is_kept(small: Small) -> None:
    twice = [("X-Request-Id", TRACED), ("X-Request-Id", TRACED)]
    found = httpx2.get(small.url + "/livez", headers=twice).headers["x-request-id"]
    assert UUID(found).version == 4
