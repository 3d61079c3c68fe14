from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from scp_events import follower, measures
from scp_events.aggregates import engagement, irp
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.measures import DEFINITIONS, Cutoff, Figure, Period
from scp_events.projections import outcomes
from tests.examples import engagement as people
from tests.examples import irp as plans
from tests.examples import referral as asking
from tests.examples.assessment import ASSESS
from tests.projections.cases import Case, but, day
from tests.projections.conftest import Reading

DAY_100 = day(100)


def submitted(handler: BlockingCommandHandler, on: int) -> Case:
    return Case(handler).on(on).refer(*asking.REVIEWED)


def accepted(handler: BlockingCommandHandler, on: int) -> Case:
    """Submitted on a day and accepted the next."""
    return submitted(handler, on).on(on + 1).refer(asking.ELIGIBLE, asking.SUITABLE, asking.ACCEPT)


def engaged(case: Case) -> Case:
    return case.register().meet(people.AGREE)


def met(case: Case, on: int) -> Case:
    return engaged(case.on(on)).meet(people.MEET)


def founded(handler: BlockingCommandHandler, on: int = 1) -> Case:
    """Somebody with whom a plan can be made."""
    case = engaged(Case(handler).on(on)).meet(people.MEET, people.MEET_AGAIN, people.TELL, people.CONFIRM)
    return case.assess(1, ASSESS)


# --- referral conversion ----------------------------------------------------------------------------------


