from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from scp_events import follower
from scp_events.aggregates import irp
from scp_events.aggregates.participant import ContactOutcome
from scp_events.event_log import EventLog
from scp_events.projections import outcomes
from scp_events.projections.outcomes import DEFINITIONS, Cutoff, Figure, Period
from tests.aggregates import test_irp as plans
from tests.aggregates import test_participant as people
from tests.aggregates import test_referral as asking
from tests.aggregates.test_participant import but
from tests.projections.cases import Case, day
from tests.projections.conftest import Reading

DAY_100 = day(100).date()


def submitted(log: EventLog, on: int) -> Case:
    return Case(log).on(on).refer(*asking.REVIEWED)


def accepted(log: EventLog, on: int) -> Case:
    """Submitted on a day and accepted the next."""
    return submitted(log, on).on(on + 1).refer(asking.ELIGIBLE, asking.SUITABLE, asking.ACCEPT)


def met(case: Case, on: int) -> Case:
    return case.on(on).meet(*people.ENGAGING, people.MEET)


# --- referral conversion ----------------------------------------------------------------------------------


def test_conversion_is_what_was_accepted_of_what_was_answered(log: EventLog, reading: Reading) -> None:
    for on in (1, 2):
        accepted(log, on)
    submitted(log, 3).on(9).refer(asking.DECLINE)
    submitted(log, 4)
    submitted(log, 5).on(8).refer(asking.WITHDRAW)
    accepted(log, 90)
    submitted(log, 95)
    Case(log).on(1).refer(*asking.DRAFTED)
    rate = outcomes.referral_conversion(reading(outcomes), DAY_100)
    assert (rate.numerator, rate.denominator, rate.n) == (2, 3, 3)
    assert rate.rounded == Decimal("0.6667")
    assert rate.excluded == {"not-yet-mature": 2, "withdrawn": 1, "undecided": 1}
    assert (rate.definition_id, rate.definition_version) == ("referral-conversion", 1)
    assert rate.data_cutoff == Cutoff(position=log.head(), on=DAY_100)


@pytest.mark.parametrize(("on", "mature"), [(28, 0), (29, 1)])
def test_a_referral_is_mature_when_its_waiting_time_is_over(
    log: EventLog, reading: Reading, on: int, mature: int
) -> None:
    """Submitted on 1 January, 28 days: mature from 29 January on, though it was accepted at once."""
    accepted(log, 1)
    rate = outcomes.referral_conversion(reading(outcomes), day(on).date())
    assert (rate.n, rate.excluded["not-yet-mature"]) == (mature, 1 - mature)


def test_a_rate_of_nobody_is_no_rate(log: EventLog, reading: Reading) -> None:
    rate = outcomes.referral_conversion(reading(outcomes), DAY_100)
    assert (rate.numerator, rate.denominator, rate.n, rate.rounded) == (0, 0, 0, None)
    assert rate.excluded == {"not-yet-mature": 0, "withdrawn": 0, "undecided": 0}
    assert rate.data_cutoff.position == 0


def test_a_figure_for_an_earlier_day_knows_nothing_of_later_days(log: EventLog, reading: Reading) -> None:
    submitted(log, 1).on(60).refer(asking.DECLINE)
    submitted(log, 2).on(60).refer(asking.WITHDRAW)
    accepted(log, 80)
    asked = reading(outcomes)
    early = outcomes.referral_conversion(asked, day(50).date())
    assert early.excluded == {"not-yet-mature": 0, "withdrawn": 0, "undecided": 2}
    late = outcomes.referral_conversion(asked, DAY_100)
    assert (late.n, late.excluded) == (1, {"not-yet-mature": 1, "withdrawn": 1, "undecided": 0})


def test_a_cohort_is_a_period_with_both_its_ends(log: EventLog, reading: Reading) -> None:
    for on in (1, 2, 3, 4):
        accepted(log, on)
    cohort = Period(since=day(2).date(), until=day(3).date())
    rate = outcomes.referral_conversion(reading(outcomes), DAY_100, cohort)
    assert (rate.n, rate.cohort) == (2, cohort)


# --- how long it takes ------------------------------------------------------------------------------------


