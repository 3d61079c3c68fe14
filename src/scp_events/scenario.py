"""Given, when, then: how the rules are told, in tests and in documentation.

    given(engagement, AGREED, on("2025-03-10", contact())).knowing(REGISTERED).when(CONFIRM).then(...)

What has happened is told with a time, or in the order written: each event without one a minute after the one
before. A command is of now, after all of it, unless it says otherwise (`.when(PAUSE, on="2025-03-20")`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from scp_events.aggregates import BY_CATEGORY
from scp_events.history import (
    AnyFact,
    Decided,
    Question,
    decide,
    effective,
    evidence_types,
    further_about,
    others_of,
    state_of,
)
from scp_events.policy import NOTHING_ADOPTED, Adopted, Policies
from scp_events.vocabulary import (
    UTC_CALENDAR,
    Act,
    Actor,
    AnyAggregate,
    Calendar,
    CaseId,
    Command,
    CommandId,
    Event,
    EventId,
    Fact,
    OrganisationId,
    PersonId,
    Policy,
    Position,
    Precision,
    Refused,
    Role,
    Scope,
    Stream,
    When,
    the_one,
)

CASE = CaseId(UUID("00000000-0000-4000-8000-00000000ca5e"))
REFERENCE = "SC-2025-001"
"""What the case is called; what belongs to none is called what its kind is."""
SOMEBODY = Actor(id=PersonId("kw-example"), role=Role.KEY_WORKER, organisation=OrganisationId("example"))
BEGINNING = datetime(2025, 1, 1, 9, tzinfo=UTC)
_IDS = UUID("00000000-0000-4000-8000-0000000000ed")


class Told(NamedTuple):
    """An event with its own time, id or author."""

    event: Event
    when: datetime | date | None = None
    by: Actor = SOMEBODY
    event_id: EventId | None = None
    stream: Stream | None = None


Happened: TypeAlias = "Event | Told"


def at(when: str, event: Event, by: Actor = SOMEBODY) -> Told:
    """Return an event of an instant, such as `2025-03-10T09:30` (UTC unless it says otherwise)."""
    instant = datetime.fromisoformat(when)
    return Told(event, instant if instant.tzinfo else instant.replace(tzinfo=UTC), by)


def on(day: str, event: Event, by: Actor = SOMEBODY) -> Told:
    """Return an event of a day of which no more is known."""
    return Told(event, date.fromisoformat(day), by)


def by(actor: Actor, happened: Happened) -> Told:
    """Return an event somebody in particular answers for."""
    return _told(happened)._replace(by=actor)


def elsewhere(stream: Stream, happened: Happened) -> Told:
    """Return an event of another stream, for `knowing`."""
    return _told(happened)._replace(stream=stream)


def known_as(event_id: EventId, happened: Happened) -> Told:
    """Return an event with the id by which others name it."""
    return _told(happened)._replace(event_id=event_id)


def _told(happened: Happened) -> Told:
    return happened if isinstance(happened, Told) else Told(happened)


@dataclass(frozen=True)
class Outcome:
    """What came of a command: events, nothing new, or a refusal; `then...` states which was expected."""

    decided: Sequence[Decided]
    refusal: Refused | None

    @property
    def events(self) -> list[Event]:
        """Return the events decided."""
        return [each.event for each in self.decided]

    def then(self, *expected: Event) -> None:
        """Exactly these events were decided."""
        assert self.refusal is None, f"refused by {self._refusal()}"
        assert self.events == list(expected), f"decided {self.events}"

    def then_nothing_new(self) -> None:
        """It was already so."""
        self.then()

    def then_refused(self, rule: str, saying: str = "") -> None:
        """A rule said no, and it is `rule`; what it says to do about it contains `saying`."""
        assert self.refusal is not None, f"not refused, but decided {self.events}"
        assert self.refusal.rule == rule, f"refused by {self._refusal()}"
        assert saying in self.refusal.remedy, f"refused by {self._refusal()}"

    def _refusal(self) -> str:
        return f"{self.refusal.rule}: {self.refusal.remedy}" if self.refusal else "no rule"


@dataclass(frozen=True)
class Given:
    """A history so far, and what is known of other streams."""

    aggregate: AnyAggregate
    history: tuple[Happened, ...]
    others: tuple[Happened, ...] = ()
    calendar: Calendar = UTC_CALENDAR
    stream: Stream = field(default=Stream("", UUID(int=0)))
    policies: Policies = NOTHING_ADOPTED
    called: str | None = None

    def knowing(self, *others: Happened) -> Given:
        """Say what has happened in other streams of the case before."""
        return replace(self, others=(*self.others, *others))

    def in_days_of(self, calendar: Calendar) -> Given:
        """Say whose days count."""
        return replace(self, calendar=calendar)

    def under(self, policy: Policy, first_day: str = "2025-01-01") -> Given:
        """Say that a version of the policy was adopted, and from which day on it is in force."""
        adopted = Adopted(policy, date.fromisoformat(first_day))
        return replace(self, policies=Policies((*self.policies.adopted, adopted)))

    def under_the_name(self, name: str) -> Given:
        """Say what people call it, where it belongs to no case."""
        return replace(self, called=name)

    @property
    def next_minute(self) -> datetime:
        """When the next event is that has no time of its own."""
        return BEGINNING + timedelta(minutes=len(self.others) + len(self.history) + 1)

    def facts(self) -> list[AnyFact]:
        """Return the stream's history as facts, in the order in which it was recorded."""
        return self._placed(self.history, self.stream, after=len(self.others))

    def facts_of_others(self) -> list[AnyFact]:
        """Return what is known of other streams as facts: all of it was recorded before."""
        return self._placed(self.others, Stream("elsewhere", UUID(int=1)), after=0)

    @property
    def state(self) -> Any:  # noqa: ANN401 - as the aggregate has it
        """Return what is remembered after all of it."""
        return state_of(self.aggregate, effective(self.facts()))

    def then_so(self, outcome: Outcome) -> Given:
        """Go on from what a command decided; a refusal is raised."""
        if outcome.refusal is not None:
            raise outcome.refusal
        own = (each for each in outcome.decided if each.stream == self.stream)
        return replace(self, history=(*self.history, *(Told(each.event, _said(each.when)) for each in own)))

    def when(
        self,
        command: Command,
        *,
        on: str | None = None,
        at: str | None = None,
        by: Actor = SOMEBODY,
        now: datetime | None = None,
    ) -> Outcome:
        """Ask for something: of a day, an instant, or now."""
        present = self.calendar.moment(now or self._after_all())
        said = None if on is None else date.fromisoformat(on)
        if at is not None:
            instant = datetime.fromisoformat(at)
            said = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        when = present if said is None or isinstance(command, Act) else self.calendar.when(said)
        of_no_case = self.aggregate.SCOPE is Scope.NO_CASE
        question = Question(
            aggregate=self.aggregate,
            stream=self.stream,
            case_id=None if of_no_case else CASE,
            command=command,
            when=when,
            by=by,
            event_id=EventId(uuid5(_IDS, f"new/{len(self.history)}")),
            now=self.calendar.moment(now) if now else _later(present, when),
            calendar=self.calendar,
            name=self.called or (self.aggregate.CATEGORY if of_no_case else REFERENCE),
            policies=self.policies,
        )
        try:
            evidence = [*self.facts_of_others(), *self.facts()]
            return Outcome(decide(question, self.facts(), _over(question, evidence)), None)
        except Refused as refusal:
            return Outcome([], refusal)

    def _placed(self, happened: Iterable[Happened], stream: Stream, after: int) -> list[AnyFact]:
        return [
            self._fact(_told(each), stream, Position(number))
            for number, each in enumerate(happened, start=after + 1)
        ]

    def _fact(self, told: Told, stream: Stream, position: Position) -> AnyFact:
        event_id = getattr(told.event, "event_id", None) or told.event_id
        return Fact(
            told.event,
            event_id or EventId(uuid5(_IDS, str(position))),
            told.stream or stream,
            position,
            self._time(told.when, position),
            told.by,
            CommandId(uuid5(_IDS, f"command {position}")),
        )

    def _time(self, said: datetime | date | None, position: int) -> When:
        if said is None:
            return self.calendar.moment(BEGINNING + timedelta(minutes=position))
        return self.calendar.when(said)

    def _after_all(self) -> datetime:
        facts = [*self._placed(self.others, self.stream, 0), *self.facts()]
        ends = [BEGINNING, *(fact.when.at for fact in facts)]
        return max(ends) + timedelta(days=1)


