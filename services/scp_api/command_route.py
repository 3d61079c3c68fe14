"""How a request finds its command, without the detours of a general route.

There is a route for every command, and most requests are commands. So they are looked up by the word their
address ends in, before any other route is tried; and an endpoint is handed the request and the id in the
address, which is all it takes. What else a command says is read by the endpoint, whose errors name the place
and never the value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send


class CommandRoute(APIRoute):
    """A route whose endpoint takes the request and, where the address has one, the id in it."""

    @property
    def last_word(self) -> str:
        """Return what the address ends in."""
        return _last_word(self.path)

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


class ByLastWord(BaseRoute):
    """All command routes in one, which finds the right one by how the address ends."""

    def __init__(self, routes: list[CommandRoute]) -> None:
        self._routes: dict[str, list[CommandRoute]] = defaultdict(list)
        for route in routes:
            self._routes[route.last_word].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether this is a command. A wrong method is told by the route itself, further on."""
        for route in self._routes.get(_last_word(scope.get("path", "")), ()):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, found
        return Match.NONE, {}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:  # noqa: ANN401 - Starlette's
        """Leave it to the routes themselves, which come after this one."""
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route that was found answer."""
        await scope["route"].handle(scope, receive, send)


def look_up_first(app: FastAPI) -> None:
    """Let commands be looked up before anything else. Call it once they are all there."""
    commands = [route for route in app.router.routes if isinstance(route, CommandRoute)]
    app.router.routes.insert(0, ByLastWord(commands))


_ID = TypeAdapter(UUID)
"""Reads an id as every other route does."""


def _last_word(path: str) -> str:
    return path.rpartition("/")[2]


def _id(request: Request, name: str) -> UUID:
    try:
        return _ID.validate_python(request.path_params[name])
    except ValidationError:
        raise RequestValidationError([{"type": "uuid_parsing", "loc": ("path", name), "msg": ""}]) from None
