"""What a service writes down about its own work: JSON lines with fields from a list, nothing else.

No message of an exception or of a library is written, because it may quote an event or what somebody sent: of
an exception its class and where it was raised, of a library's record the template without its arguments.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

ALLOWED = frozenset(
    {
        *("event", "level", "timestamp", "logger", "reason", "error", "raised_at", "seconds", "milliseconds"),
        *("host", "port", "step", "method", "route", "status", "role", "kind", "rule", "request_id"),
        *("projection", "version", "position", "read"),
        *("anchors", "logs", "origin", "size"),
    }
)
"""No field may hold a personal detail, or an id or address of somebody. `reason` is for sentences of our own,
`route` is a template, `origin` the name of a log, `request_id` a random number."""

logger = structlog.get_logger()


def configure(*, libraries: int = logging.WARNING) -> None:
    """Write JSON lines to standard error. What `libraries` say below a level is not worth a line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,  # the id of the request in which it is said
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    logging.basicConfig(handlers=[TemplatesOnly()], level=libraries, force=True)


def only_allowed(_logger: object, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list."""
    return {name: value for name, value in fields.items() if name in ALLOWED}


class TemplatesOnly(logging.Handler):
    """Takes what libraries log through the standard library, without the values they put in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the template, the library's name and the class of an exception."""
        error = record.exc_info[1] if record.exc_info else None
        said = record.msg if isinstance(record.msg, str) and record.args else "a library's message"
        write = logger.error if record.levelno >= logging.ERROR else logger.warning
        write(said, logger=record.name, **({"error": type(error).__name__} if error else {}))


def raised_at(error: BaseException) -> str:
    """Return the file and line of each step that led to an error, innermost last; never its message."""
    steps = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in steps)
