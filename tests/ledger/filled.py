"""Logs of invented events, filled in at once, and the few things done to a covered one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from psycopg import Connection
from pydantic_core import to_json

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.log import tables
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tree_writer import Policy, TreeWriter

LOG = Signer("log.example/tests", KeyKind.NOTE, b"another log key of tests".ljust(32))
NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)
TYPES = ("referral.waitlisted", "irp.proposed", "engagement.story-confirmed")
EVENTS = "COPY event_log.events FROM STDIN (FORMAT binary)"
COMMANDS = (
    "INSERT INTO event_log.commands SELECT command_id, '', position, 1 FROM event_log.events"
    " WHERE position > %s"
)
COLUMN_TYPES = (
    *("int8", "uuid", "int4", "timestamptz", "text", "bytea", "uuid", "text", "uuid"),
    *("uuid", "int2", "timestamptz", "text", "bool"),
)


def fill(connection: Connection[Any], events: int, *, seed: int = 1, cases: int = 12) -> None:
    """Append invented events in a few streams of each of some cases, without asking anybody."""
    random = Random(seed)  # noqa: S311 - the same log every time
    ids = [[_uuid(random) for _ in range(3)] for _ in range(cases)]
    with connection.transaction(), connection.cursor() as cursor:
        head = tables.head_of_log(connection)
        versions: dict[UUID, int] = {}
        with cursor.copy(EVENTS) as copy:
            copy.set_types(COLUMN_TYPES)
            for position in range(head + 1, head + events + 1):
                case = random.choice(ids)
                stream = random.choice(case)
                versions[stream] = versions.get(stream, 0) + 1
                copy.write_row(_row(random, position, stream, versions[stream], case[0]))
        cursor.execute(COMMANDS, (head,))
        at = NOON + timedelta(seconds=head + events)
        cursor.execute("UPDATE event_log.head SET position = %s, recorded_at = %s", (head + events, at))
        cursor.execute("NOTIFY event_log")


def _row(random: Random, position: int, stream: UUID, version: int, case: UUID) -> tuple[object, ...]:
    stored_as = random.choice(TYPES)
    event_id, command_id = _uuid(random), _uuid(random)
    said = {
        "event_id": str(event_id),
        "case_id": str(case),
        "occurred_at": None,
        "precision": "minute",
        "command_id": str(command_id),
        "event": {"type": stored_as, "number": random.getrandbits(300)},
    }
    at, category = NOON + timedelta(seconds=position), stored_as.partition(".")[0]
    return (
        *(position, stream, version, at, stored_as, to_json(said), event_id, category, case),
        *(command_id, 1, at, "minute", False),
    )


def _uuid(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def tree_writer(connection: Connection[Any], **policy: Any) -> TreeWriter:
    """Return a tree writer with the key of tests, which the database then names."""
    tables.prepare(connection)
    connection.execute(
        "INSERT INTO ledger.log_keys (number, vkey) VALUES (0, %s) ON CONFLICT DO NOTHING",
        [LOG.verifier.vkey],
    )
    return TreeWriter(connection, LOG, Policy(**policy))


@contextmanager
def connected(conninfo: str) -> Iterator[Connection[Any]]:
    """Yield a connection as programs use it."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        yield connection


def settings(home: Path, **said: Any) -> LedgerSettings:
    """Return the settings of a ledger whose files lie in `home`, whatever the environment says."""
    return LedgerSettings(home=home, database_url=None, **said)
