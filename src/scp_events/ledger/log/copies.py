"""Everything the log keeps beside its events and believes: compared with what the events themselves say.

An event's stored bytes are covered by the ledger. The columns beside them, the table of commands and the
register of references are copies to find them by, and whoever owns the database can change a copy alone.

The server compares, in a connection of its own while rows are hashed elsewhere: it makes of the columns how
the stored bytes must begin. Where they do not, the row is read and understood here, so that nothing
depends on how a document happens to be written. The server is believed no more than in handing out the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any, LiteralString, NamedTuple
from zoneinfo import ZoneInfo

from pydantic_core import from_json

from scp_events.ledger.log.outcomes import Finding, Outcome
from scp_events.ledger.log.tables import AnyConnection, LedgerError
from scp_events.vocabulary import Calendar, Precision

NAMING = ("referral.drafted", "participant.registered")
"""The events that say what people call their case."""
BATCH = 1_000
_TABLES = (
    *("event_log.events", "event_log.head", "event_log.commands", "event_log.cases"),
    *("event_log.installation", "ledger.tiles", "ledger.edge", "ledger.head_pages"),
    *("ledger.checkpoints", "ledger.log_keys"),
)


class Row(NamedTuple):
    """An event's columns, and the document they are copied from."""

    position: int
    body: bytes
    type: str
    recorded_at: datetime | None
    event_id: str
    case_id: str | None
    occurred_at: datetime | None
    precision: str
    command_id: str
    category: str
    schema_version: int
    is_decision: bool


# A time that is in no calendar of ours is NULL here; no document says one.
_COLUMNS: LiteralString = """
    position, body, type,
    CASE WHEN recorded_at BETWEEN '0001-01-02' AND '9999-12-30' THEN recorded_at END,
    event_id::text, case_id::text,
    CASE WHEN occurred_at BETWEEN '0001-01-02' AND '9999-12-30' THEN occurred_at END,
    precision, command_id::text, category, schema_version, is_decision"""
# How a document begins. An act has no time of its own: it was so when it was recorded.
_BEGINS: LiteralString = """convert_to(concat(
    '{"event_id":"', event_id, '","case_id":', coalesce('"' || case_id || '"', 'null'), ',"occurred_at":',
    CASE WHEN occurred_at = recorded_at THEN 'null' ELSE '"' || replace(
        to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z') || '"'
    END, ',"precision":"', precision, '",'), 'UTF8')"""
_SUSPECTED: LiteralString = (
    "SELECT " + _COLUMNS + " FROM event_log.events"  # noqa: S608 - our own words
    " CROSS JOIN LATERAL (SELECT " + _BEGINS + ") AS its (start)"
    """ WHERE position > %s AND NOT coalesce(
        substring(body FROM 1 FOR length(start)) = start AND occurred_at > '0001-01-02'
        AND position(convert_to('"command_id":"' || command_id || '"', 'UTF8') IN body) > 0
    , false) ORDER BY position LIMIT %s"""
)
_KINDS: LiteralString = (
    "SELECT " + _COLUMNS + " FROM event_log.events"  # noqa: S608 - our own words
    " WHERE position IN (SELECT min(position) FROM event_log.events"
    " GROUP BY type, category, schema_version, is_decision) ORDER BY position"
)


def differences(connection: AnyConnection, through: int) -> Iterator[Finding]:
    """Yield what is kept beside the events and is not what they say; of each kind of copy the first.

    `through` is how many events are covered: what others say of them, nobody can take back.
    """
    checks: tuple[Callable[[AnyConnection], Iterator[Finding]], ...] = (
        _tables_that_are_none,
        _columns,
        _commands,
        _references,
        _head,
        lambda one: _days(one, through),
    )
    return chain.from_iterable(check(connection) for check in checks)


def _altered(says: str, position: int | None = None, name: str | None = None) -> Finding:
    return Finding(Outcome.ALTERED, says, position, name)


