"""Starting and stopping in order.

`uvicorn.Server.run()` raises a captured SIGTERM again once it has shut down, and code after it never runs. So
the signal is taken here and not raised again: the server stops accepting, finishes what it was asked, and
returns; then whoever started it closes what it opened, last opened first.
"""

from __future__ import annotations

import gc
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI


class OrderlyServer(uvicorn.Server):
    """A uvicorn server that returns from `run` when it is told to stop."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve. What was made by now stays, so the collector need not look at it again and again."""
        gc.collect()
        gc.freeze()
        super().run(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while serving, and give them back without raising them again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def server(app: FastAPI, *, host: str, port: int, drain_seconds: int) -> OrderlyServer:
    """Return a server for `app`. It believes no proxy about where a request comes from."""
    return OrderlyServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=drain_seconds,
        )
    )
