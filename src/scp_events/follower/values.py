"""What a statement may say of an event, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel
from pydantic_core import to_json

from scp_events.event_log import Recorded
from scp_events.vocabulary import (
    Calendar,
    Decision,
    DecisionEvent,
    Erased,
    Event,
    Unopened,
    When,
    days_late,
)

ERASED = "erased"
"""What a column of text says in the place of what was erased; one of jsonb says it as the event does."""


class ProjectedEvent(NamedTuple):
    """An event as a projection is told of it: as it stands by now, and how it was first recorded."""

    event: Event
    when: When
    case_id: UUID
    """Whose rows it changes."""
    recorded: Recorded[Any]
    calendar: Calendar

    @property
    def entered_on(self) -> date:
        """Return the organisation's day on which somebody entered it: in its source, or else here."""
        envelope = self.recorded.envelope
        return self.calendar.day_of(envelope.source_recorded_at or self.recorded.recorded_at)

    @property
    def days_late(self) -> int:
        """Return how many days after it was so that was."""
        return days_late(self.when.day, self.entered_on)


def case_of(recorded: Recorded[Any]) -> UUID:
    """Return the case an event belongs to; of a stream that belongs to none, the stream's id."""
    return recorded.envelope.case_id or recorded.stream.id


Value: TypeAlias = Callable[[ProjectedEvent], object]

ENVELOPE: Mapping[str, Value] = {
    "position": attrgetter("recorded.position"),
    "stream_id": attrgetter("recorded.stream.id"),
    "version": attrgetter("recorded.version"),
    "case_id": attrgetter("case_id"),
    "event_id": attrgetter("recorded.envelope.event_id"),
    "type": attrgetter("event.type"),
    "occurred_at": attrgetter("when.at"),
    "occurred_on": attrgetter("when.day"),
    "precision": attrgetter("when.precision.value"),
    "recorded_at": attrgetter("recorded.recorded_at"),
    "entered_on": attrgetter("entered_on"),
    "days_late": attrgetter("days_late"),
    "confidentiality": attrgetter("recorded.envelope.confidentiality"),
    "actor_id": attrgetter("recorded.envelope.actor.id"),
    "corrects": attrgetter("recorded.corrects"),
}
"""What a statement may say of any event, by name. A field of an event has none of these names and another
meaning. Days are the organisation's; `corrects` is NULL unless the event is a correction."""
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


def values_for(statement: str) -> Mapping[str, Value]:
    """Return how to find each value that a statement uses."""
    return {name: _value(name) for name in names_in(statement)}


def _value(name: str) -> Value:
    if name in ENVELOPE:
        return ENVELOPE[name]
    path = f"event.decision.{name.removeprefix(_PREFIX)}" if name.startswith(_PREFIX) else f"event.{name}"
    said = attrgetter(path)
    return lambda projected: for_sql(said(projected))


def for_sql(said: Any) -> object:  # noqa: ANN401 - whatever a field may hold
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
            return [for_sql(each) for each in said]
        case Enum():
            return said.value
    return said
