"""The log: decisions go in, history comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID, uuid4

from eventsourcing.persistence import IntegrityError
from uuid_utils.compat import uuid7

from scp_events.event_log.envelope import Codec, Envelope, Recorded
from scp_events.event_log.listener import Listener
from scp_events.event_log.recorder import Answer, EnvelopedEvent, LogRecorder, PlacedEvent
from scp_events.privacy.keyring import ERASED, NOBODY, Keyring
from scp_events.privacy.marks import subjects_of
from scp_events.vocabulary import (
    NOTHING_YET,
    Aggregate,
    Command,
    CommandId,
    CorrectableEvent,
    CorrectionEvent,
    DecisionEvent,
    ErasureEvent,
    Event,
    EventId,
    ParticipantId,
    Position,
    Provenance,
    Refused,
    Stream,
    fold,
    must_stand,
    stored_type,
)

Id = TypeVar("Id", bound=UUID)
S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)

LAST = 2**63 - 1
"""No position comes after this one."""
ATTEMPTS = 16
"""How often a command is decided anew because its stream moved on meanwhile."""


class StaleVersionError(Exception):
    """The caller decided on a version of the stream that is no longer the latest."""

    def __init__(self, expected: int, current: int) -> None:
        super().__init__(f"decided on version {expected}, but version {current} is the latest: look again")
        self.expected = expected
        self.current = current


class EvidenceMovedError(Exception):
    """The case has moved on since the evidence for a command was gathered: gather it anew."""


class CommandIdReusedError(Exception):
    """The id of an earlier command came with a different one."""


class BusyError(Exception):
    """The stream moved on at every attempt: others write to it faster than this caller can decide."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command came to. `events` is 0 where it was already so; `repeated` where it was sent before."""

    stream_id: UUID
    version: int
    events: int
    first_position: Position | None
    recorded_at: datetime | None
    repeated: bool = False

    @property
    def last_position(self) -> Position | None:
        """Return the place of the command's last event."""
        if self.first_position is None:
            return None
        return Position(self.first_position + self.events - 1)


@dataclass(frozen=True)
class Loaded(Generic[S, E]):
    """A stream as it stands: its state, its version (0: nothing yet) and its history."""

    state: S
    version: int
    history: Sequence[Recorded[E]]

    @property
    def case_id(self) -> ParticipantId | None:
        """Return whose case the stream belongs to."""
        return self.history[0].envelope.case_id if self.history else None


