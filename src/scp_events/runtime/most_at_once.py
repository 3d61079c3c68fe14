"""So many requests are worked on at once; the next is told to come back, which costs nearly nothing.

uvicorn's own limit counts connections too, so a few idle ones would keep everybody else out.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

RETRY_AFTER = "2"
_BUSY = (
    '{"type":"urn:scp:problem:busy","title":"Cannot be done just now","status":503,'
    '"detail":"too many ask at once: try again"}'
)


class MostAtOnce:
    """Passes a request on while there is room."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._room = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on, or answer that there is no room."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._room == 0:
            headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
            busy = Response(_BUSY, 503, headers, "application/problem+json")
            await busy(scope, receive, send)
            return
        self._room -= 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._room += 1
