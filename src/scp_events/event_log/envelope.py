"""An event as it is stored: what was said, and who said it, when, why and in which conversation.

The envelope and the event are one JSON document, kept as the exact bytes handed in; columns beside it are
copies to find it by. `occurred_at` says when it was so in the world, `recorded_at` when we learned it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, ValidationError

from scp_events.vocabulary import (
    Actor,
    Aggregate,
    CommandId,
    CorrectionEvent,
    Decision,
    DecisionEvent,
    Event,
    EventId,
    ParticipantId,
    Position,
    Stream,
    Word,
    stored_type,
)

E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


class Envelope(Word, Generic[E_co]):
    """What the log keeps with every event; see EVENT LOG in docs/ARCHITECTURE.md for each field's meaning."""

    event_id: EventId
    case_id: ParticipantId | None = None
    occurred_at: AwareDatetime
    actor: Actor
    on_behalf_of: Actor | None = None
    purpose: str
    command_id: CommandId
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    source_system: str | None = None
    source_recorded_at: AwareDatetime | None = None
    confidentiality: str
    subjects: tuple[UUID, ...]
    event: E_co


@dataclass(frozen=True, kw_only=True)
class Recorded(Generic[E_co]):
    """An envelope in its place in the log. `recorded_at` is UTC and never decreases along positions."""

    position: Position
    stream: Stream
    version: int
    recorded_at: datetime
    envelope: Envelope[E_co]

    @property
    def event(self) -> E_co:
        """Return the event itself."""
        return self.envelope.event

    @property
    def decision(self) -> Decision | None:
        """Return the grounds, where the event is a decision."""
        return self.event.decision if isinstance(self.event, DecisionEvent) else None

    @property
    def corrects(self) -> EventId | None:
        """Return the event this one corrects, where it is a correction."""
        return self.event.corrects if isinstance(self.event, CorrectionEvent) else None


class UnreadableEventError(Exception):
    """A stored event that this version of the program cannot read; it names the place, never the content."""


class Codec:
    """Turns envelopes into stored bytes and back, for the event classes of some aggregates."""

    def __init__(self, aggregates: Iterable[Aggregate[Any, Any, Any, Any]]) -> None:
        events = [event for aggregate in aggregates for event in aggregate.EVENTS]
        self._by_class: dict[type[Event], type[Envelope[Any]]] = {
            event: _envelope_of(event) for event in events
        }
        self._by_type = {stored_type(event): self._by_class[event] for event in events}

    def envelope_of(self, event: E) -> type[Envelope[E]]:
        """Return the envelope class for this event."""
        return self._by_class[type(event)]

    @staticmethod
    def encode(envelope: Envelope[Any]) -> bytes:
        """Return the bytes to store."""
        return envelope.model_dump_json().encode()

    def decode(self, stored_as: str, body: bytes, place: str) -> Envelope[Any]:
        """Return the envelope in `body`. Raises `UnreadableEventError` naming `place` and the type."""
        if stored_as not in self._by_type:
            raise UnreadableEventError(
                f"{place} holds a {stored_as}, which this version does not know:"
                " run the version that wrote it, or a newer one",
            )
        try:
            return self._by_type[stored_as].model_validate_json(body)
        except ValidationError as error:
            wrong = ", ".join(sorted({".".join(map(str, found["loc"])) for found in error.errors()}))
            raise UnreadableEventError(f"{place}: this {stored_as} cannot be read: {wrong}") from None


def _envelope_of(event: type[Event]) -> type[Envelope[Any]]:
    """Return the envelope class for one event class, made once: reading is then one pass over the bytes."""
    return Envelope[event]  # type: ignore[valid-type]  # the class is known at run time only
