"""A PostgreSQL server of a test's own, which it may break, and how to be its superuser."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scp_events.database.embedded import EmbeddedPostgres, hold


class OwnServer:
    """A server that can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._held = ExitStack()
        self._server: EmbeddedPostgres | None = None

    @property
    def conninfo(self) -> str:
        """How to connect to its database."""
        assert self._server is not None
        return self._server.conninfo

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._server is not None
        return self._server.pid

    def start(self) -> None:
        """Start it, or find it started by another program."""
        self._server = self._held.enter_context(hold(self.home))

    def stop(self) -> None:
        """Stop it in an orderly way."""
        self._held.close()

    def kill(self) -> None:
        """End it as a power failure would, but that the disk's cache survives."""
        os.kill(self.pid, signal.SIGKILL)

    def configure(self, settings: str) -> None:
        """Add settings to its configuration; the next start reads them."""
        with (self.home / "postgres" / "postgresql.conf").open("a") as configuration:
            configuration.write(f"\n{settings}\n")


@contextmanager
def own_server(settings: str = "") -> Iterator[OwnServer]:
    """Yield a running server; nothing is left of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="scp-own-") as directory:
        server = OwnServer(Path(directory) / "home")
        server.start()
        try:
            if settings:
                server.stop()
                server.configure(settings)
                server.start()
            yield server
        finally:
            server.stop()
