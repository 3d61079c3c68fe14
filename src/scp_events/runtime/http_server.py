"""Serving over HTTP until told to stop, and ending in order then.

`uvicorn.Server.run()` takes SIGTERM, and raises it again once it has shut down, so code after it never runs.
This one leaves signals to `ending`. Told to end, it lets nobody in any more, answers what it was asked, and
returns; then whoever started it closes what it opened, last opened first.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from scp_events.runtime import ending
from scp_events.runtime.port import Port

ON_THEIR_WAY = 0.1
"""Seconds in which a request is read that somebody sent who was let in a moment ago."""


class HttpServer(uvicorn.Server):
    """A uvicorn server for one app and one port. It believes no proxy about where a request comes from."""

    def __init__(
        self, app: ASGIApp, port: Port, *, drain_seconds: int, most_at_once: int | None = None
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
        self._port = port

    def serve_until_stopped(self) -> None:
        """Let callers in, and serve until told to end. Raises `CannotListenError`.

        What was made by now stays, so the collector need not look at it again and again.
        """
        gc.collect()
        gc.freeze()
        with ending.in_order():
            self.run(sockets=[self._port.open()])

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop."""
        return await super().on_tick(counter) or ending.told()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in, read what was sent by those who were let in, and answer all of it."""
        for listening in self.servers:
            listening.close()
        await asyncio.sleep(ON_THEIR_WAY)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signals."""
        yield
