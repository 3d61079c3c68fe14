"""Putting what was decided into envelopes: who said it, when it was so, and in which conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from scp_events.event_log.appends import EnvelopedEvent
from scp_events.event_log.envelope import Codec, Envelope
from scp_events.privacy.keyring import Keys
from scp_events.privacy.marks import subjects_of
from scp_events.vocabulary import (
    CorrectableEvent,
    CorrectionEvent,
    DecisionEvent,
    ErasureEvent,
    Event,
    EventId,
    ParticipantId,
    Provenance,
    Refused,
    Stream,
    must_stand,
    stored_type,
)


@dataclass(frozen=True)
class Enveloping:
    """Makes envelopes, and what is stored of them."""

    codec: Codec
    keys: Keys
    new_id: Callable[[], UUID]

    def envelope(
        self,
        event: Event,
        provenance: Provenance,
        stream: Stream,
        case_id: ParticipantId | None,
        corrected_at: Callable[[EventId], datetime | None],
    ) -> Envelope[Event]:
        """Put an event into its envelope. `corrected_at` tells when a corrected event was so in the world."""
        _must_be_decided_by_a_person(event, provenance)
        return self.codec.envelope_of(event).model_construct(
            event=event,
            event_id=event.event_id if isinstance(event, CorrectableEvent) else EventId(self.new_id()),
            case_id=case_id,
            occurred_at=_occurred_at(event, provenance, corrected_at).astimezone(UTC),
            actor=provenance.by,
            on_behalf_of=provenance.on_behalf_of,
            purpose=provenance.purpose,
            command_id=provenance.command_id,
            correlation_id=provenance.correlation_id,
            causation_id=provenance.causation_id,
            source_system=provenance.source_system,
            source_recorded_at=provenance.source_recorded_at,
            confidentiality=event.confidentiality,
            subjects=subjects_of(event, case_id or stream.id),
        )

    def stored(
        self, stream: Stream, after: int, envelopes: Sequence[Envelope[Event]]
    ) -> list[EnvelopedEvent]:
        """Return what is stored of envelopes that follow version `after` of a stream."""
        return [self._stored(stream, n, envelope) for n, envelope in enumerate(envelopes, start=after + 1)]

    def _stored(self, stream: Stream, version: int, envelope: Envelope[Event]) -> EnvelopedEvent:
        event = envelope.event
        return EnvelopedEvent(
            originator_id=stream.id,
            originator_version=version,
            topic=stored_type(type(event)),
            state=self.codec.encode(envelope, stream, version),
            event_id=envelope.event_id,
            category=stream.category,
            schema_version=type(event).schema_version,
            occurred_at=envelope.occurred_at,
            is_decision=isinstance(event, DecisionEvent),
        )


def corrected_events(events: Sequence[Event]) -> list[EventId]:
    """Return the events whose time in the world is needed to place these."""
    return [
        event.corrects for event in events if isinstance(event, CorrectionEvent) and event.happened_at is None
    ]


def _must_be_decided_by_a_person(event: Event, provenance: Provenance) -> None:
    if not isinstance(event, DecisionEvent):
        return
    if provenance.by.kind != "human":
        raise Refused(
            "a-person-decides",
            f"{provenance.by.id} is a system: a person records a decision, and may name it as an input",
        )
    if not isinstance(event, ErasureEvent):  # decided when it was approved, on a basis in force that day
        must_stand(event.decision, provenance.occurred_at.date())


def _occurred_at(
    event: Event,
    provenance: Provenance,
    corrected_at: Callable[[EventId], datetime | None],
) -> datetime:
    """A correction stands in the world where the fact it corrects stands; only its recording is new."""
    if not isinstance(event, CorrectionEvent):
        return provenance.occurred_at
    return event.happened_at or corrected_at(event.corrects) or provenance.occurred_at
