"""What a command handler asks of the log: where a stream stands, what other streams say, and to append."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import NamedTuple, Protocol, TypeAlias
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import TupleRow
from pydantic_core import from_json

from scp_events.database.connection import Connection, ConnectionLostError, Statement
from scp_events.database.lending import Lending, LendingClosedError
from scp_events.event_log import arrays
from scp_events.event_log.answers import ClosedError, LogUnreachableError
from scp_events.event_log.appends import Answer, Append
from scp_events.event_log.calls import STATEMENTS as APPENDING
from scp_events.event_log.connecting import connect
from scp_events.event_log.envelope import AlteredEventError, case_said_in
from scp_events.event_log.group_commit import ROOM, GroupCommit
from scp_events.event_log.roles import READER, WRITER
from scp_events.event_log.rows import Row
from scp_events.event_log.sending import Sender
from scp_events.vocabulary import NOTHING_YET, CaseId, CommandId, EventId, Position, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read in order to decide."""

    stream: Stream
    case_id: CaseId | None
    """Whose case it is; the first event of the stream says it better."""
    after: int = -1
    """The version of the stream that is known already."""
    types: tuple[str, ...] = ()
    """Of which events of the case evidence is made."""
    others: tuple[UUID, ...] = ()
    """Cases besides, and streams that belong to none, of which it is made."""
    since: Position = NOTHING_YET
    """Through where evidence is known already."""


@dataclass(slots=True)
class Found:
    """What was read, as of one position."""

    case_id: CaseId | None
    through: Position = NOTHING_YET
    stream: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)


class Named(NamedTuple):
    """An event that a command names, as it was recorded, or as it was corrected or retracted since."""

    event_id: EventId
    case_id: CaseId | None
    about: UUID
    """Its case; where it belongs to none, its stream."""
    position: Position
    occurred_at: datetime
    precision: str
    is_retracted: bool = False


class Recalled(NamedTuple):
    """An event that a command came to when it was sent before."""

    fingerprint: bytes
    event_id: EventId
    row: Row


Recollection: TypeAlias = dict[CommandId, list[Recalled]]
"""What commands came to, each in the order of the log; those that nobody sent are left out."""