class EventLog:
    """The log of one database, for the aggregates whose events it may hold."""

    def __init__(
        self,
        conninfo: str,
        aggregates: Sequence[Aggregate[Any, Any, Any, Any]],
        *,
        keyring: Keyring,
        pool_size: int = 8,
        new_id: Callable[[], UUID] = uuid7,
    ) -> None:
        self.conninfo = conninfo
        self.keyring = keyring
        self.codec = Codec(aggregates, keyring)
        self._recorder = LogRecorder(conninfo, pool_size=pool_size)
        self._new_id = new_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._recorder.close()

    # --- decisions go in ----------------------------------------------------------------------------------

    def handle(  # noqa: PLR0913 - each says one thing about the command, by name
        self,
        aggregate: Aggregate[Id, S, C, E],
        stream_id: Id,
        command: C,
        provenance: Provenance,
        *,
        case_id: ParticipantId | None = None,
        expected_version: int | None = None,
        evidence_through: Position | None = None,
        fingerprint: bytes | None = None,
    ) -> Outcome:
        """Ask an aggregate to decide `command`, and record what it decides, once.

        `case_id` is needed for a stream's first event only. With `expected_version` the decision stands only
        on that version of the stream (`StaleVersionError`); without it, it is decided anew when the stream
        has moved on. With `evidence_through` it stands only while the case has no event after that position
        (`EvidenceMovedError`). The same command id again gets the first answer; with another `fingerprint`
        (of the request; by default of the command) it raises `CommandIdReusedError`.
        """
        stream = aggregate.stream(stream_id)
        for _ in range(ATTEMPTS):
            loaded = self.load(aggregate, stream_id)
            asked = partial(self._asked, stream, loaded.case_id or case_id, command, fingerprint)
            try:
                _must_be_current(loaded.version, expected_version)
                events = aggregate.decide(loaded.state, command)
                envelopes = self._envelopes(stream, loaded, events, provenance, case_id)
            except (Refused, StaleVersionError):
                if earlier := self._answered(provenance.command_id, asked):
                    return earlier
                raise
            if not envelopes:
                return self._answered(provenance.command_id, asked) or _already_so(stream, loaded.version)
            answer = self._append(stream, loaded.version, envelopes, asked(), evidence_through)
            if outcome := _outcome(answer, provenance.command_id, expected_version):
                return outcome
        raise BusyError(f"the {stream.category} changed {ATTEMPTS} times while this was decided: try again")

    def load(self, aggregate: Aggregate[Id, S, C, E], stream_id: Id) -> Loaded[S, E]:
        """Return a stream's state, version and history; of a stream without events, the initial state."""
        history = self._recorded(self._recorder.select_events(aggregate.stream(stream_id).id))
        return Loaded(fold(aggregate, [recorded.event for recorded in history]), len(history), history)

    def open_case(self, reference: str) -> ParticipantId:
        """Return the case people call `reference`; make one where there is none yet."""
        self._recorder.fetch(
            "INSERT INTO event_log.cases (reference, case_id) VALUES (%s, %s)"
            " ON CONFLICT (reference) DO NOTHING RETURNING case_id",
            (reference, uuid4()),
        )
        found = self.case_of(reference)
        assert found is not None, "inserted or there before"  # noqa: S101 - for the type checker
        return found

    # --- history comes out --------------------------------------------------------------------------------

    def case_of(self, reference: str) -> ParticipantId | None:
        """Return the case people call `reference`, or None."""
        rows = self._recorder.fetch("SELECT case_id FROM event_log.cases WHERE reference = %s", (reference,))
        return ParticipantId(rows[0][0]) if rows else None

    def case_of_stream(self, stream: Stream) -> ParticipantId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none."""
        rows = self._recorder.fetch(
            "SELECT case_id FROM event_log.events WHERE stream_id = %s AND version = 1", (stream.id,)
        )
        return ParticipantId(rows[0][0]) if rows and rows[0][0] else None

    def reference_of(self, case_id: ParticipantId) -> str | None:
        """Return what people call a case, or None."""
        rows = self._recorder.fetch("SELECT reference FROM event_log.cases WHERE case_id = %s", (case_id,))
        return str(rows[0][0]) if rows else None

    def cases(self) -> list[tuple[str, ParticipantId]]:
        """Return every case that has events: its reference and id, in order of reference."""
        rows = self._recorder.fetch(
            "SELECT reference, case_id FROM event_log.cases c"
            " WHERE EXISTS (SELECT FROM event_log.events e WHERE e.case_id = c.case_id) ORDER BY reference",
        )
        return [(reference, ParticipantId(case_id)) for reference, case_id in rows]

    def head(self) -> Position:
        """Return the last position given out; 0 where the log is empty."""
        return Position(self._recorder.max_notification_id() or NOTHING_YET)

    def position_at(self, instant: datetime) -> Position:
        """Return the last position recorded at or before `instant`; 0 where there is none."""
        rows = self._recorder.fetch(
            "SELECT position FROM event_log.events WHERE recorded_at <= %s"
            " ORDER BY recorded_at DESC, position DESC LIMIT 1",
            (instant,),
        )
        return Position(rows[0][0]) if rows else NOTHING_YET

    def recorded_at(self, position: Position) -> datetime | None:
        """Return when a position was recorded; None for one that was not given out."""
        rows = self._recorder.fetch(
            "SELECT recorded_at FROM event_log.events WHERE position = %s", (position,)
        )
        return rows[0][0] if rows else None

    def read(
        self,
        after: Position = NOTHING_YET,
        limit: int = 1000,
        *,
        through: Position | None = None,
        without: Collection[type[Event]] = (),
    ) -> list[Recorded[Event]]:
        """Return at most `limit` events after a position and up to `through`, in log order.

        Events of the classes `without` are left out unread; one of a type nobody knows is not.
        """
        placed = self._recorder.select(
            "WHERE position > %s AND position <= %s AND type <> ALL(%s) ORDER BY position LIMIT %s",
            (after, LAST if through is None else through, [stored_type(event) for event in without], limit),
        )
        return self._recorded_of_many(placed)

    def read_all(self, after: Position = NOTHING_YET, batch: int = 1000) -> Iterator[Recorded[Event]]:
        """Yield every event after a position, in log order, until the end."""
        while page := self.read(after, batch):
            yield from page
            after = page[-1].position

    def case_history(self, case_id: ParticipantId, known_through: Position) -> list[Recorded[Event]]:
        """Return a case's events of all its streams up to a position, in log order."""
        placed = self._recorder.select(
            "WHERE case_id = %s AND position <= %s ORDER BY position", (case_id, known_through)
        )
        return self._recorded(placed)

    def event(self, event_id: EventId) -> Recorded[Event] | None:
        """Return one event by its id."""
        placed = self._recorder.select("WHERE event_id = %s", (event_id,))
        return self._recorded(placed)[0] if placed else None

    def latest_of_each_stream(self, *kinds: type[Event]) -> list[Recorded[Event]]:
        """Return, of every stream that has any, its last event of these kinds, in log order."""
        placed = self._recorder.select(
            "e WHERE type = ANY(%s) AND NOT EXISTS (SELECT FROM event_log.events later"
            " WHERE later.stream_id = e.stream_id AND later.version > e.version AND later.type = ANY(%s))"
            " ORDER BY position",
            (types := [stored_type(kind) for kind in kinds], types),
        )
        return self._recorded_of_many(placed)

    def events_of_command(self, command_id: CommandId) -> list[Recorded[Event]]:
        """Return what a command came to, oldest first; empty where it is not known."""
        placed = self._recorder.select("WHERE command_id = %s ORDER BY position", (command_id,))
        return self._recorded(placed)

    def listener(self) -> Listener:
        """Return something to wait with until something is appended."""
        return Listener(self.conninfo)

    # --- how ----------------------------------------------------------------------------------------------

    def _append(
        self,
        stream: Stream,
        version: int,
        envelopes: Sequence[Envelope[Event]],
        asked: bytes,
        evidence_through: Position | None,
    ) -> Answer:
        rows = [self._stored(stream, version + n, envelope) for n, envelope in enumerate(envelopes, start=1)]
        try:
            answer = self._recorder.append(rows, asked, evidence_through)
        except IntegrityError:
            raise Refused(
                "an-event-id-is-used-once",
                f"event id {envelopes[0].event_id} names another event: send the command with a new one",
            ) from None
        is_repeated = answer.outcome == "reused" and asked == ERASED
        return answer._replace(outcome="already") if is_repeated else answer

    def _envelopes(
        self,
        stream: Stream,
        loaded: Loaded[Any, Any],
        events: Sequence[Event],
        provenance: Provenance,
        case_id: ParticipantId | None,
    ) -> list[Envelope[Event]]:
        case = loaded.case_id or case_id
        return [self._envelope(stream, loaded.history, event, provenance, case) for event in events]

    def _asked(
        self, stream: Stream, case_id: ParticipantId | None, command: Command, fingerprint: bytes | None
    ) -> bytes:
        """Return what tells a repeated command from another one of the same id, and tells nobody its words.

        A digest of words can be guessed at, so it is blinded with a key of whose words they are. Once that
        is destroyed nothing is compared any more, and nothing can be guessed.
        """
        return self.keyring.blinded(case_id or NOBODY, fingerprint or _fingerprint(stream, command))

    def _envelope(
        self,
        stream: Stream,
        history: Sequence[Recorded[Event]],
        event: Event,
        provenance: Provenance,
        case_id: ParticipantId | None,
    ) -> Envelope[Event]:
        _must_be_decided_by_a_person(event, provenance)
        return self.codec.envelope_of(event).model_construct(
            event=event,
            event_id=event.event_id if isinstance(event, CorrectableEvent) else EventId(self._new_id()),
            case_id=case_id,
            occurred_at=_occurred_at(history, event, provenance).astimezone(UTC),
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

    def _answered(self, command_id: CommandId, asked: Callable[[], bytes]) -> Outcome | None:
        """Return the first answer to a command that was sent before."""
        rows = self._recorder.fetch(
            "SELECT fingerprint, c.stream_id, last_version, event_count, first_position, e.recorded_at"
            " FROM event_log.commands c JOIN event_log.events e ON e.position = first_position"
            " WHERE c.command_id = %s",
            (command_id,),
        )
        if not rows:
            return None
        fingerprint, stream_id, version, count, first, recorded_at = rows[0]
        if asked() not in (ERASED, bytes(fingerprint)):
            raise CommandIdReusedError(f"command {command_id} was another one: give each its own id")
        return Outcome(
            stream_id=stream_id,
            version=version,
            events=count,
            first_position=first,
            recorded_at=recorded_at,
            repeated=True,
        )

    def _recorded(self, rows: Iterable[PlacedEvent]) -> list[Recorded[Any]]:
        return [self._decoded(row) for row in rows]

    def _recorded_of_many(self, rows: Sequence[PlacedEvent]) -> list[Recorded[Any]]:
        """As `_recorded`, for rows of many cases: their keys are looked up in one go."""
        self.codec.foresee(row.state for row in rows)
        return self._recorded(rows)

    def _decoded(self, row: PlacedEvent) -> Recorded[Any]:
        stream = Stream(row.category, UUID(str(row.originator_id)))
        version = row.originator_version
        return Recorded(
            position=Position(row.id),
            stream=stream,
            version=version,
            recorded_at=row.recorded_at,
            envelope=self.codec.decode(row.topic, row.state, stream, version, f"position {row.id}"),
        )

    def _stored(self, stream: Stream, version: int, envelope: Envelope[Event]) -> EnvelopedEvent:
        event = envelope.event
        return EnvelopedEvent(
            originator_id=stream.id,
            originator_version=version,
            topic=stored_type(type(event)),
            state=self.codec.encode(envelope, stream, version),
            event_id=envelope.event_id,
            category=stream.category,
            case_id=envelope.case_id,
            command_id=envelope.command_id,
            schema_version=type(event).schema_version,
            occurred_at=envelope.occurred_at,
            is_decision=isinstance(event, DecisionEvent),
        )


def _fingerprint(stream: Stream, command: Command) -> bytes:
    asked = f"{stream.category}/{stream.id}/{type(command).__name__}/{command.model_dump_json()}"
    return sha256(asked.encode()).digest()


def _must_be_current(version: int, expected: int | None) -> None:
    if expected is not None and version != expected:
        raise StaleVersionError(expected, version)


def _already_so(stream: Stream, version: int) -> Outcome:
    return Outcome(stream_id=stream.id, version=version, events=0, first_position=None, recorded_at=None)


def _outcome(answer: Answer, command_id: CommandId, expected_version: int | None) -> Outcome | None:
    """Turn the server's answer into ours; None where the stream moved on and it may be decided anew."""
    match answer.outcome:
        case "recorded" | "already":
            return Outcome(
                stream_id=answer.stream_id,
                version=answer.version,
                events=answer.event_count,
                first_position=Position(answer.first_position) if answer.first_position else None,
                recorded_at=answer.recorded_at,
                repeated=answer.outcome == "already",
            )
        case "reused":
            raise CommandIdReusedError(f"command {command_id} was another one: give each its own id")
        case "evidence-moved":
            raise EvidenceMovedError("the case has moved on since the evidence was gathered")
        case _ if expected_version is not None:
            raise StaleVersionError(expected_version, answer.version)
    return None


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


def _occurred_at(history: Sequence[Recorded[Event]], event: Event, provenance: Provenance) -> datetime:
    """A correction stands in the world where the fact it corrects stands; only its recording is new."""
    if not isinstance(event, CorrectionEvent):
        return provenance.occurred_at
    if event.happened_at is not None:
        return event.happened_at
    corrected = (r.envelope.occurred_at for r in history if r.envelope.event_id == event.corrects)
    return next(corrected, provenance.occurred_at)
