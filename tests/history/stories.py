"""Random stories: what is reported of a case, late and out of order, corrected and retracted.

A story is told to a `World`, a log in memory: what is decided is recorded, what is refused is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scp_events.history import (
    AnyFact,
    Decided,
    Question,
    asked_again,
    command_recording,
    decide,
    evidence_types,
)
from scp_events.scenario import CASE, REFERENCE, given
from scp_events.vocabulary import (
    Act,
    Calendar,
    Command,
    CommandId,
    Correct,
    Correction,
    EventId,
    Fact,
    Position,
    Refused,
    Retract,
    Retraction,
    When,
)
from tests.history.casts import CASTS, Cast
from tests.words import grounds

ANTIGUA = Calendar(ZoneInfo("America/Antigua"))
"""Four hours behind UTC all year: after eight in the evening it is tomorrow in UTC."""
FIRST_DAY = date(2025, 3, 1)
DAYS, HOURS = 4, (1, 9, 10, 22)
ENTERED = datetime(2025, 4, 1, 9, tzinfo=UTC)
"""When the first report is entered, and a minute later the next: after all that they tell of."""


class Said(NamedTuple):
    """A time as somebody says it: so many days after the first, and perhaps an hour on the clock there."""

    day: int
    hour: int | None

    @property
    def date(self) -> date:
        """The day, as it stands in the calendar on the wall."""
        return FIRST_DAY + timedelta(days=self.day)

    def when(self) -> When:
        """Return it as the calendar of the organisation has it."""
        if self.hour is None:
            return ANTIGUA.whole_day(self.date)
        return ANTIGUA.moment(datetime.combine(self.date, time(self.hour), ANTIGUA.zone))

    def said(self) -> datetime | date:
        """Return it as it is said in a correction."""
        return self.date if self.hour is None else datetime.combine(self.date, time(self.hour), ANTIGUA.zone)


TODAY = Said((ENTERED.date() - FIRST_DAY).days, None)
"""When all of it is entered: an act is of that day, and stands where it was recorded."""


class Report(NamedTuple):
    """Something is reported of a time."""

    command: int
    said: Said


class Correcting(NamedTuple):
    """A fact is corrected: its content to that of another command of its kind, its time, or both."""

    fact: int
    command: int | None
    said: Said | None


class Retracting(NamedTuple):
    """A fact is retracted."""

    fact: int


Step: TypeAlias = Report | Correcting | Retracting


@dataclass
class World:
    """A log in memory: what is decided is recorded, what is refused is not."""

    cast: Cast
    facts: list[AnyFact] = field(default_factory=list)
    said: dict[EventId, Said] = field(default_factory=dict)
    """When each fact was, as it was last said."""
    asked: int = 0

    def __post_init__(self) -> None:
        """Begin with what has happened before: an hour of the first day for each, or one after the other."""
        known = given(self.cast.aggregate).knowing(*self.cast.knowing).in_days_of(ANTIGUA)
        self.stream = known.stream
        self.others = known.facts_of_others()
        for number, command in enumerate(self.cast.before):
            self.report(command, Said(number // 3, HOURS[number % 3]))

    def report(self, command: Command, said: Said) -> Refused | None:
        """Report something; return why it was refused."""
        is_act = isinstance(command, Act)
        refusal, recorded = self._ask(command, self.now if is_act else said.when())
        for fact in recorded:
            self.said[fact.event_id] = TODAY if is_act else said
        return refusal

    def correct(self, wrong: AnyFact, instead: Command, said: Said | None) -> Refused | None:
        """Correct a fact."""
        occurred_at = said.said() if said else None
        correct = Correct(
            decision=grounds(), corrects=wrong.event_id, instead=instead, occurred_at=occurred_at
        )
        refusal, recorded = self._ask(correct, self.now)
        if recorded and said:
            self.said[wrong.event_id] = said
        return refusal

    def retract(self, wrong: AnyFact) -> Refused | None:
        """Retract a fact."""
        return self._ask(Retract(decision=grounds(), corrects=wrong.event_id), self.now)[0]

    def tell(self, steps: Sequence[Step]) -> None:
        """Do all of a story."""
        for step in steps:
            self.do(step)

    def do(self, step: Step) -> None:
        """Do one step of a story, as far as it makes sense."""
        match step:
            case Report():
                self.report_something(step)
            case Correcting() if wrong := self.pick(step.fact):
                self.correct(wrong, self.instead(wrong, step.command), step.said)
            case Retracting() if wrong := self.pick(step.fact):
                self.retract(wrong)

    def report_something(self, step: Report) -> None:
        """Report the first thing from a command on that is taken."""
        so_far = len(self.facts)
        for number in range(len(self.cast.commands)):
            self.report(self.command(step.command + number), step.said)
            if len(self.facts) > so_far:
                return

    def command(self, number: int) -> Command:
        """Return one of the commands that may be asked."""
        return self.cast.commands[number % len(self.cast.commands)]

    def pick(self, number: int) -> AnyFact | None:
        """Return one of the facts, as it was recorded."""
        own = [fact for fact in self.facts if not isinstance(fact.event, Correction | Retraction)]
        return own[number % len(own)] if own else None

    def instead(self, wrong: AnyFact, number: int | None) -> Command:
        """Return a command of the same kind, or None to say the same again."""
        kind = command_recording(self.cast.aggregate, type(wrong.event))
        assert kind is not None
        others = [command for command in self.cast.commands if type(command) is kind]
        if number is None or not others:
            return asked_again(kind, wrong.event)
        return others[number % len(others)]

    @property
    def now(self) -> When:
        """The clock: it goes on with each thing that is asked."""
        return ANTIGUA.moment(ENTERED + timedelta(minutes=self.asked))

    def evidence(self, command: Command) -> list[AnyFact]:
        """Return what is read for a command."""
        types = evidence_types(self.cast.aggregate, command)
        return [fact for fact in (*self.others, *self.facts) if isinstance(fact.event, types)]

    def facts_of(self, types: tuple[type[object], ...], _others: Collection[UUID] = ()) -> list[AnyFact]:
        """Return the facts of some classes in the case, with what corrects them."""
        return [
            fact
            for fact in (*self.others, *self.facts)
            if isinstance(fact.event, types) or getattr(fact.event, "OF", None) in types
        ]

    def _ask(self, command: Command, when: When) -> tuple[Refused | None, list[AnyFact]]:
        self.asked += 1
        question = Question(
            aggregate=self.cast.aggregate,
            stream=self.stream,
            case_id=CASE,
            command=command,
            when=when,
            by=self.cast.by(command),
            event_id=EventId(uuid5(CASE, str(self.asked))),
            now=self.now,
            calendar=ANTIGUA,
            name=REFERENCE,
        )
        try:
            decided = decide(question, self.facts, self.evidence(command))
        except Refused as refusal:
            return refusal, []
        recorded = list(self._recorded(question, decided))
        own = [fact for fact in recorded if fact.stream == self.stream]
        self.facts += own
        self.others += [fact for fact in recorded if fact.stream != self.stream]
        return None, own

    def _recorded(self, question: Question, decided: Sequence[Decided]) -> Iterator[AnyFact]:
        first = len(self.others) + len(self.facts) + 1
        command_id = CommandId(UUID(int=first))
        for position, each in enumerate(decided, start=first):
            event_id = getattr(each.event, "event_id", question.event_id)
            when = each.when or question.now
            yield Fact(each.event, event_id, each.stream, Position(position), when, question.by, command_id)


SAID = st.builds(Said, st.integers(0, DAYS - 1), st.sampled_from([None, None, *HOURS]))
NUMBER = st.integers(0, 40)
REPORTS = st.builds(Report, NUMBER, SAID)
STEP: st.SearchStrategy[Step] = st.one_of(
    *[REPORTS] * 6,
    st.builds(Correcting, NUMBER, st.none() | NUMBER, st.none() | SAID),
    st.builds(Correcting, NUMBER, st.none() | NUMBER, st.none() | SAID),
    st.builds(Retracting, NUMBER),
)
STEPS = st.lists(STEP, min_size=3, max_size=14)


@dataclass(frozen=True)
class Story:
    """What is told in a case, and what is told afterwards."""

    cast: int
    steps: list[Step]
    more: list[Step]

    def world(self) -> World:
        """Return the log after what is told first."""
        world = World(CASTS[self.cast])
        world.tell(self.steps)
        return world


STORIES = st.builds(Story, st.integers(0, len(CASTS) - 1), STEPS, st.lists(STEP, max_size=6))
