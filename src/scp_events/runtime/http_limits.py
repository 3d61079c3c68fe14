"""What one connection may take of us: the size of a request's head, and time to send it or read the answer.

uvicorn bounds neither. Its parser keeps a header until it is complete, so one that never ends fills the
memory; and it waits for ever for a request that was begun. Nobody needs a token for either, so both are ended
here, before anything of a request reaches an app.

Connections are looked at once a second by `HttpServer`, which costs a request nothing.
"""

from __future__ import annotations

from asyncio import BaseTransport, Transport
from dataclasses import dataclass
from time import monotonic
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 32 * 1024
"""Bytes of a request line and headers. The longest token is a quarter of that."""
MOST_HEADERS = 100
BAD_REQUEST, TOO_SLOW, HEAD_TOO_LARGE = 400, 408, 431
_ANSWERS = {
    BAD_REQUEST: (b"400 Bad Request", b"this is no request that can be read"),
    TOO_SLOW: (b"408 Request Timeout", b"the request did not arrive in time: send it again at once"),
    HEAD_TOO_LARGE: (
        b"431 Request Header Fields Too Large",
        f"send at most {MOST_HEADERS} headers, together at most {LARGEST_HEAD} bytes".encode(),
    ),
}


@dataclass(frozen=True)
class Patience:
    """How long a client may take, in seconds, and how slow it may be then, in bytes a second."""

    head: float = 10.0
    """From being let in, or from the answer before, until the headers are complete."""
    body: float = 20.0
    """From then until the body is complete; a long one has longer, see `slowest`."""
    answer: float = 20.0
    """In which some of an answer must have been taken."""
    slowest: int = 1024
    """A body earns a second for so many bytes, and so many of an answer must be taken each second."""


class LimitedProtocol(HttpToolsProtocol):
    """A connection that is given up where its client sends too much, or keeps us waiting."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(cast("Transport", transport))
        self.waiting_since: float | None = monotonic()
        """Since when the client owes us something; None while we owe the answer."""
        self._in_head = True
        self._head_bytes = self._headers_seen = 0
        self._fruitless = 0
        """Bytes that came since the parser last had something complete: a head, or a piece of a body."""
        self._body_bytes = 0
        self._unsent = 0
        self._unsent_since = 0.0
        self._refused_with = BAD_REQUEST

    # --- too much -----------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it leads nowhere: a header, trailer or chunk that does not end."""
        self._fruitless += len(data)
        super().data_received(data)
        if self._fruitless > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """Count anew."""
        self._head_bytes = self._headers_seen = self._body_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Count it; a part of it may come alone."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count it, trailers too. The parser stops at what is raised here."""
        self._headers_seen += 1
        self._count(len(name) + len(value) + len(b": \r\n"))
        super().on_header(name, value)

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > LARGEST_HEAD or self._headers_seen > MOST_HEADERS:
            self._refused_with = HEAD_TOO_LARGE
            raise ValueError("the head is too large")

    def send_400_response(self, msg: str) -> None:
        """Say what was wrong with what the parser would not take."""
        del msg  # uvicorn's sentence; ours says what to do
        self._refuse(self._refused_with)

    # --- where a request stands ---------------------------------------------------------------------------

    def on_headers_complete(self) -> None:
        """Begin to wait for the body."""
        self._fruitless = 0
        self._in_head = False
        self.waiting_since = monotonic()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Count what came."""
        self._fruitless = 0
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for nothing: now we owe the answer."""
        self._fruitless = 0
        self._in_head = True
        if not self.cycle.response_complete:
            self.waiting_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, or for the rest of this one, which nobody reads any more.

        Where the next one was sent before this answer, it is its turn now, and its body may come.
        """
        if self.cycle.response_complete:
            self._in_head = True
            self.waiting_since = monotonic()
        elif self.waiting_since is not None:
            self.waiting_since = monotonic()
        super().on_response_complete()

    def resume_writing(self) -> None:
        """See that the client takes the answer: most of what was waiting has gone."""
        self._unsent = 0
        super().resume_writing()

    # --- too slow -----------------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether the client has asked for nothing that is not answered: it can be let go for another."""
        return self._in_head and self.waiting_since is not None

    def look(self, now: float, patience: Patience) -> None:
        """End the connection where its client has kept us waiting too long."""
        if self._does_not_read(now, patience):
            self.transport.abort()
        elif self._does_not_send(now, patience):
            self._refuse(TOO_SLOW)

    def make_room(self) -> None:
        """Let an idle client go, at once."""
        self.transport.abort()

    def _does_not_send(self, now: float, patience: Patience) -> bool:
        if self.waiting_since is None or self.transport.is_closing():
            return False
        if self._in_head:
            return now - self.waiting_since > patience.head
        if self.flow.read_paused:  # it would send, and we do not take it yet
            return False
        earned = patience.body + self._body_bytes / patience.slowest
        return now - self.waiting_since > earned

    def _does_not_read(self, now: float, patience: Patience) -> bool:
        """Whether too little of an answer was taken; also where we have closed, and it is on its way."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or self._unsent == 0:
            self._unsent, self._unsent_since = unsent, now
            return False
        passed = now - self._unsent_since
        if passed < patience.answer:
            return False
        taken, self._unsent, self._unsent_since = self._unsent - unsent, unsent, now
        return taken < passed * patience.slowest

    def _refuse(self, status: int) -> None:
        """Say why, and close; where an answer is under way there is no room to say anything."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            self.transport.abort()
            return
        line, said = _ANSWERS[status]
        self.transport.write(
            b"HTTP/1.1 " + line + b"\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: "
            b"%d\r\ncache-control: no-store\r\nconnection: close\r\n\r\n%s" % (len(said), said)
        )
        self.transport.close()
