"""How far the relay has come: the last record of the progress topic, committed with what it tells of."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict

from scp_events.vocabulary import EventId, Position


class Published(BaseModel):
    """What one audience has been told."""

    model_config = ConfigDict(frozen=True)

    position: Position
    """Every event up to here was published to the audience, or is not for it."""
    event_id: EventId | None
    """The event at that position, to know the log by; None before the first."""
    last: tuple[Position, ...]
    """The last position published to each partition, 0 where there is none."""
    pseudonyms: str
    """The fingerprint of the secret the pseudonyms are made with."""


class Progress(BaseModel):
    """What every audience has been told, and by which relay. Audiences no longer served stay as they are."""

    model_config = ConfigDict(frozen=True)

    relay: UUID
    audiences: dict[str, Published]
