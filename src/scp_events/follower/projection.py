"""What makes a module a projection."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol, TypeAlias, TypeVar

from psycopg import Connection, Cursor
from psycopg.rows import class_row
from psycopg.sql import SQL, Composed, Identifier

from scp_events.follower.values import ERASED, ProjectedEvent
from scp_events.vocabulary import AnyAggregate, Event, FieldGroup

T = TypeVar("T")

AnyConnection: TypeAlias = Connection[Any]
Handler: TypeAlias = LiteralString | Callable[[Cursor[Any], ProjectedEvent], None]
On: TypeAlias = Mapping[type[Event], Handler]
"""What each event does to the tables: one SQL statement, or a short function."""


@dataclass(frozen=True)
class PersonalColumn:
    """A column that holds something personal in the clear, and how it is purged when a key is destroyed.

    Its type is text or jsonb, so that it can say `erased`. The person is the one whose case the row is of.
    """

    table: LiteralString
    column: LiteralString
    group: FieldGroup
    purged: LiteralString = f"'{ERASED}'"
    """What it is set to, as SQL; `%(erased)s` is how the event itself reads then, as jsonb."""
    holding: LiteralString = "true"
    """Which of a person's rows hold something, as SQL, beyond that the column is not NULL."""


class Projection(Protocol):
    """A module with these names is a projection; its questions follow them.

    SQL names tables without a schema: every version has a schema of its own. A statement may use the event's
    own fields, `decision_` and a field of the decision, and what the envelope says (see `ENVELOPE`), each as
    `%(name)s`. A model within an event arrives as jsonb.

    Every table has a column `case_id`; of a stream that belongs to no case, it is the stream's id. A
    statement touches rows of its own case alone, and never fails, whatever of the case is there: where
    something is entered late or corrected, the rows of that case are deleted and its history is taken in
    anew, in order of time. So a statement never sees a correction, and the order in which things were typed
    in makes no difference.
    """

    @property
    def NAME(self) -> str:  # noqa: N802 - a module constant
        """What it is called."""

    @property
    def VERSION(self) -> int:  # noqa: N802 - a module constant
        """Which version of its tables and rules; a change to either is a new one."""

    @property
    def READS(self) -> Sequence[AnyAggregate]:  # noqa: N802 - a module constant
        """The aggregates whose events it follows."""

    @property
    def AS_RECORDED(self) -> bool:  # noqa: N802 - a module constant
        """Whether it takes events in as they were recorded, corrections among them, instead of facts."""

    @property
    def TABLES(self) -> LiteralString:  # noqa: N802 - a module constant
        """The SQL that makes its tables and views; no functions, for those stand in no temporary schema."""

    @property
    def PERSONAL(self) -> Mapping[str, PersonalColumn]:  # noqa: N802 - a module constant
        """The personal values its statements use, by name, and the column each is kept in."""

    @property
    def ON(self) -> On:  # noqa: N802 - a module constant
        """The events it takes in."""

    @property
    def IGNORES(self) -> frozenset[type[Event]]:  # noqa: N802 - a module constant
        """The events it deliberately leaves to others; with `ON`, every one of the aggregates it reads."""


def schema_of(name: str, version: int) -> str:
    """Return the schema that holds the tables of one version of a projection."""
    return f"rm_{name}_v{version}"


def within(schema: str) -> Composed:
    """Return the statement by which names without a schema mean this one, until the transaction ends."""
    return SQL("SET LOCAL search_path TO {}").format(Identifier(schema))


def ask(
    connection: AnyConnection,
    schema: str,
    shape: type[T],
    question: LiteralString,
    values: Mapping[str, object] | None = None,
) -> list[T]:
    """Return the rows that answer `question`, each as a `shape`.

    A question is one statement: a rebuild that swaps the tables meanwhile is seen wholly or not at all. On a
    connection that holds the tables as of another day (see `at`), it is answered from those.
    """
    with connection.transaction(), connection.cursor(row_factory=class_row(shape)) as cursor:
        cursor.execute(within(schema))
        return cursor.execute(question, values).fetchall()
<<<<<<< HEAD
=======


# --- values -----------------------------------------------------------------------------------------------

Value: TypeAlias = Callable[[Recorded[Any]], object]

ENVELOPE: Mapping[str, Value] = {
    "position": attrgetter("position"),
    "stream_id": attrgetter("stream.id"),
    "version": attrgetter("version"),
    "case_id": attrgetter("envelope.case_id"),
    "event_id": attrgetter("envelope.event_id"),
    "type": attrgetter("event.type"),
    "occurred_at": attrgetter("envelope.occurred_at"),
    "recorded_at": attrgetter("recorded_at"),
    "actor_id": attrgetter("envelope.actor.id"),
    "actor_role": attrgetter("envelope.actor.role.value"),
    "actor_organisation": attrgetter("envelope.actor.organisation"),
    "purpose": attrgetter("envelope.purpose"),
    "command_id": attrgetter("envelope.command_id"),
    "corrects": attrgetter("corrects"),
}
"""What a statement may say of any event, by name. A field of an event has none of these names and another
meaning; `corrects` is NULL unless the event is a correction."""
_PREFIX = "decision_"
_NAME = re.compile(r"(?<!%)(?:%%)*%\((\w+)\)")


