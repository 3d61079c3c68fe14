"""Decisions go in, history comes out: the one room that knows the eventsourcing library.

`LogReader` reads and cannot append. `CommandHandler` alone appends; `BlockingCommandHandler` is the same for
a program without an event loop.
"""

from scp_events.event_log.answers import (
    BusyError,
    ClosedError,
    CommandIdReusedError,
    LogUnreachableError,
    LogUnwritableError,
    Outcome,
    StaleVersionError,
)
from scp_events.event_log.blocking import BlockingCommandHandler
from scp_events.event_log.envelope import (
    AlteredEventError,
    Codec,
    Envelope,
    NewerEventError,
    Recorded,
    UnreadableEventError,
)
from scp_events.event_log.guards import UnsafeServerError
from scp_events.event_log.handler import CommandHandler
from scp_events.event_log.listener import Listener
from scp_events.event_log.prepare import prepare
from scp_events.event_log.reader import LogReader
from scp_events.event_log.requests import CommandRequest
from scp_events.event_log.store import Recollection

__all__ = [
    "AlteredEventError",
    "BlockingCommandHandler",
    "BusyError",
    "ClosedError",
    "Codec",
    "CommandHandler",
    "CommandIdReusedError",
    "CommandRequest",
    "Envelope",
    "Listener",
    "LogReader",
    "LogUnreachableError",
    "LogUnwritableError",
    "NewerEventError",
    "Outcome",
    "Recollection",
    "Recorded",
    "StaleVersionError",
    "UnreadableEventError",
    "UnsafeServerError",
    "prepare",
]
