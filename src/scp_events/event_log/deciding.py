"""How a command is decided and recorded: told once, as a script without a database.

The script asks for what it needs (`Open`, `Times`, `Fetch`, `Record`, `Recall`) and is given it. `Combining`
plays it for threads, `EventLogAsync` for the tasks of an event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from scp_events.event_log.answers import (
    BusyError,
    CommandIdReusedError,
    EvidenceMovedError,
    Outcome,
    StaleVersionError,
)
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.envelope import Envelope
from scp_events.event_log.enveloping import Enveloping, corrected_events
from scp_events.event_log.familiar import Familiar, Standing
from scp_events.event_log.telling import EventIdTakenError
from scp_events.privacy.keyring import ERASED, NOBODY
from scp_events.vocabulary import (
    Aggregate,
    Command,
    CommandId,
    Event,
    EventId,
    ParticipantId,
    Position,
    Provenance,
    Refused,
    Stream,
)

T = TypeVar("T")

ATTEMPTS = 16
"""How often a command is decided anew because its stream moved on meanwhile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A command, and all that was said with it; see `EventLog.handle`."""

    aggregate: Aggregate[Any, Any, Any, Any]
    stream: Stream
    command: Command
    provenance: Provenance
    case_id: ParticipantId | None
    expected_version: int | None
    evidence_through: Position | None
    fingerprint: Callable[[ParticipantId | None], bytes]
    """Tells, by whose case it is, what distinguishes the command from another one of the same id."""


# --- what the script asks for -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """Where does this stream stand? Answered with a `Standing`."""

    aggregate: Aggregate[Any, Any, Any, Any]
    stream: Stream


@dataclass(frozen=True, slots=True)
class Times:
    """When were these events of the stream so in the world? Answered with a mapping of those there are."""

    stream: Stream
    events: Sequence[EventId]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Have these persons' keys at hand: they are about to be used. Answered with nothing."""

    subjects: Collection[UUID]
    newcomers: Collection[UUID]
    """Those among them who have none yet, as it seems."""


@dataclass(frozen=True, slots=True)
class Record:
    """Append this. Answered with an `Answer`."""

    append: Append


@dataclass(frozen=True, slots=True)
class Recall:
    """What did this command come to when it was sent before? Answered with an `Outcome`, or None."""

    command_id: CommandId
    fingerprint: Callable[[], bytes]


Question: TypeAlias = Open | Times | Fetch | Recall
Request: TypeAlias = Question | Record
Script: TypeAlias = Generator[Request, Any, T]


# --- the script -------------------------------------------------------------------------------------------


def deciding(asked: Asked, enveloping: Enveloping, familiar: Familiar) -> Script[Outcome]:
    """Decide a command on where its stream stands, and record what it comes to.

    Nobody is refused on what is remembered, which may be old, or on the guess that a stream is new: it is
    opened first.
    """
    for attempt in range(ATTEMPTS):
        memory = _Memory(familiar, familiar.forgotten)
        standing = familiar.get(asked.stream)
        if standing is None and asked.case_id is not None and attempt == 0:
            standing = Standing(asked.aggregate.initial, 0, None)
        if standing is not None:
            outcome = yield from _on_what_is_remembered(asked, standing, enveloping, memory)
            if outcome is not None:
                return outcome
        memory = _Memory(familiar, familiar.forgotten)
        standing = yield Open(asked.aggregate, asked.stream)
        outcome = yield from _on_what_is_there(asked, standing, enveloping, memory)
        if outcome is not None:
            return outcome
    raise BusyError(f"the {asked.stream.category} changed {ATTEMPTS} times while this was decided: try again")


class _Memory(NamedTuple):
    """Where to remember what comes of a decision, unless something was forgotten since it began."""

    familiar: Familiar
    noted: int

    def put(self, stream: Stream, standing: Standing[Any]) -> None:
        """Remember where a stream stands now."""
        self.familiar.put(stream, standing, self.noted)


def _on_what_is_remembered(
    asked: Asked, standing: Standing[Any], enveloping: Enveloping, memory: _Memory
) -> Script[Outcome | None]:
    try:
        events = _decided(asked, standing)
    except (Refused, StaleVersionError):
        return None
    if not events:
        return None
    try:
        return (yield from _record(asked, standing, events, enveloping, memory))
    except (Refused, StaleVersionError):
        return None


def _on_what_is_there(
    asked: Asked, standing: Standing[Any], enveloping: Enveloping, memory: _Memory
) -> Script[Outcome | None]:
    recall = _recall(asked, standing.case_id or asked.case_id)
    try:
        events = _decided(asked, standing)
        if events:
            return (yield from _record(asked, standing, events, enveloping, memory))
    except (Refused, StaleVersionError):
        earlier = yield recall
        if earlier is not None:
            return _outcome(earlier)
        raise
    return _outcome((yield recall) or _already_so(asked.stream, standing.version))