# --- tables -----------------------------------------------------------------------------------------------


def _tables_that_are_none(connection: AnyConnection) -> Iterator[Finding]:
    """A view, a rule or a row policy could show a verifier other rows than everybody else."""
    found = connection.execute(
        "SELECT name FROM unnest(%s::text[]) AS named (name)"
        " LEFT JOIN pg_class c ON c.oid = to_regclass(name) WHERE c.relkind IS DISTINCT FROM 'r'"
        " OR c.relrowsecurity OR c.relhasrules OR c.relhassubclass ORDER BY name",
        [list(_TABLES)],
    ).fetchall()
    for (name,) in found:
        yield _altered(
            f"{name} is no table of its own: it may show others something else",
            name=name,
        )


# --- columns ----------------------------------------------------------------------------------------------


def _columns(connection: AnyConnection) -> Iterator[Finding]:
    wrong = next(chain(_wrong_columns(_suspected(connection)), _wrong_columns(_kinds(connection))), None)
    if wrong is not None:
        yield wrong


def _suspected(connection: AnyConnection) -> Iterator[Row]:
    """Yield every row whose document does not begin as its columns say, in order of positions."""
    after = -(2**63)
    while rows := connection.execute(_SUSPECTED, (after, BATCH), binary=True).fetchall():
        yield from (Row(*row) for row in rows)
        after = rows[-1][0]


def _kinds(connection: AnyConnection) -> Iterator[Row]:
    """Yield the first row of every type and what stands with it: what is so of a type is so of all of it."""
    yield from (Row(*row) for row in connection.execute(_KINDS, binary=True).fetchall())


def _wrong_columns(rows: Iterator[Row]) -> Iterator[Finding]:
    for row in rows:
        column = column_that_differs(row)
        if column is not None:
            yield _altered(
                f"its column {column} does not say what the event says: the log was altered",
                row.position,
                f"event_log.events.{column}",
            )


def column_that_differs(row: Row) -> str | None:
    """Return the column that does not say what the document says; None where all do."""
    try:
        said = from_json(row.body)
        ought = _ought(row, said, said["event"])
    except (ValueError, KeyError, TypeError):
        return "body"
    return next((name for name, value in ought.items() if getattr(row, name) != value), None)


def _ought(row: Row, said: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, object]:
    occurred_at = said["occurred_at"]
    return {
        "type": event["type"],
        "event_id": said["event_id"],
        "case_id": said["case_id"],
        "occurred_at": row.recorded_at if occurred_at is None else datetime.fromisoformat(occurred_at),
        "precision": said["precision"],
        "command_id": said["command_id"],
        "category": row.type.partition(".")[0],
        "schema_version": 1,  # a new form of an event is a new name
        "is_decision": "decision" in event,
    }


# --- commands ---------------------------------------------------------------------------------------------


def _commands(connection: AnyConnection) -> Iterator[Finding]:
    """Every command has one row, which counts its events from the first: no other row, and none missing.

    Where every event lies in the row of its command and the rows count as many events as there are, each row
    counts its own. Which one does not is looked for only where that is not so.
    """
    strays, counted, events = _one(
        connection,
        "SELECT (SELECT count(*) FROM event_log.events e LEFT JOIN event_log.commands c"
        "        ON c.command_id = e.command_id AND e.position >= c.first_position"
        "        AND e.position < c.first_position + c.event_count WHERE c.command_id IS NULL),"
        " (SELECT sum(greatest(event_count, 1) + CASE WHEN event_count < 1 THEN 1 ELSE 0 END)"
        "  FROM event_log.commands), (SELECT count(*) FROM event_log.events)",
    )
    if strays or (counted or 0) != events:
        first, command_id = _one(
            connection,
            "SELECT greatest(least(e.first, c.first_position), 1), coalesce(e.command_id, c.command_id)"
            " FROM (SELECT command_id, min(position) AS first, max(position) AS last, count(*) AS events"
            "       FROM event_log.events GROUP BY command_id) e"
            " FULL JOIN event_log.commands c ON c.command_id = e.command_id"
            " WHERE (e.first, e.events, e.last) IS DISTINCT FROM"
            " (c.first_position, c.event_count::bigint, c.first_position + c.event_count - 1)"
            " ORDER BY 1 LIMIT 1",
        )
        yield _altered(
            f"event_log.commands does not count the events of command {command_id} as they are",
            first,
            "event_log.commands",
        )


