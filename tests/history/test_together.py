"""An agreement to a plan supersedes the version before; what goes for the one goes for the other."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from scp_events.aggregates import irp
from scp_events.aggregates.engagement.events import ContactRecorded
from scp_events.aggregates.irp.events import (
    ClosedAs,
    IrpAgreedByParticipant,
    IrpClosed,
    IrpDraftStarted,
    IrpSuperseded,
)
from scp_events.aggregates.participant.events import ParticipantDied
from scp_events.history import Decided, Question, decide
from scp_events.history.together import recorded_with
from scp_events.scenario import CASE, given
from scp_events.vocabulary import (
    UTC_CALENDAR,
    Command,
    CommandId,
    Correct,
    Event,
    EventId,
    Fact,
    IrpId,
    Position,
    Retract,
    Stream,
    correction_of,
    retraction_of,
)
from tests.every_event import planted
from tests.examples import irp as plans
from tests.words import SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

OWN, EARLIER, OTHER = given(irp).stream, *(Stream("irp", UUID(int=number)) for number in (101, 102))
AGREED, SUPERSEDED, CORRECTED = (event_id(number) for number in (41, 42, 43))
BY_THIS = IrpSuperseded(by=IrpId(OWN.id))
GIVEN_UP, TAKEN_BACK = correction_of(IrpSuperseded), retraction_of(IrpSuperseded)


class Log:
    """Two versions of a plan, on days of March; what is decided is recorded without a gap."""

    def __init__(self) -> None:
        """Draft both on the 1st; agree to the second on the 10th, which supersedes the first."""
        self.facts: list[Fact[Any]] = []
        self.record(IrpDraftStarted(plan_version=1, contributors=plans.CONTRIBUTORS), 1, EARLIER)
        for event in plans.history(*plans.PROPOSED):
            second = {"plan_version": 2} if isinstance(event, IrpDraftStarted) else {}
            self.record(event.model_copy(update=second), 2, OWN)
        self.foundation = given(irp).knowing(*plans.FOUNDATION).facts_of_others()
        self.ask(plans.AGREE, AGREED, SUPERSEDED, day=10)

    def record(
        self,
        event: Event,
        day: int,
        stream: Stream,
        event_id: EventId | None = None,
        command_id: CommandId | None = None,
    ) -> None:
        position = Position(1000 + len(self.facts))
        named = event_id or getattr(event, "event_id", None) or EventId(UUID(int=position))
        when = UTC_CALENDAR.whole_day(date(2025, 3, day))
        by_itself = command_id or CommandId(uuid4())
        self.facts.append(Fact(event, named, stream, position, when, SUPERVISOR, by_itself))

    def ask(self, command: Command, *ids: EventId, day: int = 28) -> list[tuple[Stream, Event, int]]:
        """Return what was decided and recorded, with the day in March that it says."""
        question = Question(
            aggregate=irp,
            stream=OWN,
            case_id=CASE,
            command=command,
            when=UTC_CALENDAR.whole_day(date(2025, 3, day)),
            by=SUPERVISOR,
            event_id=ids[0],
            now=UTC_CALENDAR.whole_day(date(2025, 3, 28)),
            calendar=UTC_CALENDAR,
        )
        own = [fact for fact in self.facts if fact.stream == OWN]
        decided = decide(question, own, [*self.foundation, *self.facts])
        command_id = CommandId(uuid4())
        for each, named in zip(decided, ids, strict=False):
            self.record(each.event, _day(each), each.stream, named, command_id)
        return [(each.stream, each.event, _day(each)) for each in decided]


def _day(decided: Decided) -> int:
    assert decided.when is not None
    return decided.when.day.day


def moved(day: int) -> Correct:
    return Correct(decision=grounds(), corrects=AGREED, instead=plans.AGREE, occurred_at=date(2025, 3, day))


RETRACT = Retract(decision=grounds(), corrects=AGREED)


def of_the_other(decided: list[tuple[Stream, Event, int]]) -> list[tuple[Stream, Event, int]]:
    own, *others = decided
    assert own[0] == OWN
    return others


def test_agreeing_supersedes_in_one_append() -> None:
    agreed, superseded = Log().facts[-2:]
    assert (agreed.stream, superseded.stream, superseded.event) == (OWN, EARLIER, BY_THIS)


def test_an_agreement_that_never_was_supersedes_nothing() -> None:
    taken_back = TAKEN_BACK(corrects=SUPERSEDED, decision=decision(SUPERVISOR))
    assert of_the_other(Log().ask(RETRACT, CORRECTED)) == [(EARLIER, taken_back, 10)]


def test_an_agreement_of_another_day_supersedes_on_that_day() -> None:
    corrected = GIVEN_UP(corrects=SUPERSEDED, fact=BY_THIS, decision=decision(SUPERVISOR))
    assert of_the_other(Log().ask(moved(8), CORRECTED)) == [(EARLIER, corrected, 8)]
    assert of_the_other(Log().ask(moved(12), CORRECTED)) == [(EARLIER, corrected, 12)]


def test_an_agreement_in_other_words_supersedes_as_before() -> None:
    other = plans.AGREE.model_copy(update={"in_their_words": "Yes."})
    again = Correct(decision=grounds(), corrects=AGREED, instead=other)
    assert of_the_other(Log().ask(again, CORRECTED)) == []


def test_what_ended_before_the_right_day_is_not_superseded() -> None:
    log = Log()
    log.record(IrpClosed(decision=decision(), outcome=ClosedAs.ENDED), 12, EARLIER)
    taken_back = TAKEN_BACK(corrects=SUPERSEDED, decision=decision(SUPERVISOR))
    assert of_the_other(log.ask(moved(14), CORRECTED)) == [(EARLIER, taken_back, 10)]


def test_a_version_that_was_there_by_the_right_day_is_superseded_too() -> None:
    log = Log()
    log.record(IrpDraftStarted(plan_version=1, contributors=plans.CONTRIBUTORS), 9, OTHER)
    decided = of_the_other(log.ask(moved(11), CORRECTED, event_id(44), event_id(45)))
    assert (OTHER, BY_THIS, 11) in decided
    taken_back = of_the_other(log.ask(RETRACT, event_id(46)))
    assert [stream for stream, _, _ in taken_back] == [EARLIER, OTHER]


def test_a_correction_is_followed_by_the_next() -> None:
    log = Log()
    log.ask(moved(8), CORRECTED, event_id(44))
    taken_back = TAKEN_BACK(corrects=SUPERSEDED, decision=decision(SUPERVISOR))
    assert of_the_other(log.ask(RETRACT, event_id(45))) == [(EARLIER, taken_back, 8)]


def test_what_another_plan_superseded_is_left_alone() -> None:
    log, another = Log(), Stream("irp", UUID(int=103))
    agreed = IrpAgreedByParticipant(in_their_words="Yes.")
    log.record(agreed, 11, OTHER)
    log.record(IrpSuperseded(by=IrpId(OTHER.id)), 11, another)
    assert [stream for stream, _, _ in of_the_other(log.ask(RETRACT, CORRECTED))] == [EARLIER]


def test_what_was_recorded_right_after_by_itself_stays_as_it_is() -> None:
    """Of another aggregate, which cannot be told by asking which commands this one has."""
    story, died = Stream("engagement", UUID(int=104)), Stream("participant", UUID(int=105))
    known = [_fact(story, 1, ContactRecorded), _fact(died, 2, ParticipantDied)]
    assert recorded_with(known[0], known[:1], known) == []
    together = [known[0], known[1]._replace(command_id=known[0].command_id)]
    assert recorded_with(together[0], together[:1], together) == together[1:]


def _fact(stream: Stream, position: int, kind: type[Event]) -> Fact[Any]:
    when = UTC_CALENDAR.whole_day(date(2025, 3, 1))
    return Fact(
        planted(kind),
        EventId(uuid4()),
        stream,
        Position(position),
        when,
        SUPERVISOR,
        CommandId(uuid4()),
    )
