"""Nobody is served without a valid token, save at a handful of open addresses: default deny, for every route.

This stands before routing, so a route cannot be forgotten, and before the body is read, so a stranger cannot
make us work.
"""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from dataclasses import dataclass

from anyio.to_thread import run_sync
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from scp_api.failures import problem_of
from scp_api.problems import Problem, unauthorised
from scp_events.access import Client, Shown, SignedIn, TokenError, Verifier
from scp_events.vocabulary import Actor

OPEN = frozenset({"/livez", "/readyz", "/openapi.json", "/docs"})
PASSED_ON = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
"""With one of these, somebody else made the request and a proxy passed it on."""
SCHEMES = ("bearer", "dpop")


@dataclass(frozen=True)
class Reached:
    """How clients reach us, which a proof of possession has to say."""

    address: str = ""
    """What every address begins with, as clients know it."""
    certificates: bool = False
    """Whether whoever ends TLS for us passes the client's certificate on (RFC 9440)."""


class Authentication:
    """Puts who a valid token speaks for into the request's state, or answers 401."""

    def __init__(self, app: ASGIApp, verifier: Verifier, reached: Reached) -> None:
        self._app = app
        self._verifier = verifier
        self._reached = reached

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it."""
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        try:
            token, shown = sent_in(scope, self._reached)
            who = await self._who(token, client_of(scope), shown)
        except TokenError as error:
            await unauthorised(error).response()(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - an issuer out of reach is a problem document too
            await problem_of(error).response()(scope, receive, send)
        else:
            scope.setdefault("state", {}).update(actor=who.actor, through=who.through)
            await self._app(scope, receive, send)

    async def _who(self, token: str, client: Client, shown: Shown) -> SignedIn:
        """Return who is asking. Only a token that is not known takes a thread, as its issuer may be asked."""
        known = self._verifier.recall(token, client, shown)
        return await run_sync(self._verifier.verify, token, client, shown) if known is None else known


def sent_in(scope: Scope, reached: Reached) -> tuple[str, Shown]:
    """Return the one token of a request, and how it was sent."""
    headers = Headers(scope=scope)
    sent = headers.getlist("authorization")
    if not sent:
        raise TokenError("token-missing", "send `Authorization: Bearer` and an access token")
    if len(sent) > 1:
        raise TokenError("several-tokens", "send one Authorization header")
    scheme, _, token = sent[0].partition(" ")
    if scheme.lower() not in SCHEMES:
        raise TokenError("not-a-bearer-token", "send `Authorization: Bearer` and an access token")
    return token.strip(), Shown(
        scheme=scheme.lower(),
        proofs=tuple(headers.getlist("dpop")),
        method=scope["method"],
        address=reached.address + scope["raw_path"].decode("latin-1"),
        certificate=_certificate(headers.getlist("client-cert")) if reached.certificates else None,
    )


def _certificate(sent: list[str]) -> bytes | None:
    """Return the certificate of the connection, as RFC 9440 writes it: base64 between colons."""
    if not sent:
        return None
    with suppress(ValueError):  # what is no base64 is no certificate
        if len(sent) == 1 and sent[0].startswith(":") and sent[0].endswith(":"):
            return b64decode(sent[0][1:-1], validate=True)
    raise TokenError("certificate-unreadable", "have the proxy send one `Client-Cert:` (RFC 9440)")


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


def through_of(request: Request) -> Actor | None:
    """Return the service through which somebody asks, where one acts for them."""
    through = getattr(request.state, "through", None)
    return through if isinstance(through, Actor) else None
