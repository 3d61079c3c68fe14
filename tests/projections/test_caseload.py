from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from scp_events import follower
from scp_events.aggregates import assessment, engagement
from scp_events.aggregates.assessment.events import RiskLevel
from scp_events.aggregates.engagement.events import ContactOutcome
from scp_events.aggregates.engagement.rules import Status
from scp_events.aggregates.irp.rules import Status as PlanStatus
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.projections import caseload
from scp_events.projections.caseload import Case as Row
from tests.examples import engagement as people
from tests.examples import irp as plans
from tests.examples.assessment import ASSESS, ASSESSED_AS, OVERRIDE, WITHDRAW_OVERRIDE
from tests.projections.cases import Case, but, day, erased
from tests.projections.conftest import Reading
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, event_id

TODAY = date(2025, 3, 1)
HIGH = but(ASSESS, event_id=event_id(77), risk_level=RiskLevel.HIGH)


def engaged(handler: BlockingCommandHandler) -> Case:
    """A young person with two held contacts of 40 minutes, on days 2 and 3, and a key worker since day 4."""
    case = Case(handler).on(1).register().meet(people.AGREE)
    case.on(2).meet(people.MEET).on(3).meet(people.MEET_AGAIN)
    return case.on(4).meet(people.TELL, people.CONFIRM, people.ASSIGN)


@pytest.fixture
def row(reading: Reading) -> Callable[[], Row]:
    """Return a way to the only row of the key worker's caseload."""

    def the_only() -> Row:
        (found,) = caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY)
        return found

    return the_only


def test_a_caseload_tells_what_a_key_worker_needs_to_know(
    handler: BlockingCommandHandler, row: Callable[[], Row]
) -> None:
    case = engaged(handler).on(5).meet(people.MISS).assess(1, ASSESS).plan(*plans.ACTIVE)
    assert row() == Row(
        case_id=case.case_id,
        case_reference=case.reference,
        status=Status.ACTIVE,
        key_worker=KEY_WORKER.id,
        key_worker_since=day(4),
        risk_level=RiskLevel.MEDIUM,
        plan_id=case.plan_id,
        plan_status=PlanStatus.ACTIVE,
        next_review_on=plans.IN_JUNE,
        review_overdue=False,
        last_held_on=day(3),
        held_minutes=80,
        missed_contacts=1,
    )


def test_a_review_is_overdue_from_the_day_after(handler: BlockingCommandHandler, reading: Reading) -> None:
    engaged(handler).on(5).assess(1, ASSESS).plan(*plans.ACTIVE)
    asked = reading(caseload)
    for today, overdue in ((plans.IN_JUNE, False), (plans.IN_JUNE + timedelta(days=1), True)):
        (found,) = caseload.of_key_worker(asked, KEY_WORKER.id, today)
        assert found.review_overdue is overdue
        (load,) = caseload.loads(asked, today, 12)
        assert (load.participants, load.reviews_overdue, load.over_capacity) == (1, overdue, False)


