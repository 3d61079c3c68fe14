"""What the projector writes down about its own work: JSON lines with fields from a list, nothing else.

No message of an exception or of a library is written, because it may quote an event: of an exception its
class and where it was raised, of a library's record the template without its arguments.
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
        "projection",
        "version",
        "position",
        "error",
        "raised_at",
        "reason",
    }
)
"""No field may hold a personal detail or an id. `reason` is for sentences of our own."""

journal = structlog.get_logger("scp_projector")


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
    logging.basicConfig(handlers=[TemplatesOnly()], level=logging.ERROR, force=True)


def only_allowed(_logger: object, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every field that is not on the list."""
    return {name: value for name, value in fields.items() if name in ALLOWED}


class TemplatesOnly(logging.Handler):
    """Takes what libraries log through the standard library, without the values they put in."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the template and the logger's name."""
        said = record.msg if isinstance(record.msg, str) and record.args else "a library's message"
        journal.error(said, logger=record.name)


def raised_at(error: BaseException) -> str:
    """Return the file and line of each step that led to an error, innermost last; never its message."""
    steps = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in steps)
