"""Events taken into a projection's tables: what they come to does not depend on the order of entry.

What comes at the end of its case in time is taken in as it comes. Where something was entered late, corrected
or retracted, the rows of that case are deleted, and its history as it is known at the end of the batch is
taken in anew, in order of time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.sql import SQL, Identifier

from scp_events.aggregates import ALL
from scp_events.event_log import LogReader, Recorded
from scp_events.follower.case_order import Reached, in_case_order, reached_by
from scp_events.follower.case_times import note_times, times_of
from scp_events.follower.projection import AnyConnection, Projection, within
from scp_events.follower.purging import purge
from scp_events.follower.statements import Statements
from scp_events.follower.values import ProjectedEvent, case_of
from scp_events.history import until
from scp_events.vocabulary import NOTHING_YET, ErasureEvent, Position, When

SPAN = 2_000
"""How many positions are taken in at once."""
ERASURES = frozenset(e for aggregate in ALL for e in aggregate.EVENTS if issubclass(e, ErasureEvent))
CASES_AT_ONCE = 100
"""Of how many cases the whole history is held in memory."""


class Tables:
    """A projection's tables in one schema, and the log they are filled from."""

    def __init__(self, log: LogReader, projection: Projection, schema: str) -> None:
        self._log = log
        self._projection = projection
        self._schema = schema
        self._statements = Statements(projection)

    def read(self, after: Position, through: Position) -> list[Recorded[Any]]:
        """Return what the tables want to know of the log between two positions."""
        return self._statements.read(self._log, after, through)

    def take_in(self, connection: AnyConnection, events: Sequence[Recorded[Any]], through: Position) -> None:
        """Take in what was read of the log up to `through`, within the caller's transaction.

        Statements are sent without waiting for each other's answers. What an event says was erased is purged:
        whoever read an event before that may have written it here since.
        """
        projected = self._projected(events)
        with connection.pipeline(), connection.cursor() as cursor:
            cursor.execute(within(self._schema))
            if self._projection.AS_RECORDED:
                self._statements.apply(cursor, projected)
            elif projected:
                self._whatever_the_order(cursor, projected, through)
            for each in events:
                if type(each.event) in ERASURES:
                    purge(cursor, self._projection, each.event.destroyed)

    def build(self, connection: AnyConnection, through: Position, end: When | None) -> None:
        """Fill empty tables with what had happened by `end`, as it was known at a position."""
        with connection.pipeline(), connection.cursor() as cursor:
            cursor.execute(within(self._schema))
            if not self._projection.AS_RECORDED:
                self.fill(cursor, self._log.cases_known(through), through, end)
                return
            for before in range(NOTHING_YET, through, SPAN):
                events = self.read(Position(before), Position(min(before + SPAN, through)))
                happened = [each for each in events if end is None or not each.when.is_after(end)]
                self._statements.apply(cursor, self._projected(happened))

    def _projected(self, events: Iterable[Recorded[Any]]) -> list[ProjectedEvent]:
        """Return those that change the tables, as they were recorded."""
        taken_in, calendar = self._statements.taken_in, self._log.calendar
        return [
            ProjectedEvent(each.event, each.when, case_of(each), each, calendar)
            for each in events
            if type(each.event) in taken_in
        ]

    def _whatever_the_order(
        self, cursor: Cursor[Any], projected: Sequence[ProjectedEvent], through: Position
    ) -> None:
        cases: dict[UUID, list[ProjectedEvent]] = {}
        for each in projected:
            cases.setdefault(each.case_id, []).append(each)
        times = times_of(cursor, cases.keys())
        moved = {case_id: self._move_on(times.get(case_id), new) for case_id, new in cases.items()}
        late = {case_id for case_id, reached in moved.items() if reached is None}
        self._statements.apply(cursor, [each for each in projected if not late or each.case_id not in late])
        if late:
            self._delete(cursor, late)
        times = {case_id: reached for case_id, reached in moved.items() if reached is not None}
        note_times(cursor, times | self.fill(cursor, late, through))

    def _move_on(self, so_far: Reached | None, new: Iterable[ProjectedEvent]) -> Reached | None:
        """Return how far a case has come; None where something stands elsewhere than at the end.

        What no statement is for corrects something.
        """
        for each in new:
            if type(each.event) not in self._projection.ON or (so_far and not so_far.admits(each.when)):
                return None
            so_far = Reached.first(each.when)
        return so_far

    def _delete(self, cursor: Cursor[Any], cases: Collection[UUID]) -> None:
        tables = cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')",
            [self._schema],
        ).fetchall()
        for (table,) in tables:
            cursor.execute(
                SQL("DELETE FROM {} WHERE case_id = ANY(%s)").format(Identifier(table)), [list(cases)]
            )

    def fill(
        self, cursor: Cursor[Any], cases: Collection[UUID], through: Position, end: When | None = None
    ) -> dict[UUID, Reached]:
        """Take in the history of cases of which nothing was taken in, as it is known at a position.

        `end` is a time after which nothing has happened yet. Returns how far each case has come.
        """
        times: dict[UUID, Reached] = {}
        for some in _in_parts(list(cases)):
            for case_id, known in self._known(some, through).items():
                history = self._effective(case_id, known, end)
                self._statements.apply(cursor, history)
                if reached := reached_by(each.when for each in history):
                    times[case_id] = reached
        return times

    def _known(self, cases: Collection[UUID], through: Position) -> dict[UUID, list[Recorded[Any]]]:
        known: dict[UUID, list[Recorded[Any]]] = defaultdict(list)
        for each in self._statements.histories(self._log, cases, through):
            if type(each.event) in self._statements.taken_in:
                known[case_of(each)].append(each)
        return known

    def _effective(
        self, case_id: UUID, known: Sequence[Recorded[Any]], end: When | None
    ) -> list[ProjectedEvent]:
        """Return what is known of a case as it stands, in order of time and up to `end`."""
        recorded = {each.position: each for each in known}
        return [
            ProjectedEvent(fact.event, fact.when, case_id, recorded[fact.position], self._log.calendar)
            for fact in until(in_case_order(each.fact for each in known), end)
        ]


def _in_parts(cases: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(cases), CASES_AT_ONCE):
        yield cases[first : first + CASES_AT_ONCE]
