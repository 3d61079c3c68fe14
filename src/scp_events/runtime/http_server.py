"""Serving over HTTP until told to stop, and ending in order then.

`uvicorn.Server.run()` takes SIGTERM, and raises it again once it has shut down, so code after it never runs.
This one leaves signals alone: whoever is told to stop calls `stop`. It stops accepting, finishes what it was
asked, and returns; then whoever started it closes what it opened, last opened first.
"""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from scp_events.runtime.program import CannotWorkError

BACKLOG = 2048


class HttpServer(uvicorn.Server):
    """A uvicorn server for one app and one socket. It believes no proxy about where a request comes from."""

    def __init__(
        self, app: FastAPI, listening: socket.socket, *, drain_seconds: int, most_at_once: int | None = None
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=most_at_once,
                timeout_graceful_shutdown=drain_seconds,
            )
        )
        self._listening = listening

    def serve_until_stopped(self) -> None:
        """Serve. What was made by now stays, so the collector need not look at it again and again."""
        gc.collect()
        gc.freeze()
        self.run(sockets=[self._listening])

    def stop(self) -> None:
        """Stop in a moment. Sets a flag only, so a signal's handler may call it."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections already. Raises `CannotWorkError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise CannotWorkError(f"nobody can listen on {host}, port {port}: {error.strerror}") from None
