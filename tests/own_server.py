"""A PostgreSQL server of a test's own, which it may break, and how to be its superuser."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from scp_events.database.embedded import EmbeddedPostgres, hold
from tests.waiting import until


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

    def kill_all(self) -> None:
        """End every process of it at once, whatever each was in the middle of."""
        children = _children_of(self.pid)
        for pid in (self.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_session(self, pid: int) -> None:
        """End one process of it, and return once it has started all others anew, as it does then."""
        with closing(psycopg.connect(self.conninfo, autocommit=True)) as bystander:
            os.kill(pid, signal.SIGKILL)
            until(lambda: not _answers(bystander), "the others are ended as well")
        until(self._lets_in, "the server lets in again")

    def _lets_in(self) -> bool:
        try:
            psycopg.connect(self.conninfo).close()
        except psycopg.OperationalError:
            return False
        return True

    def wait_for(self, question: LiteralString) -> None:
        """Return once a question has an answer."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            until(lambda: connection.execute(question).fetchall(), f"there is an answer to {question}")

    def set(self, name: LiteralString, value: LiteralString) -> None:
        """Change a setting while it runs."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            before = connection.execute("SELECT pg_conf_load_time()").fetchone()
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
            until(
                lambda: connection.execute("SELECT pg_conf_load_time()").fetchone() != before,
                f"{name} is {value}",
            )

    def configure(self, settings: str) -> None:
        """Add settings to its configuration; the next start reads them."""
        with (self.home / "postgres" / "postgresql.conf").open("a") as configuration:
            configuration.write(f"\n{settings}\n")


def _answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT")
    except psycopg.OperationalError:
        return False
    return True


def _children_of(parent: int) -> list[int]:
    stats = (each.read_text() for each in Path("/proc").glob("[0-9]*/stat") if each.exists())
    said = [(stat.split()[0], stat.rpartition(")")[2].split()[1]) for stat in stats]
    return [int(pid) for pid, parent_of_it in said if int(parent_of_it) == parent]


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
