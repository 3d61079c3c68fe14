"""Several cases opened by one query: callers that ask at the same time are answered together.

What a process remembers of a stream it need not read again: history never changes, so only what came after is
read. It is asked for every time, so nobody is shown a stream as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import LiteralString, NamedTuple, TypeAlias
from uuid import UUID

from psycopg.rows import TupleRow

from scp_events.event_log.together import Together

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


Fetch: TypeAlias = Callable[[LiteralString, Sequence[object]], list[TupleRow]]


class Opening:
    """Reads what streams hold. For many threads."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._together = Together[After, list[Page]](self._read, largest=STREAMS_AT_ONCE)

    def read(self, stream_id: UUID, after: int = NOT_YET) -> list[Page]:
        """Return a stream's events after a version, in order."""
        return self._together.ask(After(stream_id, after))

    def close(self) -> None:
        """Answer those who wait."""
        self._together.close()

    def _read(self, asked: Sequence[After]) -> list[list[Page]]:
        if len(asked) == 1:
            return [[Page(*row) for row in self._fetch(ONE, asked[0])]]
        earliest: dict[UUID, int] = {}
        for stream_id, version in asked:
            earliest[stream_id] = min(version, earliest.get(stream_id, version))
        found: dict[UUID, list[Page]] = {stream_id: [] for stream_id in earliest}
        for row in self._fetch(SEVERAL, (list(earliest), list(earliest.values()))):
            found[row[0]].append(Page(*row))
        return [_after(found[stream_id], version) for stream_id, version in asked]


def _after(pages: list[Page], version: int) -> list[Page]:
    return [page for page in pages if page.version > version]
