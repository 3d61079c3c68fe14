"""Several cases opened by one query: callers that ask at the same time are answered together.

What a process remembers of a stream it need not read again: history never changes, so only what came after is
read. It is asked for every time, so nobody is shown a stream as it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import LiteralString, NamedTuple, TypeAlias
from uuid import UUID

from psycopg.rows import TupleRow

from scp_events.event_log.together import Together, TogetherAsync

STREAMS_AT_ONCE = 64
"""Streams read by one query; more would let the first of them wait too long."""

ONE: LiteralString = (
    "SELECT stream_id, version, type, body, position, case_id FROM event_log.events"
    " WHERE stream_id = %s AND version > %s ORDER BY version"
)
# One stream after the other, which is what `OFFSET 0` insists on: a plan made while the table is young, or
# before anybody has counted it, would read all of it.
SEVERAL: LiteralString = (
    "SELECT found.* FROM unnest(%s::uuid[], %s::integer[]) AS asked (id, after) CROSS JOIN LATERAL ("
    " SELECT stream_id, version, type, body, position, case_id FROM event_log.events"
    " WHERE stream_id = asked.id AND version > asked.after ORDER BY version OFFSET 0) AS found"
    " ORDER BY stream_id, version"
)
NOT_YET = -1
"""Below the first version of any stream."""


class Page(NamedTuple):
    """A stored event of a stream, as far as it is needed to know where the stream stands."""

    stream_id: UUID
    version: int
    type: str
    body: bytes
    position: int
    case_id: UUID | None


class After(NamedTuple):
    """Which stream, and after which version of it."""

    stream_id: UUID
    version: int


Query: TypeAlias = tuple[LiteralString, Sequence[object]]
"""What is asked, and its parameters."""
Fetch: TypeAlias = Callable[[LiteralString, Sequence[object]], list[TupleRow]]
FetchAsync: TypeAlias = Callable[[LiteralString, Sequence[object]], Awaitable[list[TupleRow]]]


class Opening:
    """Reads what streams hold. For many threads."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._together = Together[After, list[Page]]([self._read], largest=STREAMS_AT_ONCE)

    def read(self, stream_id: UUID, after: int = NOT_YET) -> list[Page]:
        """Return a stream's events after a version, in order."""
        return self._together.ask(After(stream_id, after))

    def close(self) -> None:
        """Answer those who wait."""
        self._together.close()

    def _read(self, asked: Sequence[After]) -> list[list[Page]]:
        return _shared_out(asked, self._fetch(*_query(asked)))


class OpeningAsync:
    """Reads what streams hold, for the tasks of one event loop."""

    def __init__(self, fetch: FetchAsync) -> None:
        self._fetch = fetch
        self._together = TogetherAsync[After, list[Page]]([self._read], largest=STREAMS_AT_ONCE)

    async def read(self, stream_id: UUID, after: int = NOT_YET) -> list[Page]:
        """Return a stream's events after a version, in order."""
        return await self._together.ask(After(stream_id, after))

    async def close(self) -> None:
        """Answer those who wait."""
        await self._together.close()

    async def _read(self, asked: Sequence[After]) -> list[list[Page]]:
        return _shared_out(asked, await self._fetch(*_query(asked)))


def _query(asked: Sequence[After]) -> Query:
    if len(asked) == 1:
        return ONE, asked[0]
    earliest = _earliest(asked)
    return SEVERAL, (list(earliest), list(earliest.values()))


def _shared_out(asked: Sequence[After], rows: Sequence[TupleRow]) -> list[list[Page]]:
    """Return, for each who asked, what was read of its stream."""
    found: dict[UUID, list[Page]] = {stream_id: [] for stream_id, _ in asked}
    for row in rows:
        found[row[0]].append(Page(*row))
    return [_after(found[stream_id], version) for stream_id, version in asked]


def _earliest(asked: Sequence[After]) -> dict[UUID, int]:
    """Return after which version each stream is read, so that it serves all who asked for it."""
    earliest: dict[UUID, int] = {}
    for stream_id, version in asked:
        earliest[stream_id] = min(version, earliest.get(stream_id, version))
    return earliest


def _after(pages: list[Page], version: int) -> list[Page]:
    return [page for page in pages if page.version > version]