def test_conversion_is_what_was_accepted_of_what_was_answered(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    for on in (1, 2):
        accepted(handler, on)
    submitted(handler, 3).on(9).refer(asking.DECLINE)
    submitted(handler, 4)
    submitted(handler, 5).on(8).refer(asking.WITHDRAW)
    accepted(handler, 90)
    submitted(handler, 95)
    Case(handler).on(1).refer(*asking.DRAFTED)
    rate = measures.referral_conversion(reading(outcomes), DAY_100)
    assert (rate.numerator, rate.denominator, rate.n) == (2, 3, 3)
    assert rate.rounded == Decimal("0.6667")
    assert rate.excluded == {"not-yet-mature": 2, "withdrawn": 1, "undecided": 1}
    assert (rate.definition_id, rate.definition_version) == ("referral-conversion", 1)
    assert rate.data_cutoff == Cutoff(position=log.head(), on=DAY_100)


@pytest.mark.parametrize(("on", "mature"), [(28, 0), (29, 1)])
def test_a_referral_is_mature_when_its_waiting_time_is_over(
    handler: BlockingCommandHandler, reading: Reading, on: int, mature: int
) -> None:
    """Submitted on 1 January, 28 days: mature from 29 January on, though it was accepted at once."""
    accepted(handler, 1)
    rate = measures.referral_conversion(reading(outcomes), day(on))
    assert (rate.n, rate.excluded["not-yet-mature"]) == (mature, 1 - mature)


def test_a_rate_of_nobody_is_no_rate(reading: Reading) -> None:
    rate = measures.referral_conversion(reading(outcomes), DAY_100)
    assert (rate.numerator, rate.denominator, rate.n, rate.rounded) == (0, 0, 0, None)
    assert rate.excluded == {"not-yet-mature": 0, "withdrawn": 0, "undecided": 0}
    assert rate.data_cutoff.position == 0


def test_a_figure_for_an_earlier_day_knows_nothing_of_later_days(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    submitted(handler, 1).on(60).refer(asking.DECLINE)
    submitted(handler, 2).on(60).refer(asking.WITHDRAW)
    accepted(handler, 80)
    asked = reading(outcomes)
    early = measures.referral_conversion(asked, day(50))
    assert early.excluded == {"not-yet-mature": 0, "withdrawn": 0, "undecided": 2}
    late = measures.referral_conversion(asked, DAY_100)
    assert (late.n, late.excluded) == (1, {"not-yet-mature": 1, "withdrawn": 1, "undecided": 0})


def test_a_cohort_is_a_period_with_both_its_ends(handler: BlockingCommandHandler, reading: Reading) -> None:
    for on in (1, 2, 3, 4):
        accepted(handler, on)
    cohort = Period(since=day(2), until=day(3))
    rate = measures.referral_conversion(reading(outcomes), DAY_100, cohort)
    assert (rate.n, rate.cohort) == (2, cohort)


def test_an_answer_entered_late_counts_from_the_day_on_which_it_was_given(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = submitted(handler, 1)
    assert measures.referral_conversion(reading(outcomes), day(40)).excluded["undecided"] == 1
    case.on(day(20)).refer(asking.DECLINE)
    rate = measures.referral_conversion(reading(outcomes), day(40))
    assert (rate.numerator, rate.denominator) == (0, 1)


# --- how long it takes ------------------------------------------------------------------------------------


def test_waiting_is_counted_in_days_and_not_yet_is_never_zero(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    met(accepted(handler, 1), 4)
    met(accepted(handler, 2), 9)
    met(accepted(handler, 3), 33)
    accepted(handler, 5)
    waits = measures.days_to_first_contact(reading(outcomes), DAY_100)
    assert (waits.n, waits.reached, waits.not_yet) == (4, 3, 1)
    assert waits.median_days == 7
    assert waits.percentiles == {25: 3, 50: 7, 75: 30, 90: None}


def test_a_median_that_is_not_reached_yet_is_not_told(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    met(accepted(handler, 1), 4)
    accepted(handler, 2)
    accepted(handler, 3)
    waits = measures.days_to_first_contact(reading(outcomes), DAY_100)
    assert (waits.n, waits.reached, waits.median_days) == (3, 1, None)


def test_who_was_not_taken_on_does_not_wait(handler: BlockingCommandHandler, reading: Reading) -> None:
    submitted(handler, 1)
    submitted(handler, 2).refer(asking.DECLINE)
    submitted(handler, 3).refer(asking.REDIRECT)
    submitted(handler, 4).refer(asking.WITHDRAW)
    met(accepted(handler, 80), 82)
    waits = measures.days_to_first_contact(reading(outcomes), DAY_100)
    assert (waits.n, waits.median_days) == (0, None)
    assert waits.excluded == {
        "not-yet-mature": 1,
        "withdrawn": 1,
        "undecided": 1,
        "declined": 1,
        "redirected": 1,
    }


def test_a_missed_contact_ends_no_waiting_and_a_corrected_one_counts_as_it_was(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(accepted(handler, 1).on(3)).meet(people.MISS)
    assert measures.days_to_first_contact(reading(outcomes), DAY_100).not_yet == 1
    case.on(20).meet(people.MEET_AGAIN)
    assert measures.days_to_first_contact(reading(outcomes), DAY_100).median_days == 19
    case.correct(engagement, people.SECOND, people.MEET_AGAIN, day(10))
    assert measures.days_to_first_contact(reading(outcomes), DAY_100).median_days == 9
    case.retract(engagement, people.SECOND)
    assert measures.days_to_first_contact(reading(outcomes), DAY_100).not_yet == 1


def test_a_contact_of_the_day_of_submission_ends_the_waiting_at_once(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = engaged(Case(handler).on(1)).on(datetime(2025, 1, 5, 8, tzinfo=UTC)).meet(people.MEET)
    case.on(5).refer(*asking.ACCEPTED)
    assert measures.days_to_first_contact(reading(outcomes), DAY_100).median_days == 0


def test_a_plan_counts_from_the_first_agreement(handler: BlockingCommandHandler, reading: Reading) -> None:
    case = founded(handler).refer(*asking.ACCEPTED).on(11).plan(*plans.AGREED)
    case.on(20).plan(plans.START, plans.REVIEW, plans.goal(2), plans.CHANGED, plans.AGREE)
    founded(handler).refer(*asking.ACCEPTED).on(9).plan(*plans.PROPOSED)
    waits = measures.days_to_agreed_plan(reading(outcomes), DAY_100)
    assert (waits.n, waits.reached, waits.not_yet, waits.median_days) == (2, 1, 1, 10)


# --- goals ------------------------------------------------------------------------------------------------

AFTER_JUNE = plans.IN_JUNE + timedelta(days=1)


def test_goals_achieved_are_counted_of_goals_set(handler: BlockingCommandHandler, reading: Reading) -> None:
    two_goals = (
        *plans.DRAFTED,
        plans.goal(2),
        plans.step(2, for_goal=2),
        plans.PROPOSE,
        plans.AGREE,
        plans.START,
    )
    founded(handler).plan(*two_goals, plans.achieve(1))
    founded(handler).plan(*two_goals, plans.REVIEW, plans.remove(2), plans.CHANGED)
    founded(handler).plan(*plans.PROPOSED)
    rate = measures.goals_achieved(reading(outcomes), AFTER_JUNE)
    assert (rate.numerator, rate.denominator) == (1, 3)
    assert rate.excluded == {"not-agreed": 1, "removed": 1, "not-yet-mature": 0}


def test_a_goal_counts_from_the_day_after_its_target_date(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    founded(handler).plan(*plans.ACTIVE, plans.achieve())
    asked = reading(outcomes)
    assert measures.goals_achieved(asked, plans.IN_JUNE).excluded["not-yet-mature"] == 1
    assert measures.goals_achieved(asked, AFTER_JUNE).numerator == 1


def test_a_goal_exists_from_the_day_on_which_it_was_added(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    founded(handler).on(10).plan(*plans.DRAFTED).on(20).plan(plans.PROPOSE, plans.AGREE)
    asked = reading(outcomes)
    told = {on: measures.goals_achieved(asked, day(on)) for on in (9, 10, 19, 20)}
    assert {on: figure.excluded for on, figure in told.items()} == {
        9: {"not-agreed": 0, "removed": 0, "not-yet-mature": 0},
        10: {"not-agreed": 1, "removed": 0, "not-yet-mature": 0},
        19: {"not-agreed": 1, "removed": 0, "not-yet-mature": 0},
        20: {"not-agreed": 0, "removed": 0, "not-yet-mature": 1},
    }


def test_an_achievement_retracted_is_none(handler: BlockingCommandHandler, reading: Reading) -> None:
    case = founded(handler).plan(*plans.ACTIVE, plans.achieve())
    case.retract(irp, plans.event_id(31))
    assert measures.goals_achieved(reading(outcomes), AFTER_JUNE).numerator == 0
    case.plan(plans.achieve(known_as=2))
    assert measures.goals_achieved(reading(outcomes), AFTER_JUNE).numerator == 1


def test_an_achievement_after_the_data_date_is_not_known_yet(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    founded(handler).plan(*plans.ACTIVE).on(200).plan(plans.achieve())
    asked = reading(outcomes)
    assert measures.goals_achieved(asked, AFTER_JUNE).numerator == 0
    assert measures.goals_achieved(asked, day(200)).numerator == 1


def test_a_goal_that_the_next_version_takes_along_is_one_goal_with_the_target_it_had_then(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = founded(handler).plan(*plans.ACTIVE, plans.achieve())
    case.plan_number = 2
    taken_along = but(plans.goal(), target_date=date(2025, 9, 1))
    later = (plans.need(known_as=9), taken_along, but(plans.step(2), due_on=None), plans.PROPOSE, plans.AGREE)
    case.on(155).plan(plans.DRAFT, *later)
    asked = reading(outcomes)
    before, after = measures.goals_achieved(asked, day(154)), measures.goals_achieved(asked, day(155))
    assert (day(154), plans.IN_JUNE) == (date(2025, 6, 3), date(2025, 6, 2))
    assert (before.numerator, before.denominator) == (1, 1)
    assert (after.denominator, after.excluded["not-yet-mature"]) == (0, 1)
    rate = measures.goals_achieved(asked, date(2025, 9, 2))
    assert (rate.numerator, rate.denominator) == (1, 1)


# --- every figure -----------------------------------------------------------------------------------------


def test_whoever_is_in_a_cohort_is_counted_or_excluded(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    paths = (asking.SUBMITTED, asking.ACCEPTED, asking.DECLINED, asking.REDIRECTED, asking.WITHDRAWN)
    for number, path in enumerate(paths * 2):
        Case(handler).on(number * 9 + 1).refer(*path)
    asked = reading(outcomes)
    for on in range(1, 130, 7):
        known = sum(number * 9 + 1 <= on for number in range(10))
        figures: list[Figure] = [
            measures.referral_conversion(asked, day(on)),
            measures.days_to_first_contact(asked, day(on)),
            measures.days_to_agreed_plan(asked, day(on)),
        ]
        assert [figure.n + sum(figure.excluded.values()) for figure in figures] == [known] * 3


def test_every_figure_names_a_definition_and_its_reasons(log: LogReader, reading: Reading) -> None:
    figures = measures.every_figure(reading(outcomes), DAY_100)
    known = {(d.id, d.version): set(d.excludes) for d in DEFINITIONS}
    assert len(known) == len(DEFINITIONS)
    told = {(figure.definition_id, figure.definition_version) for figure in figures}
    assert told == known.keys() - {("employment-support", 1)}, "which is told year by year, and there is none"
    for figure in figures:
        assert set(figure.excluded) == known[figure.definition_id, figure.definition_version]
        assert figure.data_cutoff == Cutoff(position=log.head(), on=DAY_100)


def test_figures_are_the_same_after_a_rebuild(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    met(accepted(handler, 1), 4)
    founded(handler).plan(*plans.ACTIVE, plans.achieve())
    asked = reading(outcomes)
    before = measures.days_to_first_contact(asked, DAY_100), measures.goals_achieved(asked, AFTER_JUNE)
    asked.rollback()
    follower.rebuild(log, outcomes)
    assert before == (
        measures.days_to_first_contact(asked, DAY_100),
        measures.goals_achieved(asked, AFTER_JUNE),
    )
