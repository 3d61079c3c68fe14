"""How far each case has come in time: kept beside a projection's tables, and written together with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Cursor

from scp_events.follower.case_order import Reached
from scp_events.vocabulary import Precision

TABLE: LiteralString = """
    CREATE TABLE case_times (
        case_id   uuid PRIMARY KEY,
        at        timestamptz NOT NULL,
        day       date NOT NULL,       -- the organisation's
        precision text                 -- of the facts of that day; NULL where it mixes them
    )"""


def times_of(cursor: Cursor[Any], cases: Collection[UUID]) -> dict[UUID, Reached]:
    """Return how far each of these cases has come, where anything of it was taken in."""
    rows = cursor.execute(
        "SELECT case_id, at, day, precision FROM case_times WHERE case_id = ANY(%s)", [list(cases)]
    ).fetchall()
    return {
        case_id: Reached(at, day, None if precision is None else Precision(precision))
        for case_id, at, day, precision in rows
    }


def note_times(cursor: Cursor[Any], times: Mapping[UUID, Reached]) -> None:
    """Note how far cases have come."""
    cursor.execute(
        "INSERT INTO case_times SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::date[], %s::text[])"
        " ON CONFLICT (case_id) DO UPDATE"
        " SET at = excluded.at, day = excluded.day, precision = excluded.precision",
        [
            list(times),
            [reached.at for reached in times.values()],
            [reached.day for reached in times.values()],
            [reached.precision and reached.precision.value for reached in times.values()],
        ],
    )
