from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scp_events.aggregates import BY_CATEGORY, irp, participant, referral
from scp_events.event_log import EventLog
from scp_events.history import CaseReplay, Point, UnknownCaseError, diff, remembered, replay
from scp_events.vocabulary import (
    Command,
    CommandId,
    EventId,
    IrpId,
    ParticipantId,
    Position,
    Provenance,
    ReferralId,
    Refused,
)
from tests.aggregates import test_irp
from tests.aggregates.test_referral import DRAFT, SUBMIT
from tests.anew import anew
from tests.check_log import check_log
from tests.examples import examples
from tests.opened import opened_log
from tests.words import NOON, SUPERVISOR, decision

DAY = timedelta(days=1)
NEVER = datetime(1900, 1, 1, tzinfo=UTC)


@pytest.fixture
def log(log_database: str) -> Iterator[EventLog]:
    with opened_log(log_database) as log:
        yield log
    check_log(log_database)


def sent(occurred_at: datetime, source_recorded_at: datetime | None = None) -> Provenance:
    return Provenance(
        by=SUPERVISOR,
        command_id=CommandId(uuid4()),
        occurred_at=occurred_at,
        purpose="case-management",
        source_recorded_at=source_recorded_at,
    )


def a_case(log: EventLog) -> tuple[ParticipantId, ReferralId]:
    """Open a case with a drafted referral, at noon on Monday."""
    reference = f"SC-{uuid4().hex[:8].upper()}"
    case, referral_id = log.open_case(reference), ReferralId(uuid4())
    draft = DRAFT.model_copy(update={"event_id": EventId(uuid4()), "case_reference": reference})
    log.handle(referral, referral_id, draft, sent(NOON), case_id=case)
    return case, referral_id


# --- the three laws ---------------------------------------------------------------------------------------

Asked = tuple[Command, int]
"""A command, and how many days after noon on Monday its fact happened."""

ASKED = st.lists(st.tuples(test_irp.LIVING, st.integers(0, 60)), max_size=14)
on_a_database = settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def after_each(log: EventLog, case: ParticipantId, asked: Iterable[Asked]) -> Iterator[datetime]:
    """Ask a new plan of the case one command after the other; yield when each accepted one happened."""
    plan, salt = IrpId(uuid4()), uuid4()
    for command, day in asked:
        happened = NOON + day * DAY
        try:
            log.handle(irp, plan, anew(command, salt), sent(happened), case_id=case)
        except Refused:
            continue
        yield happened


def an_active_plan(asked: Iterable[Asked]) -> list[Asked]:
    """Return the commands of an active plan, and after them what is asked, some of it late."""
    return [*((command, 30) for command in test_irp.ACTIVE), *asked]


def live(log: EventLog, case: ParticipantId) -> list[Any]:
    """Return what the rules go by now, loaded as a command would load it, not replayed."""
    streams = dict.fromkeys(recorded.stream for recorded in log.case_history(case, log.head()))
    return [remembered(log.load(BY_CATEGORY[stream.category], stream.id).state) for stream in streams]


@on_a_database
@given(asked=ASKED, later=ASKED)
def test_what_was_known_at_a_position_never_changes(
    log: EventLog, asked: list[Asked], later: list[Asked]
) -> None:
    case, _ = a_case(log)
    captured = {log.head(): live(log, case) for _ in after_each(log, case, an_active_plan(asked))}
    list(after_each(log, case, later))
    for position, state in captured.items():
        replayed = replay(log, case, Point(known_at=position))
        assert [stream.state for stream in replayed.streams] == state
        assert replayed.log_position == position


@on_a_database
@given(asked=ASKED)
def test_without_late_entries_or_corrections_the_world_then_is_what_was_live_then(
    log: EventLog, asked: list[Asked]
) -> None:
    case, _ = a_case(log)
    facts = [c for c, _ in an_active_plan(asked) if "corrects" not in type(c).model_fields]
    on_time = [(command, day) for day, command in enumerate(facts, start=1)]
    captured = {happened: live(log, case) for happened in after_each(log, case, on_time)}
    for moment, state in captured.items():
        assert [stream.state for stream in replay(log, case, Point(as_of=moment)).streams] == state


@on_a_database
@given(asked=ASKED, as_of=st.integers(-1, 61), known=st.integers(0, 30))
def test_any_point_of_any_history_gives_a_state(
    log: EventLog, asked: list[Asked], as_of: int, known: int
) -> None:
    case, _ = a_case(log)
    before = log.head()
    list(after_each(log, case, an_active_plan(asked)))
    point = Point(as_of=NOON + as_of * DAY, known_at=Position(before + known))
    story = replay(log, case, point).story
    assert all(entry.occurred_at <= NOON + as_of * DAY for entry in story)
    assert all(entry.position <= before + known for entry in story)
    difference = diff(log, case, point, Point())
    seen = {entry.position for entry in story}
    causes = (difference.newly_happened, difference.newly_learned, difference.corrected)
    added = {entry.position for cause in causes for entry in cause}
    assert seen | added == {entry.position for entry in replay(log, case).story}
    assert not seen & added


# --- a late entry and a correction, told ------------------------------------------------------------------