def test_waiting_is_counted_in_days_and_not_yet_is_never_zero(log: EventLog, reading: Reading) -> None:
    met(accepted(log, 1), 4)
    met(accepted(log, 2), 9)
    met(accepted(log, 3), 33)
    accepted(log, 5)
    waits = outcomes.days_to_first_contact(reading(outcomes), DAY_100)
    assert (waits.n, waits.reached, waits.not_yet) == (4, 3, 1)
    assert waits.median_days == 7
    assert waits.percentiles == {25: 3, 50: 7, 75: 30, 90: None}


def test_a_median_that_is_not_reached_yet_is_not_told(log: EventLog, reading: Reading) -> None:
    met(accepted(log, 1), 4)
    accepted(log, 2)
    accepted(log, 3)
    waits = outcomes.days_to_first_contact(reading(outcomes), DAY_100)
    assert (waits.n, waits.reached, waits.median_days) == (3, 1, None)


def test_who_was_not_taken_on_does_not_wait(log: EventLog, reading: Reading) -> None:
    submitted(log, 1)
    submitted(log, 2).refer(asking.DECLINE)
    submitted(log, 3).refer(asking.REDIRECT)
    submitted(log, 4).refer(asking.WITHDRAW)
    met(accepted(log, 80), 82)
    waits = outcomes.days_to_first_contact(reading(outcomes), DAY_100)
    assert (waits.n, waits.median_days) == (0, None)
    assert waits.excluded == {
        "not-yet-mature": 1,
        "withdrawn": 1,
        "undecided": 1,
        "declined": 1,
        "redirected": 1,
    }


def test_a_missed_contact_ends_no_waiting_and_a_corrected_one_counts_as_it_was(
    log: EventLog, reading: Reading
) -> None:
    case = accepted(log, 1).on(3).meet(*people.ENGAGING, people.MISS)
    assert outcomes.days_to_first_contact(reading(outcomes), DAY_100).not_yet == 1
    case.on(20).meet(people.MEET_AGAIN)
    assert outcomes.days_to_first_contact(reading(outcomes), DAY_100).median_days == 19
    held = but(people.CORRECT_CONTACT, happened_at=day(10), outcome=ContactOutcome.HELD, held_minutes=5)
    case.on(30).meet(held)
    assert outcomes.days_to_first_contact(reading(outcomes), DAY_100).median_days == 9
    case.on(31).meet(people.RETRACT_CONTACT)
    assert outcomes.days_to_first_contact(reading(outcomes), DAY_100).not_yet == 1


def test_a_plan_counts_from_the_first_agreement(log: EventLog, reading: Reading) -> None:
    case = accepted(log, 1).on(11).plan(*plans.AGREED)
    case.on(20).plan(plans.START, plans.REVIEW, plans.goal(2), plans.CHANGED, plans.AGREE)
    accepted(log, 2).on(9).plan(*plans.PROPOSED)
    waits = outcomes.days_to_agreed_plan(reading(outcomes), DAY_100)
    assert (waits.n, waits.reached, waits.not_yet, waits.median_days) == (2, 1, 1, 10)


# --- goals ------------------------------------------------------------------------------------------------

AFTER_JUNE = plans.IN_JUNE + timedelta(days=1)


def test_goals_achieved_are_counted_of_goals_set(log: EventLog, reading: Reading) -> None:
    two_goals = (*plans.DRAFTED, plans.goal(2), plans.PROPOSE, plans.AGREE, plans.START)
    Case(log).plan(*two_goals, plans.achieve(1))
    Case(log).plan(*two_goals, plans.REVIEW, plans.remove(2), plans.CHANGED)
    Case(log).plan(*plans.PROPOSED)
    rate = outcomes.goals_achieved(reading(outcomes), AFTER_JUNE)
    assert (rate.numerator, rate.denominator) == (1, 3)
    assert rate.excluded == {"not-agreed": 1, "removed": 1, "not-yet-mature": 0}


def test_a_goal_counts_from_the_day_after_its_target_date(log: EventLog, reading: Reading) -> None:
    Case(log).plan(*plans.ACTIVE, plans.achieve())
    asked = reading(outcomes)
    assert outcomes.goals_achieved(asked, plans.IN_JUNE).excluded["not-yet-mature"] == 1
    assert outcomes.goals_achieved(asked, AFTER_JUNE).numerator == 1


