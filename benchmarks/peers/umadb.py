"""UmaDB: its own server over its own file, called by threads of a Python process (`umadb_callers.py`).

Server and client are of its PyPI package, in a venv of their own. The server has its default settings, and
the threads share one client: both are what is fastest. Its file lies on the disk of our embedded server.

Same: an append is answered when it is on disk (two fdatasyncs, shared by the appends that came together; they
cannot be switched off); positions are dense and in the order of commits; an append that comes again is
answered with its position. Each is on condition that its stream, a tag here, has nothing after the caller's
last event.
More than ours: the condition may be any query of types and tags. Less: events are bytes in one file of one
process, without SQL beside them. Its client has no asyncio, so 16 callers are threads, not tasks.
"""

from __future__ import annotations

import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar

from benchmarks.contacts import LENGTH
from benchmarks.peers.callers_elsewhere import PATIENCE, CallersElsewhere
from benchmarks.peers.peer import HERE
from benchmarks.program import Run
from benchmarks.rounds import Done

PROGRAMS = HERE / ".venv" / "bin"


class UmaDb:
    """A server of its own, and the program that calls it."""

    name: ClassVar[str] = "umadb"

    @staticmethod
    def version() -> str | None:
        """Return which version is installed; None where it is not."""
        program = PROGRAMS / "umadb"
        if not program.exists():
            return None
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603 - the peer's
        return said.stdout.split()[-1]

    def __init__(self, said: Run, event: bytes) -> None:
        self._opened = ExitStack()
        address = f"127.0.0.1:{_free_port()}"
        self._server = _start(address, said.place())
        self._opened.callback(self._stop)
        settings = {"url": f"http://{address}", "event": event.decode(), "length": LENGTH}
        command = [str(PROGRAMS / "python"), "-m", "benchmarks.peers.umadb_callers"]
        self._callers = CallersElsewhere(command, settings)
        self._opened.callback(self._callers.close)

    def record(self, callers: int, seconds: float) -> Done:
        """Let so many threads append for so long."""
        return self._callers.record(callers, seconds)

    def check(self, recorded: int) -> None:
        """Check that since last time just so many events were recorded, whole and without a gap."""
        seen = self._callers.ask({"check": True})
        assert seen == {"events": recorded, "whole": recorded, "dense": True}, (seen, recorded)

    def close(self) -> None:
        """End the callers, then the server."""
        self._opened.close()

    def _stop(self) -> None:
        self._server.terminate()
        try:
            self._server.wait(PATIENCE)
        finally:
            self._server.kill()


def _start(address: str, place: Path) -> subprocess.Popen[bytes]:
    """Start the server. It greets on standard output, and says what went wrong on standard error."""
    command = [str(PROGRAMS / "umadb"), "--listen", address, "--db-path", str(place / "uma.db")]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - the peer's


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
