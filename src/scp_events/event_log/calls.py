"""How appends are told to the server: by one call of one of its two functions, in binary form.

`append` takes any number of them, as arrays; `append_one` a lone one of a single event, which is most of what
a process with few callers has to tell.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from scp_events.database.connection import Statement
from scp_events.event_log import arrays
from scp_events.event_log.appends import Answer, Append, NewEvent
from scp_events.vocabulary import Stream

Columns = Sequence[bytes | None]
"""A row as the server returned it; None is NULL."""


class Call(NamedTuple):
    """What is told to the server, and how its answer is read."""

    statement: Statement
    arguments: list[bytes | None]
    read: Callable[[Columns], list[Answer]]


def told(appends: Sequence[Append]) -> Call:
    """Return how these appends are told."""
    if len(appends) == 1 and _is_of_one_event(appends[0]):
        return Call(LONE, _lone(appends[0]), _read_lone)
    return Call(SEVERAL, [*arguments_of(appends)], answers_of)


def _is_of_one_event(append: Append) -> bool:
    """Whether it has one event, and nothing but what its own case or stream may hold is excluded."""
    return len(append.events) == 1 and (
        append.condition is None or append.condition.about == (append.events[0].about,)
    )


@lru_cache(maxsize=256)
def _listed(excluded: tuple[str, ...]) -> str:
    return ",".join(excluded)


# --- several ----------------------------------------------------------------------------------------------

SEVERAL = Statement(
    "append",
    (
        *("uuid[]", "bytea[]", "integer[]", "integer[]", "integer[]"),  # by append
        "text[]",  # by list of excluded types
        *("uuid[]", "integer[]", "bigint[]"),  # by case, or stream of none
        *("uuid[]", "integer[]", "integer[]", "text[]", "uuid[]"),  # by stream
        *("integer[]", "integer[]", "integer[]", "text[]", "bytea[]", "uuid[]"),  # by event
        *("smallint[]", "timestamptz[]", "text[]", "boolean[]"),
    ),
    "SELECT outcomes, firsts, recorded_at, contended FROM event_log.append("
    "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,"
    " $22, $23, $24)",
)


def arguments_of(appends: Sequence[Append]) -> list[bytes]:
    """Return the server function's arguments for appends that go together."""
    columns = _Columns()
    for number, append in enumerate(appends, start=1):
        columns.add(number, append)
    return columns.arguments(appends)


def answers_of(columns: Columns) -> list[Answer]:
    """Return the answers in what the server function returned."""
    outcomes, firsts, at, contended = columns
    recorded_at = arrays.read_instant(at or b"")
    return [
        Answer(outcome, first or 0, recorded_at, _uuid(contended))
        for outcome, first in zip(
            arrays.read_texts(outcomes or b""), arrays.read_integers(firsts or b""), strict=True
        )
    ]


class _Part(NamedTuple):
    """The events of one append for one stream."""

    append: int
    stream: Stream
    case_id: UUID | None
    expected: int


class _Columns:
    """What several appends say, turned on its side: one list for each column."""

    def __init__(self) -> None:
        self._excluded: dict[str, int] = {}
        self._conditions: list[int] = []
        self._about: list[tuple[UUID, int, int | None]] = []
        self._parts: list[_Part] = []
        self._events: list[NewEvent] = []
        self._appends: list[int] = []
        self._slots: list[int] = []

    def add(self, number: int, append: Append) -> None:
        """Take in the n-th append."""
        condition = append.condition
        listed = _listed(condition.types) if condition else None
        self._conditions.append(
            0 if listed is None else self._excluded.setdefault(listed, len(self._excluded) + 1)
        )
        since: dict[UUID, int | None] = dict.fromkeys(condition.about, condition.since) if condition else {}
        slots: dict[Stream, int] = {}
        follows: dict[Stream, int] = {}
        for event in append.events:
            since.setdefault(event.about, None)
            if event.stream not in slots:
                self._parts.append(_Part(number, event.stream, event.case_id, event.version - 1))
                slots[event.stream] = len(self._parts)
            elif event.version != follows[event.stream]:
                raise ValueError(f"version {event.version} of a stream does not follow the one before")
            follows[event.stream] = event.version + 1
            self._slots.append(slots[event.stream])
        if not slots:
            raise ValueError("an append without events records nothing: leave it out")
        self._about.extend((about, number, after) for about, after in since.items())
        self._events.extend(append.events)
        self._appends.extend([number] * len(append.events))

    def arguments(self, appends: Sequence[Append]) -> list[bytes]:
        """Return the arguments in the order of the server function's parameters."""
        counts = [len(append.events) for append in appends]
        about, events, parts = self._about, self._events, self._parts
        return [
            arrays.uuids([append.command_id for append in appends]),
            arrays.blobs([append.fingerprint for append in appends]),
            arrays.integers(accumulate(counts[:-1], initial=0)),
            arrays.integers(counts),
            arrays.integers(self._conditions),
            arrays.texts(self._excluded),
            arrays.uuids([each for each, _, _ in about]),
            arrays.integers(number for _, number, _ in about),
            arrays.bigints([since for _, _, since in about]),
            arrays.uuids([part.stream.id for part in parts]),
            arrays.integers(part.append for part in parts),
            arrays.integers(part.expected for part in parts),
            arrays.texts(part.stream.category for part in parts),
            arrays.uuids([part.case_id for part in parts]),
            arrays.integers(self._appends),
            arrays.integers(self._slots),
            arrays.integers(event.version for event in events),
            arrays.texts(event.type for event in events),
            arrays.blobs([event.body for event in events]),
            arrays.uuids([event.event_id for event in events]),
            arrays.smallints(event.schema_version for event in events),
            arrays.instants([event.occurred_at for event in events]),
            arrays.texts(event.precision for event in events),
            arrays.booleans(event.is_decision for event in events),
        ]


# --- a lone one -------------------------------------------------------------------------------------------

LONE = Statement(
    "append_one",
    (
        *("uuid", "bytea", "text", "bigint"),  # the command
        *("uuid", "text", "uuid", "integer", "text", "bytea", "uuid"),  # the event
        *("smallint", "timestamptz", "text", "boolean"),
    ),
    "SELECT outcome, first, recorded_at, contended"
    " FROM event_log.append_one($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
)
_INTEGER, _SMALLINT, _BIGINT = struct.Struct("!i"), struct.Struct("!h"), struct.Struct("!q")


def _lone(append: Append) -> list[bytes | None]:
    [event] = append.events
    condition = append.condition
    return [
        append.command_id.bytes,
        append.fingerprint,
        None if condition is None else _listed(condition.types).encode(),
        None if condition is None else _BIGINT.pack(condition.since),
        event.stream.id.bytes,
        event.stream.category.encode(),
        None if event.case_id is None else event.case_id.bytes,
        _INTEGER.pack(event.version),
        event.type.encode(),
        event.body,
        event.event_id.bytes,
        _SMALLINT.pack(event.schema_version),
        None if event.occurred_at is None else arrays.instant(event.occurred_at),
        event.precision.encode(),
        b"\x01" if event.is_decision else b"\x00",
    ]


def _read_lone(columns: Columns) -> list[Answer]:
    outcome, first, at, contended = columns
    return [
        Answer(
            (outcome or b"").decode(),
            0 if first is None else int.from_bytes(first, "big", signed=True),
            arrays.read_instant(at or b""),
            _uuid(contended),
        )
    ]


def _uuid(said: bytes | None) -> UUID | None:
    return None if said is None else UUID(bytes=said)


STATEMENTS = (SEVERAL, LONE)
