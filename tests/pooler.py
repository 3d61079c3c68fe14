"""A small pooler of connections, as they stand before many a PostgreSQL server.

Like PgBouncer it makes up the process that it tells its clients. In transaction mode every client's
statements go over the same connection to the server; in session mode each client has one of its own.
"""

from __future__ import annotations

import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

SOCKET = ".s.PGSQL.5432"
MADE_UP = struct.pack("!ii", 7, 7)


class _Wire:
    """One end of a connection, message by message."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            piece = self._socket.recv(length - len(data))
            if not piece:
                raise ConnectionError
            data += piece
        return data

    def message(self) -> bytes:
        kind = self.read(1)
        length = self.read(4)
        return kind + length + self.read(int.from_bytes(length) - 4)

    def startup(self) -> bytes:
        length = self.read(4)
        return length + self.read(int.from_bytes(length) - 4)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()


class Pooler:
    """Lends connections to a server."""

    def __init__(self, server: str, directory: Path, *, shared: bool) -> None:
        parts = conninfo_to_dict(server)
        self._address = f"{parts.get('host')}/.s.PGSQL.{parts.get('port') or 5432}"
        self._shared = shared
        self._lock = threading.Lock()
        self._server: _Wire | None = None
        self._greeting = b""
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(directory / SOCKET))
        self._listening.listen()
        self._open: list[_Wire] = []
        self.conninfo = make_conninfo(server, host=str(directory), hostaddr="", port=5432)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(_Wire(client),), daemon=True).start()

    def _serve(self, client: _Wire) -> None:
        self._open.append(client)
        with suppress(OSError):
            server = self._lent(client, client.startup())
            while True:
                self._one_transaction(client, server)

    def _lent(self, client: _Wire, startup: bytes) -> _Wire:
        with self._lock:
            if self._shared and self._server is not None:
                client.send(self._greeting)
                return self._server
            connected = socket.socket(socket.AF_UNIX)
            connected.connect(self._address)
            self._server = _Wire(connected)
            self._open.append(self._server)
            self._server.send(startup)
            self._greeting = self._introduced(client, self._server)
            return self._server

    @staticmethod
    def _introduced(client: _Wire, server: _Wire) -> bytes:
        """Pass on how the two become acquainted, and return what is said to those who come later."""
        greeting = b""
        while True:
            said = server.message()
            if said[:1] == b"K":
                said = b"K" + struct.pack("!i", 12) + MADE_UP
            client.send(said)
            if said[:1] != b"R" or said[5:9] == b"\x00\x00\x00\x00":
                greeting += said
            elif said[5:9] in {b"\x00\x00\x00\x0a", b"\x00\x00\x00\x0b", b"\x00\x00\x00\x05"}:
                server.send(client.message())
            if said[:1] == b"Z":
                return greeting

    def _one_transaction(self, client: _Wire, server: _Wire) -> None:
        asked = client.message()
        with self._lock:
            while True:
                server.send(asked)
                if asked[:1] in b"QS":
                    break
                asked = client.message()
            while (said := server.message())[:1] != b"Z":
                client.send(said)
            client.send(said)


@contextmanager
def pooler(server: str, *, shared: bool) -> Iterator[str]:
    """Yield how to connect by way of a pooler until the block ends."""
    with tempfile.TemporaryDirectory(prefix="scp-pooler-") as directory:
        made = Pooler(server, Path(directory), shared=shared)
        try:
            yield made.conninfo
        finally:
            made.close()