def test_a_key_worker_has_too_much_to_do_beyond_what_the_rules_say(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    for _ in range(12):
        Case(handler).on(1).register().meet(people.AGREE, people.ASSIGN)
    assert not caseload.loads(reading(caseload), TODAY, 12)[0].over_capacity
    Case(handler).on(1).register().meet(people.AGREE, people.ASSIGN)
    (load,) = caseload.loads(reading(caseload), TODAY, 12)
    assert (load.key_worker, load.participants, load.over_capacity) == (KEY_WORKER.id, 13, True)


def test_a_hand_over_moves_the_participant_and_leaves_contacts_with_who_made_them(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(handler).on(10).meet(people.HAND_OVER)
    case.on(11).meet(but(people.MISS, made_by=OTHER_KEY_WORKER))
    asked = reading(caseload)
    assert caseload.of_key_worker(asked, KEY_WORKER.id, TODAY) == []
    (found,) = caseload.of_key_worker(asked, OTHER_KEY_WORKER.id, TODAY)
    assert (found.held_minutes, found.missed_contacts, found.key_worker_since) == (80, 1, day(10))
    assert caseload.contacts_made(asked, day(1), day(31)) == [
        caseload.Made(made_by=KEY_WORKER.id, held=2, held_minutes=80, missed=0),
        caseload.Made(made_by=OTHER_KEY_WORKER.id, held=0, held_minutes=0, missed=1),
    ]
    assert caseload.contacts_made(asked, day(3), day(3)) == [
        caseload.Made(made_by=KEY_WORKER.id, held=1, held_minutes=40, missed=0)
    ]


# --- entered late, or wrong -------------------------------------------------------------------------------


def test_a_contact_entered_late_stands_where_it_happened(
    handler: BlockingCommandHandler, row: Callable[[], Row]
) -> None:
    case = engaged(handler)
    row()
    case.on(2).meet(but(people.MISS, outcome=ContactOutcome.HELD, held_minutes=5))
    assert (row().held_minutes, row().last_held_on) == (85, day(3))


def test_an_exit_entered_late_ends_only_what_was_before_it(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    """Left on day 20 and back on day 30; the break of day 10 was found in a drawer later, and its end."""
    case = (
        engaged(handler).on(20).meet(people.EXIT).on(30).meet(people.RE_ENGAGE, people.AGREE, people.ASSIGN)
    )
    reading(caseload)
    case.on(day(10)).meet(people.PAUSE)
    (found,) = caseload.of_key_worker(reading(caseload), KEY_WORKER.id, TODAY)
    assert (found.status, found.key_worker_since) == (Status.ACTIVE, day(30))


def test_a_hand_over_entered_late_does_not_take_back_a_later_one(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    third = KEY_WORKER.model_copy(update={"id": "kw-thistle"})
    case = engaged(handler).on(20).meet(but(people.HAND_OVER, to_key_worker=third))
    reading(caseload)
    case.on(10).meet(people.HAND_OVER)
    (found,) = caseload.of_key_worker(reading(caseload), third.id, TODAY)
    assert found.key_worker_since == day(20)


def test_a_contact_moved_from_march_to_april_stays_there_when_it_is_corrected_without_a_day(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(handler).on(date(2025, 3, 31)).meet(but(people.MISS, outcome="held", held_minutes=10))
    case.correct(
        engagement, people.MISSED, but(people.MISS, outcome="held", held_minutes=10), date(2025, 4, 1)
    )
    reading(caseload)
    case.correct(engagement, people.MISSED, but(people.MISS, outcome="held", held_minutes=25))
    asked = reading(caseload)
    assert caseload.contacts_made(asked, date(2025, 3, 1), date(2025, 3, 31)) == []
    assert caseload.contacts_made(asked, date(2025, 4, 1), date(2025, 4, 30)) == [
        caseload.Made(made_by=KEY_WORKER.id, held=1, held_minutes=25, missed=0)
    ]


def test_a_retracted_contact_counts_for_nothing(
    handler: BlockingCommandHandler, row: Callable[[], Row]
) -> None:
    case = engaged(handler).on(9).meet(but(people.MISS, outcome="held", held_minutes=15))
    assert (row().held_minutes, row().last_held_on) == (95, day(9))
    case.retract(engagement, people.MISSED)
    assert (row().held_minutes, row().last_held_on) == (80, day(3))


def test_the_latest_assessment_by_time_says_the_risk(
    handler: BlockingCommandHandler, row: Callable[[], Row]
) -> None:
    case = engaged(handler).on(20).assess(1, ASSESS)
    row()
    case.on(10).assess(2, HIGH)
    assert row().risk_level is RiskLevel.MEDIUM
    case.correct(assessment, ASSESSED_AS, ASSESS, day(9))
    assert row().risk_level is RiskLevel.HIGH


def test_an_override_stands_until_it_is_withdrawn_whatever_the_findings_are_corrected_to(
    handler: BlockingCommandHandler, row: Callable[[], Row]
) -> None:
    case = engaged(handler).on(10).assess(1, ASSESS).on(12).assess(1, OVERRIDE)
    assert row().risk_level is RiskLevel.VERY_HIGH
    case.correct(assessment, ASSESSED_AS, but(ASSESS, risk_level=RiskLevel.LOW))
    assert row().risk_level is RiskLevel.VERY_HIGH
    case.on(14).assess(1, but(OVERRIDE, risk_level=RiskLevel.HIGH))
    assert row().risk_level is RiskLevel.HIGH
    case.on(15).assess(1, WITHDRAW_OVERRIDE)
    assert row().risk_level is RiskLevel.LOW


def test_the_plan_in_force_is_shown_until_the_next_one_is_agreed_to(
    handler: BlockingCommandHandler, row: Callable[[], Row]
) -> None:
    case = engaged(handler).on(5).assess(1, ASSESS).plan(*plans.ACTIVE)
    first = case.plan_id
    case.plan_number = 2
    renumbered = (but(plans.need(2), evidence=(plans.STORY,)), plans.goal(2, for_need=2))
    case.on(6).plan(plans.DRAFT, *renumbered, plans.step(2, for_goal=2), plans.PROPOSE)
    assert (row().plan_id, row().plan_status) == (first, PlanStatus.ACTIVE)
    case.on(7).plan(plans.AGREE)
    assert (row().plan_id, row().plan_status, row().next_review_on) == (case.plan_id, PlanStatus.AGREED, None)


# --- who is with us ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end", [lambda case: case.meet(people.EXIT), lambda case: case.die()], ids=["left", "died"]
)
def test_who_is_not_with_us_any_more_is_on_no_caseload(
    handler: BlockingCommandHandler, reading: Reading, end: Callable[[Case], Any]
) -> None:
    end(engaged(handler).on(80))
    asked = reading(caseload)
    assert caseload.of_organisation(asked, KEY_WORKER.organisation, TODAY) == []
    assert caseload.without_key_worker(asked, TODAY) == []
    assert caseload.loads(asked, TODAY, 12) == []


def test_who_came_back_waits_for_a_key_worker(handler: BlockingCommandHandler, reading: Reading) -> None:
    engaged(handler).on(80).meet(people.EXIT, people.RE_ENGAGE)
    (found,) = caseload.without_key_worker(reading(caseload), TODAY)
    assert (found.status, found.key_worker) == (Status.RE_ENGAGED, None)


def test_who_was_registered_and_not_met_yet_waits_for_a_key_worker(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    Case(handler).register()
    (found,) = caseload.without_key_worker(reading(caseload), TODAY)
    assert (found.status, found.held_minutes, found.last_held_on) == (Status.REGISTERED, 0, None)


def test_an_organisation_sees_the_caseloads_of_its_own_key_workers(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    engaged(handler)
    elsewhere = OTHER_KEY_WORKER.model_copy(update={"organisation": "harbour-trust"})
    Case(handler).register().meet(people.AGREE, but(people.ASSIGN, key_worker=elsewhere))
    asked = reading(caseload)
    for worker in (KEY_WORKER, elsewhere):
        (found,) = caseload.of_organisation(asked, worker.organisation, TODAY)
        assert found.key_worker == worker.id


def test_what_is_kept_of_a_person_is_forgotten_with_the_erasure_of_their_record(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    case = engaged(handler).on(5).assess(1, ASSESS)
    asked = reading(caseload)
    assert asked.execute("SELECT risk_level FROM rm_caseload_v1.judgements").fetchall() == [("medium",)]
    asked.rollback()
    erased(log, case)
    asked = reading(caseload)
    assert asked.execute("SELECT risk_level FROM rm_caseload_v1.judgements").fetchall() == [("erased",)]
    assert caseload.of_key_worker(asked, KEY_WORKER.id, TODAY) == []


def test_nothing_a_person_said_is_copied(handler: BlockingCommandHandler, reading: Reading) -> None:
    engaged(handler).on(5).meet(people.CHOOSE).assess(1, ASSESS).plan(*plans.ACTIVE).on(6).meet(people.EXIT)
    asked = reading(caseload)
    tables = ("participants", "engagements", "contacts", "assessments", "judgements", "plans")
    told = [
        str(asked.execute(f"SELECT * FROM rm_caseload_v1.{table}").fetchall())  # noqa: S608 - ours
        for table in tables
    ]
    assert all(rows != "[]" for rows in told)
    assert "nvented" not in "".join(told)


def test_a_caseload_built_anew_is_the_same(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    case = engaged(handler).on(5).meet(people.MISS).assess(1, ASSESS).plan(*plans.ACTIVE)
    case.correct(engagement, people.FIRST, but(people.MEET, held_minutes=20)).on(20).meet(people.HAND_OVER)
    before = caseload.of_key_worker(reading(caseload), OTHER_KEY_WORKER.id, TODAY)
    follower.rebuild(log, caseload)
    with psycopg.connect(log.conninfo) as connection:
        assert caseload.of_key_worker(connection, OTHER_KEY_WORKER.id, TODAY) == before
