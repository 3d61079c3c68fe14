"""The same work on the plain eventsourcing library, with its default recorder and runner."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatchmethod
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier


class Case(Aggregate):
    """A participant as a class with `@event` methods, which is how the library is meant to be used."""

    @event("Opened")
    def __init__(self, reference: str) -> None:
        self.reference = reference
        self.held_minutes = 0

    @event("ContactRecorded")
    def record_contact(self, medium: str, held_minutes: int, made_by: dict[str, Any], note: str) -> None:  # noqa: ARG002 - the event keeps them
        """Add the minutes of a contact."""
        self.held_minutes += held_minutes

    @event("Accepted")
    def accept(self, decision: dict[str, Any]) -> None:
        """Accept a referral, on grounds that the event keeps."""
        self.decision = decision


class Cases(Application[UUID]):
    """The application: open a case, record a contact."""

    def open_case(self, reference: str, contacts: int = 0, contact: Mapping[str, Any] | None = None) -> UUID:
        """Save a new case with so many contacts, and return its id."""
        case = Case(reference=reference)
        for _ in range(contacts):
            case.record_contact(**(contact or {}))
        self.save(case)
        return case.id

    def begin(self, reference: str) -> tuple[UUID, int]:
        """Save a new case, and return its id and the event's place in the log."""
        case = Case(reference=reference)
        return case.id, self.save(case)[-1].notification.id

    def record_contact(self, case_id: UUID, contact: Mapping[str, Any]) -> int:
        """Load a case, record a contact, save it, and return the event's place in the log."""
        case: Case = self.repository.get(case_id)
        case.record_contact(**contact)
        return self.save(case)[-1].notification.id

    def accept(self, case_id: UUID, decision: dict[str, Any]) -> int:
        """Load a case, accept it, save it, and return the event's place in the log."""
        case: Case = self.repository.get(case_id)
        case.accept(decision)
        return self.save(case)[-1].notification.id


class ContactMinutes(PostgresTrackingRecorder):
    """A read model: minutes held, by case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's signature
        super().__init__(*args, **kwargs)
        self.table = SQL("{}.{}").format(Identifier(self.datastore.schema), Identifier("contact_minutes"))
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS {} (case_id uuid PRIMARY KEY, minutes bigint NOT NULL)").format(
                self.table
            )
        )

    def add(self, case_id: UUID, minutes: int, tracking: Tracking) -> None:
        """Add minutes and remember the position, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                SQL(
                    "INSERT INTO {} AS known VALUES (%s, %s)"
                    " ON CONFLICT (case_id) DO UPDATE SET minutes = known.minutes + excluded.minutes"
                ).format(self.table),
                (case_id, minutes),
            )

    def total(self) -> int:
        """Return all minutes."""
        with self.datastore.get_connection() as connection:
            row = connection.execute(SQL("SELECT coalesce(sum(minutes), 0) AS n FROM {}").format(self.table))
            found = row.fetchone()
            assert found is not None
            return int(found["n"])


class Minutes(Projection[ContactMinutes]):
    """Keeps the read model in step, as the library's runner does it."""

    name = "minutes"

    @singledispatchmethod
    def process_event(self, _event: Any, tracking: Tracking) -> None:  # noqa: ANN401 - the library's
        """Pass over events that tell of no contact."""
        self.view.insert_tracking(tracking)

    @process_event.register
    def contact_recorded(self, happened: Case.ContactRecorded, tracking: Tracking) -> None:  # type: ignore[name-defined]  # made by the library
        """Add a contact's minutes."""
        self.view.add(happened.originator_id, happened.held_minutes, tracking)


def environment(conninfo: str, *, connections: int = 16, cached: int = 0) -> dict[str, str]:
    """Return the library's settings for a database; by default it keeps no aggregates in memory."""
    said = conninfo_to_dict(conninfo)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(said["dbname"]),
        "POSTGRES_HOST": str(said["host"]),
        "POSTGRES_PORT": str(said.get("port", 5432)),
        "POSTGRES_USER": str(said["user"]),
        "POSTGRES_PASSWORD": password(said),
        "POSTGRES_POOL_SIZE": str(connections),
    } | ({"AGGREGATE_CACHE_MAXSIZE": str(cached)} if cached else {})


def password(said: Mapping[str, Any]) -> str:
    """Return the password, which the embedded server keeps in a file."""
    if said.get("password"):
        return str(said["password"])
    with open(str(said["passfile"]), encoding="utf-8") as file:  # noqa: PTH123 - the library's habit of strings
        return file.readline().rstrip("\n").rsplit(":", 1)[-1]


def catch_up(conninfo: str, through: int) -> int:
    """Run the library's runner over the whole log; return the total minutes of its read model."""
    settings = environment(conninfo)
    with ProjectionRunner(
        application_class=Cases, projection_class=Minutes, view_class=ContactMinutes, env=settings
    ) as runner:
        runner.wait(through, timeout=600)
        return runner.projection.view.total()
