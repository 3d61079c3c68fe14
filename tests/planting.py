"""A case in whose every personal field stand words that stand nowhere else, to be looked for afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from uuid import uuid4

from scp_events.aggregates import ALL, feedback, record
from scp_events.aggregates.match.events import CandidatesRanked
from scp_events.event_log import BlockingCommandHandler, Codec, LogReader
from scp_events.event_log.appends import Append
from scp_events.event_log.enveloping import Enveloped, envelope
from scp_events.event_log.recorder import LogRecorder
from scp_events.history import Decided, every_event
from scp_events.vocabulary import (
    AnyAggregate,
    CaseId,
    CommandId,
    Event,
    EventId,
    OrganisationId,
    Provenance,
    Scope,
    Stream,
    the_one,
)
from tests.every_event import personal_texts, planted
from tests.words import NOON, SUPERVISOR, event_id

TOLD_AS, PAPER = event_id(905), OrganisationId("example-paper")
READABLE = re.compile(rb"[\x20-\x7e\x80-\xff]{4,}")
OF_THE_ERASURE = (
    record.events.ErasureRequested,
    record.events.ErasureRefused,
    record.events.ErasureApproved,
    record.events.ErasureBegun,
    record.events.PersonalDataErased,
)


@dataclass(frozen=True)
class Planted:
    """A case, and what was planted in it."""

    case_id: CaseId
    texts: Sequence[str]
    references: Sequence[str]
    """Those of the texts that a read model keeps, too."""

    def found_in(self, whatever: str | bytes) -> list[str]:
        """Return what can be read there."""
        where = whatever.encode() if isinstance(whatever, str) else whatever
        readable = b"\n".join({*READABLE.findall(where)})  # a disk is mostly zeros and copies
        return [text for text in self.texts if text.encode() in readable]


def plant(
    log: LogReader, handler: BlockingCommandHandler, reference: str = "SC-2025-001", *, first: int = 100_000
) -> Planted:
    """Record every event there is in the streams of one case, save those of an erasure.

    Of whatever a case may have many of there are two, once with views expressed and once with why they were
    not obtained.
    """
    case_id, number = handler.open_case(reference), count(first)
    events: list[Event] = []
    for views_expressed in (True, False):
        for aggregate in ALL:
            if aggregate.SCOPE is Scope.NO_CASE or (
                not views_expressed and aggregate.SCOPE is Scope.ONE_PER_CASE
            ):
                continue
            stream = _stream(aggregate, case_id)
            told = [
                _about(planted(kind, number, views_expressed=views_expressed), reference)
                for kind in every_event(aggregate)
                if kind not in OF_THE_ERASURE
            ]
            append(log, case_id, stream, told)
            events += told
    references = [str(event.decision.legal_basis.reference) for event in events if hasattr(event, "decision")]
    factors = [text for event in events if isinstance(event, CandidatesRanked) for text in _factors_of(event)]
    return Planted(
        case_id, [text for event in events for text in personal_texts(event)], [*references, *factors]
    )


def _factors_of(ranking: CandidatesRanked) -> list[str]:
    """Return by what the candidates of a ranking were told apart, which is kept for figures of matches."""
    return [text for candidate in ranking.candidates for text in personal_texts(candidate)]


def _stream(aggregate: AnyAggregate, case_id: CaseId) -> Stream:
    if aggregate.SCOPE is Scope.ONE_PER_CASE:
        return the_one(aggregate.CATEGORY, case_id)
    return Stream(aggregate.CATEGORY, uuid4())


def _about(event: Event, reference: str) -> Event:
    """Say it of this case, and nothing of anybody else; the testimony that is published is taken down."""
    fields = type(event).model_fields
    if "fact" in fields:
        return event.model_copy(update={"fact": _about(event.fact, reference)})
    if "case_reference" in fields:
        event = event.model_copy(update={"case_reference": reference})
    if isinstance(event, feedback.events.Publication):
        return event.model_copy(update={"testimony": TOLD_AS, "publisher": PAPER})
    return event.model_copy(update={"recognised_by": None}) if "recognised_by" in fields else event


def append(log: LogReader, case_id: CaseId, stream: Stream, events: Sequence[Event]) -> None:
    """Append events as the log would store them; no rule is asked."""
    sent = Provenance(by=SUPERVISOR, command_id=CommandId(uuid4()), purpose="casework")
    codec = Codec(ALL, log.keyring)
    when = log.calendar.moment(NOON)
    after = len(log.stream_history(stream))
    stored = [
        Enveloped(
            envelope(
                Decided(event, when, stream, case_id),
                getattr(event, "event_id", None) or EventId(uuid4()),
                sent,
            ),
            when,
            stream,
            version,
        ).stored(codec)
        for version, event in enumerate(events, start=after + 1)
    ]
    with closing(LogRecorder(log.conninfo, pool_size=1)) as recorder:
        answer = recorder.append(
            Append(
                command_id=sent.command_id,
                fingerprint=log.keyring.blinded(case_id, sent.command_id.bytes * 2),
                events=stored,
            )
        )
    assert answer.outcome == "recorded", answer
