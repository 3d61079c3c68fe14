"""The way between a program and PostgreSQL, which a test may cut at the worst moment.

`lose_answer`: the server has done what it was asked, and the program never hears of it.
`part`: the program is cut off; the server is not, and goes on with an append that it was asked for.
`fall_silent`: whatever is sent is swallowed, and nobody hears that it is.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

SOCKET = ".s.PGSQL.5432"
CHUNK = 1 << 16
APPENDS = (b"\x00append\x00", b"\x00append_one\x00")
"""How the message goes on that calls the prepared statement of this name: its portal has none."""
HEAD = 5
"""A message's kind and length."""


class Wire:
    """A socket of its own through which a server is reached."""

    def __init__(self, server: str, directory: Path) -> None:
        parts = conninfo_to_dict(server)
        self._host, self._port = str(parts.get("host") or "localhost"), int(parts.get("port") or 5432)
        self._directory = directory
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._ready = threading.Event()
        self._through: set[_Through] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._to_lose = 0
        self.conninfo = make_conninfo(server, host=str(directory), hostaddr="", port=5432)
        self.is_silent = False
        self.lost = 0
        """How many answers to an append were lost so far."""

    def lose_answer(self) -> None:
        """Lose the next answer to an append, and end that connection."""
        self._loop.call_soon_threadsafe(self._lose)

    def heal(self) -> None:
        """Lose no more answers."""
        self._loop.call_soon_threadsafe(self._heal)

    def part(self) -> None:
        """Cut every program off; the server hears of it when it answers."""
        self._run(self._part())

    def fall_silent(self) -> None:
        """Swallow everything from now on."""
        self.is_silent = True

    def speak(self) -> None:
        """Pass on what comes from now on."""
        self.is_silent = False

    def _lose(self) -> None:
        self._to_lose += 1

    def _heal(self) -> None:
        self._to_lose = 0

    async def _part(self) -> None:
        for through in list(self._through):
            through.part()

    def is_to_be_lost(self) -> bool:
        """Whether this answer is the one to lose."""
        if not self._to_lose:
            return False
        self._to_lose -= 1
        self.lost += 1
        return True

    # --- how ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let programs connect."""
        self._thread.start()
        assert self._ready.wait(60)

    def stop(self) -> None:
        """Let nobody connect any more, and end what is connected."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(60)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        listening = await asyncio.start_unix_server(self._accept, self._directory / SOCKET)
        self._ready.set()
        await self._stopping.wait()
        listening.close()
        for through in list(self._through):
            through.end()
        await asyncio.gather(*self._tasks)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        through = _Through(self, writer, server_writer)
        task = asyncio.current_task()
        assert task is not None
        self._through.add(through)
        self._tasks.add(task)
        try:
            await asyncio.gather(through.ask(reader), through.answer(server_reader))
        finally:
            self._through.discard(through)
            self._tasks.discard(task)
            through.end()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host.startswith("/"):
            return await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        return await asyncio.open_connection(self._host, self._port)


class _Through:
    """One connection through the wire."""

    def __init__(self, wire: Wire, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self._wire = wire
        self.client = client
        self._server = server
        self._appending = False
        self.parted = False

    async def ask(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the program says."""
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._wire.is_silent:
                    continue
                self._appending = self._appending or data[HEAD:].startswith(APPENDS)
                self._server.write(data)
                await self._server.drain()
        if not self.parted:
            self._server.close()

    async def answer(self, reader: asyncio.StreamReader) -> None:
        """Pass on what the server says, unless it is to be lost."""
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                if self._wire.is_silent:
                    continue
                if self.parted or (self._appending and self._wire.is_to_be_lost()):
                    break
                self._appending = False
                self.client.write(data)
                await self.client.drain()
        self.end()

    def part(self) -> None:
        """Cut the program off; the server goes on, if it is at work on an append."""
        if not self._appending:
            self.end()
        self.parted = True
        self.client.transport.abort()

    def end(self) -> None:
        """End it on both sides."""
        self.client.transport.abort()
        self._server.transport.abort()


@contextmanager
def wire(server: str) -> Iterator[Wire]:
    """Yield a way to a server until the block ends."""
    with tempfile.TemporaryDirectory(prefix="scp-wire-") as directory:
        made = Wire(server, Path(directory))
        made.start()
        try:
            yield made
        finally:
            made.stop()
