"""Logs of any size, filled by COPY in the way they would have grown.

Many cases are under way at the same time, so a case's events lie scattered among those of others. All are
contacts without notes, like one that was recorded the usual way. Nothing of the program brings events in
like this: whoever may is a superuser, and the head is moved by hand.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from uuid_utils.compat import uuid7

from benchmarks.contacts import new_case
from benchmarks.ours import Ours
from benchmarks.program import SEED, Run
from scp_events import event_log
from scp_events.event_log.appends import Append
from scp_events.vocabulary import CaseId, the_one

UNDER_WAY, LENGTH = 200, 50
"""Cases that grow at the same time, until each has so many events; then the next begin."""
EVENTS: LiteralString = """
    COPY event_log.events (position, stream_id, version, recorded_at, type, body, event_id, category, case_id,
                           command_id, schema_version, occurred_at, precision, is_decision) FROM STDIN"""
COMMANDS: LiteralString = """
    INSERT INTO event_log.commands (command_id, fingerprint, first_position, event_count)
    SELECT command_id, %s, position, 1 FROM event_log.events WHERE position > %s"""


def filled(said: Run, size: int) -> tuple[str, list[UUID]]:
    """Return how to connect to a log of so many events, and the cases in it."""
    conninfo = said.database()
    event_log.prepare(conninfo)
    return conninfo, fill(conninfo, a_contact(said), size)


def a_contact(said: Run) -> Append:
    """Return an append as it is recorded the usual way."""
    return said.closing(Ours(said.database(), said.keyring())).stored_case(3, note=None)[-1]


def fill(conninfo: str, like: Append, size: int) -> list[UUID]:
    """Add so many events to a log, all like this one, and return their cases."""
    cases: list[UUID] = [new_case() for _ in range(size // LENGTH)]
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            "SELECT position, greatest(clock_timestamp(), recorded_at) FROM event_log.head FOR UPDATE"
        ).fetchone()
        assert row is not None
        before, recorded_at = row
        with connection.cursor().copy(EVENTS) as copy:
            for position, (case, version) in enumerate(grown(cases, random.Random(SEED)), start=before + 1):
                copy.write_row(_row(like, CaseId(case), version, position, recorded_at))
        connection.execute(COMMANDS, [like.fingerprint, before])
        connection.execute(
            "UPDATE event_log.head SET recorded_at = %s,"
            " position = (SELECT max(position) FROM event_log.events)",
            [recorded_at],
        )
    return cases


def grown(cases: Sequence[UUID], drawn: random.Random) -> Iterator[tuple[UUID, int]]:
    """Yield case and version of every event, in the order in which they would have come."""
    for first in range(0, len(cases), UNDER_WAY):
        under_way = cases[first : first + UNDER_WAY]
        versions = dict.fromkeys(under_way, 0)
        turns = list(under_way) * LENGTH
        drawn.shuffle(turns)
        for case in turns:
            versions[case] += 1
            yield case, versions[case]


def _row(like: Append, case: CaseId, version: int, position: int, recorded_at: object) -> tuple[Any, ...]:
    """Return the same event of another case, as another command and another event."""
    [event] = like.events
    command, event_id = uuid7(), uuid7()
    body = event.body
    for old, new in ((event.case_id, case), (like.command_id, command), (event.event_id, event_id)):
        body = body.replace(str(old).encode(), str(new).encode())
    return (
        *(position, the_one(event.stream.category, case).id, version, recorded_at, event.type, body),
        *(event_id, event.stream.category, case, command, event.schema_version, event.occurred_at),
        *(event.precision, event.is_decision),
    )
