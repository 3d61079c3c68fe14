"""A projection's handlers, made ready once: what is read for them, and how each event changes the tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg import Cursor

from scp_events.aggregates import ALL
from scp_events.event_log import LogReader, Recorded
from scp_events.follower.projection import Handler, Projection
from scp_events.follower.values import ProjectedEvent, names_in, values_for
from scp_events.history import every_event
from scp_events.vocabulary import Decision, ErasureEvent, Event, Position, personal_fields


class Statements:
    """What a projection does with each event class."""

    taken_in: frozenset[type[Event]]
    """The events that change the tables, corrections included; others are read for what they erased."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection
        self._without = _left_out(projection)
        self._unopened = _unopened(projection)
        self.taken_in = frozenset(_taken_in(projection))
        self._values = {
            statement: values_for(statement)
            for statement in projection.ON.values()
            if isinstance(statement, str)
        }

    def read(self, log: LogReader, after: Position, through: Position) -> list[Recorded[Any]]:
        """Return the events the projection takes in between two positions, corrections and erasures too.

        What it leaves out is named, rather than what it wants: an event of a newer program fails to be read.
        Where it says nothing personal of an event, nothing of it is opened.
        """
        return log.read(
            after, through - after, through=through, without=self._without, unopened=self._unopened
        )

    def histories(self, log: LogReader, cases: Collection[UUID], through: Position) -> list[Recorded[Any]]:
        """Return the same events of some cases alone, from the beginning, in log order."""
        return log.histories(cases, through, without=self._without, unopened=self._unopened)

    def apply(self, cursor: Cursor[Any], projected: Iterable[ProjectedEvent]) -> None:
        """Change the tables by events, in their order. A run of the same statement is sent as one."""
        handlers = self._projection.ON
        for handler, run in groupby(projected, key=lambda each: handlers[type(each.event)]):
            if callable(handler):
                for each in run:
                    handler(cursor, each)
            else:
                values = self._values[handler]
                cursor.executemany(
                    handler, [{name: value(each) for name, value in values.items()} for each in run]
                )


def _left_out(projection: Projection) -> list[type[Event]]:
    """Return the events of other aggregates, and those it ignores; never an erasure."""
    return [
        event
        for aggregate in ALL
        for event in every_event(aggregate)
        if not issubclass(event, ErasureEvent)
        and (aggregate not in projection.READS or _told_as(projection, event) in projection.IGNORES)
    ]


def _taken_in(projection: Projection) -> list[type[Event]]:
    return [
        event
        for aggregate in projection.READS
        for event in every_event(aggregate)
        if _told_as(projection, event) in projection.ON
    ]


def _unopened(projection: Projection) -> list[type[Event]]:
    """Return the events of which no statement says anything personal."""
    return [
        event
        for aggregate in projection.READS
        for event in every_event(aggregate)
        if _needs_no_words(told := _told_as(projection, event), projection.ON.get(told))
    ]


def _told_as(projection: Projection, event: type[Event]) -> type[Event]:
    """Return the event class whose statement an event comes to: of a correction, the fact's."""
    return event if projection.AS_RECORDED else getattr(event, "OF", event)


def _needs_no_words(event: type[Event], handler: Handler | None) -> bool:
    """Whether a statement says nothing of an event that is encrypted. What a function reads is not known."""
    if not isinstance(handler, str) or issubclass(event, ErasureEvent):
        return False
    of_decision = {f"decision_{name}" for name in personal_fields(Decision)}
    return names_in(handler).isdisjoint(personal_fields(event) | of_decision)
