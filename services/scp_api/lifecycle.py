"""Starting and stopping in order.

Told to stop, the server lets nobody in any more, answers what it was asked, and returns; then whoever started
it closes what it opened, last opened first.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from scp_events.runtime import ending

ON_THEIR_WAY = 0.1
"""Seconds in which a request is read that somebody sent who was let in a moment ago."""


class OrderlyServer(uvicorn.Server):
    """A uvicorn server that returns from `run` once this program was told to end."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve. What was made by now stays, so the collector need not look at it again and again."""
        gc.collect()
        gc.freeze()
        super().run(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `ending`: uvicorn would raise them again once it has stopped."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop."""
        return await super().on_tick(counter) or ending.told()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let nobody in, read what was sent by those who were let in, and answer all of it."""
        for listening in self.servers:
            listening.close()
        await asyncio.sleep(ON_THEIR_WAY)
        await super().shutdown(sockets)


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
