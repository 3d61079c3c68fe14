"""What the service writes down about its own work: structlog events with fields from a list, nothing else.

A message of an exception or of a library may quote what somebody sent, so none is written: of an exception
its class and where it was raised, of a library's record the template without its arguments.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scp_api.problems import Problem, failure

ALLOWED = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "method",
        "route",
        "status",
        "milliseconds",
        "role",
        "kind",
        "rule",
        "error",
        "raised_at",
        "host",
        "port",
        "step",
        "projection",
        "version",
        "position",
        "anchors",
    }
)
"""No field may hold a personal detail, an id or an address with one: a route is its template."""

_journal = structlog.get_logger("scp_api")


def configure(level: int = logging.INFO) -> None:
    """Write JSON lines to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(handlers=[TemplatesOnly()], level=logging.WARNING, force=True)


def only_allowed(_logger: object, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list."""
    return {name: value for name, value in fields.items() if name in ALLOWED}


class TemplatesOnly(logging.Handler):
    """Takes what libraries log through the standard library, without the values they put in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the template, the logger's name and the class of an exception."""
        error = record.exc_info[1] if record.exc_info else None
        said = str(record.msg) if isinstance(record.msg, str) and record.args else "a library's message"
        _journal.warning(said, logger=record.name, **({"error": type(error).__name__} if error else {}))


class Journal:
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
        except Exception as error:  # noqa: BLE001 - a traceback with its message must not reach uvicorn's log
            _journal.error("failed", error=type(error).__name__, raised_at=raised_at(error))
            if status == 0:
                await (error if isinstance(error, Problem) else failure()).response()(scope, receive, sending)
        _journal.info(
            "answered",
            method=scope["method"] if scope["method"] in METHODS else "OTHER",
            route=scope.get("address") or getattr(scope.get("route"), "path", None),
            status=status,
            milliseconds=round((time.perf_counter() - began) * 1000, 1),
        )


METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"})


def raised_at(error: BaseException) -> str:
    """Return the file and line of each step that led to an error, innermost last; never its message."""
    steps = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in steps)