# --- references -------------------------------------------------------------------------------------------


def _references(connection: AnyConnection) -> Iterator[Finding]:
    """Where an event says what people call its case, the register says the same, and nothing else of both."""
    with connection.cursor(name="naming", binary=True) as cursor:
        cursor.execute(
            "SELECT position, body FROM event_log.events WHERE type = ANY(%s) ORDER BY position",
            [list(NAMING)],
        )
        while rows := cursor.fetchmany(BATCH):
            for position, case_id, reference in _not_registered(connection, rows):
                yield _altered(
                    f"event_log.cases does not say of case {case_id} that it is called {reference}",
                    position,
                    "event_log.cases",
                )
                return


def _not_registered(
    connection: AnyConnection, naming: list[tuple[Any, ...]]
) -> Iterator[tuple[int, str, str]]:
    """Yield position, case and reference of every event whose words are not those of the register."""
    named = [(position, *_name_in(body)) for position, body in naming]
    cases, references = [each[1] for each in named], [each[2] for each in named]
    registered = connection.execute(
        "SELECT case_id::text, reference FROM event_log.cases"
        " WHERE case_id::text = ANY(%s) OR reference = ANY(%s)",
        (cases, references),
    ).fetchall()
    names: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for case_id, reference in registered:
        names.setdefault(case_id, set()).add(reference)
        owners.setdefault(reference, set()).add(case_id)
    for position, case_id, reference in named:
        if names.get(case_id) != {reference} or owners.get(reference) != {case_id}:
            yield position, case_id, reference


def _name_in(body: bytes) -> tuple[str, str]:
    """Return whose case an event is, and what it says people call it; nothing where it is damaged."""
    try:
        said = from_json(body)
        return str(said["case_id"]), str(said["event"]["case_reference"])
    except (ValueError, KeyError, TypeError):
        return "", ""


# --- head and days ----------------------------------------------------------------------------------------


def _head(connection: AnyConnection) -> Iterator[Finding]:
    (behind,) = _one(
        connection,
        "SELECT recorded_at < (SELECT recorded_at FROM event_log.events ORDER BY position DESC LIMIT 1)"
        " FROM event_log.head",
    )
    if behind:
        yield _altered("event_log.head has an earlier time than the last event", name="event_log.head")


def _days(connection: AnyConnection, through: int) -> Iterator[Finding]:
    """What is known by its day begins with that day, where the organisation is."""
    (named,) = _one(connection, "SELECT time_zone FROM event_log.installation")
    try:
        calendar = Calendar(ZoneInfo(named))
    except (ValueError, KeyError, OSError):
        yield _altered("event_log.installation names no time zone", name="event_log.installation")
        return
    days = connection.execute(
        "SELECT min(position), occurred_at FROM event_log.events WHERE precision = %s AND position <= %s"
        " AND occurred_at BETWEEN '0001-01-02' AND '9999-12-30' GROUP BY occurred_at ORDER BY 1",
        (Precision.DAY.value, through),
    ).fetchall()
    for position, at in days:
        if calendar.whole_day(calendar.day_of(at)).at != at.astimezone(UTC):
            yield _altered(
                "it is known by its day, and in the time zone of event_log.installation no day begins then",
                position,
                "event_log.installation",
            )
            return


def _one(connection: AnyConnection, query: LiteralString) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query).fetchone()
    if row is None:
        raise LedgerError("a table of the log has lost its one row: restore the newest backup")
    return row
