"""The eventsourcing library's interface to our tables, for programs that know only the library."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from threading import Thread
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    Subscription,
)
from psycopg import Connection
from psycopg.pq import Format
from uuid_utils.compat import uuid7

from scp_events.database.insisting import insist
from scp_events.database.patience import PATIENCE_SECONDS, patient_pool
from scp_events.event_log.answers import LogUnreachableError
from scp_events.event_log.appends import Answer, Append, NewEvent
from scp_events.event_log.calls import STATEMENTS, told
from scp_events.event_log.connecting import connect
from scp_events.event_log.listener import Listener
from scp_events.event_log.reading import Parameters, said_in_our_words
from scp_events.event_log.roles import WRITER, become
from scp_events.vocabulary import Stream

_SELECT: LiteralString = "SELECT stream_id, version, type, body, position FROM event_log.events "


class LogRecorder(ApplicationRecorder):
    """Appends to and reads from the tables of the event log. For many threads, one append a call."""

    def __init__(self, conninfo: str, *, pool_size: int = 8, patience: float = PATIENCE_SECONDS) -> None:
        """`patience` is how long a call waits for a connection, and for an answer, in seconds."""
        self.conninfo = conninfo
        self._patience = patience
        self._is_safe = False
        self._pool = patient_pool(conninfo, patience, smallest=1, largest=pool_size, configure=_configure)

    def close(self) -> None:
        """Give every connection back."""
        self._pool.close()

    # --- as the library asks for it -----------------------------------------------------------------------

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        **kwargs: Any,  # noqa: ANN401 - the library's signature
    ) -> Sequence[int] | None:
        """Append, as the library asks for it: all or none, to one stream or several.

        The same events with the same `command_id` again get the first answer. Raises `IntegrityError` where a
        stream has moved on, or where a command id is used for other events.
        """
        if not stored_events:
            return []
        events = [_enveloped(event) for event in stored_events]
        answer = self.append(
            Append(
                command_id=kwargs.get("command_id") or uuid4(),
                fingerprint=_fingerprint(events),
                events=events,
            )
        )
        if answer.outcome not in {"recorded", "already"}:
            raise IntegrityError(f"{answer.outcome}: a stream has moved on, or the command was another one")
        return list(range(answer.first_position, answer.first_position + len(events)))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[Notification]:
        """Return a stream's events with versions above `gt` up to `lte`, oldest first unless `desc`."""
        order: LiteralString = "DESC" if desc else "ASC"
        return self._select(
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
    ) -> Sequence[Notification]:
        """Return at most `limit` events from `start` up to `stop`, in log order, of `topics` if given."""
        above = (start or 0) - (1 if inclusive_of_start else 0)
        return self._select(
            "WHERE position > %s AND position <= %s AND (%s OR type = ANY(%s)) ORDER BY position LIMIT %s",
            (above, 2**63 - 1 if stop is None else stop, not topics, list(topics), limit),
        )

    def max_notification_id(self) -> int | None:
        """Return the last position, or None where the log is empty."""
        return self._fetch("SELECT position FROM event_log.head")[0][0] or None

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Return an iterator over events above `gt`, which waits for new ones at the end of the log."""
        return _LogSubscription(self, gt, topics)

    # --- how ----------------------------------------------------------------------------------------------

    def append(self, append: Append) -> Answer:
        """Append, or return why not.

        Raises `IntegrityError` where an event id is taken, and `UnsafeServerError` where the server may lose
        commits.
        """
        self._must_be_safe()
        try:
            call = told([append])
        except ValueError as wrong:
            raise IntegrityError(str(wrong)) from wrong

        def work(connection: Connection[Any]) -> Answer:
            result = connection.pgconn.exec_prepared(
                call.statement.name.encode(),
                call.arguments,  # type: ignore[arg-type]  # None is NULL, which its types forget
                [Format.BINARY] * len(call.arguments),
                Format.BINARY,
            )
            if result.error_message:
                raise psycopg.errors.error_from_result(result)
            return call.read([result.get_value(0, column) for column in range(result.nfields)])[0]

        try:
            with said_in_our_words():
                return insist(self._pool, work)
        except psycopg.IntegrityError as taken:
            raise IntegrityError(f"the server refused: {type(taken).__name__}") from taken

    def _must_be_safe(self) -> None:
        if not self._is_safe:
            with said_in_our_words():
                connect(self.conninfo, WRITER, self._patience).close()
            self._is_safe = True

    def _select(self, where: LiteralString, parameters: Parameters) -> list[Notification]:
        return [Notification(*row) for row in self._fetch(_SELECT + where, parameters)]

    def _fetch(self, query: LiteralString, parameters: Parameters = ()) -> list[Any]:
        def work(connection: Connection[Any]) -> list[Any]:
            return connection.execute(query, parameters, prepare=True, binary=True).fetchall()

        with said_in_our_words():
            return insist(self._pool, work)


def _configure(connection: Connection[Any]) -> None:
    for statement in STATEMENTS:
        connection.execute(statement.preparing)
    become(WRITER, connection)


def _enveloped(event: StoredEvent) -> NewEvent:
    stream_id = event.originator_id
    assert isinstance(stream_id, UUID), "ours are UUIDs"  # noqa: S101 - for the type checker
    return NewEvent(
        stream=Stream("", stream_id),
        case_id=None,
        version=event.originator_version,
        type=event.topic,
        body=event.state,
        event_id=uuid7(),
    )


def _fingerprint(events: Sequence[NewEvent]) -> bytes:
    """Return what tells these events from others; not their ids, which they get anew each time."""
    said = sha256()
    for event in events:
        place = f"{event.stream.id}/{event.version}/{event.type}/{len(event.body)}/"
        said.update(place.encode() + event.body)
    return said.digest()


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
