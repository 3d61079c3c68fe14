"""A client of little cost: prebuilt requests over kept-alive connections, one thread, one `select`.

Of a request only the address and the key are put in when it is sent; of an answer only the status and the
length are looked at. That is some ten microseconds a request, far below what any of the servers takes, where
a general HTTP client takes more than some of them.
"""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from time import perf_counter
from typing import NamedTuple, TypeAlias

from benchmarks.rounds import Done
from scp_events.vocabulary import Actor

HEAD = (
    "POST {address} HTTP/1.1\r\n"
    "Host: 127.0.0.1\r\n"
    "Authorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\n"
    "Scp-Purpose: casework\r\n"
    "Idempotency-Key: {key}\r\n"
    "{condition}"
    "Content-Length: {length}\r\n\r\n"
)
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
RECORDED = b"HTTP/1.1 200 "


class Sent(NamedTuple):
    """What a client sends, again and again."""

    address: str
    """With `{}` where the name of what it is about belongs."""
    by: Actor
    body: bytes
    times: int
    """How often it is sent to each, one after the other; never to one that has had so many."""
    condition: str = ""
    """A further header: on which version it is decided."""


Told: TypeAlias = tuple[Sequence[str], float]
"""About what it is to send, by name, and for how many seconds at most."""


def client(port: int, token: str, sent: Sent, connections: int) -> Callable[[Told], Done]:
    """Return what a helper does: send for so long, or to as many, each connection to one after the other."""
    keys = count(1)

    def ask(told: Told) -> Done:
        names, seconds = told
        turns = iter(names)
        opened = [Connection(port, _requests(turns, keys, token, sent)) for _ in range(connections)]
        try:
            return _ask(opened, seconds)
        finally:
            for connection in opened:
                connection.socket.close()

    return ask


def _ask(opened: Sequence[Connection], seconds: float) -> Done:
    """Keep every connection busy until the time is over, then wait for the last answers."""
    busy = {connection.socket: connection for connection in opened}
    waits: list[float] = []
    began = perf_counter()
    for connection in opened:
        if not connection.send():
            del busy[connection.socket]
    while busy:
        readable, _, _ = select.select(list(busy), [], [])
        for ready in readable:
            connection = busy[ready]
            if not connection.answered():
                continue
            now = perf_counter()
            waits.append(now - connection.sent_at)
            if now >= began + seconds or not connection.send():
                del busy[ready]
    return Done(len(waits), perf_counter() - began, waits)


class Connection:
    """One kept-alive connection, with one request under way at a time."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._requests = requests
        self._received = b""

    def send(self) -> bool:
        """Send the next request, if there is one."""
        request = next(self._requests, None)
        if request is None:
            return False
        self.sent_at = perf_counter()
        self.socket.sendall(request)
        return True

    def answered(self) -> bool:
        """Take in what has come, and say whether the answer is whole. It must say that it was recorded."""
        self._received += self.socket.recv(65536)
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            assert self._received, "the server has closed the connection"
            return False
        assert self._received.startswith(RECORDED), self._received
        length = LENGTH.search(self._received, 0, head + 2)
        assert length is not None, self._received
        if len(self._received) < head + 4 + int(length[1]):
            return False
        self._received = b""
        return True


def _requests(names: Iterator[str], keys: Iterator[int], token: str, sent: Sent) -> Iterator[bytes]:
    known = {"token": token, "length": len(sent.body), "condition": sent.condition}
    for name in names:
        head = HEAD.format(address=sent.address.format(name), key="{key}", **known)
        for key in islice(keys, sent.times):
            yield head.format(key=key).encode() + sent.body
