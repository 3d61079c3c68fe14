"""History comes out: everything that may be asked of the log. What reads here cannot append."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Any, LiteralString, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from scp_events.aggregates import ALL
from scp_events.aggregates.jurisdiction.events import STREAM, policies_in
from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.event_log.envelope import (
    AlteredEventError,
    Codec,
    Recorded,
    case_said_in,
    must_be_whole,
)
from scp_events.event_log.listener import Listener
from scp_events.event_log.reading import Parameters, Reading
from scp_events.event_log.roles import READER
from scp_events.event_log.rows import SELECT, Row
from scp_events.history import name_in
from scp_events.policy import Policies
from scp_events.privacy.keyring import Keyring
from scp_events.vocabulary import (
    NOTHING_YET,
    AnyAggregate,
    Calendar,
    CaseId,
    CommandId,
    Event,
    EventId,
    Position,
    Stream,
    stored_type,
)

LAST = Position(2**63 - 1)
"""No position comes after this one."""


class LogReader:
    """Reads the log of one database, for the aggregates whose events it may hold. For many threads.

    Whatever it is asked may raise `LogUnreachableError`, and `UnreadableEventError` where it returns events.
    """

    def __init__(
        self,
        conninfo: str,
        keyring: Keyring,
        aggregates: Sequence[AnyAggregate] = ALL,
        *,
        pool_size: int = 8,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """`patience` is how long an answer is waited for, in seconds."""
        self.conninfo = conninfo
        self.keyring = keyring
        self.codec = Codec(aggregates, keyring)
        self._reading = Reading(conninfo, READER, pool_size=pool_size, patience=patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back."""
        self._reading.close()

    # --- the log ------------------------------------------------------------------------------------------

    @cached_property
    def calendar(self) -> Calendar:
        """The days of the organisation whose log this is."""
        return Calendar(ZoneInfo(self._one("SELECT time_zone FROM event_log.installation")))

    def head(self) -> Position:
        """Return the last position given out; 0 where the log is empty."""
        return Position(self._one("SELECT position FROM event_log.head"))

    def now(self) -> datetime:
        """Return what time it is by the log's own clock."""
        now: datetime = self._one("SELECT clock_timestamp()")
        return now

    def position_at(self, instant: datetime) -> Position:
        """Return the last position recorded at or before `instant`; 0 where there is none."""
        return Position(self._one("SELECT event_log.position_at(%s)", (instant,)))

    def recorded_at(self, position: Position) -> datetime | None:
        """Return when a position was recorded; None for one that was not given out."""
        at: datetime | None = self._one(
            "SELECT recorded_at FROM event_log.events WHERE position = %s", (position,)
        )
        return at

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
        rows = self._rows(
            "WHERE position > %s AND position <= %s AND type <> ALL(%s) ORDER BY position LIMIT %s",
            (after, LAST if through is None else through, [stored_type(event) for event in without], limit),
        )
        return self._recorded(rows, frozenset(map(stored_type, unopened)))

    def read_all(self, after: Position = NOTHING_YET, batch: int = 1000) -> Iterator[Recorded[Event]]:
        """Yield every event after a position, in log order, until the end."""
        while page := self.read(after, batch):
            yield from page
            after = page[-1].position

    def of_types(self, *kinds: type[Event]) -> Iterator[Recorded[Event]]:
        """Yield every event of some classes, in log order."""
        types = [stored_type(kind) for kind in kinds]
        yield from self._recorded(self._rows("WHERE type = ANY(%s) ORDER BY position", (types,)))

    def policies(self) -> Policies:
        """Return every version of the policy that is known, and from when on each is in force."""
        return policies_in(recorded.event for recorded in self.stream_history(STREAM))

    def listener(self) -> Listener:
        """Return something to wait with until something is appended."""
        return Listener(self.conninfo)

    # --- cases and streams --------------------------------------------------------------------------------

    def case_history(self, case_id: CaseId, through: Position = LAST) -> list[Recorded[Event]]:
        """Return a case's events of all its streams up to a position, in log order."""
        rows = self._rows(
            "WHERE coalesce(case_id, stream_id) = %s AND position <= %s ORDER BY position", (case_id, through)
        )
        must_be_whole(rows)
        return self._recorded(rows)

    def histories(
        self,
        cases: Collection[UUID],
        through: Position = LAST,
        *,
        without: Collection[type[Event]] = (),
        unopened: Collection[type[Event]] = (),
    ) -> list[Recorded[Any]]:
        """Return the events of many cases up to a position, in log order; otherwise as `read` does.

        A stream that belongs to no case is named by its own id.
        """
        rows = self._rows(
            "WHERE coalesce(case_id, stream_id) = ANY(%(of)s)"
            " AND position <= %(through)s AND type <> ALL(%(without)s) ORDER BY position",
            {"of": list(cases), "through": through, "without": [stored_type(event) for event in without]},
        )
        return self._recorded(rows, frozenset(map(stored_type, unopened)))

    def cases_known(self, through: Position) -> list[UUID]:
        """Return every case with events up to a position, and every stream that belongs to none, by id."""
        rows = self._reading.fetch(
            "SELECT DISTINCT coalesce(case_id, stream_id) AS id FROM event_log.events"
            " WHERE position <= %s ORDER BY id",
            (through,),
        )
        return [case_id for (case_id,) in rows]

    def stream_history(self, stream: Stream, through: Position = LAST) -> list[Recorded[Any]]:
        """Return a stream's events up to a position, in the order of their versions."""
        rows = self._rows(
            "WHERE stream_id = %s AND category = %s AND position <= %s ORDER BY version",
            (stream.id, stream.category, through),
        )
        must_be_whole(rows)
        return self._recorded(rows)

    def event(self, event_id: EventId) -> Recorded[Event] | None:
        """Return one event by its id."""
        for found in self._recorded(self._rows("WHERE event_id = %s", (event_id,))):
            if found.event_id != event_id:
                raise AlteredEventError(found.position, f"is filed as event {event_id}, and is another")
            return found
        return None

    def events_of_command(self, command_id: CommandId) -> list[Recorded[Event]]:
        """Return what a command came to, oldest first; empty where it is not known."""
        rows = self._rows(
            "WHERE position >= (SELECT first_position FROM event_log.commands WHERE command_id = %(id)s)"
            " AND position < (SELECT first_position + event_count FROM event_log.commands"
            " WHERE command_id = %(id)s) ORDER BY position",
            {"id": command_id},
        )
        found = self._recorded(rows)
        for each in found:
            if each.envelope.command_id != command_id:
                raise AlteredEventError(
                    each.position, f"is counted for command {command_id}, and is of another"
                )
        return found

    def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, or None."""
        case_id: CaseId | None = self._one(
            "SELECT case_id FROM event_log.cases WHERE reference = %s", (reference,)
        )
        return case_id

    def reference_of(self, case_id: CaseId) -> str | None:
        """Return what people call a case, or None."""
        reference: str | None = self._one(
            "SELECT reference FROM event_log.cases WHERE case_id = %s", (case_id,)
        )
        return reference

    def names(self, category: str) -> list[str]:
        """Return what people call the things of a kind that belong to no case, in order of name."""
        first = self._rows("WHERE category = %s AND case_id IS NULL AND version = 1", (category,))
        return sorted(filter(None, (name_in(recorded.event) for recorded in self._recorded(first))))

    def named_histories(self, category: str) -> list[tuple[str, list[Recorded[Any]]]]:
        """Return the things of a kind that belong to no case: the name and the events of each, by name."""
        rows = self._rows("WHERE category = %s AND case_id IS NULL ORDER BY stream_id, version", (category,))
        must_be_whole(rows)
        streams = groupby(self._recorded(rows), lambda recorded: recorded.stream)
        histories = (list(history) for _, history in streams)
        named = ((name_in(history[0].event), history) for history in histories)
        return sorted(((name, history) for name, history in named if name), key=itemgetter(0))

    def cases(self) -> list[tuple[str, CaseId]]:
        """Return every case that has events: its reference and id, in order of reference."""
        rows = self._reading.fetch(
            "SELECT reference, case_id FROM event_log.cases c"
            " WHERE EXISTS (SELECT FROM event_log.events e"
            " WHERE coalesce(e.case_id, e.stream_id) = c.case_id)"
            " ORDER BY reference",
        )
        return [(reference, CaseId(case_id)) for reference, case_id in rows]

    def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none."""
        body: bytes | None = self._one(
            "SELECT body FROM event_log.events WHERE stream_id = %s AND category = %s LIMIT 1",
            (stream.id, stream.category),
        )
        return None if body is None else case_said_in(body)

    def cases_of_streams(self, streams: Collection[UUID]) -> list[tuple[UUID, str]]:
        """Return what people call the case of each stream that belongs to one."""
        rows = self._reading.fetch(
            "SELECT stream_id, reference FROM event_log.events JOIN event_log.cases USING (case_id)"
            " WHERE stream_id = ANY(%s) AND version = 1",
            (list(streams),),
        )
        return [(stream, reference) for stream, reference in rows]

    # --- how ----------------------------------------------------------------------------------------------

    def _one(self, query: LiteralString, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - any column
        """Return the one value a query is about, or None."""
        rows = self._reading.fetch(query, parameters)
        return rows[0][0] if rows else None

    def _rows(self, where: LiteralString, parameters: Parameters) -> list[Row]:
        return [Row(*row) for row in self._reading.fetch(SELECT + where, parameters)]

    def _recorded(self, rows: Sequence[Row], unopened: Collection[str] = ()) -> list[Recorded[Any]]:
        self.codec.foresee(row.body for row in rows if row.type not in unopened)
        return [self.codec.recorded(row, self.calendar, unopened=row.type in unopened) for row in rows]
