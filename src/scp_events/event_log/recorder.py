"""The recorder: the eventsourcing library's interface to our tables."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from threading import Thread
from typing import Any, LiteralString
from uuid import UUID, uuid4

from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    StoredEvent,
    Subscription,
)
from psycopg.rows import TupleRow
from uuid_utils.compat import uuid7

from scp_events.event_log.appender import SENDERS, Appender
from scp_events.event_log.appends import Append, EnvelopedEvent, PlacedEvent
from scp_events.event_log.line import ROOM
from scp_events.event_log.listener import Listener
from scp_events.event_log.opening import Opening
from scp_events.event_log.reading import Parameters, Reader
from scp_events.event_log.sender import Sender
from scp_events.event_log.telling import PATIENCE_SECONDS, LogUnreachableError

_PLACED: LiteralString = (
    "SELECT stream_id, version, type, body, position, recorded_at, category FROM event_log.events "
)


class LogRecorder(ApplicationRecorder):
    """Appends to and reads from the tables of the event log. For many threads."""

    def __init__(
        self, conninfo: str, *, pool_size: int = 8, patience: float = PATIENCE_SECONDS, room: int = ROOM
    ) -> None:
        """`patience` is how long a call waits for a connection, in seconds."""
        self.conninfo = conninfo
        self._reader = Reader(conninfo, pool_size=pool_size, patience=patience)
        senders = [Sender(conninfo, patience_seconds=patience) for _ in range(SENDERS)]
        self._appender = Appender(senders, room=room)
        self._opening = Opening(self.fetch)
        self.append = self._appender.append
        self.read_stream = self._opening.read

    def close(self) -> None:
        """Give every connection back."""
        self._opening.close()
        self._appender.close()
        self._reader.close()

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
        return self._reader.fetch(query, parameters)


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
