"""How appends are told to the server: by one call of one of its two functions, in binary form.

`append` takes any number of them, as arrays; `append_one` a lone one of a single event that rests on no
evidence, which is most of what a process with few callers has to tell.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Sequence
from itertools import accumulate
from typing import NamedTuple
from uuid import UUID

from psycopg.postgres import types
from psycopg.pq import Format

from scp_events.event_log import arrays
from scp_events.event_log.appends import Answer, Append, EnvelopedEvent

Columns = Sequence[bytes | None]
"""A row as the server returned it; None is NULL."""


class Function(NamedTuple):
    """A function of the server, by the name its call is prepared under."""

    name: bytes
    call: str
    oids: list[int]
    read: Callable[[Columns], list[Answer]]


class Told(NamedTuple):
    """What is told to the server, and how its answer is read."""

    function: Function
    arguments: list[bytes | None]

    @property
    def formats(self) -> list[Format]:
        """Return the form of the arguments."""
        return [Format.BINARY] * len(self.arguments)


def told(appends: Sequence[Append]) -> Told:
    """Return how these appends are told."""
    if len(appends) == 1 and len(appends[0].events) == 1 and appends[0].evidence_through is None:
        return Told(LONE, _lone(appends[0]))
    return Told(SEVERAL, [*arguments_of(appends)])


# --- several ----------------------------------------------------------------------------------------------

_ARRAYS = (
    *("uuid", "bytea", "uuid", "int8", "int4", "int4", "int4", "int4"),  # by append
    *("int4", "int4", "int4"),  # by part
    *("uuid", "text"),  # by stream
    *("int4", "int4", "int4", "text", "bytea", "uuid", "int2", "timestamptz", "bool"),  # by event
)
"""The element types of the server function's arrays, in order."""
_NUMBERED_ARRAYS = ", ".join(f"${number}::{element}[]" for number, element in enumerate(_ARRAYS, start=1))
_CALL = f"SELECT outcomes, firsts, stands, counts, recorded_at FROM event_log.append({_NUMBERED_ARRAYS})"  # noqa: S608 - our own words


def arguments_of(appends: Sequence[Append]) -> list[bytes]:
    """Return the server function's arguments for appends that go together."""
    columns = _Columns()
    for number, append in enumerate(appends, start=1):
        columns.add(number, append)
    return columns.arguments(appends)


def answers_of(columns: Columns) -> list[Answer]:
    """Return the answers in what the server function returned."""
    outcomes, firsts, stands, counts, at = (column or b"" for column in columns)
    recorded_at = arrays.read_instant(at)
    return [
        Answer(outcome, first, version or 0, count or 0, recorded_at if outcome == "recorded" else None)
        for outcome, first, version, count in zip(
            arrays.read_texts(outcomes),
            arrays.read_integers(firsts),
            arrays.read_integers(stands),
            arrays.read_integers(counts),
            strict=True,
        )
    ]


