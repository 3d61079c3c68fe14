"""A log with many events in it, quickly: several commands at once for several streams, no rules asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from uuid import UUID, uuid4, uuid5

from scp_events.aggregates import ALL
from scp_events.aggregates.referral.events import (
    EligibilityDetermined,
    InformationProvided,
    InformationRequested,
    ReferralWaitlisted,
)
from scp_events.event_log import Codec, Envelope
from scp_events.event_log.appends import Append
from scp_events.event_log.envelope import envelope_of
from scp_events.event_log.enveloping import Enveloped
from scp_events.event_log.recorder import LogRecorder
from scp_events.privacy import open_keyring
from scp_events.vocabulary import CaseId, CommandId, Event, EventId, Precision, Stream
from tests.words import NOON, SUPERVISOR, decision

ANYBODY = uuid5(UUID(int=0), "anybody")
SECRET_WORDS = "Canary-7f3a"  # noqa: S105 - not a password: words that must not be seen outside
_numbers = count(1)


def envelope(event: Event, **changes: object) -> Envelope[Event]:
    """Return an event in an envelope as the log would make one."""
    said = {
        "event": event,
        "event_id": getattr(event, "event_id", None) or EventId(uuid4()),
        "case_id": CaseId(ANYBODY),
        "occurred_at": NOON + timedelta(minutes=next(_numbers)),
        "precision": Precision.MINUTE,
        "actor": SUPERVISOR,
        "on_behalf_of": None,
        "purpose": "casework",
        "command_id": CommandId(uuid4()),
        "confidentiality": event.confidentiality,
        "subjects": (ANYBODY,),
    }
    return envelope_of(type(event)).model_construct(**(said | changes))


def append(recorder: LogRecorder, codec: Codec, stream: Stream, after: int, events: list[Event]) -> None:
    """Append events to a stream that has `after` of them."""
    command = CommandId(uuid4())
    stored = [
        Enveloped(envelope(event, command_id=command), None, stream, version).stored(codec)
        for version, event in enumerate(events, start=after + 1)
    ]
    answer = recorder.append(Append(command_id=command, fingerprint=b"fingerprint", events=stored))
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
        yield InformationRequested(request=f"{SECRET_WORDS} asks {number}")
        yield InformationProvided(answer=f"{SECRET_WORDS} answers {number}")
        yield ReferralWaitlisted()
        yield EligibilityDetermined(decision=decision(reason_text=SECRET_WORDS), eligible=True)


_told = _tell()
