"""How every service begins and ends: with the same exit codes, and a line in its log that says why.

Whoever supervises it starts it again after 1. After 2 and 3 that would not help: somebody has to do something
first, or another one does the work already.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence

from pydantic import ValidationError

from scp_events.runtime.port import CannotListenError
from scp_events.runtime.service_log import configure, logger, raised_at
from scp_events.runtime.settings import what_is_wrong

STOPPED, FAILED, CANNOT_WORK, REPLACED = 0, 1, 2, 3


class CannotWorkError(Exception):
    """Something is not as it must be, and trying again would not help. The message says what to do."""


class ReplacedError(Exception):
    """Another one has taken over. What this one had not committed never happened."""


def run(
    service: Callable[[], None],
    arguments: Sequence[str],
    *,
    cannot_work: tuple[type[Exception], ...] = (),
    replaced: tuple[type[Exception], ...] = (),
    libraries: int = logging.WARNING,
) -> int:
    """Run a service until it is told to end (see `ending`), and return the exit code.

    No service takes arguments: one that is typed, `--help` for instance, ends it before anything is begun.

    The messages of the exceptions that are named are sentences of our own, and are written down. Any other
    exception is a fault of the program, and its message could quote somebody.
    """
    unable: tuple[type[Exception], ...] = (CannotWorkError, CannotListenError, *cannot_work)
    superseded: tuple[type[Exception], ...] = (ReplacedError, *replaced)
    if arguments:
        sys.stderr.write("it takes no arguments; what it is told are variables, listed in docs/SETTINGS.md\n")
        return STOPPED if arguments[0] == "--help" else CANNOT_WORK
    configure(libraries=libraries)
    try:
        service()
    except ValidationError as error:
        return _ended(CANNOT_WORK, "cannot work", what_is_wrong(error))
    except unable as error:
        return _ended(CANNOT_WORK, "cannot work", str(error))
    except superseded as error:
        return _ended(REPLACED, "replaced", str(error))
    except Exception as error:  # noqa: BLE001 - a traceback with its message must not reach the terminal
        logger.error("failed", error=type(error).__name__, raised_at=raised_at(error))
        return FAILED
    logger.info("ended", reason="told to stop")
    return STOPPED


def _ended(code: int, event: str, reason: str) -> int:
    logger.error(event, reason=reason)
    return code