def test_an_achievement_retracted_is_none(log: EventLog, reading: Reading) -> None:
    case = Case(log).plan(*plans.ACTIVE, plans.achieve(), plans.retract_achievement())
    assert outcomes.goals_achieved(reading(outcomes), AFTER_JUNE).numerator == 0
    case.plan(plans.achieve(known_as=2))
    assert outcomes.goals_achieved(reading(outcomes), AFTER_JUNE).numerator == 1


def test_an_achievement_after_the_data_date_is_not_known_yet(log: EventLog, reading: Reading) -> None:
    Case(log).plan(*plans.ACTIVE).on(200).plan(plans.achieve())
    asked = reading(outcomes)
    assert outcomes.goals_achieved(asked, AFTER_JUNE).numerator == 0
    assert outcomes.goals_achieved(asked, day(200).date()).numerator == 1


def test_a_goal_that_the_next_version_takes_along_is_one_goal(log: EventLog, reading: Reading) -> None:
    case = Case(log).plan(*plans.ACTIVE, plans.achieve())
    first = case.irp_id
    goal = case.id_of(plans.goal_id(1), first)
    case.irp_id = Case(log).irp_id
    need = case.id_of(plans.need_id(1), case.irp_id)
    case.plan(but(plans.DRAFT, plan_version=2, supersedes=first), plans.need())
    taken_along = irp.AddGoal(
        goal_id=irp.GoalId(goal),
        need_id=irp.NeedId(need),
        description="The same goal.",
        target_date=date(2025, 9, 1),
    )
    case.record(irp, case.irp_id, taken_along)
    case.plan(plans.PROPOSE, plans.AGREE)
    asked = reading(outcomes)
    assert outcomes.goals_achieved(asked, AFTER_JUNE).excluded["not-yet-mature"] == 1
    rate = outcomes.goals_achieved(asked, date(2025, 9, 2))
    assert (rate.numerator, rate.denominator) == (1, 1)


# --- every figure -----------------------------------------------------------------------------------------


def test_whoever_is_in_a_cohort_is_counted_or_excluded(log: EventLog, reading: Reading) -> None:
    paths = (asking.SUBMITTED, asking.ACCEPTED, asking.DECLINED, asking.REDIRECTED, asking.WITHDRAWN)
    for number, path in enumerate(paths * 2):
        Case(log).on(number * 9 + 1).refer(*path)
    asked = reading(outcomes)
    for on in range(1, 130, 7):
        known = sum(number * 9 + 1 <= on for number in range(10))
        figures: list[Figure] = [
            outcomes.referral_conversion(asked, day(on).date()),
            outcomes.days_to_first_contact(asked, day(on).date()),
            outcomes.days_to_agreed_plan(asked, day(on).date()),
        ]
        assert [figure.n + sum(figure.excluded.values()) for figure in figures] == [known] * 3


def test_every_figure_names_a_definition_and_its_reasons(log: EventLog, reading: Reading) -> None:
    asked = reading(outcomes)
    figures: list[Figure] = [
        outcomes.referral_conversion(asked, DAY_100),
        outcomes.days_to_first_contact(asked, DAY_100),
        outcomes.days_to_agreed_plan(asked, DAY_100),
        outcomes.goals_achieved(asked, DAY_100),
    ]
    known = {(d.id, d.version): set(d.excludes) for d in DEFINITIONS}
    assert len(known) == len(DEFINITIONS) == len(figures)
    for figure in figures:
        assert set(figure.excluded) == known[figure.definition_id, figure.definition_version]
        assert figure.data_cutoff == Cutoff(position=log.head(), on=DAY_100)


def test_figures_are_the_same_after_a_rebuild(log: EventLog, reading: Reading) -> None:
    met(accepted(log, 1), 4)
    Case(log).plan(*plans.ACTIVE, plans.achieve())
    asked = reading(outcomes)
    before = outcomes.days_to_first_contact(asked, DAY_100), outcomes.goals_achieved(asked, AFTER_JUNE)
    follower.rebuild(log, outcomes)
    assert before == (
        outcomes.days_to_first_contact(asked, DAY_100),
        outcomes.goals_achieved(asked, AFTER_JUNE),
    )
