"""How a request finds its command, without the detours of a general route.

There is a route for every command, and most requests are commands. So each is looked at only where the
address ends in its word, and its endpoint is handed the request and the id in the address, which is all it
takes: everything else a command says is read by the endpoint, whose errors name the place and not the value.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope


class CommandRoute(APIRoute):
    """A route whose endpoint takes the request and, where the address has one, the id in it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **said: Any) -> None:  # noqa: ANN401 - FastAPI's
        super().__init__(path, endpoint, **said)
        self._ending = path.rpartition("/")[2]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether this is the route of a request."""
        if not scope["path"].endswith(self._ending):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        endpoint, names = self.endpoint, list(self.param_convertors)
        if not names:
            return endpoint
        [name] = names

        async def handler(request: Request) -> Response:
            answer: Response = await endpoint(request, _id(request, name))
            return answer

        return handler


def _id(request: Request, name: str) -> UUID:
    try:
        return UUID(request.path_params[name])
    except ValueError:
        raise RequestValidationError([{"type": "uuid_parsing", "loc": ("path", name), "msg": ""}]) from None
