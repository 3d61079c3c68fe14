"""Serving until told to stop, and ending in order then."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from scp_events.runtime import ending

MOST_AT_ONCE = 64
DRAIN_SECONDS = 10
ON_THEIR_WAY = 0.1
"""Seconds in which a request is read that somebody sent who was let in a moment ago."""


class OrderlyServer(uvicorn.Server):
    """A uvicorn server that returns from `run` once this program was told to end."""

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
            backlog=MOST_AT_ONCE,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    ).run(sockets=[listening])
