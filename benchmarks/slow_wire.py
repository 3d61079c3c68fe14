"""A wire to the database on which everything arrives later, each way by half of the added round trip.

    python -m benchmarks.slow_wire SOCKET HOST PORT MILLISECONDS

What is on its way does not hold up what comes after it: every piece has its own time of arrival. As all are
equally late, one queue in order of arrival is enough, and one thread, which waits for the next arrival or
the next piece with the precision of `select`.
"""

from __future__ import annotations

import select
import socket
import sys
from collections import deque
from contextlib import suppress
from time import monotonic

PIECE = 1 << 18
TOO_SHORT_TO_SLEEP = 50e-6
"""Seconds by which the system rounds up a sleep."""


class Wire:
    """Connections in pairs: what is read from one end is written to the other, later."""

    def __init__(self, listening: socket.socket, host: str, port: int, seconds: float) -> None:
        self._listening = listening
        self._there = (host, port)
        self._seconds = seconds
        self._other: dict[socket.socket, socket.socket] = {}
        self._on_the_way: deque[tuple[float, socket.socket, bytes]] = deque()
        self._finished: set[socket.socket] = set()
        """Ends at which the last piece has arrived."""
        self.sending: set[socket.socket] = set()
        """Ends from which something may come."""

    def run(self) -> None:
        """Pass everything on, until the process is ended."""
        while True:
            readable, _, _ = select.select([self._listening, *self.sending], [], [], self._until_next())
            now = monotonic()
            for end in readable:
                if end is self._listening:
                    self.join()
                else:
                    self.take(end, now)
            self.deliver(now)

    def join(self) -> None:
        """Let somebody in, and connect to the other end for them."""
        here, _ = self._listening.accept()
        there = _connected(*self._there)
        self._other |= {here: there, there: here}
        self.sending |= {here, there}

    def take(self, end: socket.socket, now: float) -> None:
        """Take a piece from one end, to arrive at the other later."""
        try:
            piece = end.recv(PIECE)
        except ConnectionError:
            piece = b""
        self._on_the_way.append((now + self._seconds, self._other[end], piece))
        if not piece:
            self.sending.remove(end)

    def deliver(self, now: float) -> None:
        """Hand over what has arrived by now."""
        while self._on_the_way and self._on_the_way[0][0] <= now + TOO_SHORT_TO_SLEEP:
            _, end, piece = self._on_the_way.popleft()
            with suppress(OSError):  # nobody is there any more
                if piece:
                    end.sendall(piece)
                else:
                    end.shutdown(socket.SHUT_WR)
            if not piece:
                self._finish(end)

    def _finish(self, end: socket.socket) -> None:
        """Close both ends once the last piece has arrived at each."""
        self._finished.add(end)
        if self._other[end] in self._finished:
            for each in (end, self._other[end]):
                self._finished.remove(each)
                del self._other[each]
                each.close()

    def _until_next(self) -> float | None:
        return max(0.0, self._on_the_way[0][0] - monotonic()) if self._on_the_way else None


def _connected(host: str, port: int) -> socket.socket:
    if host.startswith("/"):
        there = socket.socket(socket.AF_UNIX)
        there.connect(f"{host}/.s.PGSQL.{port}")
        return there
    there = socket.create_connection((host, port))
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return there


def main(arguments: list[str]) -> None:
    """Listen, say so, and pass on."""
    path, host, port, milliseconds = arguments
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(128)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        Wire(listening, host, int(port), float(milliseconds) / 2000).run()


if __name__ == "__main__":
    main(sys.argv[1:])
