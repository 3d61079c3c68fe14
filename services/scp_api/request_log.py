"""What the service writes down about each request: its route, how it was answered, and how long that took."""

from __future__ import annotations

import time

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scp_api.problems import Problem, failure
from scp_events.runtime.service_log import logger, raised_at

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"})


class RequestLog:
    """Outermost: one line a request, and an answer even where the program fails."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and write down what came of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            logger.info("left", reason="the client went before its request was complete")
        except Exception as error:  # noqa: BLE001 - a traceback with its message must not reach uvicorn's log
            logger.error("failed", error=type(error).__name__, raised_at=raised_at(error))
            if status == 0:
                await (error if isinstance(error, Problem) else failure()).response()(scope, receive, sending)
        logger.info(
            "answered",
            method=scope["method"] if scope["method"] in METHODS else "OTHER",
            route=scope.get("address") or getattr(scope.get("route"), "path", None),
            status=status,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )
