"""Every answer tells browsers to do nothing with it that we did not mean: not guess, frame, run or pass on.

An answer that says something of this itself is left as it is. `Strict-Transport-Security` is sent only where
somebody has said that TLS stands in front: we speak plain HTTP, and over that browsers must ignore it.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OVER_TLS = (b"strict-transport-security", b"max-age=31536000")


class SafeAnswers:
    """Adds what is missing to each answer."""

    def __init__(self, app: ASGIApp, *, behind_tls: bool) -> None:
        self._app = app
        self._safe = (*SAFE, OVER_TLS) if behind_tls else SAFE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and see to its answer."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = list(message.get("headers", ()))
                names = {name.lower() for name, _ in said}
                message["headers"] = [*said, *(each for each in self._safe if each[0] not in names)]
            await send(message)

        await self._app(scope, receive, sending)