def _decided(asked: Asked, standing: Standing[Any]) -> list[Event]:
    expected = asked.expected_version
    if expected is not None and standing.version != expected:
        raise StaleVersionError(expected, standing.version)
    return asked.aggregate.decide(standing.state, asked.command)


def _record(
    asked: Asked, standing: Standing[Any], events: Sequence[Event], enveloping: Enveloping, memory: _Memory
) -> Script[Outcome | None]:
    """Record events; None where the stream has moved on and the command may be decided anew."""
    corrected = corrected_events(events)
    times: Mapping[EventId, datetime] = (yield Times(asked.stream, corrected)) if corrected else {}
    case_id = standing.case_id or asked.case_id
    envelopes = [
        enveloping.envelope(event, asked.provenance, asked.stream, case_id, times.get) for event in events
    ]
    newcomers = () if standing.version else (asked.stream.id,)  # where the stream is a person, a new one
    yield from _with_keys(_whose_keys(case_id, envelopes), newcomers, enveloping)
    try:
        answer = yield Record(_append(asked, standing.version, case_id, envelopes, enveloping))
    except EventIdTakenError as taken:
        raise Refused("an-event-id-is-used-once", f"{taken}: send the command with a new one") from None
    if answer.outcome == "recorded":
        memory.put(asked.stream, _after(asked.aggregate, standing, events, case_id))
        return _recorded(asked.stream, answer)
    memory.familiar.forget(asked.stream, before=answer.version if answer.outcome == "conflict" else None)
    if answer.outcome in {"already", "reused"}:
        return _outcome((yield _recall(asked, case_id)))
    if answer.outcome == "evidence-moved":
        raise EvidenceMovedError("the case has moved on since the evidence was gathered")
    if asked.expected_version is not None:
        raise StaleVersionError(asked.expected_version, answer.version)
    return None


def _with_keys(
    subjects: Collection[UUID], newcomers: Collection[UUID], enveloping: Enveloping
) -> Script[None]:
    """Have keys at hand; those forgotten again meanwhile, as when another was destroyed, are fetched anew."""
    for _ in range(ATTEMPTS):
        missing = enveloping.keys.missing(subjects)
        if not missing:
            return
        yield Fetch(missing, newcomers)


def _whose_keys(case_id: ParticipantId | None, envelopes: Sequence[Envelope[Event]]) -> set[UUID]:
    """Return whose keys encrypt these events and blind the command."""
    return {case_id or NOBODY}.union(*(envelope.subjects for envelope in envelopes))


def _recall(asked: Asked, case_id: ParticipantId | None) -> Recall:
    return Recall(asked.provenance.command_id, partial(asked.fingerprint, case_id))


def _append(
    asked: Asked,
    version: int,
    case_id: ParticipantId | None,
    envelopes: Sequence[Envelope[Event]],
    enveloping: Enveloping,
) -> Append:
    return Append(
        command_id=asked.provenance.command_id,
        fingerprint=asked.fingerprint(case_id),
        events=enveloping.stored(asked.stream, version, envelopes),
        case_id=case_id,
        evidence_through=asked.evidence_through,
    )


def _after(
    aggregate: Aggregate[Any, Any, Any, Any],
    standing: Standing[Any],
    events: Sequence[Event],
    case_id: ParticipantId | None,
) -> Standing[Any]:
    state = standing.state
    for event in events:
        state = aggregate.evolve(state, event)
    return Standing(state, standing.version + len(events), case_id)


# --- what it came to --------------------------------------------------------------------------------------


def digest_of(stream: Stream, command: Command) -> bytes:
    """Return what tells a command from another one. It can be guessed at: see `EventLog.fingerprint`."""
    asked = f"{stream.category}/{stream.id}/{type(command).__name__}/{command.model_dump_json()}"
    return sha256(asked.encode()).digest()


def recalled(command_id: CommandId, asked: Callable[[], bytes], row: Sequence[Any] | None) -> Outcome | None:
    """Return the first answer to a command, as the log keeps it: None where it is not known.

    Raises `CommandIdReusedError` where it was another command.
    """
    if row is None:
        return None
    fingerprint, stream_id, version, count, first, recorded_at = row
    if asked() not in {ERASED, bytes(fingerprint)}:
        raise CommandIdReusedError(f"command {command_id} was another one: give each its own id")
    return Outcome(
        stream_id=stream_id,
        version=version,
        events=count,
        first_position=first,
        recorded_at=recorded_at,
        repeated=True,
    )


def _recorded(stream: Stream, answer: Answer) -> Outcome:
    return Outcome(
        stream_id=stream.id,
        version=answer.version,
        events=answer.event_count,
        first_position=Position(answer.first_position or 0),
        recorded_at=answer.recorded_at,
    )


def _already_so(stream: Stream, version: int) -> Outcome:
    return Outcome(stream_id=stream.id, version=version, events=0, first_position=None, recorded_at=None)


def _outcome(said: Any) -> Outcome:  # noqa: ANN401 - what a script is given is not typed
    assert isinstance(said, Outcome)  # noqa: S101 - for the type checker
    return said
