"""The figures there are, in the order of a young person's way: a definition, asked of the read model."""

from __future__ import annotations

from datetime import date

from scp_events.follower import AnyConnection
from scp_events.measures.definitions import AGREED_PLAN, CONVERSION, FIRST_CONTACT, GOALS, Definition
from scp_events.measures.figures import EVER, Durations, Figure, Period, Rate, durations, rate
from scp_events.projections import outcomes
from scp_events.projections.outcomes import Cohort


def referral_conversion(connection: AnyConnection, on: date, cohort: Period = EVER) -> Rate:
    """Return which part of the referrals that were answered was accepted."""
    groups = outcomes.answered(connection, _whom(CONVERSION, on, cohort))
    return rate(CONVERSION, on, cohort, groups)


def days_to_first_contact(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long young people who were taken on waited to be met."""
    groups = outcomes.met(connection, _whom(FIRST_CONTACT, on, cohort))
    return durations(FIRST_CONTACT, on, cohort, groups)


def days_to_agreed_plan(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long it took until young people who were taken on agreed to a plan of their own."""
    groups = outcomes.agreed(connection, _whom(AGREED_PLAN, on, cohort))
    return durations(AGREED_PLAN, on, cohort, groups)


def goals_achieved(connection: AnyConnection, on: date, cohort: Period = EVER) -> Rate:
    """Return which part of the goals that were set, and whose time has come, was achieved."""
    groups = outcomes.goals(connection, _whom(GOALS, on, cohort))
    return rate(GOALS, on, cohort, groups)


def every_figure(connection: AnyConnection, on: date, cohort: Period = EVER) -> list[Figure]:
    """Return every figure as of the end of a day, for those whose index date lies in a period."""
    return [question(connection, on, cohort) for question in _QUESTIONS]


_QUESTIONS = (referral_conversion, days_to_first_contact, days_to_agreed_plan, goals_achieved)


def _whom(definition: Definition, on: date, cohort: Period) -> Cohort:
    return Cohort(since=cohort.since, until=cohort.until, on=on, waiting_days=definition.waiting_days)
