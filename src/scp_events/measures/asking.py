"""The figures there are, in the order of a young person's way: a definition, asked of the read model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from scp_events.follower import AnyConnection
from scp_events.measures import definitions as defined
from scp_events.measures.definitions import Definition
from scp_events.measures.figures import (
    EVER,
    AnyFigure,
    Count,
    Durations,
    Figure,
    Frequency,
    Period,
    Rate,
    count,
    durations,
    frequency,
    rate,
    strata,
)
from scp_events.measures.small_numbers import masked
from scp_events.projections import outcomes
from scp_events.projections.outcomes import By, Cohort, Group

Question: TypeAlias = Callable[[AnyConnection, Cohort, By], list[Group]]


def referral_conversion(connection: AnyConnection, on: date, cohort: Period = EVER) -> Rate:
    """Return which part of the referrals that were answered was accepted."""
    groups = outcomes.answered(connection, _whom(defined.CONVERSION, on, cohort))
    return rate(defined.CONVERSION, on, cohort, groups)


def days_to_first_contact(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long young people who were taken on waited to be met."""
    groups = outcomes.met(connection, _whom(defined.FIRST_CONTACT, on, cohort))
    return durations(defined.FIRST_CONTACT, on, cohort, groups)


def days_to_agreed_plan(connection: AnyConnection, on: date, cohort: Period = EVER) -> Durations:
    """Return how long it took until young people who were taken on agreed to a plan of their own."""
    groups = outcomes.agreed(connection, _whom(defined.AGREED_PLAN, on, cohort))
    return durations(defined.AGREED_PLAN, on, cohort, groups)


def goals_achieved(connection: AnyConnection, on: date, cohort: Period = EVER) -> Rate:
    """Return which part of the goals that were set, and whose time has come, was achieved."""
    groups = outcomes.goals(connection, _whom(defined.GOALS, on, cohort))
    return rate(defined.GOALS, on, cohort, groups)


def rates(
    definition: Definition, connection: AnyConnection, on: date, cohort: Period = EVER, by: By = None
) -> list[Rate]:
    """Return the rate of the whole cohort, or of each stratum of it."""
    question = _RATES[definition.id].question
    return _figures(rate, definition, question(connection, _whom(definition, on, cohort), by), on, cohort, by)


def reoffences_per_100(connection: AnyConnection, on: date, cohort: Period = EVER) -> Frequency:
    """Return how many reoffences were proven among everybody who took part."""
    definition = defined.REOFFENCES
    groups = outcomes.reoffended_since_concluding(connection, _whom(definition, on, cohort))
    return frequency(definition, on, cohort, groups)


def work_support(connection: AnyConnection, on: date, cohort: Period = EVER) -> list[Count]:
    """Return how many took part in support with work, year by year."""
    definition = defined.WORK_SUPPORT
    groups = outcomes.helped_with_work(connection, _whom(definition, on, cohort), "year")
    return _figures(count, definition, groups, on, cohort, "year")


def every_figure(
    connection: AnyConnection, on: date, cohort: Period = EVER, *, small_numbers: bool = False
) -> list[Figure]:
    """Return every figure as of the end of a day, for those whose index date lies in a period.

    Small numbers are hidden unless they are asked for.
    """
    figures: list[Figure] = [question(connection, on, cohort) for question in _FIRST]
    for asked in _RATES.values():
        for by in (None, *asked.strata):
            figures += rates(asked.definition, connection, on, cohort, by)
    figures += [reoffences_per_100(connection, on, cohort), *work_support(connection, on, cohort)]
    return figures if small_numbers else masked(figures)


class _Asked(NamedTuple):
    """A definition, the question it is asked by, and by what it is divided besides."""

    definition: Definition
    question: Question
    strata: tuple[By, ...] = ()


_FIRST = (referral_conversion, days_to_first_contact, days_to_agreed_plan, goals_achieved)
_RATES = {
    asked.definition.id: asked
    for asked in (
        _Asked(defined.COMPLETION, outcomes.completed, ("programme", "dose")),
        _Asked(defined.REOFFENDING, outcomes.reoffended_since_concluding, ("programme", "dose")),
        _Asked(defined.REOFFENDING_OF_COMPLETERS, outcomes.reoffended_since_completing, ("programme",)),
        _Asked(defined.REOFFENDING_AFTER_SANCTION, outcomes.reoffended_since_a_sanction),
        _Asked(defined.DISCHARGE, outcomes.discharged),
        _Asked(defined.WORK_FOUND, outcomes.found_work),
        _Asked(defined.DEBT_REDUCED, outcomes.owe_less),
        _Asked(defined.HOME_FOUND, outcomes.found_home),
        _Asked(defined.SATISFACTION, outcomes.satisfied_with_it, ("respondent",)),
        _Asked(defined.MATCHES, outcomes.matches_ended, ("factor",)),
    )
}


def _figures(  # noqa: PLR0913, PLR0917 - what every figure is made of
    of: Callable[[Definition, date, Period, Sequence[Group]], AnyFigure],
    definition: Definition,
    groups: Sequence[Group],
    on: date,
    cohort: Period,
    by: By,
) -> list[AnyFigure]:
    if by is None:
        return [of(definition, on, cohort, groups)]
    return [
        figure.model_copy(update={"divided_by": by, "stratum": stratum})
        for stratum, figure in strata(of, definition, on, cohort, groups).items()
    ]


def _whom(definition: Definition, on: date, cohort: Period) -> Cohort:
    return Cohort(
        since=cohort.since,
        until=cohort.until,
        on=on,
        waiting_days=definition.waiting_days,
        follow_up_days=definition.follow_up_days,
        disposals=definition.disposals,
    )
