"""What is answered to somebody signed in may be about a young person: nobody on the way may keep it.

`Vary` says on what it depends, for whoever keeps answers all the same.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scp_api.authentication import OPEN

DEPENDS_ON = ("Authorization", "Scp-Purpose")


class PersonalAnswers:
    """Marks every answer, refusals too, save those that are open to everybody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and mark its answer."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = "no-store"
                for name in DEPENDS_ON:
                    headers.add_vary_header(name)
            await send(message)

        await self._app(scope, receive, sending)