def _said(when: When | None) -> datetime | date | None:
    if when is None:
        return None
    return when.day if when.precision is Precision.DAY else when.at


def _later(one: When, other: When) -> When:
    return other if other.is_after(one) else one


def _over(question: Question, facts: Sequence[AnyFact]) -> list[AnyFact]:
    """Return the facts that the command's evidence is over, as the log would read them.

    What belongs to no case is read where the command is about it; of a stream that nobody named it is taken.
    """
    types = evidence_types(question.aggregate, question.command)
    own = [fact for fact in facts if fact.stream == question.stream]
    about = {
        question.stream.id,
        *others_of(question.aggregate, question.command, question.by),
        *further_about(question.aggregate, question.command, own),
    }
    return [
        fact
        for fact in facts
        if type(fact.event) in types and (_is_of_a_case(fact.stream) or fact.stream.id in about)
    ]


def _is_of_a_case(stream: Stream) -> bool:
    aggregate = BY_CATEGORY.get(stream.category)
    return aggregate is None or aggregate.SCOPE is not Scope.NO_CASE


def given(aggregate: AnyAggregate, *history: Happened) -> Given:
    """Begin a scenario with what has happened already."""
    if aggregate.SCOPE is Scope.ONE_PER_CASE:
        stream = the_one(aggregate.CATEGORY, CASE)
    else:
        stream = Stream(aggregate.CATEGORY, UUID(int=7))
    return Given(aggregate, history, stream=stream)


def _somebody(_command: Command) -> Actor:
    return SOMEBODY


def perform(
    aggregate: AnyAggregate,
    *commands: Command,
    knowing: Sequence[Happened] = (),
    by: Callable[[Command], Actor] = _somebody,
) -> list[Event]:
    """Return the history that `commands` decide, one a minute after the other; a refusal is raised.

    `by` says who sends each.
    """
    history: list[Event] = []
    for command in commands:
        told = given(aggregate, *history).knowing(*knowing)
        outcome = told.when(command, by=by(command), now=told.next_minute)
        if outcome.refusal is not None:
            raise outcome.refusal
        history += [each.event for each in outcome.decided if each.stream == told.stream]
    return history
