"""The log: decisions go in, history comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from scp_events.event_log.answers import Outcome
from scp_events.event_log.appender import SENDERS
from scp_events.event_log.appends import PlacedEvent
from scp_events.event_log.combining import Combining
from scp_events.event_log.deciding import (
    Asked,
    Fetch,
    Open,
    Question,
    Recall,
    Times,
    deciding,
    digest_of,
    recalled,
)
from scp_events.event_log.envelope import Codec, Recorded
from scp_events.event_log.enveloping import Enveloping
from scp_events.event_log.familiar import Familiar, Standing
from scp_events.event_log.line import ROOM
from scp_events.event_log.listener import Listener
from scp_events.event_log.recorder import LogRecorder
from scp_events.event_log.sender import Sender
from scp_events.event_log.standing import caught_up, known_of
from scp_events.event_log.telling import PATIENCE_SECONDS
from scp_events.event_log.turns import Turns
from scp_events.privacy.keyring import NOBODY, Keyring
from scp_events.vocabulary import (
    NOTHING_YET,
    Aggregate,
    Command,
    CommandId,
    Event,
    EventId,
    ParticipantId,
    Position,
    Provenance,
    Stream,
    fold,
    stored_type,
)

Id = TypeVar("Id", bound=UUID)
S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
T = TypeVar("T")

LAST = 2**63 - 1
"""No position comes after this one."""


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

    def __init__(  # noqa: PLR0913 - each has a usual value, and is given by name
        self,
        conninfo: str,
        aggregates: Sequence[Aggregate[Any, Any, Any, Any]],
        *,
        keyring: Keyring,
        pool_size: int = 8,
        patience: float = PATIENCE_SECONDS,
        room: int = ROOM,
        new_id: Callable[[], UUID] = uuid7,
    ) -> None:
        """`patience` is how long a call waits for a database that is away, in seconds.

        `room` says how many may wait to be recorded; whoever comes then is told that we are busy.
        """
        self.conninfo = conninfo
        self.patience = patience
        self.room = room
        self.keyring = keyring
        self.codec = Codec(aggregates, keyring)
        self.enveloping = Enveloping(self.codec, keyring, new_id)
        self._recorder = LogRecorder(conninfo, pool_size=pool_size, patience=patience)
        senders = [Sender(conninfo, patience_seconds=patience) for _ in range(SENDERS)]
        self._combining = Combining(senders, self.reply, room=room)
        self.familiar = Familiar()
        keyring.cache.on_forgetting(self.familiar.forget_person)
        self._turns = Turns()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer those who wait, and give every connection back."""
        self._combining.close()
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
        (of the request; by default of the command) it raises `CommandIdReusedError`. Raises `BusyError`
        where too many wait, `ClosedError` after the end, and `LogUnreachableError`, `LogUnwritableError` or
        `UnsafeServerError` where the server is not as it should be.
        """
        stream = aggregate.stream(stream_id)
        asked = Asked(
            aggregate=aggregate,
            stream=stream,
            command=command,
            provenance=provenance,
            case_id=case_id,
            expected_version=expected_version,
            evidence_through=evidence_through,
            fingerprint=partial(self.fingerprint, stream, command, fingerprint),
        )
        with self._turns.of(stream):
            script = deciding(asked, self.enveloping, self.familiar)
            return self._combining.play(script, is_ready=self._is_at_hand(stream))

    def _is_at_hand(self, stream: Stream) -> bool:
        """Whether a stream is remembered, and the keys of whose it is."""
        standing = self.familiar.get(stream)
        return standing is not None and not self.keyring.missing([standing.case_id or NOBODY])

    def load(self, aggregate: Aggregate[Id, S, C, E], stream_id: Id) -> Loaded[S, E]:
        """Return a stream's state, version and history; of a stream without events, the initial state."""
        history = self._recorded(self._recorder.select_events(aggregate.stream(stream_id).id))
        return Loaded(fold(aggregate, [recorded.event for recorded in history]), len(history), history)

    def fingerprint(
        self, stream: Stream, command: Command, given: bytes | None, case_id: ParticipantId | None
    ) -> bytes:
        """Return what tells a command sent again from another one of the same id, and tells nobody its words.

        A digest of words can be guessed at, so it is blinded with a key of whose words they are. Once that
        is destroyed nothing is compared any more, and nothing can be guessed.
        """
        return self.keyring.blinded(case_id or NOBODY, given or digest_of(stream, command))

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
        standing = self.familiar.get(stream)
        if standing is not None:
            return standing.case_id  # the first event settles it
        rows = self._recorder.fetch(
            "SELECT case_id FROM event_log.events WHERE stream_id = %s AND version = 1 AND category = %s",
            (stream.id, stream.category),
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
        return Position(self._recorder.fetch("SELECT event_log.position_at(%s)", (instant,))[0][0])

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
        unopened: Collection[type[Event]] = (),
    ) -> list[Recorded[Event]]:
        """Return at most `limit` events after a position and up to `through`, in log order.

        Events of the classes `without` are left out unread; one of a type nobody knows is not. Of the classes
        `unopened` nothing personal is opened: it reads as `Unopened`.
        """
        placed = self._recorder.select(
            "WHERE position > %s AND position <= %s AND type <> ALL(%s) ORDER BY position LIMIT %s",
            (after, LAST if through is None else through, [stored_type(event) for event in without], limit),
        )
        return self._recorded_of_many(placed, frozenset(map(stored_type, unopened)))

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
        placed = self._recorder.select(
            "WHERE position >= (SELECT first_position FROM event_log.commands WHERE command_id = %(id)s)"
            " AND position < (SELECT first_position + event_count FROM event_log.commands"
            " WHERE command_id = %(id)s) ORDER BY position",
            {"id": command_id},
        )
        return self._recorded(placed)

    def listener(self) -> Listener:
        """Return something to wait with until something is appended."""
        return Listener(self.conninfo)

    # --- how ----------------------------------------------------------------------------------------------

    def reply(self, question: Question) -> object:
        """Return what a script asks; see `deciding`."""
        match question:
            case Open():
                return self.standing(question.aggregate, question.stream)
            case Recall():
                return self._answered(question.command_id, question.fingerprint)
            case Times():
                return self._times(question.stream, question.events)
            case Fetch():
                self.keyring.fetch(question.subjects, question.newcomers)
                return None

    def standing(self, aggregate: Aggregate[Any, Any, Any, Any], stream: Stream) -> Standing[Any]:
        """Return where a stream stands: what is remembered of it, and what has come since."""
        known = known_of(self.familiar, aggregate, stream)
        pages = self._recorder.read_stream(stream.id, known.standing.version)
        return caught_up(known, pages, self.codec, self.familiar)

    def _times(self, stream: Stream, events: Sequence[EventId]) -> dict[EventId, datetime]:
        rows = self._recorder.fetch(
            "SELECT event_id, occurred_at FROM event_log.events WHERE event_id = ANY(%s) AND stream_id = %s",
            (list(events), stream.id),
        )
        return dict(rows)

    def _answered(self, command_id: CommandId, asked: Callable[[], bytes]) -> Outcome | None:
        """Return the first answer to a command that was sent before."""
        rows = self._recorder.fetch(
            "SELECT fingerprint, c.stream_id, last_version, event_count, first_position, e.recorded_at"
            " FROM event_log.commands c JOIN event_log.events e ON e.position = first_position"
            " WHERE c.command_id = %s",
            (command_id,),
        )
        return recalled(command_id, asked, rows[0] if rows else None)

    def _recorded(self, rows: Iterable[PlacedEvent]) -> list[Recorded[Any]]:
        return [self._decoded(row) for row in rows]

    def _recorded_of_many(
        self, rows: Sequence[PlacedEvent], unopened: Collection[str] = ()
    ) -> list[Recorded[Any]]:
        """As `_recorded`, for rows of many cases: their keys are looked up in one go."""
        self.codec.foresee(row.state for row in rows if row.topic not in unopened)
        return [self._decoded(row, unopened=row.topic in unopened) for row in rows]

    def _decoded(self, row: PlacedEvent, *, unopened: bool = False) -> Recorded[Any]:
        decode = self.codec.decode_unopened if unopened else self.codec.decode
        stream = Stream(row.category, UUID(str(row.originator_id)))
        version = row.originator_version
        return Recorded(
            position=Position(row.id),
            stream=stream,
            version=version,
            recorded_at=row.recorded_at,
            envelope=decode(row.topic, row.state, stream, version, f"position {row.id}"),
        )
