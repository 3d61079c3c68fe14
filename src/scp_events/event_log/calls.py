"""How appends are told to the server: by one call of one of its two functions, in binary form.

`append` takes any number of them, as arrays; `append_one` a lone one of a single event, which is most of what
a process with few callers has to tell.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

from psycopg.postgres import types
from psycopg.pq import Format

from scp_events.event_log import arrays
from scp_events.event_log.appends import CALL, PARAMETERS, Answer, Append, answers_of, arguments_of

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
    if len(appends) == 1 and len(appends[0].events) == 1:
        return Told(LONE, _lone(appends[0]))
    return Told(SEVERAL, [*arguments_of(appends)])


# --- several ----------------------------------------------------------------------------------------------


def _read_several(columns: Columns) -> list[Answer]:
    return answers_of([column or b"" for column in columns])


SEVERAL = Function(b"append", CALL, [types[element].array_oid for element in PARAMETERS], _read_several)

# --- a lone one -------------------------------------------------------------------------------------------

_BIGINT, _INTEGER, _SMALLINT = struct.Struct("!q"), struct.Struct("!i"), struct.Struct("!h")
NO_EVIDENCE = -1


def _lone(append: Append) -> list[bytes | None]:
    [event] = append.events
    through = NO_EVIDENCE if append.evidence_through is None else append.evidence_through
    return [
        append.command_id.bytes,
        append.fingerprint,
        None if append.case_id is None else append.case_id.bytes,
        _BIGINT.pack(through),
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
    *("uuid", "bytea", "uuid", "int8"),  # the command
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
