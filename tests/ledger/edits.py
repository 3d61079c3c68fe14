"""Ten ways in which somebody with all rights could edit history; each says which position is wrong then."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from psycopg import Connection

Ledger: TypeAlias = Connection[Any]
Edit: TypeAlias = Callable[[Ledger, Random, int], int]
"""Edits a log of so many events and returns the first position that is wrong then."""


def a_bit_of_a_body(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute(
        "UPDATE event_log.events SET body = set_bit(body, (%s * length(body) * 8)::int, "
        " 1 - get_bit(body, (%s * length(body) * 8)::int)) WHERE position = %s",
        (share := random.random() * 0.999, share, position),
    )
    return position


def a_type(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute("UPDATE event_log.events SET type = type || '.2' WHERE position = %s", (position,))
    return position


def a_time(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute(
        "UPDATE event_log.events SET recorded_at = recorded_at - '1 us'::interval WHERE position = %s",
        (position,),
    )
    return position


def a_deletion(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute("DELETE FROM event_log.events WHERE position = %s", (position,))
    return position


def a_deletion_with_renumbering(connection: Ledger, random: Random, size: int) -> int:
    position = a_deletion(connection, random, size)
    move(connection, position, -1)
    connection.execute("UPDATE event_log.head SET position = %s", (size - 1,))
    return position


def a_truncation(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute("DELETE FROM event_log.events WHERE position >= %s", (position,))
    connection.execute("UPDATE event_log.head SET position = %s", (position - 1,))
    return position


def two_swapped(connection: Ledger, random: Random, size: int) -> int:
    one, other = sorted(random.sample(range(1, size + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        connection.execute("UPDATE event_log.events SET position = %s WHERE position = %s", (new, old))
    return one


def two_bodies_swapped(connection: Ledger, random: Random, size: int) -> int:
    one, other = sorted(random.sample(range(1, size + 1), 2))
    connection.execute(
        "UPDATE event_log.events e SET body = o.body FROM event_log.events o"
        " WHERE (e.position, o.position) IN ((%s, %s), (%s, %s))",
        (one, other, other, one),
    )
    return one


def a_back_dated_insertion(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    move(connection, position - 1, +1)
    connection.execute(
        "INSERT INTO event_log.events SELECT %s, %s, 1, recorded_at, type, body, %s, category, case_id, %s,"
        " schema_version, occurred_at, precision, is_decision FROM event_log.events WHERE position = %s",
        (position, *(UUID(int=random.getrandbits(128)) for _ in range(3)), position + 1),
    )
    connection.execute("UPDATE event_log.head SET position = %s", (size + 1,))
    return position


def a_re_assignment(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute(
        "UPDATE event_log.events e SET stream_id = other.stream_id, version = other.version FROM ("
        "  SELECT stream_id, max(version) + 1 AS version FROM event_log.events WHERE stream_id <>"
        "  (SELECT stream_id FROM event_log.events WHERE position = %s) GROUP BY 1 ORDER BY 1 LIMIT 1) other"
        " WHERE position = %s",
        (position, position),
    )
    return position


EDITS: tuple[Edit, ...] = (
    a_bit_of_a_body,
    a_type,
    a_time,
    a_deletion,
    a_deletion_with_renumbering,
    a_truncation,
    two_swapped,
    two_bodies_swapped,
    a_back_dated_insertion,
    a_re_assignment,
)


def move(connection: Ledger, after: int, by: int) -> None:
    """Renumber all events after a position; by way of numbers nobody has, so that no two ever meet."""
    connection.execute("UPDATE event_log.events SET position = -position WHERE position > %s", (after,))
    connection.execute("UPDATE event_log.events SET position = -position + %s WHERE position < 0", (by,))


def as_superuser(connection: Ledger) -> None:
    """Do away with what keeps the tables from being changed, until the transaction is rolled back."""
    connection.execute("ALTER TABLE event_log.events DISABLE TRIGGER ALL")
    for table in ("tiles", "checkpoints", "log_keys"):
        connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL".encode())