class Store(Protocol):
    """The log, or what stands for it in a trial. Everything may raise `LogUnreachableError`."""

    async def find(self, wanted: Wanted) -> Found:
        """Read a stream and evidence, by one round trip."""

    async def named(self, event_ids: Collection[EventId]) -> tuple[Position, list[Named]]:
        """Return the head, and those of these events that there are, each followed by its corrections."""

    async def foresee(self, event_ids: Collection[EventId]) -> None:
        """Hear which ids commands are about to name, where looking them up at once saves something."""

    async def versions(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """Return where streams stand; what has no events is left out."""

    async def recall(self, command_ids: Collection[CommandId]) -> Recollection:
        """Return what those of these commands came to that are known."""

    async def append(self, append: Append) -> Answer:
        """Append, or return why not, as `GroupCommit.append` does."""

    async def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to, if any."""

    async def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, if any."""

    async def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; make one where there is none yet."""

    async def close(self) -> None:
        """Answer those who wait, and give every connection back."""


FIND = Statement(
    "find",
    ("uuid", "text", "integer", "uuid", "text[]", "uuid[]", "bigint"),
    """
    WITH whose AS (
        SELECT coalesce(
            (SELECT case_id FROM event_log.events WHERE stream_id = $1 ORDER BY version LIMIT 1), $4
        ) AS case_id)
    SELECT 'head', position, NULL::uuid, NULL::text, NULL::integer, NULL::timestamptz, NULL::text,
           NULL::bytea, (SELECT case_id FROM whose)
    FROM event_log.head
    UNION ALL
    SELECT 'stream', position, stream_id, category, version, recorded_at, type, body, case_id
    FROM event_log.events WHERE stream_id = $1 AND category = $2 AND version > $3
    UNION ALL
    SELECT 'evidence', position, stream_id, category, version, recorded_at, type, body, case_id
    FROM event_log.events
    WHERE coalesce(case_id, stream_id) = ANY (array_append($6, coalesce((SELECT case_id FROM whose), $1)))
      AND position > $7 AND type = ANY ($5)
    """,
)
NAMED = Statement(
    "named",
    ("uuid[]",),
    """
    SELECT position, NULL::uuid AS stream_id, NULL::uuid AS event_id, NULL::bytea AS body,
           NULL::timestamptz AS recorded_at, false AS is_retracted
    FROM event_log.head
    UNION ALL
    SELECT position, stream_id, event_id, body, recorded_at, false
    FROM event_log.events WHERE event_id = ANY ($1)
    UNION ALL
    SELECT c.position, stream_id, n.event_id, c.body, c.recorded_at, c.type = n.type || '.retracted'
    FROM event_log.events n JOIN event_log.events c USING (stream_id)
    WHERE n.event_id = ANY ($1) AND c.type IN (n.type || '.corrected', n.type || '.retracted')
      AND convert_from(c.body, 'UTF8')::jsonb -> 'event' ->> 'corrects' = n.event_id::text
    ORDER BY position
    """,
)
VERSIONS = Statement(
    "versions",
    ("uuid[]",),
    "SELECT category, stream_id, max(version) FROM event_log.events WHERE stream_id = ANY ($1) GROUP BY 1, 2",
)
RECALL = Statement(
    "recall",
    ("uuid[]",),
    """
    SELECT c.command_id, c.fingerprint, its.*
    FROM event_log.commands c
    CROSS JOIN LATERAL (
        SELECT position, stream_id, category, version, recorded_at, type, body, case_id
        FROM event_log.events e
        WHERE e.position >= c.first_position AND e.position < c.first_position + c.event_count
        ORDER BY e.position LIMIT c.event_count) its
    WHERE c.command_id = ANY ($1) ORDER BY its.position
    """,
)
"""The limit is there for the planner: it reads the events of each command by their places, and no others."""
CASE_OF_STREAM = Statement(
    "case_of_stream",
    ("uuid", "text"),
    "SELECT body FROM event_log.events WHERE stream_id = $1 AND category = $2 ORDER BY version LIMIT 1",
)
CASE_OF = Statement("case_of", ("text",), "SELECT case_id FROM event_log.cases WHERE reference = $1")
OPEN_CASE = Statement(
    "open_case",
    ("text", "uuid"),
    """
    WITH opened AS (
        INSERT INTO event_log.cases (reference, case_id) VALUES ($1, $2)
        ON CONFLICT (reference) DO NOTHING RETURNING case_id)
    SELECT case_id FROM opened UNION ALL SELECT case_id FROM event_log.cases WHERE reference = $1 LIMIT 1
    """,
)
READING = (FIND, NAMED, VERSIONS, RECALL, CASE_OF_STREAM, CASE_OF)
SENDERS = 2
"""Connections to append over: while one's call is under way, the other's callers decide."""
READERS = 4
"""Connections to read over at most."""


class LogStore:
    """The log in PostgreSQL, for the tasks of one event loop."""

    def __init__(self, conninfo: str, *, patience: float, room: int = ROOM) -> None:
        """`patience` is how long a database that is away or silent is asked, in seconds.

        `room` says how many may wait to be recorded; whoever comes then is told that we are busy.
        """
        writing = partial(connect, conninfo, WRITER, patience)
        reading = partial(connect, conninfo, READER, patience)
        self._senders = [Sender(Connection(writing, APPENDING), patience=patience) for _ in range(SENDERS)]
        self._commit = GroupCommit([sender.send for sender in self._senders], room=room)
        self._readers = Lending(reading, READING, most=READERS, patience=patience)
        self._opener = Lending(writing, (OPEN_CASE,), most=1, patience=patience)
        self.append = self._commit.append

    async def close(self) -> None:
        """Answer those who wait, and give every connection back."""
        await self._commit.close()
        for sender in self._senders:
            sender.close()
        for pool in (self._readers, self._opener):
            pool.close()

    async def find(self, wanted: Wanted) -> Found:
        """Read a stream and evidence, by one round trip."""
        found = Found(None)
        for part, *row, case_id in await self._ask(
            FIND,
            wanted.stream.id.bytes,
            wanted.stream.category.encode(),
            wanted.after.to_bytes(4, signed=True),
            None if wanted.case_id is None else wanted.case_id.bytes,
            arrays.texts(wanted.types),
            arrays.uuids(wanted.others),
            wanted.since.to_bytes(8),
        ):
            if part == "head":
                found.through, found.case_id = row[0], case_id
            else:
                (found.stream if part == "stream" else found.evidence).append(Row(*(*row, case_id)))
        _must_follow(found.stream, max(wanted.after, 0))
        return found

    async def named(self, event_ids: Collection[EventId]) -> tuple[Position, list[Named]]:
        """Return the head, and those of these events that there are, each followed by its corrections."""
        rows = await self._ask(NAMED, arrays.uuids([*event_ids]))
        [head] = [position for position, stream_id, *_ in rows if stream_id is None]
        return head, [
            _named(position, stream_id, event_id, body, recorded_at, is_retracted=is_retracted)
            for position, stream_id, event_id, body, recorded_at, is_retracted in rows
            if stream_id is not None
        ]

    async def foresee(self, event_ids: Collection[EventId]) -> None:
        """Do nothing: the server looks ids up when it appends."""

    async def versions(self, streams: Collection[Stream]) -> dict[Stream, int]:
        """Return where streams stand; what has no events is left out."""
        rows = await self._ask(VERSIONS, arrays.uuids([stream.id for stream in streams]))
        return {Stream(category, stream_id): version for category, stream_id, version in rows}

    async def recall(self, command_ids: Collection[CommandId]) -> Recollection:
        """Return what those of these commands came to that are known."""
        found: Recollection = {}
        for command_id, fingerprint, *stored in await self._ask(RECALL, arrays.uuids([*command_ids])):
            row = Row(*stored)
            recalled = Recalled(fingerprint, _said_of(command_id, row.position, row.body), row)
            found.setdefault(command_id, []).append(recalled)
        return found

    async def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to, if any."""
        rows = await self._ask(CASE_OF_STREAM, stream.id.bytes, stream.category.encode())
        return case_said_in(rows[0][0]) if rows else None

    async def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, if any."""
        rows = await self._ask(CASE_OF, reference.encode())
        return rows[0][0] if rows else None

    async def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; make one where there is none yet."""
        while True:  # somebody may open it at the same moment: then it is there the next time
            rows = await self._ask(OPEN_CASE, reference.encode(), uuid4().bytes, by_way_of=self._opener)
            if rows:
                return CaseId(rows[0][0])

    async def _ask(
        self, statement: Statement, *arguments: bytes | None, by_way_of: Lending | None = None
    ) -> list[TupleRow]:
        """Ask until it is answered: everything here may be repeated without harm."""
        try:
            return await (by_way_of or self._readers).ask(statement, *arguments)
        except LendingClosedError:
            raise ClosedError("the log was closed: nothing more can be asked of it") from None
        except ConnectionLostError as lost:
            raise LogUnreachableError("the database cannot be reached: try again") from lost
        except psycopg.OperationalError as error:
            raise LogUnreachableError(f"the database does not answer ({type(error).__name__})") from error


def _must_follow(stream: Sequence[Row], after: int) -> None:
    """Refuse a stream that lacks an event: it is filed somewhere else, and nothing is decided without it."""
    if stream and len(stream) != max(row.version for row in stream) - after:
        raise AlteredEventError(
            stream[-1].position, f"does not follow on version {after} with all in between"
        )


def _named(  # noqa: PLR0913 - the columns of a row
    position: Position,
    stream_id: UUID,
    event_id: EventId,
    body: bytes,
    recorded_at: datetime,
    *,
    is_retracted: bool,
) -> Named:
    """Return what a body says of the event that it is, or that it corrects."""
    said = from_json(body)
    if str(event_id) not in {said["event_id"], said["event"].get("corrects")}:
        raise AlteredEventError(position, f"is filed as {event_id}, and is not that event")
    case_id, occurred_at = case_said_in(body), said["occurred_at"]
    return Named(
        event_id,
        case_id,
        case_id or stream_id,
        position,
        recorded_at if occurred_at is None else datetime.fromisoformat(occurred_at),
        said["precision"],
        is_retracted,
    )


def _said_of(command_id: CommandId, position: int, body: bytes) -> EventId:
    """Return the id of an event that a command came to, which says so itself."""
    said = from_json(body)
    if said["command_id"] != str(command_id):
        raise AlteredEventError(position, f"is counted for command {command_id}, and is of another")
    return EventId(UUID(said["event_id"]))
