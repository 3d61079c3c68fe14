"""A case in whose every personal field stand words that stand nowhere else, to be looked for afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from scp_events.aggregates import ALL, participant
from scp_events.event_log import EventLog
from scp_events.event_log.appends import Append, EnvelopedEvent
from scp_events.event_log.recorder import LogRecorder
from scp_events.vocabulary import CommandId, Event, EventId, ParticipantId, Stream, stored_type
from tests.every_event import personal_texts, planted
from tests.words import NOON, SUPERVISOR

OF_THE_ERASURE = (
    participant.ErasureRequested,
    participant.ErasureRefused,
    participant.ErasureApproved,
    participant.PersonalDataErased,
)


@dataclass(frozen=True)
class Planted:
    """A case, and what was planted in it."""

    case_id: ParticipantId
    texts: Sequence[str]
    references: Sequence[str]
    """Those of the texts that a read model keeps, too."""

    def found_in(self, whatever: str | bytes) -> list[str]:
        """Return what can be read there."""
        where = whatever.encode() if isinstance(whatever, str) else whatever
        return [text for text in self.texts if text.encode() in where]


def plant(log: EventLog, reference: str = "SC-2025-001", *, first: int = 1000) -> Planted:
    """Record every event there is in the streams of one case, twice, save those of an erasure.

    The second time it is another referral and another plan; nobody is registered twice.
    """
    case_id, number = log.open_case(reference), count(first)
    events: list[Event] = []
    for once_more in (False, True):
        for aggregate in ALL:
            kinds = [kind for kind in aggregate.EVENTS if kind not in OF_THE_ERASURE]
            if once_more and aggregate is participant:
                kinds.remove(participant.ParticipantRegistered)
            told = [_about(planted(kind, number, views_expressed=once_more), case_id) for kind in kinds]
            append(log, case_id, aggregate.stream(case_id if aggregate is participant else uuid4()), told)
            events += told
    return Planted(
        case_id,
        [text for event in events for text in personal_texts(event)],
        [str(event.decision.legal_basis.reference) for event in events if hasattr(event, "decision")],
    )


def _about(event: Event, case_id: UUID) -> Event:
    """Say it of this case, and nothing of anybody else."""
    said: dict[str, Any] = {"participant_id": case_id, "recognised_by": None}
    return event.model_copy(update={name: said[name] for name in said if name in type(event).model_fields})


def append(log: EventLog, case_id: ParticipantId, stream: Stream, events: Sequence[Event]) -> None:
    """Append events as the log would store them; no rule is asked."""
    command = CommandId(uuid4())
    after = len(log.load(_aggregate_of(stream), stream.id).history)
    rows = [
        _stored(log, case_id, stream, version, event, command)
        for version, event in enumerate(events, start=after + 1)
    ]
    with closing(LogRecorder(log.conninfo, pool_size=1)) as recorder:
        answer = recorder.append(
            Append(
                command_id=command,
                fingerprint=log.keyring.blinded(case_id, command.bytes * 2),
                events=rows,
                case_id=case_id,
            )
        )
    assert answer.outcome == "recorded", answer


def _aggregate_of(stream: Stream) -> Any:
    return next(each for each in ALL if each.stream(stream.id) == stream)


def _stored(  # noqa: PLR0913, PLR0917 - what a row says
    log: EventLog, case_id: ParticipantId, stream: Stream, version: int, event: Event, command: CommandId
) -> EnvelopedEvent:
    envelope = log.codec.envelope_of(event)(
        event_id=getattr(event, "event_id", None) or EventId(uuid4()),
        case_id=case_id,
        occurred_at=NOON,
        actor=SUPERVISOR,
        purpose="casework",
        command_id=command,
        confidentiality=event.confidentiality,
        subjects=(case_id,),
        event=event,
    )
    return EnvelopedEvent(
        originator_id=stream.id,
        originator_version=version,
        topic=stored_type(type(event)),
        state=log.codec.encode(envelope, stream, version),
        event_id=envelope.event_id,
        category=stream.category,
        schema_version=event.schema_version,
        occurred_at=NOON,
        is_decision=hasattr(event, "decision"),
    )
