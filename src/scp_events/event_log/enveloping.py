"""Putting what was decided into envelopes: who said it, when it was so, and in which conversation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from scp_events.event_log.appends import NewEvent
from scp_events.event_log.envelope import Codec, Envelope, envelope_of
from scp_events.history import Decided
from scp_events.privacy.marks import subjects_of
from scp_events.vocabulary import (
    DecisionEvent,
    Event,
    EventId,
    Precision,
    Provenance,
    Stream,
    When,
    stored_type,
)


class Enveloped(NamedTuple):
    """An envelope, and the place it is to have in its stream."""

    envelope: Envelope[Any]
    when: When | None
    stream: Stream
    version: int

    def stored(self, codec: Codec) -> NewEvent:
        """Return what is stored of it."""
        envelope = self.envelope
        event: Event = envelope.event
        return NewEvent(
            stream=self.stream,
            case_id=envelope.case_id,
            version=self.version,
            type=stored_type(type(event)),
            body=codec.encode(envelope, self.stream, self.version),
            event_id=envelope.event_id,
            schema_version=event.schema_version,
            occurred_at=envelope.occurred_at,
            precision=envelope.precision,
            is_decision=isinstance(event, DecisionEvent),
        )


def envelope(decided: Decided, event_id: EventId, provenance: Provenance) -> Envelope[Any]:
    """Put an event into its envelope."""
    event, when, stream, case_id = decided
    return envelope_of(type(event))(
        event=event,
        event_id=event_id,
        case_id=case_id,
        occurred_at=None if when is None else when.at,
        precision=Precision.MINUTE if when is None else when.precision,
        actor=provenance.by,
        on_behalf_of=provenance.on_behalf_of,
        purpose=provenance.purpose,
        command_id=provenance.command_id,
        correlation_id=provenance.correlation_id,
        causation_id=provenance.causation_id,
        source_system=provenance.source_system,
        source_recorded_at=provenance.source_recorded_at,
        source_row=provenance.source_row,
        confidentiality=event.confidentiality,
        subjects=subjects_of(event, case_id or stream.id),
    )


def whose_keys(enveloped: Sequence[Enveloped]) -> Collection[UUID]:
    """Return whose keys encrypt these events."""
    return {subject for each in enveloped for subject in each.envelope.subjects}
