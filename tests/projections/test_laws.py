"""Read models agree: what a projection shows does not depend on when something was typed in, or first how.

Two logs. In one, facts are entered in any order, some are corrected, some retracted, some are known by their
day alone. In the other, the same facts were recorded rightly at once and in order of time. Followed in small
steps, the tables come to the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import zip_longest
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from scp_events import follower
from scp_events.aggregates.assessment.events import AssessmentCompleted, RiskLevel, RiskLevelOverridden
from scp_events.aggregates.engagement.events import (
    ContactOutcome,
    ContactRecorded,
    KeyWorkerAssigned,
    KeyWorkerChanged,
)
from scp_events.aggregates.enrolment.events import (
    AttendanceRecorded,
    Completion,
    CompletionOverridden,
    ParticipantEnrolled,
)
from scp_events.aggregates.irp.events import (
    GoalAchieved,
    GoalAdded,
    GoalRemoved,
    IrpDraftStarted,
    IrpReviewed,
    ReviewOutcome,
)
from scp_events.aggregates.match.events import ClosingReason, MatchClosed
from scp_events.aggregates.observation.events import Moved, ResidenceChanged
from scp_events.aggregates.offence.events import OffenceProven
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.referral.events import EligibilityDetermined, ReferralDrafted
from scp_events.aggregates.sanction.events import (
    Discharged,
    SanctionDischarged,
    SanctionImposed,
    SanctionKind,
)
from scp_events.aggregates.support.events import (
    EmploymentStatus,
    EmploymentStatusRecorded,
    HousingStatus,
    HousingStatusRecorded,
)
from scp_events.event_log import LogReader
from scp_events.follower.case_order import in_case_order
from scp_events.history import AnyFact, is_correctable
from scp_events.privacy import open_keyring
from scp_events.projections import caseload, outcomes, referrals
from scp_events.vocabulary import (
    UTC_CALENDAR,
    AnyAggregate,
    CaseId,
    CommandId,
    Event,
    EventId,
    Fact,
    Position,
    Scope,
    Stream,
    correction_of,
    retraction_of,
    the_one,
)
from tests.conftest import database
from tests.every_event import planted
from tests.examples import examples
from tests.projections.writing import Told, Writer
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, decision

pytestmark = pytest.mark.once  # of the rules as such; the other tests of projections run from the wheel

PROJECTIONS: tuple[follower.Projection, ...] = (caseload, referrals, outcomes)
SPAN = 20
"""How much is taken in at a time: few entries of each of many cases."""
DAY = date(2025, 3, 10)
WORKERS = (KEY_WORKER, OTHER_KEY_WORKER)
GOALS = (UUID(int=1), UUID(int=2))

VARIED: Mapping[type[Event], Callable[[int], dict[str, object]]] = {
    ParticipantRegistered: lambda n: {"case_reference": f"SC-2025-{n:03}"},
    ContactRecorded: lambda n: {"outcome": tuple(ContactOutcome)[n % 3], "held_minutes": 10 * n},
    KeyWorkerAssigned: lambda n: {"key_worker": WORKERS[n % 2]},
    KeyWorkerChanged: lambda n: {"to_key_worker": WORKERS[n % 2]},
    AssessmentCompleted: lambda n: {"risk_level": tuple(RiskLevel)[n % 3]},
    RiskLevelOverridden: lambda n: {"risk_level": tuple(RiskLevel)[n % 3]},
    IrpDraftStarted: lambda n: {"plan_version": n + 1},
    IrpReviewed: lambda n: {"outcome": tuple(ReviewOutcome)[n % 2]},
    GoalAdded: lambda n: {"goal_id": GOALS[n % 2], "target_date": DAY + timedelta(days=n)},
    GoalRemoved: lambda n: {"goal_id": GOALS[n % 2]},
    GoalAchieved: lambda n: {"goal_id": GOALS[n % 2]},
    ReferralDrafted: lambda n: {"programme": f"programme-{n}"},
    EligibilityDetermined: lambda n: {"eligible": n % 2 == 0},
    ParticipantEnrolled: lambda n: {"programme": f"programme-{n}", "required_minutes": 60 * (n + 1)},
    AttendanceRecorded: lambda n: {"credited_minutes": 30 * n},
    CompletionOverridden: lambda n: {"outcome": tuple(Completion)[n % 2]},
    OffenceProven: lambda n: {"recordable": n % 2 == 0, "disposal": f"disposal-{n}"},
    ResidenceChanged: lambda n: {"moved": tuple(Moved)[n % 2]},
    SanctionImposed: lambda n: {"kind": tuple(SanctionKind)[n % 3]},
    SanctionDischarged: lambda n: {"outcome": tuple(Discharged)[n % 2]},
    EmploymentStatusRecorded: lambda n: {"employment": tuple(EmploymentStatus)[n]},
    HousingStatusRecorded: lambda n: {"housing": tuple(HousingStatus)[n]},
    MatchClosed: lambda n: {"reason": tuple(ClosingReason)[n % 3]},
}
"""What differs between two events of a class, where a read model says it."""

# --- what is drawn ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """Something typed in: a fact, or a word about one that was typed in before."""

    what: str
    kind: int
    stream: int
    variant: int
    said: datetime | date


MOMENTS = st.sampled_from(
    [datetime(2025, 3, day, 9, minute, tzinfo=UTC) for day in (10, 11) for minute in (0, 30)]
)
DAYS = st.integers(0, 1).map(lambda n: DAY + timedelta(days=n))


def entries(*what: str) -> st.SearchStrategy[list[Entry]]:
    """What may be typed in about one case."""
    entry = st.builds(
        Entry,
        what=st.sampled_from(what),
        kind=st.integers(0, 3),
        stream=st.integers(0, 1),
        variant=st.integers(0, 3),
        said=MOMENTS | DAYS,
    )
    return st.lists(entry, min_size=4, max_size=12)


THEMES = st.tuples(st.integers(0, 32), st.lists(st.integers(0, 60), min_size=2, max_size=4))
"""An aggregate and a few kinds of its events, so that those of one story bear on each other."""
STORIES = st.tuples(THEMES, entries("tell") | entries("tell", "tell", "tell", "correct", "move", "retract"))
"""Half of them without a word about what was typed in before: that alone has a case taken in anew."""
Drawn = tuple[tuple[int, Sequence[int]], Sequence[Entry]]


class Story:
    """One case: what was typed in, and what stands in the end."""

    def __init__(self, projection: follower.Projection, drawn: Drawn) -> None:
        (which, kinds), entries = drawn
        read = [each for each in projection.READS if reports_of(each)]
        aggregate = read[which % len(read)]
        reports = reports_of(aggregate)
        self.case_id = CaseId(uuid4())
        self.entered: list[Told] = []
        self._aggregate = aggregate
        self._reports = [reports[kind % len(reports)] for kind in kinds]
        self._stands: dict[EventId, Told] = {}
        self._places: dict[EventId, Position] = {}
        for entry in entries:
            if entry.what == "tell":
                self._tell(entry)
            elif self._stands:
                self._change(entry, [*self._stands.values()][entry.kind % len(self._stands)])

    def _tell(self, entry: Entry) -> None:
        kind = self._reports[entry.kind % len(self._reports)]
        event_id = EventId(uuid4())
        event = varied(kind, entry.variant, event_id)
        told = Told(self.case_id, self._stream(entry.stream), event, entry.said, event_id)
        self._places[event_id] = Position(len(self._places))
        self._stands[event_id] = told
        self.entered.append(told)

    def _change(self, entry: Entry, fact: Told) -> None:
        kind = type(fact.event)
        grounds = {"corrects": fact.event_id, "decision": decision()}
        if entry.what == "retract":
            word, now = retraction_of(kind)(**grounds), fact
            del self._stands[fact.event_id]
        else:
            event = varied(kind, entry.variant, fact.event_id) if entry.what == "correct" else fact.event
            now = fact._replace(event=event, said=entry.said if entry.what == "move" else fact.said)
            word = correction_of(kind)(**grounds, fact=event)
            self._stands[fact.event_id] = now
        self.entered.append(now._replace(event=word, event_id=EventId(uuid4())))

    def _stream(self, number: int) -> Stream:
        category = self._aggregate.CATEGORY
        if self._aggregate.SCOPE is Scope.ONE_PER_CASE:
            return the_one(category, self.case_id)
        return Stream(category, uuid5(self.case_id, f"{category} {number}"))

    def facts(self, projection: follower.Projection) -> list[AnyFact]:
        """Return what stands of what a projection takes in, each in the place where it was first typed in."""
        return [
            Fact(
                told.event,
                told.event_id,
                told.stream,
                self._places[told.event_id],
                UTC_CALENDAR.when(told.said),
                told.by,
                CommandId(told.event_id),
            )
            for told in self._stands.values()
            if type(told.event) in projection.ON
        ]

    def rightly_at_once(self, projection: follower.Projection) -> list[Told]:
        """Return the same facts in order of time."""
        return [self._stands[fact.event_id] for fact in in_case_order(self.facts(projection))]


def reports_of(aggregate: AnyAggregate) -> list[type[Event]]:
    """Return what can be reported, and corrected; an act took effect when it was recorded."""
    return [event for event in aggregate.EVENTS if is_correctable(aggregate, event)]


@cache
def example_of(kind: type[Event]) -> Event:
    """Return a valid event; made once, as it takes a while."""
    return planted(kind)


def varied(kind: type[Event], variant: int, event_id: EventId) -> Event:
    """Return one of several events of a class."""
    own = {"event_id": event_id} if "event_id" in kind.model_fields else {}
    return example_of(kind).model_copy(update={**VARIED.get(kind, lambda _: {})(variant), **own})


Rows = dict[str, list[tuple[Any, ...]]]

# --- two logs ---------------------------------------------------------------------------------------------


class Side:
    """A log, and a projection that follows it in small steps."""

    def __init__(self, stack: ExitStack, conninfo: str, projection: follower.Projection) -> None:
        follower.prepare(conninfo, [projection])
        self.log = stack.enter_context(LogReader(conninfo, stack.enter_context(open_keyring(conninfo))))
        self.projection = projection
        self._writer = Writer(conninfo, self.log.keyring, self.log.calendar)
        self._following = stack.enter_context(follower.Follower(self.log, projection, span=3))
        self.connection = stack.enter_context(psycopg.connect(conninfo, autocommit=True))

    def take_in(self, told: Sequence[Told]) -> None:
        """Record these and follow."""
        self._writer.write(told)
        assert self._following.catch_up() == self.log.head()

    def rows(self, cases: Sequence[CaseId]) -> Rows:
        """Return the rows of some cases, positions apart."""
        return rows_of(
            self.connection, follower.schema_of(self.projection.NAME, self.projection.VERSION), cases
        )


def rows_of(connection: Connection[Any], schema: str, cases: Sequence[CaseId]) -> Rows:
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r' ORDER BY 1",
        [schema],
    ).fetchall()
    return {
        name: connection.execute(
            SQL("SELECT to_jsonb(t) - 'position' FROM {}.{} t WHERE case_id = ANY(%s) ORDER BY 1").format(
                Identifier(schema), Identifier(name)
            ),
            [list(cases)],
        ).fetchall()
        for (name,) in tables
    }


@pytest.fixture(scope="module", params=PROJECTIONS, ids=lambda each: each.NAME)
def sides(
    request: pytest.FixtureRequest, postgres_server: str, log_template: str
) -> Iterator[tuple[Side, Side]]:
    """Yield a log to be written in any order, and one to be written rightly at once."""
    with ExitStack() as stack:
        databases = [stack.enter_context(database(postgres_server, log_template)) for _ in range(2)]
        one, other = (Side(stack, conninfo, request.param) for conninfo in databases)
        yield one, other


# --- the law ----------------------------------------------------------------------------------------------


def agree(sides: tuple[Side, Side], drawn: Sequence[Drawn]) -> None:
    """The tables come to the same, case by case."""
    any_order, in_order = sides
    projection = any_order.projection
    stories = [Story(projection, each) for each in drawn]
    cases = [story.case_id for story in stories]
    any_order.take_in([*in_turns(story.entered for story in stories)])
    in_order.take_in([*in_turns(story.rightly_at_once(projection) for story in stories)])
    assert any_order.rows(cases) == in_order.rows(cases)


def in_turns(several: Iterable[Sequence[Told]]) -> Iterator[Told]:
    """Yield the first of each, then the second of each, and so on."""
    return (told for turn in zip_longest(*several) for told in turn if told is not None)


@given(drawn=st.lists(STORIES, min_size=10, max_size=10))
@settings(max_examples=examples(12), deadline=None)
def test_the_order_of_entry_does_not_matter(sides: tuple[Side, Side], drawn: Sequence[Drawn]) -> None:
    agree(sides, drawn)


@pytest.mark.long
@given(drawn=st.lists(STORIES, min_size=20, max_size=20))
@settings(max_examples=examples(500), deadline=None)
def test_the_order_of_entry_does_not_matter_to_10_000_cases(
    sides: tuple[Side, Side], drawn: Sequence[Drawn]
) -> None:
    agree(sides, drawn)