def names_in(statement: str) -> frozenset[str]:
    """Return the names of the values a statement uses."""
    return frozenset(_NAME.findall(statement))


def names_for(event: type[Event]) -> frozenset[str]:
    """Return the names of the values a statement for `event` may use."""
    own = event.model_fields.keys() - {"decision"}
    decision = (
        {_PREFIX + field for field in Decision.model_fields} if issubclass(event, DecisionEvent) else ()
    )
    return frozenset((*ENVELOPE, *own, *decision))


def _needs_no_words(event: type[Event], handler: object) -> bool:
    """Whether a statement says nothing that is encrypted in an event. What a function reads is not known."""
    if not isinstance(handler, str) or issubclass(event, ErasureEvent):
        return False
    of_decision = {_PREFIX + name for name in personal_fields(Decision)}
    return names_in(handler).isdisjoint(personal_fields(event) | of_decision)


def _value(name: str) -> Value:
    """Return how to find a value in a recorded event."""
    if name in ENVELOPE:
        return ENVELOPE[name]
    path = f"event.decision.{name.removeprefix(_PREFIX)}" if name.startswith(_PREFIX) else f"event.{name}"
    said = attrgetter(path)
    return lambda recorded: _for_sql(said(recorded))


def _for_sql(said: Any) -> object:  # noqa: ANN401 - whatever a field may hold
    """Return what PostgreSQL is told: models as jsonb, tuples as arrays, enumerations as their words."""
    match said:
        case Unopened():
            raise TypeError("a statement says something personal that was not opened for it")
        case Erased():
            return ERASED
        case BaseModel():
            return Jsonb(said, dumps=to_json)
        case tuple() if any(isinstance(each, BaseModel) for each in said):
            return Jsonb(said, dumps=to_json)
        case tuple():
            return [_for_sql(each) for each in said]
        case Enum():
            return said.value
    return said


# --- applying ---------------------------------------------------------------------------------------------


class Statements:
    """A projection's handlers, made ready once: how each event class changes the tables."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._on = projection.ON
        self._ignores = projection.IGNORES
        self._unopened = [
            event for event, handler in projection.ON.items() if _needs_no_words(event, handler)
        ]
        self._values = {
            statement: {name: _value(name) for name in names_in(statement)}
            for statement in projection.ON.values()
            if isinstance(statement, str)
        }

    def read(self, log: EventLog, after: Position, through: Position) -> list[Recorded[Event]]:
        """Return the events the projection takes in between two positions.

        What it ignores is named, rather than what it wants: an event of a newer program fails to be read.
        Where it says nothing personal of an event, nothing of it is opened.
        """
        return log.read(
            after, through - after, through=through, without=self._ignores, unopened=self._unopened
        )

    def apply(self, connection: AnyConnection, events: Sequence[Recorded[Event]], schema: str) -> None:
        """Take `events` in, in their order, within the caller's transaction.

        Statements are sent without waiting for each other's answers; a run of the same one, as one. What an
        event says was erased is purged: whoever read an event before that may have written it here since.
        """
        with connection.pipeline(), connection.cursor() as cursor:
            cursor.execute(within(schema))
            for handler, run in groupby(events, key=lambda recorded: self._on[type(recorded.event)]):
                if callable(handler):
                    for recorded in run:
                        handler(cursor, recorded)
                else:
                    values = self._values[handler]
                    cursor.executemany(handler, [_values_of(recorded, values) for recorded in run])
            for recorded in events:
                if isinstance(recorded.event, ErasureEvent):
                    purge(cursor, self._projection, recorded.event.destroyed)


def purge(cursor: Cursor[Any], projection: Projection, destroyed: Iterable[DestroyedKey]) -> None:
    """Set what these keys had encrypted to `erased`, wherever the projection keeps a copy. Safe to repeat."""
    columns = dict.fromkeys(projection.PERSONAL.values())
    for key in destroyed:
        values = {"subject": key.subject, "erased": Jsonb(key.erased, dumps=to_json)}
        for kept in columns:
            if kept.group == key.group:
                cursor.execute(_purging(kept), values)


def _purging(kept: PersonalColumn) -> Composed:
    table, column, subject = map(Identifier, (kept.table, kept.column, kept.subject))
    return SQL("UPDATE {} SET {} = {} WHERE {} = %(subject)s AND {} IS NOT NULL AND {}").format(
        table, column, SQL(kept.purged), subject, column, SQL(kept.holding)
    )


def _values_of(recorded: Recorded[Event], values: Mapping[str, Value]) -> dict[str, object]:
    return {name: value(recorded) for name, value in values.items()}
>>>>>>> cases
