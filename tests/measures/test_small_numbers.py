"""Small numbers are hidden unless they are asked for, and so is what would give one away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scp_events import measures
from scp_events.aggregates.enrolment.events import EnrolmentEnded, ParticipantEnrolled, ProgrammeCompleted
from scp_events.measures import Cutoff, Durations, Period, Rate, interval, masked
from scp_events.measures.definitions import COMPLETION
from scp_events.vocabulary import Position
from tests.measures.telling import Year

OF_ALL: dict[str, Any] = {
    "definition_id": "invented",
    "definition_version": 1,
    "data_cutoff": Cutoff(position=Position(1), on=date(2025, 1, 1)),
    "cohort": Period(),
    "excluded": {},
}


def rate(numerator: int, n: int, **more: Any) -> Rate:
    part = Decimal(numerator) / n if n else None
    return Rate(
        **{**OF_ALL, **more},
        n=n,
        numerator=numerator,
        denominator=n,
        rounded=part,
        interval=interval(numerator, n),
    )


def stratum(name: str, numerator: int, n: int) -> Rate:
    return rate(numerator, n, divided_by="programme", stratum=name)


@pytest.mark.once
@pytest.mark.parametrize(("numerator", "n"), [(1, 40), (2, 40), (38, 40), (39, 40), (0, 2), (1, 1)])
def test_a_rate_that_tells_of_one_or_two_people_is_hidden(numerator: int, n: int) -> None:
    [hidden] = masked([rate(numerator, n)])
    assert isinstance(hidden, Rate)
    assert hidden.hidden
    assert (hidden.numerator, hidden.rounded, hidden.interval) == (None, None, None)
    assert hidden.n == (n if n > 2 else None)
    assert hidden.denominator == hidden.n


@pytest.mark.once
@pytest.mark.parametrize(("numerator", "n"), [(0, 0), (0, 40), (3, 40), (37, 40), (40, 40), (3, 6)])
def test_a_rate_that_tells_of_nobody_or_of_three_is_told(numerator: int, n: int) -> None:
    told = rate(numerator, n)
    assert masked([told]) == [told]


@pytest.mark.once
def test_who_was_left_out_is_not_told_where_they_are_one_or_two() -> None:
    [told] = masked([rate(3, 40, excluded={"died": 1, "moved-away": 2, "in-custody": 3, "erased": 0})])
    assert told.excluded == {"died": None, "moved-away": None, "in-custody": 3, "erased": 0}


@pytest.mark.once
def test_a_stratum_is_not_hidden_alone_or_it_could_be_reckoned_from_the_whole() -> None:
    whole, *strata = masked(
        [rate(11, 60), stratum("a", 1, 20), stratum("b", 4, 15), stratum("c", 6, 25)],
    )
    assert not whole.hidden
    assert [(each.stratum, each.hidden, each.n) for each in strata] == [
        ("a", True, None),
        ("b", True, None),
        ("c", False, 25),
    ]


@pytest.mark.once
def test_a_duration_of_one_or_two_people_is_hidden() -> None:
    waits = Durations(
        **OF_ALL, n=40, reached=39, not_yet=1, median_days=7, percentiles={25: 3, 50: 7, 75: 30, 90: 50}
    )
    [hidden] = masked([waits])
    assert isinstance(hidden, Durations)
    assert (hidden.hidden, hidden.n, hidden.reached, hidden.median_days) == (True, 40, None, None)
    assert set(hidden.percentiles.values()) == {None}


def test_small_numbers_are_masked_unless_they_are_asked_for(year: Year) -> None:
    """One of four completed; masking that is off by default is forgotten."""
    for kind in (ProgrammeCompleted, EnrolmentEnded, EnrolmentEnded, EnrolmentEnded):
        year.person().tell(ParticipantEnrolled, 1).tell(kind, 50)
    asked = year.caught_up()
    found = measures.every_figure(asked, year.late, year.cohort)
    bare = measures.every_figure(asked, year.late, year.cohort, small_numbers=True)

    def completion(figures: list[Any]) -> Rate:
        return next(figure for figure in figures if figure.definition_id == COMPLETION.id)

    assert completion(found).hidden
    assert completion(found).numerator is None
    assert (completion(bare).numerator, completion(bare).n) == (1, 4)
