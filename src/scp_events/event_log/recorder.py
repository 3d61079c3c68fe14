"""The recorder: the eventsourcing library's interface to our tables.

Appending is one call of one server function (see migrations/0002_append.sql): no lock is ever held across a
round trip. A call whose connection breaks is made again: its command id tells whether the first one counted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Any, LiteralString, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Subscription,
)
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg_pool import ConnectionPool, PoolTimeout

from scp_events.event_log.listener import Listener

RECONNECTS = 8
"""How often a call is made again after its connection broke; each waits for the pool to reconnect."""

T = TypeVar("T")


class LogUnreachableError(OperationalError):
    """The database did not answer in time; whatever was asked may be asked again."""


@dataclass(frozen=True)
class EnvelopedEvent(StoredEvent):
    """A stored event with the copies by which it is found."""

    event_id: UUID
    category: str
    case_id: UUID | None
    command_id: UUID
    schema_version: int
    occurred_at: datetime
    is_decision: bool


@dataclass(frozen=True)
class PlacedEvent(Notification):
    """A notification with the rest of its row."""

    recorded_at: datetime
    category: str


class Answer(NamedTuple):
    """What the server function said; see migrations/0002_append.sql for the outcomes."""

    outcome: str
    stream_id: UUID
    first_position: int | None
    version: int
    event_count: int
    recorded_at: datetime | None


_PLACED: LiteralString = (
    "SELECT stream_id, version, type, body, position, recorded_at, category FROM event_log.events "
)


class LogRecorder(ApplicationRecorder):
    """Appends to and reads from the tables of the event log over a pool of connections."""

    def __init__(self, conninfo: str, *, pool_size: int = 8, patience: float = 30.0) -> None:
        """`patience` is how long a call waits for a connection, in seconds.

        The pool tries to connect for as long, at doubling intervals, and anew with the next call: were it to
        try longer, it would leave a database that came back alone for as long as that had been away.
        """
        self.conninfo = conninfo
        self.pool = ConnectionPool(
            conninfo,
            min_size=1,
            max_size=pool_size,
            timeout=patience,
            reconnect_timeout=patience,
            kwargs={"autocommit": True},
            configure=_know_new_events,
            open=True,
        )

    def close(self) -> None:
        """Give every connection back."""
        self.pool.close()

    def append(
        self,
        events: Sequence[EnvelopedEvent],
        fingerprint: bytes,
        evidence_through: int | None = None,
    ) -> Answer:
        """Append the events of one command to one stream, or return why not.

        Raises `IntegrityError` where an event id is taken.

        A broken connection leaves it open whether the append counted; asking again is safe, because the
        server function answers a command it knows with its first answer.
        """
        first = events[0]
        rows = [_new_event(event) for event in events]
        arguments = (
            first.command_id,
            fingerprint,
            first.category,
            first.originator_id,
            first.case_id,
            rows,
            evidence_through,
        )
        return self._insist(lambda connection: _append(connection, arguments))

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 - the library's signature
    ) -> Sequence[int] | None:
        """Append, as the library asks for it. Raises `IntegrityError` where the stream has moved on."""
        events = [event for event in stored_events if isinstance(event, EnvelopedEvent)]
        if len(events) < len(stored_events):
            raise ProgrammingError("the log keeps an envelope with every event: pass EnvelopedEvent")
        if not events:
            return []
        answer = self.append(events, kwargs.get("fingerprint", b""), kwargs.get("evidence_through"))
        if answer.first_position is None:
            raise IntegrityError(f"{answer.outcome}: the stream is at version {answer.version}")
        return range(answer.first_position, answer.first_position + answer.event_count)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[PlacedEvent]:
        """Return a stream's events with versions above `gt` up to `lte`, oldest first unless `desc`."""
        order: LiteralString = "DESC" if desc else "ASC"
        return self.select(
            "WHERE stream_id = %s AND version > %s AND version <= %s ORDER BY version " + order + " LIMIT %s",
            (originator_id, gt or 0, 2**31 - 1 if lte is None else lte, limit),
        )

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[PlacedEvent]:
        """Return at most `limit` events from `start` up to `stop`, in log order, of `topics` if given."""
        above = (start or 0) - (1 if inclusive_of_start else 0)
        return self.select(
            "WHERE position > %s AND position <= %s AND (%s OR type = ANY(%s)) ORDER BY position LIMIT %s",
            (above, 2**63 - 1 if stop is None else stop, not topics, list(topics), limit),
        )

    def select(self, where: LiteralString, parameters: Sequence[object]) -> list[PlacedEvent]:
        """Return the events a condition picks."""
        rows = self.fetch(_PLACED + where, parameters)
        return [PlacedEvent(s, v, t, bytes(b), p, at, category) for s, v, t, b, p, at, category in rows]

    def fetch(self, query: LiteralString, parameters: Sequence[object] = ()) -> list[TupleRow]:
        """Return the rows of a query, or of a statement that may be repeated without harm."""
        return self._insist(lambda connection: connection.execute(query, parameters, prepare=True).fetchall())

    def max_notification_id(self) -> int | None:
        """Return the last position, or None where the log is empty."""
        position: int = self.fetch("SELECT position FROM event_log.head")[0][0]
        return position or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over events above `gt`, which waits for new ones at the end of the log."""
        return _LogSubscription(self, gt, topics)

    def _insist(self, work: Callable[[Connection[TupleRow]], T]) -> T:
        """Do `work` on a connection; on a broken one, again on the next, until `RECONNECTS` are used up."""
        for attempt in range(RECONNECTS):
            try:
                with self.pool.connection() as connection:
                    return work(connection)
            except PoolTimeout as busy:
                raise LogUnreachableError("every connection to the database is busy: try again") from busy
            except psycopg.OperationalError as broken:
                if attempt == RECONNECTS - 1:
                    raise LogUnreachableError("the database cannot be reached: try again") from broken
                self.pool.check()
        raise AssertionError("unreachable: the loop returns or raises")


class _NewEvent(NamedTuple):
    """A row of the type event_log.new_event."""

    version: int
    type: str
    body: bytes
    event_id: UUID
    schema_version: int
    occurred_at: datetime
    is_decision: bool


def _new_event(event: EnvelopedEvent) -> _NewEvent:
    return _NewEvent(
        event.originator_version,
        event.topic,
        event.state,
        event.event_id,
        event.schema_version,
        event.occurred_at,
        event.is_decision,
    )


def _append(connection: Connection[TupleRow], arguments: Sequence[object]) -> Answer:
    try:
        row = connection.execute(
            "SELECT * FROM event_log.append(%s, %s, %s, %s, %s, %s::event_log.new_event[], %s)",
            arguments,
            prepare=True,
        ).fetchone()
    except psycopg.errors.UniqueViolation as taken:
        raise IntegrityError("an event id is taken") from taken
    assert row is not None, "the server function returns one answer"  # noqa: S101 - for the type checker
    return Answer(*row)


def _know_new_events(connection: Connection[TupleRow]) -> None:
    """Teach a new connection to send `_NewEvent`s."""
    info = CompositeInfo.fetch(connection, "event_log.new_event")
    if info is None:
        raise ProgrammingError("this database has no event log: run `event_log.prepare` on it first")
    register_composite(info, connection, factory=_NewEvent)


class _LogSubscription(ListenNotifySubscription[LogRecorder]):
    """The library's subscription, woken by our listener. Polls about once a second besides."""

    def __init__(self, recorder: LogRecorder, gt: int | None, topics: Sequence[str]) -> None:
        self._listener = Listener(recorder.conninfo)
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listen_thread = Thread(target=self._listen)
        self._listen_thread.start()

    def _listen(self) -> None:
        with self._listener:
            while not self._has_been_stopped:
                self._listener.wait(1.0)
                self._has_been_notified.set()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        self._listener.stop()
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listen_thread.join()
