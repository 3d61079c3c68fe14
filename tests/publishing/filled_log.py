"""A log with many events in it, quickly: several commands at once for several streams, no rules asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4, uuid5

from scp_events.aggregates import ALL, referral
from scp_events.event_log import Codec, Envelope
from scp_events.event_log.appends import Append, EnvelopedEvent
from scp_events.event_log.recorder import LogRecorder
from scp_events.privacy import open_keyring
from scp_events.vocabulary import CommandId, Event, EventId, ParticipantId, Stream, stored_type
from tests.check_log import NobodysKeys
from tests.words import NOON, SUPERVISOR, decision

ENVELOPES = Codec(ALL, NobodysKeys())
ANYBODY = uuid5(UUID(int=0), "anybody")
SECRET_WORDS = "Canary-7f3a"  # noqa: S105 - not a password: words that must not be seen outside
_numbers = count(1)


def envelope(event: Event, **changes: object) -> Envelope[Event]:
    """Return an event in an envelope as the log would make one."""
    said = {
        "event": event,
        "event_id": getattr(event, "event_id", None) or EventId(uuid4()),
        "case_id": ParticipantId(ANYBODY),
        "occurred_at": NOON + timedelta(minutes=next(_numbers)),
        "actor": SUPERVISOR,
        "purpose": "case-management",
        "command_id": CommandId(uuid4()),
        "confidentiality": event.confidentiality,
        "subjects": (ANYBODY,),
    }
    return ENVELOPES.envelope_of(event).model_construct(**(said | changes))


def append(recorder: LogRecorder, codec: Codec, stream: Stream, after: int, events: list[Event]) -> None:
    """Append events to a stream that has `after` of them."""
    command = CommandId(uuid4())
    stored = [
        _stored(codec, stream, version, envelope(event, command_id=command))
        for version, event in enumerate(events, start=after + 1)
    ]
    answer = recorder.append(
        Append(command_id=command, fingerprint=b"fingerprint", events=stored, case_id=ParticipantId(ANYBODY))
    )
    assert answer.outcome == "recorded", answer


def append_many(conninfo: str, events: int, streams: int = 40, at_once: int = 5) -> None:
    """Append `events` to new streams, `at_once` to each in turn, so that streams are interleaved."""
    fresh = [Stream("referral", uuid4()) for _ in range(streams)]
    with open_keyring(conninfo) as keyring, closing(LogRecorder(conninfo, pool_size=1)) as recorder:
        codec = Codec(ALL, keyring)
        for written in range(0, events, at_once):
            turn, which = divmod(written // at_once, streams)
            append(recorder, codec, fresh[which], turn * at_once, [next(_told) for _ in range(at_once)])


def _tell() -> Iterator[Event]:
    """Yield events of a referral, most with words of their own."""
    while True:
        number = next(_numbers)
        yield referral.InformationRequested(request=f"{SECRET_WORDS} asks {number}")
        yield referral.InformationProvided(answer=f"{SECRET_WORDS} answers {number}")
        yield referral.ReferralWaitlisted()
        yield referral.EligibilityDetermined(decision=decision(reason_text=SECRET_WORDS), eligible=True)


_told = _tell()


def _stored(codec: Codec, stream: Stream, version: int, made: Envelope[Event]) -> EnvelopedEvent:
    return EnvelopedEvent(
        originator_id=stream.id,
        originator_version=version,
        topic=stored_type(type(made.event)),
        state=codec.encode(made, stream, version),
        event_id=made.event_id,
        category=stream.category,
        schema_version=made.event.schema_version,
        occurred_at=made.occurred_at,
        is_decision=hasattr(made.event, "decision"),
    )
