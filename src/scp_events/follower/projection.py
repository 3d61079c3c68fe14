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
