"""Every request has an id: in its answer, and in every line of the service log that is written for it.

Whoever sent it may have chosen one. Then it is a UUID, or 32 hexadecimal digits as tracing uses them;
anything else could be somebody's name or number, which has no place in a log, and is replaced.
"""

from __future__ import annotations

import re
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER = b"x-request-id"
_WELL_FORMED = re.compile(rb"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class RequestIds:
    """Gives each request an id, and says it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        found = id_of(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER, found)]
            await send(message)

        with bound_contextvars(request_id=found.decode()):
            await self._app(scope, receive, sending)


def id_of(scope: Scope) -> bytes:
    """Return the id a request came with, or a new one where it has no one that we would write."""
    said = [value for name, value in scope["headers"] if name == HEADER]
    if len(said) == 1 and _WELL_FORMED.fullmatch(said[0]):
        return bytes(said[0])
    return str(uuid4()).encode()
