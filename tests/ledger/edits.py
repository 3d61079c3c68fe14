"""What somebody with all rights in the database could do to a log: a table of kinds, one function a kind.

Each takes a connection that may do anything, a source of chance and how many events are covered, and returns
what has to be found then. Kinds that differ by a statement alone are rows of a table.
"""

# ruff: noqa: S608, ISC004 - the statements are these, and about a log that is thrown away

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from psycopg import Connection

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.log.outcomes import Outcome
from scp_events.ledger.log.tree_writer import Policy, TreeWriter

Ledger: TypeAlias = Connection[Any]
Edit: TypeAlias = Callable[[Ledger, Random, int], int]
"""Edits a log of so many events and returns the first position that is wrong then."""

ATTACKER = Signer("log.example/tests", KeyKind.NOTE, b"the key of somebody in between".ljust(32))
"""A key that signs in the log's own name."""


class Expected(NamedTuple):
    """What has to be found: the outcome, and at which position or under which name."""

    outcome: Outcome = Outcome.ALTERED
    position: int | None = None
    name: str | None = None


Kind: TypeAlias = Callable[[Ledger, Random, int], Expected]


# --- rows that are hashed ---------------------------------------------------------------------------------


def a_bit_of_a_body(connection: Ledger, random: Random, size: int) -> int:
    position = random.randint(1, size)
    connection.execute(
        "UPDATE event_log.events SET body = set_bit(body, (%s * length(body) * 8)::int, "
        " 1 - get_bit(body, (%s * length(body) * 8)::int)) WHERE position = %s",
        (share := random.random() * 0.999, share, position),
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


def a_truncation_of_everything_beside_it(connection: Ledger, random: Random, size: int) -> int:
    position = a_truncation(connection, random, size)
    connection.execute("DELETE FROM event_log.commands WHERE first_position >= %s", (position,))
    return position


def two_swapped(connection: Ledger, random: Random, size: int) -> int:
    one, other = sorted(random.sample(range(1, size + 1), 2))
    for old, new in ((one, -1), (other, one), (-1, other)):
        connection.execute("UPDATE event_log.events SET position = %s WHERE position = %s", (new, old))
    return one


def two_bodies_swapped(connection: Ledger, random: Random, size: int) -> int:
    return _exchanged(connection, random, size, "body")


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


def a_stream_taken_out(connection: Ledger, random: Random, size: int) -> int:
    """Delete a stream, renumber what is left, and take its commands and its count out as well."""
    (stream,) = _row(
        connection, "SELECT stream_id FROM event_log.events WHERE position = %s", random.randint(1, size)
    )
    gone = [
        position
        for (position,) in connection.execute(
            "DELETE FROM event_log.events WHERE stream_id = %s RETURNING position", (stream,)
        )
    ]
    connection.execute("DELETE FROM event_log.commands WHERE first_position = ANY(%s)", (gone,))
    for position in sorted(gone, reverse=True):
        move(connection, position, -1)
    connection.execute("UPDATE event_log.head SET position = %s", (size - len(gone),))
    return min(gone)


def an_event_added_at_the_end(connection: Ledger, random: Random, size: int) -> int:
    connection.execute(
        "INSERT INTO event_log.events SELECT %s, %s, 1, recorded_at, type, body, %s, category, case_id, %s,"
        " schema_version, occurred_at, precision, is_decision FROM event_log.events WHERE position = %s",
        (size + 1, *(UUID(int=random.getrandbits(128)) for _ in range(3)), random.randint(1, size)),
    )
    return size + 1


def _exchanged(connection: Ledger, random: Random, size: int, column: str) -> int:
    """Exchange a column of two events that differ in it."""
    one = random.randint(1, size)
    (other,) = _row(
        connection,
        f"SELECT o.position FROM event_log.events e, event_log.events o WHERE e.position = %s"
        f" AND o.{column} IS DISTINCT FROM e.{column} ORDER BY md5(o.position::text || %s) LIMIT 1",
        one,
        str(random.random()),
    )
    connection.execute(
        f"UPDATE event_log.events e SET {column} = o.{column} FROM event_log.events o"
        " WHERE (e.position, o.position) IN ((%s, %s), (%s, %s))".encode(),
        (one, other, other, one),
    )
    return min(one, other)


OF_A_ROW: Mapping[str, str] = {
    "a type": "type = type || '.2'",
    "a type of others": "type = 'irp.closed'",
    "a time": "recorded_at = recorded_at - '1 us'::interval",
    "a time by a day": "recorded_at = recorded_at + '1 day'::interval",
    "a time without end": "recorded_at = 'infinity'",
    "a time before all": "recorded_at = '-infinity'",
    "a version": "version = version + 1000",
    "a stream": "stream_id = gen_random_uuid(), version = 1",
    "a position before all": "position = -7",
    "a body emptied": "body = ''",
    "a body cut": "body = substring(body FROM 1 FOR length(body) - 1)",
    "a body longer": "body = body || ' '",
    "a body of somebody else": "body = (SELECT body FROM event_log.events o WHERE o.position <> e.position"
    " ORDER BY o.position LIMIT 1)",
}
"""What is done to a row that the tree has hashed."""
COPIES: Mapping[str, str] = {
    "an event's id": "event_id = gen_random_uuid()",
    "a case": "case_id = gen_random_uuid()",
    "a case, another": "case_id = (SELECT case_id FROM event_log.events o WHERE o.case_id <> e.case_id"
    " ORDER BY md5(o.position::text || e.position::text) LIMIT 1)",
    "a case, none": "case_id = NULL",
    "an occurrence, later": "occurred_at = occurred_at + '1 s'::interval",
    "an occurrence, by a hair": "occurred_at = occurred_at + '1 us'::interval",
    "an occurrence, earlier": "occurred_at = occurred_at - '1 day'::interval",
    "an occurrence, years": "occurred_at = occurred_at - '100 years'::interval",
    "an occurrence, before Christ": "occurred_at = (to_char(occurred_at,"
    " 'YYYY-MM-DD HH24:MI:SS.USOF') || ' BC')::timestamptz",
    "an occurrence, without end": "occurred_at = 'infinity'",
    "an occurrence, before all": "occurred_at = '-infinity'",
    "a precision": "precision = CASE precision WHEN 'day' THEN 'minute' ELSE 'day' END",
    "a category": "category = CASE category WHEN 'irp' THEN 'consent' ELSE 'irp' END",
    "a category, none": "category = ''",
    "a command": "command_id = gen_random_uuid()",
    "a command, another": "command_id = (SELECT command_id FROM event_log.events o"
    " WHERE o.command_id <> e.command_id ORDER BY md5(o.position::text || e.position::text) LIMIT 1)",
    "a form": "schema_version = 2",
    "a form, none": "schema_version = 0",
    "whether it is a decision": "is_decision = NOT is_decision",
}
"""What is done to a column that is copied from the body."""


def _of_a_row(change: str, connection: Ledger, random: Random, size: int) -> Expected:
    position = random.randint(2, size)
    connection.execute(f"UPDATE event_log.events e SET {change} WHERE position = %s".encode(), (position,))
    return Expected(position=1 if change == "position = -7" else position)


def _a_copy(change: str, connection: Ledger, random: Random, size: int) -> Expected:
    (position,) = _row(
        connection,
        "SELECT position FROM event_log.events WHERE position <= %s AND occurred_at <> recorded_at"
        " ORDER BY md5(position::text || %s) LIMIT 1",
        size,
        str(random.random()),
    )  # a report: an act is so when it was recorded, and everything else about its time stands out
    connection.execute(f"UPDATE event_log.events e SET {change} WHERE position = %s".encode(), (position,))
    column = change.partition(" ")[0]
    return Expected(position=position, name=f"event_log.events.{column}")


def _copies_exchanged(column: str, connection: Ledger, random: Random, size: int) -> Expected:
    position = _exchanged(connection, random, size, column)
    return Expected(position=position, name=f"event_log.events.{column}")


def a_case_given_to_another(connection: Ledger, random: Random, size: int) -> Expected:
    one, other = _two_cases(connection, random)
    (first,) = _row(connection, "SELECT min(position) FROM event_log.events WHERE case_id = %s", one)
    connection.execute("UPDATE event_log.events SET case_id = %s WHERE case_id = %s", (other, one))
    assert first <= size
    return Expected(position=first, name="event_log.events.case_id")


def two_cases_exchanged(connection: Ledger, random: Random, size: int) -> Expected:
    one, other = _two_cases(connection, random)
    (first,) = _row(
        connection, "SELECT min(position) FROM event_log.events WHERE case_id IN (%s, %s)", one, other
    )
    connection.execute(
        "UPDATE event_log.events SET case_id = CASE case_id WHEN %(one)s THEN %(other)s ELSE %(one)s END"
        " WHERE case_id IN (%(one)s, %(other)s)",
        {"one": one, "other": other},
    )
    assert first <= size
    return Expected(position=first, name="event_log.events.case_id")


# --- commands and references ------------------------------------------------------------------------------

OF_COMMANDS: Mapping[str, str] = {
    "a command's row": "DELETE FROM event_log.commands WHERE command_id = %(one)s",
    "all commands": "DELETE FROM event_log.commands",
    "a row of no event": "INSERT INTO event_log.commands VALUES (gen_random_uuid(), '', %(at)s, 1)",
    "a row of nothing": "INSERT INTO event_log.commands VALUES (gen_random_uuid(), '', %(at)s, 0)",
    "a row of less than nothing": "INSERT INTO event_log.commands VALUES (gen_random_uuid(), '', %(at)s, -3)",
    "a count": "UPDATE event_log.commands SET event_count = event_count + 1 WHERE command_id = %(one)s",
    "a count, none": "UPDATE event_log.commands SET event_count = 0 WHERE command_id = %(one)s",
    "a count, negative": "UPDATE event_log.commands SET event_count = -1 WHERE command_id = %(one)s",
    "a first position": "UPDATE event_log.commands SET first_position = first_position + 1"
    " WHERE command_id = %(one)s",
    "a first position, before all": "UPDATE event_log.commands SET first_position = -5"
    " WHERE command_id = %(one)s",
    "an id": "UPDATE event_log.commands SET command_id = gen_random_uuid() WHERE command_id = %(one)s",
    "two places": "UPDATE event_log.commands c SET first_position = o.first_position"
    " FROM event_log.commands o WHERE (c.command_id, o.command_id) IN"
    " ((%(one)s, %(other)s), (%(other)s, %(one)s))",
    "a count moved to another": "UPDATE event_log.commands SET event_count = event_count"
    " + CASE command_id WHEN %(one)s THEN 1 ELSE -1 END WHERE command_id IN (%(one)s, %(other)s)",
}
OF_REFERENCES: Mapping[str, str] = {
    "two references": "UPDATE event_log.cases c SET case_id = o.case_id FROM event_log.cases o"
    " WHERE (c.case_id, o.case_id) IN ((%(one)s, %(other)s), (%(other)s, %(one)s))",
    "a reference": "UPDATE event_log.cases SET reference = reference || 'X' WHERE case_id = %(one)s",
    "a reference's row": "DELETE FROM event_log.cases WHERE case_id = %(one)s",
    "all references": "DELETE FROM event_log.cases",
    "a reference to nobody": "UPDATE event_log.cases SET case_id = gen_random_uuid() WHERE case_id = %(one)s",
    "a second name": "INSERT INTO event_log.cases VALUES ('SC-1999-001', %(one)s)",
    "a name used twice": "INSERT INTO event_log.cases SELECT reference, gen_random_uuid()"
    " FROM event_log.cases WHERE case_id = %(one)s",
}


def _of_commands(statement: str, connection: Ledger, random: Random, size: int) -> Expected:
    one, other = random.sample(
        [each for (each,) in connection.execute("SELECT command_id FROM event_log.commands ORDER BY 1")], 2
    )
    connection.execute(statement.encode(), {"one": one, "other": other, "at": random.randint(1, size)})
    return Expected(name="event_log.commands")


def _of_references(statement: str, connection: Ledger, random: Random, _size: int) -> Expected:
    named = "SELECT case_id FROM event_log.events WHERE type = 'participant.registered' ORDER BY 1"
    one, other = random.sample([each for (each,) in connection.execute(named)], 2)
    connection.execute("ALTER TABLE event_log.cases DROP CONSTRAINT cases_pkey")
    connection.execute("ALTER TABLE event_log.cases DROP CONSTRAINT cases_case_id_key")
    connection.execute(statement.encode(), {"one": one, "other": other})
    return Expected(name="event_log.cases")


# --- what stands once, and the ledger ---------------------------------------------------------------------

A_BIT = "set_bit({0}, {1}, 1 - get_bit({0}, {1}))"
LOST = Expected(position=1)
STATEMENTS: Mapping[str, tuple[str, Expected]] = {
    "the head further": ("UPDATE event_log.head SET position = position + 1", Expected()),
    "the head back": ("UPDATE event_log.head SET position = position - 1", Expected()),
    "the head's time": (
        "UPDATE event_log.head SET recorded_at = '2001-01-01'",
        Expected(name="event_log.head"),
    ),
    "the head gone": ("DELETE FROM event_log.head", LOST),
    "the time zone": (
        "UPDATE event_log.installation SET time_zone = 'Pacific/Auckland'",
        Expected(name="event_log.installation"),
    ),
    "no time zone": (
        "UPDATE event_log.installation SET time_zone = '../nowhere'",
        Expected(name="event_log.installation"),
    ),
    "a tile": ("DELETE FROM ledger.tiles WHERE index = 0", Expected(position=1)),
    "all tiles": ("DELETE FROM ledger.tiles", Expected(position=1)),
    "a bit of a tile": (
        f"UPDATE ledger.tiles SET hashes = {A_BIT.format('hashes', 9)} WHERE index = 0",
        Expected(position=1),
    ),
    "a bit of the edge": (
        f"UPDATE ledger.edge SET rows[1] = {A_BIT.format('rows[1]', 9)}",
        Expected(position=257),
    ),
    "a bit above the edge": (f"UPDATE ledger.edge SET rows[2] = {A_BIT.format('rows[2]', 9)}", Expected()),
    "the edge's size": ("UPDATE ledger.edge SET size = size - 1", LOST),
    "the edge emptied": ("UPDATE ledger.edge SET rows = '{}'", LOST),
    "the edge gone": ("DELETE FROM ledger.edge", LOST),
    "a bit of a page": (
        f"UPDATE ledger.head_pages SET hash = {A_BIT.format('hash', 9)}",
        Expected(name="counts"),
    ),
    "counts lowered": (
        "UPDATE ledger.head_pages SET entries = set_byte(entries, 20, get_byte(entries, 20) - 1)"
        " WHERE entries <> ''",
        Expected(name="counts"),
    ),
    "counts left out": (
        "UPDATE ledger.head_pages SET entries = substring(entries FROM 22) WHERE entries <> ''",
        Expected(name="counts"),
    ),
    "a page": (
        "DELETE FROM ledger.head_pages WHERE page = (SELECT min(page) FROM ledger.head_pages)",
        Expected(name="counts"),
    ),
    "all pages": ("DELETE FROM ledger.head_pages", Expected(name="counts")),
    "the newest checkpoint": (
        "DELETE FROM ledger.checkpoints WHERE size = (SELECT max(size) FROM ledger.checkpoints)",
        Expected(name="counts"),
    ),
    "all checkpoints": ("DELETE FROM ledger.checkpoints", Expected(name="counts")),
    "a checkpoint's size": (
        "UPDATE ledger.checkpoints SET size = size + 1000"
        " WHERE size = (SELECT max(size) FROM ledger.checkpoints)",
        Expected(name="checkpoint of"),
    ),
    "no key": ("DELETE FROM ledger.log_keys", Expected(name="ledger.log_keys")),
    "a key of garbage": ("UPDATE ledger.log_keys SET vkey = 'garbage'", Expected(name="ledger.log_keys")),
    "another key": (
        f"UPDATE ledger.log_keys SET vkey = '{ATTACKER.verifier.vkey}'",
        Expected(Outcome.OTHER_KEY, name="ledger.log_keys"),
    ),
    "rows that are hidden": (
        "ALTER TABLE event_log.events ENABLE ROW LEVEL SECURITY",
        Expected(name="event_log.events"),
    ),
    "rows of a child": (
        "CREATE TABLE event_log.more () INHERITS (event_log.cases)",
        Expected(name="event_log.cases"),
    ),
    "a rule": (
        "CREATE RULE aside AS ON INSERT TO event_log.commands DO INSTEAD NOTHING",
        Expected(name="event_log.commands"),
    ),
    "a view in the place of a table": (
        "ALTER TABLE ledger.checkpoints RENAME TO hidden;"
        " CREATE VIEW ledger.checkpoints AS SELECT * FROM ledger.hidden",
        Expected(name="ledger.checkpoints"),
    ),
}
NOTES: Mapping[str, str] = {
    "a root": "regexp_replace(note, E'\\n[A-Za-z0-9+/]{8}', E'\\nAAAAAAAA')",
    "an origin": "'x' || note",
    "a size": "regexp_replace(note, E'\\n([0-9]+)\\n', E'\\n1\\\\1\\n')",
    "the root of counts": "regexp_replace(note, 'heads .{8}', 'heads AAAAAAAA')",
    "a line more": "regexp_replace(note, E'\\n\\n', E'\\nmore\\n\\n')",
    "a garbage signature": "regexp_replace(note, E'.{8}=\\n$', E'AAAAAAAA=\\n')",
    "no signature": "split_part(note, E'\\n\\n', 1) || E'\\n\\n'",
    "a signature of nobody": "replace(note, chr(8212) || ' log', chr(8212) || ' nobody')",
    "nothing": "''",
    "another checkpoint": "(SELECT note FROM ledger.checkpoints o WHERE o.size <> c.size"
    " ORDER BY size LIMIT 1)",
}
"""What is done to a checkpoint as it is kept."""


def _statement(
    statement: str, expected: Expected, connection: Ledger, _random: Random, _size: int
) -> Expected:
    for each in statement.split(";"):
        connection.execute(each.encode())
    return expected


def _a_note(change: str, connection: Ledger, random: Random, _size: int) -> Expected:
    size = random.choice([each for (each,) in connection.execute("SELECT size FROM ledger.checkpoints")])
    connection.execute(f"UPDATE ledger.checkpoints c SET note = {change} WHERE size = %s".encode(), (size,))
    return Expected(name=f"checkpoint of {size}")


# --- history rewritten ------------------------------------------------------------------------------------


def rewritten_and_signed_with_an_own_key(connection: Ledger, random: Random, size: int) -> Expected:
    a_body_and_what_follows_from_it(connection, random, size)
    covered_anew(connection)
    return Expected(Outcome.CONTRADICTED)


def rewritten_under_the_log_s_own_name_and_key(connection: Ledger, random: Random, size: int) -> Expected:
    """Sign with another key, and let the database name the true one."""
    a_body_and_what_follows_from_it(connection, random, size)
    true = _row(connection, "SELECT vkey FROM ledger.log_keys")
    covered_anew(connection)
    connection.execute("UPDATE ledger.log_keys SET vkey = %s", true)
    return Expected(name="checkpoint of")


def cut_short_and_signed_with_an_own_key(connection: Ledger, random: Random, size: int) -> Expected:
    a_truncation_of_everything_beside_it(connection, random, size)
    covered_anew(connection)
    return Expected(Outcome.CONTRADICTED)


def covered_anew_by_an_own_key(connection: Ledger, _random: Random, _size: int) -> Expected:
    """Change nothing but who has signed."""
    covered_anew(connection)
    return Expected(Outcome.OTHER_KEY)


def rewritten_with_its_tiles_but_not_its_checkpoints(
    connection: Ledger, random: Random, size: int
) -> Expected:
    a_body_and_what_follows_from_it(connection, random, size)
    notes = connection.execute("SELECT size, note, published_at FROM ledger.checkpoints").fetchall()
    true = _row(connection, "SELECT vkey FROM ledger.log_keys")
    covered_anew(connection)
    connection.execute("DELETE FROM ledger.checkpoints")
    for note in notes:
        connection.execute(
            "INSERT INTO ledger.checkpoints (size, note, published_at) VALUES (%s, %s, %s)", note
        )
    connection.execute("UPDATE ledger.log_keys SET vkey = %s", true)
    return Expected()


def a_body_and_what_follows_from_it(connection: Ledger, random: Random, size: int) -> None:
    """Change a digit of what an event says, where no column is copied from it."""
    connection.execute(
        "UPDATE event_log.events SET body = set_byte(body, length(body) - 6,"
        " CASE get_byte(body, length(body) - 6) WHEN 65 THEN 66 ELSE 65 END) WHERE position = %s",
        (random.randint(1, size),),
    )


def covered_anew(connection: Ledger) -> None:
    """Forget the ledger, and write and sign it anew with another key."""
    for table in ("tiles", "head_pages", "checkpoints", "log_keys"):
        connection.execute(f"DELETE FROM ledger.{table}".encode())
    connection.execute("UPDATE ledger.edge SET size = 0, rows = '{}'")
    connection.execute("INSERT INTO ledger.log_keys (number, vkey) VALUES (0, %s)", [ATTACKER.verifier.vkey])
    TreeWriter(connection, ATTACKER, Policy(most=128)).write(at_once=True)


# --- the table --------------------------------------------------------------------------------------------


def _at(edit: Edit, connection: Ledger, random: Random, size: int) -> Expected:
    return Expected(position=edit(connection, random, size))


EDITS: tuple[Edit, ...] = (
    a_bit_of_a_body,
    a_deletion,
    a_deletion_with_renumbering,
    a_truncation,
    a_truncation_of_everything_beside_it,
    two_swapped,
    two_bodies_swapped,
    a_back_dated_insertion,
    a_re_assignment,
    a_stream_taken_out,
)
"""Edits of rows that any log has, whoever made it up."""
KINDS: Mapping[str, Kind] = {
    **{edit.__name__.replace("_", " "): partial(_at, edit) for edit in (*EDITS, an_event_added_at_the_end)},
    **{
        f"{name} exchanged": partial(_at, partial(_exchanged, column=name))
        for name in ("type", "recorded_at")
    },
    **{name: partial(_of_a_row, change) for name, change in OF_A_ROW.items()},
    **{f"copied: {name}": partial(_a_copy, change) for name, change in COPIES.items()},
    **{
        f"copied: {column} exchanged": partial(_copies_exchanged, column)
        for column in ("event_id", "case_id", "occurred_at", "command_id")
    },
    "copied: a case given to another": a_case_given_to_another,
    "copied: two cases exchanged": two_cases_exchanged,
    **{f"commands: {name}": partial(_of_commands, said) for name, said in OF_COMMANDS.items()},
    **{f"references: {name}": partial(_of_references, said) for name, said in OF_REFERENCES.items()},
    **{name: partial(_statement, *said) for name, said in STATEMENTS.items()},
    **{f"checkpoint: {name}": partial(_a_note, change) for name, change in NOTES.items()},
    "rewritten, own key": rewritten_and_signed_with_an_own_key,
    "rewritten, own key under the log's": rewritten_under_the_log_s_own_name_and_key,
    "rewritten, tiles too": rewritten_with_its_tiles_but_not_its_checkpoints,
    "cut short, own key": cut_short_and_signed_with_an_own_key,
    "signed anew": covered_anew_by_an_own_key,
}


def move(connection: Ledger, after: int, by: int) -> None:
    """Renumber all events after a position; by way of numbers nobody has, so that no two ever meet."""
    connection.execute("UPDATE event_log.events SET position = -position WHERE position > %s", (after,))
    connection.execute("UPDATE event_log.events SET position = -position + %s WHERE position < 0", (by,))


def as_superuser(connection: Ledger) -> None:
    """Do away with what keeps the tables from being changed, until the transaction is rolled back."""
    for table in ("events", "commands", "installation"):
        connection.execute(f"ALTER TABLE event_log.{table} DISABLE TRIGGER ALL".encode())
    for table in ("tiles", "checkpoints", "log_keys"):
        connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL".encode())
    connection.execute("ALTER TABLE event_log.events DROP CONSTRAINT events_event_id_key")
    connection.execute("ALTER TABLE event_log.events DROP CONSTRAINT events_stream_id_version_key")


def _two_cases(connection: Ledger, random: Random) -> list[UUID]:
    cases = [
        each for (each,) in connection.execute("SELECT DISTINCT case_id FROM event_log.events ORDER BY 1")
    ]
    return random.sample(cases, 2)


def _row(connection: Ledger, query: str, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None, query
    return tuple(row)
