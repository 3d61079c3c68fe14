"""What a match records in its mentor's stream: of several cases that ask at once, no mentor has too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from scp_events.aggregates import BY_CATEGORY, mentor
from scp_events.aggregates.match.events import MatchClosed, MatchStarted, MentorContactRecorded
from scp_events.aggregates.mentor.events import MentorPlaceTaken
from scp_events.event_log import BlockingCommandHandler, CommandRequest, LogReader, Outcome
from scp_events.history import effective, state_of
from scp_events.replay import replay
from scp_events.vocabulary import (
    Command,
    CommandId,
    Correct,
    PersonId,
    Provenance,
    Refused,
    Retract,
    Stream,
    named,
)
from tests.aggregates.test_match import (
    CLOSE,
    HAZEL,
    LARCH,
    MEET,
    MENTOR_ACCEPTS,
    PROPOSE,
    RANK,
    START,
    THEY_ACCEPT,
    but,
)
from tests.aggregates.test_mentor import APPLY, APPROVE, CHECK, FEWER, SCREEN, SUSPEND, TRAIN
from tests.anew import anew
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.participant import REGISTER
from tests.opened import opened_handler, opened_reader
from tests.words import NOON, SUPERVISOR, grounds

NEXT_REVIEW = date(2025, 5, 1)


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log_database: str) -> Iterator[BlockingCommandHandler]:
    with opened_handler(log_database) as handler:
        yield handler


def of_mentor(handler: BlockingCommandHandler, who: PersonId, *commands: Command) -> Sequence[Outcome]:
    """Say something of a mentor, who belongs to no case."""
    stream = named("mentor", who)
    return [
        handler.handle(
            CommandRequest(
                aggregate=mentor,
                stream=stream,
                case_id=None,
                name=who,
                command=anew(command, stream.id),
                provenance=Provenance(
                    by=SUPERVISOR, command_id=CommandId(uuid4()), purpose="casework", occurred_at=NOON
                ),
            )
        )
        for command in commands
    ]


def recruited(handler: BlockingCommandHandler, who: PersonId, capacity: int = 1) -> None:
    """Recruit a mentor until they are approved."""
    applies = APPLY.model_copy(update={"capacity": capacity})
    of_mentor(handler, who, applies, SCREEN, CHECK, TRAIN, APPROVE)


def accepted(handler: BlockingCommandHandler, who: PersonId = LARCH) -> tuple[Case, Stream]:
    """Return a case with a match that both have accepted."""
    case = Case(handler, now=NOON)
    case.ask(REGISTER)
    return case, found(case, who)


def found(case: Case, who: PersonId, follows: UUID | None = None, days: int = 0) -> Stream:
    """Find a mentor for somebody; both accept."""
    stream = Stream("match", uuid4())
    ranked = but(anew(RANK, stream.id), follows=follows)
    because = None if who == LARCH else "Invented words: they asked for her."
    proposed = but(anew(PROPOSE, stream.id), mentor=who, not_the_first_because=because)
    case.streams["match"] = stream
    for command in (ranked, proposed, THEY_ACCEPT, MENTOR_ACCEPTS):
        send(case, stream, command, days)
    return stream


def send(case: Case, stream: Stream, command: Command, days: int = 0) -> Outcome:
    return case.handler.handle(
        CommandRequest(
            aggregate=BY_CATEGORY["match"],
            stream=stream,
            case_id=case.id,
            name=case.reference,
            command=command,
            provenance=Provenance(
                by=SUPERVISOR,
                command_id=CommandId(uuid4()),
                purpose="casework",
                occurred_at=NOON + timedelta(days=days),
            ),
        )
    )


def started(case: Case, stream: Stream, who: PersonId = LARCH, days: int = 0) -> Outcome:
    return send(case, stream, but(START, mentor=who, next_review_on=NEXT_REVIEW), days)


def taken(log: LogReader, who: PersonId = LARCH) -> tuple[UUID, ...]:
    """Return the matches that take a place of a mentor, as it stands."""
    facts = [each.fact for each in log.stream_history(named("mentor", who))]
    state = state_of(mentor, effective(facts))
    return mentor.view(state).matches


def refused_by(rule: str) -> pytest.RaisesExc[Refused]:
    return pytest.RaisesExc(Refused, check=lambda refusal: refusal.rule == rule)


def test_a_start_takes_a_place_in_the_mentors_stream_and_a_closing_frees_it(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    recruited(handler, LARCH)
    case, match = accepted(handler)
    other, waiting = accepted(handler)
    started(case, match)
    assert taken(log) == (match.id,)
    with refused_by("mentor-full"):
        started(other, waiting)
    send(case, match, CLOSE)
    assert taken(log) == ()
    started(other, waiting)
    assert taken(log) == (waiting.id,)


def test_of_cases_that_ask_for_the_last_place_at_once_one_has_it(
    log_database: str, log: LogReader, handler: BlockingCommandHandler
) -> None:
    recruited(handler, LARCH, capacity=2)
    cases = [accepted(handler) for _ in range(5)]
    with ExitStack() as stack:
        asked = []
        for case, match in cases:
            elsewhere = stack.enter_context(opened_handler(log_database))
            asked.append((Case(elsewhere, case.reference, now=NOON), match))

        def start(one: tuple[Case, Stream]) -> bool:
            try:
                return started(*one).events == 2
            except Refused as refusal:
                assert refusal.rule == "mentor-full"
                return False

        with ThreadPoolExecutor(len(asked)) as pool:
            assert sum(pool.map(start, asked)) == 2
    assert len(taken(log)) == 2
    assert sum(1 for _ in log.of_types(MatchStarted)) == 2


@pytest.mark.parametrize("against", [FEWER.model_copy(update={"capacity": 0}), SUSPEND], ids=["full", "away"])
def test_a_start_and_what_speaks_against_it_are_recorded_one_after_the_other(
    log_database: str, log: LogReader, handler: BlockingCommandHandler, against: Command
) -> None:
    """Whichever is first: a match that started knew nothing of the other, or did not start."""
    recruited(handler, LARCH)
    case, match = accepted(handler)
    with opened_handler(log_database) as elsewhere, ThreadPoolExecutor(2) as pool:
        speaking = pool.submit(of_mentor, elsewhere, LARCH, against)
        starting = pool.submit(started, case, match)
        speaking.result(30)
        refusal = starting.exception(30)
    positions = {type(each.event): each.position for each in log.stream_history(named("mentor", LARCH))}
    spoken = positions[against.RECORDS]
    if refusal is None:
        assert positions[MentorPlaceTaken] < spoken
    else:
        assert isinstance(refusal, Refused)
        assert MentorPlaceTaken not in positions


def test_a_hand_over_never_moves_earlier_contacts_to_the_new_mentor(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    """S3.15. Volunteer assignments kept as one row with an active flag moved them; a match is for ever."""
    recruited(handler, LARCH)
    recruited(handler, HAZEL)
    case, first = accepted(handler)
    started(case, first)
    for number in range(3):
        send(case, first, anew(MEET, UUID(int=number)), days=number)
    before = contacts(log, case)
    send(case, first, but(CLOSE, reason="rematched"), days=10)
    second = found(case, HAZEL, follows=first.id, days=10)
    started(case, second, HAZEL, days=10)
    send(case, second, anew(MEET, uuid4()), days=11)
    send(case, first, anew(MEET, uuid4()), days=5)  # found in a drawer after the hand-over
    after = contacts(log, case)
    assert before == [(first, LARCH)] * 3
    assert after == [*before, (second, HAZEL), (first, LARCH)]
    assert (taken(log, LARCH), taken(log, HAZEL)) == ((), (second.id,))


def contacts(log: LogReader, case: Case) -> list[tuple[Stream, PersonId]]:
    history = log.case_history(case.id)
    return [
        (each.stream, each.event.mentor) for each in history if isinstance(each.event, MentorContactRecorded)
    ]


# --- corrections ------------------------------------------------------------------------------------------


def event_of(log: LogReader, case: Case, kind: type[Any]) -> Any:
    [found] = [each for each in log.case_history(case.id) if isinstance(each.event, kind)]
    return found


def test_a_start_that_never_was_takes_no_place_and_its_mentor_can_be_another_ones(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    recruited(handler, LARCH)
    case, match = accepted(handler)
    other, waiting = accepted(handler)
    started(case, match)
    wrong = event_of(log, case, MatchStarted)
    send(case, match, Retract(decision=grounds(), corrects=wrong.event_id))
    assert taken(log) == ()
    assert {each.envelope.case_id for each in log.stream_history(named("mentor", LARCH))} == {None}
    started(other, waiting)
    assert taken(log) == (waiting.id,)


def test_a_closing_on_another_day_frees_the_place_on_that_day(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    recruited(handler, LARCH)
    case, match = accepted(handler)
    started(case, match)
    send(case, match, CLOSE, days=10)
    wrong = event_of(log, case, MatchClosed)
    earlier = NOON + timedelta(days=5)
    send(
        case,
        match,
        Correct(decision=grounds(), corrects=wrong.event_id, instead=CLOSE, occurred_at=earlier),
    )
    history = effective(each.fact for each in log.stream_history(named("mentor", LARCH)))
    assert history[-1].when.at == earlier
    assert {each.envelope.case_id for each in log.stream_history(named("mentor", LARCH))} == {None}


def test_a_late_start_that_leaves_a_later_one_no_place_is_taken_and_told(
    log: LogReader, handler: BlockingCommandHandler
) -> None:
    recruited(handler, LARCH)
    case, match = accepted(handler)
    other, late = accepted(handler)
    started(case, match, days=5)
    started(other, late)
    assert len(taken(log)) == 2
    told = replay(log, case.id)
    assert [each.rule for each in told.contradictions] == ["mentor-full"]
