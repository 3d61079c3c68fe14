"""Decisions go in, history comes out: the one room that knows the eventsourcing library."""

from scp_events.event_log.envelope import Codec, Envelope, Recorded, UnreadableEventError
from scp_events.event_log.listener import Listener
from scp_events.event_log.log import (
    BusyError,
    CommandIdReusedError,
    EventLog,
    EvidenceMovedError,
    Loaded,
    Outcome,
    StaleVersionError,
)
from scp_events.event_log.prepare import prepare
from scp_events.event_log.recorder import LogUnreachableError

__all__ = [
    "BusyError",
    "Codec",
    "CommandIdReusedError",
    "Envelope",
    "EventLog",
    "EvidenceMovedError",
    "Listener",
    "Loaded",
    "LogUnreachableError",
    "Outcome",
    "Recorded",
    "StaleVersionError",
    "UnreadableEventError",
    "prepare",
]
