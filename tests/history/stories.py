"""Random stories: what is reported of a case, late and out of order, corrected and retracted.

A story is told to a `World`, a log in memory: what is decided is recorded, what is refused is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from scp_events.aggregates import engagement, irp, referral
from scp_events.aggregates.engagement import commands as engaging
from scp_events.aggregates.engagement.events import ContactOutcome, ExitReason, Medium
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.history import (
    AnyFact,
    Decided,
    Question,
    asked_again,
    command_recording,
    decide,
    evidence_types,
)
from scp_events.scenario import CASE, REFERENCE, SOMEBODY, Told, given
from scp_events.vocabulary import (
    Actor,
    AnyAggregate,
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
from tests.examples import irp as plans
from tests.examples import referral as referrals
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, grounds

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


def _somebody(_command: Command) -> Actor:
    return SOMEBODY


@dataclass(frozen=True)
class Cast:
    """What a story is about: an aggregate, what may be asked of it, and what has happened before."""

    aggregate: AnyAggregate
    commands: Sequence[Command]
    before: Sequence[Command] = ()
    knowing: Sequence[Told] = ()
    by: Callable[[Command], Actor] = _somebody


REGISTERED = ParticipantRegistered(
    event_id=EventId(UUID(int=9)),
    name="Ash Example",
    date_of_birth=date(2009, 3, 3),
    preferred_language="en",
    case_reference=REFERENCE,
)
LONG_BEFORE = date(2024, 12, 1)
BOUNDARIES = engaging.AgreeBoundaries(decision=grounds(), boundaries="Invented boundaries.")
ENGAGEMENT = Cast(
    engagement,
    commands=(
        *(BOUNDARIES, engaging.DeclineBoundaries(decision=grounds())),
        *(
            engaging.RecordContact(
                made_by=KEY_WORKER, medium=Medium.PHONE, outcome=outcome, held_minutes=minutes
            )
            for outcome, minutes in ((ContactOutcome.HELD, 30), (ContactOutcome.CANCELLED, 0))
        ),
        *(engaging.RecordStory(story="A story."), engaging.ConfirmStory(policy_version="2025.1")),
        *(
            engaging.AssignKeyWorker(decision=grounds(), key_worker=worker)
            for worker in (KEY_WORKER, OTHER_KEY_WORKER)
        ),
        engaging.HandOver(decision=grounds(), to_key_worker=OTHER_KEY_WORKER, handover_note="A note."),
        *(engaging.Pause(decision=grounds()), engaging.Resume(decision=grounds())),
        engaging.Exit(decision=grounds(), reason=ExitReason.WITHDREW, exit_plan="A plan."),
        engaging.ReEngage(decision=grounds()),
    ),
    before=(BOUNDARIES,),
    knowing=(Told(REGISTERED, LONG_BEFORE),),
)
REFERRAL = Cast(
    referral,
    commands=(
        *(referrals.DRAFT, referrals.SUBMIT, referrals.ACKNOWLEDGE, referrals.ASK, referrals.ANSWER),
        *(referrals.ELIGIBLE, referrals.NOT_ELIGIBLE, referrals.SUITABLE, referrals.NOT_READY),
        *(referrals.ACCEPT, referrals.DECLINE, referrals.WAITLIST, referrals.WITHDRAW, referrals.CLOSE),
    ),
    before=(referrals.DRAFT, referrals.SUBMIT, referrals.ACKNOWLEDGE),
    by=referrals.by,
)
PLAN = Cast(
    irp,
    commands=(
        *(plans.need(2), plans.goal(2), plans.goal(2, for_need=2), plans.step(2), plans.remove()),
        *(plans.progress(), plans.progress(2), plans.achieve(), plans.achieve(known_as=2)),
        *(plans.step_is(status) for status in plans.StepStatus),
        *(plans.PROPOSE, plans.AGREE, plans.DECLINE, plans.APPROVE, plans.START),
        *(plans.REVIEW, plans.KEPT, plans.CHANGED, plans.CLOSE_ACHIEVED, plans.CLOSE_ENDED),
    ),
    before=plans.ACTIVE,
    knowing=tuple(told._replace(when=LONG_BEFORE) for told in plans.FOUNDATION),
)
CASTS = (ENGAGEMENT, REFERRAL, PLAN)


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
        refusal, recorded = self._ask(command, said.when())
        for fact in recorded:
            self.said[fact.event_id] = said
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
        self.facts += recorded
        return None, recorded

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
