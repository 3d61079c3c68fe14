"""Nobody is served without a valid token, save at a handful of open addresses: default deny, for every route.

This stands before routing, so a route cannot be forgotten, and before the body is read, so a stranger cannot
make us work.
"""

from __future__ import annotations

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from scp_api.failures import problem_of
from scp_api.problems import Problem, unauthorised
from scp_events.access import Client, TokenError, Verifier
from scp_events.vocabulary import Actor

OPEN = frozenset({"/livez", "/readyz", "/openapi.json", "/docs"})
PASSED_ON = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
"""With one of these, somebody else made the request and a proxy passed it on."""
BEARER = "bearer "


class Authentication:
    """Puts the actor of a valid token into the request's state, or answers 401."""

    def __init__(self, app: ASGIApp, verifier: Verifier) -> None:
        self._app = app
        self._verifier = verifier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        try:
            actor = await self._actor(bearer_of(Headers(scope=scope)), client_of(scope))
        except TokenError as error:
            await unauthorised(error).response()(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - an issuer out of reach is a problem document too
            await problem_of(error).response()(scope, receive, send)
        else:
            scope.setdefault("state", {})["actor"] = actor
            await self._app(scope, receive, send)

    async def _actor(self, token: str, client: Client) -> Actor:
        """Return who is asking. Only a token that is not known takes a thread, as its issuer may be asked."""
        known = self._verifier.recall(token, client)
        return await run_sync(self._verifier.verify, token, client) if known is None else known


def bearer_of(headers: Headers) -> str:
    """Return the one bearer token of a request."""
    sent = headers.getlist("authorization")
    if not sent:
        raise TokenError("token-missing", "send `Authorization: Bearer` and an access token")
    if len(sent) > 1:
        raise TokenError("several-tokens", "send one Authorization header")
    if not sent[0].lower().startswith(BEARER):
        raise TokenError("not-a-bearer-token", "send `Authorization: Bearer` and an access token")
    return sent[0][len(BEARER) :].strip()


def client_of(scope: Scope) -> Client:
    """Return where the request comes from."""
    address = scope["client"][0] if scope.get("client") else None
    return Client(address, forwarded=any(name in PASSED_ON for name, _ in scope["headers"]))


def actor_of(request: Request) -> Actor:
    """Return who is asking. A route that is open has nobody to ask for."""
    actor = getattr(request.state, "actor", None)
    if not isinstance(actor, Actor):
        raise Problem(401, "unauthorised", "send `Authorization: Bearer` and an access token")
    return actor
