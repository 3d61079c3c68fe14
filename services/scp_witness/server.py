"""Serving until told to stop, and ending in order then.

`uvicorn.Server.run()` raises a captured SIGTERM again once it has shut down, and code after it never runs. So
the signal is taken here and not raised again.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

MOST_AT_ONCE = 64
DRAIN_SECONDS = 10


class OrderlyServer(uvicorn.Server):
    """A uvicorn server that returns from `run` when it is told to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while serving, and give them back without raising them again."""
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections already. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=MOST_AT_ONCE)


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve `app` until told to stop. It believes no proxy about where a request comes from."""
    OrderlyServer(
        uvicorn.Config(
            app,
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    ).run(sockets=[listening])
