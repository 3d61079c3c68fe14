"""Decisions go in, history comes out: the one room that knows the eventsourcing library."""

from scp_events.event_log.answers import (
    BusyError,
    CommandIdReusedError,
    EvidenceMovedError,
    Outcome,
    StaleVersionError,
)
from scp_events.event_log.async_log import EventLogAsync
from scp_events.event_log.envelope import Codec, Envelope, Recorded, UnreadableEventError
from scp_events.event_log.guards import UnsafeServerError
from scp_events.event_log.line import ClosedError, NotAnsweredError
from scp_events.event_log.listener import Listener
from scp_events.event_log.log import EventLog, Loaded
from scp_events.event_log.prepare import prepare
from scp_events.event_log.telling import LogUnreachableError, LogUnwritableError

__all__ = [
    "BusyError",
    "ClosedError",
    "Codec",
    "CommandIdReusedError",
    "Envelope",
    "EventLog",
    "EventLogAsync",
    "EvidenceMovedError",
    "Listener",
    "Loaded",
    "LogUnreachableError",
    "LogUnwritableError",
    "NotAnsweredError",
    "Outcome",
    "Recorded",
    "StaleVersionError",
    "UnreadableEventError",
    "UnsafeServerError",
    "prepare",
]