class _Columns:
    """The events of several appends, turned on their side: one list for each column."""

    def __init__(self) -> None:
        self._streams: dict[UUID, int] = {}
        self._categories: list[str] = []
        self._parts: list[tuple[int, int, int]] = []
        self._part_counts: list[int] = []
        self._events: list[EnvelopedEvent] = []
        self._appends: list[int] = []
        self._slots: list[int] = []

    def add(self, number: int, append: Append) -> None:
        """Take in the n-th append."""
        parts: dict[int, list[int]] = {}
        for event in append.events:
            slot = self._slot(event)
            parts.setdefault(slot, []).append(event.originator_version)
            self._slots.append(slot)
        _must_be_whole(parts.values())
        self._events.extend(append.events)
        self._appends.extend([number] * len(append.events))
        self._part_counts.append(len(parts))
        self._parts.extend((slot, versions[0] - 1, len(versions)) for slot, versions in parts.items())

    def _slot(self, event: EnvelopedEvent) -> int:
        slot = self._streams.setdefault(event.originator_id, len(self._streams) + 1)  # type: ignore[arg-type]  # ours are UUIDs
        if slot > len(self._categories):
            self._categories.append(event.category)
        return slot

    def arguments(self, appends: Sequence[Append]) -> list[bytes]:
        """Return the arguments in the order of the server function's parameters."""
        slots, expected, lengths = zip(*self._parts, strict=True)
        counts = [len(append.events) for append in appends]
        events = self._events
        return [
            arrays.uuids([append.command_id for append in appends]),
            arrays.blobs([append.fingerprint for append in appends]),
            arrays.uuids([append.case_id for append in appends]),
            arrays.bigints(-1 if a.evidence_through is None else a.evidence_through for a in appends),
            arrays.integers(counts),
            arrays.integers(accumulate(counts[:-1], initial=0)),
            arrays.integers(append.events[-1].originator_version for append in appends),
            arrays.integers(self._part_counts),
            arrays.integers(slots),
            arrays.integers(expected),
            arrays.integers(lengths),
            arrays.uuids(list(self._streams)),
            arrays.texts(self._categories),
            arrays.integers(self._appends),
            arrays.integers(self._slots),
            arrays.integers(event.originator_version for event in events),
            arrays.texts(event.topic for event in events),
            arrays.blobs([event.state for event in events]),
            arrays.uuids([event.event_id for event in events]),
            arrays.smallints(event.schema_version for event in events),
            arrays.instants(event.occurred_at for event in events),
            arrays.booleans(event.is_decision for event in events),
        ]


def _must_be_whole(parts: Collection[list[int]]) -> None:
    """The server compares each stream's first version only: the others must follow it."""
    if not parts:
        raise ValueError("an append without events records nothing: leave it out")
    for versions in parts:
        if len(versions) > 1 and versions != list(range(versions[0], versions[0] + len(versions))):
            raise ValueError(f"versions {versions} of one stream do not follow each other")


SEVERAL = Function(b"append", _CALL, [types[element].array_oid for element in _ARRAYS], answers_of)

# --- a lone one -------------------------------------------------------------------------------------------

_INTEGER, _SMALLINT = struct.Struct("!i"), struct.Struct("!h")


def _lone(append: Append) -> list[bytes | None]:
    [event] = append.events
    return [
        append.command_id.bytes,
        append.fingerprint,
        None if append.case_id is None else append.case_id.bytes,
        event.originator_id.bytes,  # type: ignore[union-attr]  # ours are UUIDs
        event.category.encode(),
        _INTEGER.pack(event.originator_version),
        event.topic.encode(),
        event.state,
        event.event_id.bytes,
        _SMALLINT.pack(event.schema_version),
        arrays.instant(event.occurred_at),
        b"\x01" if event.is_decision else b"\x00",
    ]


def _read_lone(columns: Columns) -> list[Answer]:
    outcome, first, stands, count, at = columns
    said = (outcome or b"").decode()
    return [
        Answer(
            said,
            _number(first),
            _number(stands) or 0,
            _number(count) or 0,
            arrays.read_instant(at) if said == "recorded" and at is not None else None,
        )
    ]


def _number(said: bytes | None) -> int | None:
    return None if said is None else int.from_bytes(said, "big", signed=True)


_ONE = (
    *("uuid", "bytea", "uuid"),  # the command
    *("uuid", "text", "int4", "text", "bytea", "uuid", "int2", "timestamptz", "bool"),  # the event
)
_NUMBERED = ", ".join(f"${number}::{element}" for number, element in enumerate(_ONE, start=1))
LONE = Function(
    b"append_one",
    f"SELECT outcome, first, stands, event_count, recorded_at FROM event_log.append_one({_NUMBERED})",  # noqa: S608 - our own words
    [types[element].oid for element in _ONE],
    _read_lone,
)
FUNCTIONS = (SEVERAL, LONE)
