"""People with a history, written into a log without asking any rule, for figures to be made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
from psycopg import Connection

from scp_events import follower
from scp_events.aggregates import BY_CATEGORY
from scp_events.event_log import LogReader
from scp_events.measures import Period
from scp_events.privacy import open_keyring
from scp_events.projections import outcomes
from scp_events.vocabulary import (
    UTC_CALENDAR,
    CaseId,
    CommandId,
    Event,
    EventId,
    Fact,
    Position,
    Scope,
    Stream,
    retraction_of,
    the_one,
)
from tests.every_event import planted
from tests.projections.writing import Told, Writer
from tests.words import SUPERVISOR, decision


@cache
def example_of(kind: type[Event]) -> Event:
    """Return a valid event; made once, as it takes a while."""
    return planted(kind)


class Teller:
    """A log, and the outcomes that follow it. Each test has years of its own, so they do not mix."""

    def __init__(self, stack: ExitStack, conninfo: str) -> None:
        follower.prepare(conninfo, [outcomes])
        self._log = stack.enter_context(LogReader(conninfo, stack.enter_context(open_keyring(conninfo))))
        self._writer = Writer(conninfo, self._log.keyring, self._log.calendar)
        self._following = stack.enter_context(follower.Follower(self._log, outcomes, span=7))
        self._connection = stack.enter_context(psycopg.connect(conninfo, autocommit=True))
        self._years = count(1900, 5)

    def year(self) -> Year:
        """Return the next year that nobody has told of."""
        return Year(self, next(self._years))

    def write(self, *told: Told) -> None:
        """Record facts in this order."""
        self._writer.write(told)

    def erase(self, person: Person) -> None:
        """Destroy somebody's keys."""
        self._log.keyring.fence(person.case_id)
        tuple(self._log.keyring.destroy(person.case_id))

    def caught_up(self) -> Connection[Any]:
        """Return a connection to ask outcomes on, as of all that was told."""
        self._following.catch_up()
        return self._connection


class Year:
    """A year, and the four after it in which it is seen what becomes of people."""

    def __init__(self, teller: Teller, number: int) -> None:
        self.number = number
        self.cohort = Period(since=date(number, 1, 1), until=date(number, 12, 31))
        self.late = date(number + 4, 12, 31)
        """When everybody of the cohort is mature."""
        self.teller = teller

    def day(self, number: int) -> date:
        """Return the n-th day from the beginning of the year."""
        return date.fromordinal(self.cohort.since.toordinal() + number - 1)

    def person(self) -> Person:
        """Return somebody of whom nothing is told yet."""
        return Person(self)

    def people(self, number: int) -> list[Person]:
        """Return so many."""
        return [self.person() for _ in range(number)]

    def caught_up(self) -> Connection[Any]:
        """Return a connection to ask outcomes on."""
        return self.teller.caught_up()


class Person:
    """One case, told fact by fact: on the n-th day of the year, in the n-th stream of its kind."""

    def __init__(self, year: Year) -> None:
        self.case_id = CaseId(uuid4())
        self._year = year
        self.facts: list[Fact[Event]] = []

    def tell(self, kind: type[Event], day: int, number: int = 1, **said: object) -> Person:
        """Record that something was so."""
        self._year.teller.write(self.told(kind, day, number, **said))
        return self

    def told(self, kind: type[Event], day: int, number: int = 1, **said: object) -> Told:
        """Return that something was so, to be recorded in any order."""
        event_id = EventId(uuid4())
        own = {"event_id": event_id} if "event_id" in kind.model_fields else {}
        event = example_of(kind).model_copy(update={**own, **said})
        stream, place = self.stream(kind, number), len(self.facts)
        when = UTC_CALENDAR.when(datetime.combine(self._year.day(day), time(9, place), UTC))
        self.facts.append(
            Fact(event, event_id, stream, Position(place), when, SUPERVISOR, CommandId(event_id))
        )
        return Told(self.case_id, stream, event, when.at, event_id)

    def retract(self) -> Person:
        """Record that what was told last never was so."""
        fact = self.facts.pop()
        word = retraction_of(type(fact.event))(corrects=fact.event_id, decision=decision())
        self._year.teller.write(Told(self.case_id, fact.stream, word, fact.when.at, EventId(uuid4())))
        return self

    def stream(self, kind: type[Event], number: int) -> Stream:
        """Return the n-th stream of the kind that an event is of."""
        category = str(kind.model_fields["type"].default).split(".")[0]
        if BY_CATEGORY[category].SCOPE is Scope.ONE_PER_CASE:
            return the_one(category, self.case_id)
        return Stream(category, UUID(str(uuid5(self.case_id, f"{category} {number}"))))


@contextmanager
def opened_teller(conninfo: str) -> Iterator[Teller]:
    """Yield a log to tell things to."""
    with ExitStack() as stack:
        yield Teller(stack, conninfo)
