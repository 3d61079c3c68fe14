"""The recorder: the eventsourcing library's interface to our tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from threading import Thread
from typing import Any, LiteralString, TypeAlias, TypeVar
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    StoredEvent,
    Subscription,
)
from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout
from uuid_utils.compat import uuid7

from scp_events.database import broke_off
from scp_events.event_log.appender import Appender
from scp_events.event_log.appends import Append, EnvelopedEvent, PlacedEvent
from scp_events.event_log.listener import Listener
from scp_events.event_log.opening import Opening
from scp_events.event_log.roles import become_writer
from scp_events.event_log.sender import Sender
from scp_events.event_log.telling import PATIENCE_SECONDS, LogUnreachableError, unwritable
from scp_events.event_log.together import ROOM

RECONNECTS = 8
"""How often a call is made again after its connection broke; each waits for the pool to reconnect."""

T = TypeVar("T")
Parameters: TypeAlias = Sequence[object] | Mapping[str, object]

_PLACED: LiteralString = (
    "SELECT stream_id, version, type, body, position, recorded_at, category FROM event_log.events "
)


class LogRecorder(ApplicationRecorder):
    """Appends to and reads from the tables of the event log. For many threads."""

    def __init__(
        self, conninfo: str, *, pool_size: int = 8, patience: float = PATIENCE_SECONDS, room: int = ROOM
    ) -> None:
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
            configure=become_writer,
            open=True,
        )
        self._appender = Appender(Sender(conninfo, patience_seconds=patience), room=room)
        self._opening = Opening(self.fetch)
        self.append = self._appender.append
        self.read_stream = self._opening.read

    def close(self) -> None:
        """Give every connection back."""
        self._opening.close()
        self._appender.close()
        self.pool.close()

    # --- as the library asks for it -----------------------------------------------------------------------

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 - the library's signature
    ) -> Sequence[int] | None:
        """Append, as the library asks for it: all or none, to one stream or several.

        An event without an envelope gets a bare one. The same events with the same `command_id` again get the
        first answer. Raises `IntegrityError` where a stream has moved on, or where a command id is used for
        other events.
        """
        if not stored_events:
            return []
        events = [_enveloped(event) for event in stored_events]
        _must_follow_each_other(events)
        answer = self.append(
            Append(
                command_id=kwargs.get("command_id") or uuid4(),
                fingerprint=_fingerprint(events),
                events=events,
            )
        )
        if answer.outcome not in {"recorded", "already"} or answer.first_position is None:
            raise IntegrityError(f"{answer.outcome}: the stream is at version {answer.version}")
        return list(range(answer.first_position, answer.first_position + answer.event_count))

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
            (originator_id, -1 if gt is None else gt, 2**31 - 1 if lte is None else lte, limit),
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

    def max_notification_id(self) -> int | None:
        """Return the last position, or None where the log is empty."""
        position: int = self.fetch("SELECT position FROM event_log.head")[0][0]
        return position or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over events above `gt`, which waits for new ones at the end of the log."""
        return _LogSubscription(self, gt, topics)

    # --- as we ask for it ---------------------------------------------------------------------------------

    def select(self, where: LiteralString, parameters: Parameters) -> list[PlacedEvent]:
        """Return the events a condition picks."""
        return [_placed(row) for row in self.fetch(_PLACED + where, parameters)]

    def fetch(self, query: LiteralString, parameters: Parameters = ()) -> list[TupleRow]:
        """Return the rows of a query, or of a statement that may be repeated without harm."""
        return self._insist(lambda connection: _fetched(connection, query, parameters))

    def _insist(self, work: Callable[[Connection[TupleRow]], T]) -> T:
        """Do `work` on a connection; on a broken one, again on the next, until `RECONNECTS` are used up."""
        for attempt in range(RECONNECTS):
            try:
                with self.pool.connection() as connection:
                    return work(connection)
            except PoolTimeout as busy:
                raise LogUnreachableError("every connection to the database is busy: try again") from busy
            except psycopg.errors.DiskFull as full:
                raise unwritable(full) from full
            except psycopg.Error as broken:
                if not (isinstance(broken, psycopg.OperationalError) or broke_off(broken)):
                    raise
                if attempt == RECONNECTS - 1:
                    raise LogUnreachableError("the database cannot be reached: try again") from broken
                self.pool.check()
        raise AssertionError("unreachable: the loop returns or raises")


def _fetched(
    connection: Connection[TupleRow], query: LiteralString, parameters: Parameters
) -> list[TupleRow]:
    return connection.execute(query, parameters, prepare=True, binary=True).fetchall()


def _placed(row: TupleRow) -> PlacedEvent:
    stream_id, version, stored_as, body, position, recorded_at, category = row
    return PlacedEvent(stream_id, version, stored_as, body, position, recorded_at, category)


def _enveloped(event: StoredEvent) -> EnvelopedEvent:
    if isinstance(event, EnvelopedEvent):
        return event
    event_id = uuid7()
    return EnvelopedEvent(
        originator_id=event.originator_id,
        originator_version=event.originator_version,
        topic=event.topic,
        state=event.state,
        event_id=event_id,
        category="",
        schema_version=1,
        occurred_at=datetime.fromtimestamp((event_id.int >> 80) / 1000, UTC),  # a UUIDv7 begins with it
        is_decision=False,
    )


def _fingerprint(events: Sequence[EnvelopedEvent]) -> bytes:
    """Return what tells these events from others; not their ids, which a bare event gets anew each time."""
    said = sha256()
    for event in events:
        place = f"{event.originator_id}/{event.originator_version}/{event.topic}/{len(event.state)}/"
        said.update(place.encode() + event.state)
    return said.digest()


def _must_follow_each_other(events: Sequence[EnvelopedEvent]) -> None:
    versions: dict[UUID | str, int] = {}
    for event in events:
        before = versions.get(event.originator_id, event.originator_version - 1)
        if event.originator_version != before + 1:
            raise IntegrityError(f"version {event.originator_version} does not follow version {before}")
        versions[event.originator_id] = event.originator_version


class _LogSubscription(ListenNotifySubscription[LogRecorder]):
    """The library's subscription, woken by our listener. It polls about once a second besides.

    While the database cannot be reached it waits: a reader hears of an outage by hearing nothing.
    """

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

    def _pull(self) -> None:
        with suppress(LogUnreachableError):  # the listener has us pull again in a moment
            super()._pull()

    def __exit__(self, *args: object, **kwargs: object) -> None:
        self._listener.stop()
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listen_thread.join()
