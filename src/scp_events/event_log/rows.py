"""Rows of the log's table of events, as they are read."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from scp_events.vocabulary import Position, Stream


class Row(NamedTuple):
    """A stored event in its place."""

    position: Position
    stream_id: UUID
    category: str
    version: int
    recorded_at: datetime
    type: str
    body: bytes
    case_id: UUID | None
    """Where it is filed; whose case it is is said by the body."""

    @property
    def stream(self) -> Stream:
        """Return the stream it belongs to."""
        return Stream(self.category, self.stream_id)


COLUMNS: LiteralString = "position, stream_id, category, version, recorded_at, type, body, case_id"
SELECT: LiteralString = "SELECT " + COLUMNS + " FROM event_log.events "  # noqa: S608 - our own words
