"""Serving over HTTP until told to stop, and ending in order then.

`uvicorn.Server.run()` takes SIGTERM, and raises it again once it has shut down, so code after it never runs.
This one leaves signals to `ending`. Told to end, it lets nobody in any more, answers what it was asked, and
returns; then whoever started it closes what it opened, last opened first.

However many connect, and however slowly, others are answered: see `http_limits` for what one connection may
take. Where there are too many, those go first that have kept us waiting longest; a new one is let in.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import uvicorn
from starlette.types import ASGIApp

from scp_events.runtime import ending
from scp_events.runtime.http_limits import LimitedProtocol, Patience
from scp_events.runtime.most_at_once import MostAtOnce
from scp_events.runtime.open_files import room_for
from scp_events.runtime.port import Port
from scp_events.runtime.request_ids import RequestIds
from scp_events.runtime.safe_answers import SafeAnswers

ON_THEIR_WAY = 0.1
"""Seconds in which a request is read that somebody sent who was let in a moment ago."""
MOST_CONNECTIONS = 4096
MOST_AT_ONCE = 1024
TICKS_PER_LOOK = 10
"""uvicorn ticks ten times a second."""


class HttpServer(uvicorn.Server):
    """A uvicorn server for one app and one port. It believes no proxy about where a request comes from."""

    def __init__(  # noqa: PLR0913 - what every server of ours may be told, by name
        self,
        app: ASGIApp,
        port: Port,
        *,
        drain_seconds: int,
        most_at_once: int = MOST_AT_ONCE,
        most_connections: int = MOST_CONNECTIONS,
        patience: Patience | None = None,
        behind_tls: bool = False,
    ) -> None:
        guarded = RequestIds(SafeAnswers(MostAtOnce(app, most_at_once), behind_tls=behind_tls))
        super().__init__(
            uvicorn.Config(
                guarded,
                loop="uvloop",
                http=LimitedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=drain_seconds,
            )
        )
        self._port = port
        self._patience = patience or Patience()
        self._most_connections = room_for(most_connections)

    def serve_until_stopped(self) -> None:
        """Let callers in, and serve until told to end. Raises `CannotListenError`.

        What was made by now stays, so the collector need not look at it again and again.
        """
        gc.collect()
        gc.freeze()
        with ending.in_order():
            self.run(sockets=[self._port.open()])

    async def on_tick(self, counter: int) -> bool:
        """Give up connections where need be, and return whether to stop."""
        self._make_room()
        if counter % TICKS_PER_LOOK == 0:
            now = monotonic()
            for connection in self._connections():
                connection.look(now, self._patience)
        return await super().on_tick(counter) or ending.told()

    def _make_room(self) -> None:
        """Let those go that have kept us waiting longest, where there are more than may be."""
        too_many = len(self.server_state.connections) - self._most_connections
        if too_many > 0:
            idle = sorted((each for each in self._connections() if each.is_idle), key=_waiting_since)
            for connection in idle[:too_many]:
                connection.make_room()

    def _connections(self) -> list[LimitedProtocol]:
        found = self.server_state.connections
        return [each for each in found if isinstance(each, LimitedProtocol)]

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


def _waiting_since(connection: LimitedProtocol) -> float:
    return connection.waiting_since or 0.0
