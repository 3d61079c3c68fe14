"""One server for what only a server of one's own can go through, on a disk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.own_server import OwnServer, own_server

LAZY = """
wal_writer_delay = 10s
wal_writer_flush_after = 2GB
wal_buffers = 16MB
"""
"""What is not flushed at the commit is not flushed for long."""


@pytest.fixture(scope="session")
def own() -> Iterator[OwnServer]:
    """Yield a server that a test may break, if it mends it."""
    with own_server(LAZY) as server:
        yield server