def with_a_late_entry(log: EventLog) -> tuple[ParticipantId, Position]:
    """Return a case whose acknowledgement was typed in ten days late, and the position before that."""
    case, referral_id = a_case(log)
    log.handle(referral, referral_id, SUBMIT, sent(NOON + 3 * DAY))
    before = log.head()
    log.handle(referral, referral_id, referral.AcknowledgeReferral(), sent(NOON + 4 * DAY))
    return case, before


def types(told: CaseReplay) -> list[str]:
    return [entry.type for entry in told.story]


def test_a_late_entry_shows_once_it_was_typed_in(log: EventLog) -> None:
    case, before = with_a_late_entry(log)
    friday = date(2025, 3, 7)
    known_before = replay(log, case, Point(as_of=friday, known_at=before))
    known_after = replay(log, case, Point(as_of=friday, known_at=log.head()))
    assert types(known_before) == ["referral.drafted", "referral.submitted"]
    assert types(known_after) == ["referral.drafted", "referral.submitted", "referral.acknowledged"]
    assert known_before.streams[0].state["status"] == "submitted"
    assert known_after.streams[0].state["status"] == "under-review"
    assert (known_before.log_position, known_after.log_position) == (before, log.head())


def test_a_date_means_its_end(log: EventLog) -> None:
    case, _ = with_a_late_entry(log)
    assert len(types(replay(log, case, Point(as_of=date(2025, 3, 6))))) == 2
    assert len(types(replay(log, case, Point(as_of=date(2025, 3, 5))))) == 1


def test_an_instant_of_knowing_is_the_last_position_recorded_by_then(log: EventLog) -> None:
    case, before = with_a_late_entry(log)
    recorded_at = log.recorded_at(before)
    assert recorded_at is not None
    assert replay(log, case, Point(known_at=recorded_at)).log_position == before
    assert replay(log, case, Point(known_at=NEVER)).story == ()


def test_the_difference_names_what_was_newly_learned_and_who_said_so(log: EventLog) -> None:
    case, before = with_a_late_entry(log)
    world = NOON + 30 * DAY
    told = diff(log, case, Point(as_of=world, known_at=before), Point(as_of=world))
    assert [entry.type for entry in told.newly_learned] == ["referral.acknowledged"]
    assert told.newly_learned[0].by == SUPERVISOR
    assert (told.newly_happened, told.corrected, told.not_yet) == ((), (), ())
    assert [(c.field, c.before, c.after) for c in told.changes] == [("status", "submitted", "under-review")]


def test_the_difference_between_two_days_is_what_newly_happened(log: EventLog) -> None:
    case, _ = with_a_late_entry(log)
    told = diff(log, case, Point(as_of=NOON + DAY), Point(as_of=NOON + 3 * DAY))
    assert [entry.type for entry in told.newly_happened] == ["referral.submitted"]
    assert told.newly_learned == ()


def test_looking_back_says_what_was_not_yet(log: EventLog) -> None:
    case, before = with_a_late_entry(log)
    told = diff(log, case, Point(), Point(known_at=before))
    assert [entry.type for entry in told.not_yet] == ["referral.acknowledged"]


def test_a_correction_stands_where_the_corrected_fact_stands(log: EventLog) -> None:
    case, referral_id = a_case(log)
    before = log.head()
    draft = replay(log, case).story[0]
    correct = referral.CorrectReferral(
        decision=decision(),
        corrects=draft.event_id,
        programme="second-chance",
        route="court-order",
        circumstances="Another invented account.",
    )
    log.handle(referral, referral_id, correct, sent(NOON + 90 * DAY))
    world = Point(as_of=NOON)
    assert replay(log, case, world).streams[0].state["route"] == "court-order"
    assert replay(log, case, Point(NOON, before)).streams[0].state["route"] == "diversion"
    told = diff(log, case, Point(NOON, before), world)
    assert [entry.corrects for entry in told.corrected] == [draft.event_id]
    assert told.corrected[0].decision == correct.decision
    assert replay(log, case, world).story[0].corrected_by == (told.corrected[0].event_id,)


def test_an_imported_event_is_known_since_its_source_says_so_only_where_sources_are_trusted(
    log: EventLog,
) -> None:
    case, referral_id = a_case(log)
    entered = NOON + 10 * DAY
    log.handle(referral, referral_id, SUBMIT, sent(NOON + DAY, source_recorded_at=entered))
    by_source = [
        len(replay(log, case, Point(known_at=moment, trust_source=True)).story)
        for moment in (entered - DAY, entered)
    ]
    assert by_source == [0, 1]  # the draft has no source: it is known since the log recorded it
    assert replay(log, case, Point(known_at=entered)).story == ()


def test_a_replay_tells_of_every_stream_of_the_case_and_of_no_other(log: EventLog) -> None:
    case, _ = a_case(log)
    a_case(log)
    log.handle(irp, IrpId(uuid4()), test_irp.DRAFT, sent(NOON + DAY), case_id=case)
    told = replay(log, case)
    assert [stream.category for stream in told.streams] == ["referral", "irp"]
    assert len(told.story) == 2
    assert CaseReplay.model_validate_json(told.model_dump_json()) == told


def test_what_a_state_derives_is_told_too(log: EventLog) -> None:
    assert "status" in vars(participant.State)  # derived, not stored
    case, _ = a_case(log)
    told = replay(log, case)
    assert told.streams[0].state["status"] == "draft"


def test_an_unknown_case_is_said_to_be_unknown(log: EventLog) -> None:
    with pytest.raises(UnknownCaseError):
        replay(log, ParticipantId(uuid4()))
