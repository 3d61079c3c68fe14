"""What the witness writes down about its own work: JSON lines with fields from a list, nothing else.

It is asked by anybody, so of a request nothing is written but the origin and size of a checkpoint that its
log has signed. No message of an exception or of a library is written, because it may quote what was sent.
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
        "event",
        "level",
        "timestamp",
        "logger",
        "host",
        "port",
        "logs",
        "origin",
        "size",
        "status",
        "error",
        "raised_at",
    }
)
"""No field may hold a personal detail. `origin` is the name of a log this witness was told of."""

journal = structlog.get_logger("scp_witness")


def configure() -> None:
    """Write JSON lines to standard error."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            only_allowed,
            structlog.processors.JSONRenderer(),
        ],
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
        said = record.msg if isinstance(record.msg, str) and record.args else "a library's message"
        journal.warning(said, logger=record.name, **({"error": type(error).__name__} if error else {}))


def raised_at(error: BaseException) -> str:
    """Return the file and line of each step that led to an error, innermost last; never its message."""
    steps = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in steps)
