from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import pytest

from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Erased,
    PersonalDate,
    Refused,
    Word,
    bounded_fields,
    must_be_within_bounds,
)
from tests.words import NOON, grounds

pytestmark = pytest.mark.once

DAY = date(2025, 3, 10)


class Period(Word):
    """From one day until another."""

    begins: Annotated[date, Bound(not_before=OCCURRED)]
    ends: Annotated[date | None, Bound(after="begins")] = None


class Statement(Word):
    """Every kind of bound."""

    born: Annotated[PersonalDate | None, Bound(not_after=OCCURRED, years_before=100)] = None
    ordered: Annotated[date | None, Bound(not_after=OCCURRED)] = None
    review: Annotated[date | None, Bound(after=OCCURRED)] = None
    period: Period | None = None


class Holding(Word):
    """A model within a model."""

    period: Period


class Listing(Word):
    """Models in a list."""

    periods: tuple[Period, ...] = ()


def refusal(said: Word) -> str | None:
    try:
        must_be_within_bounds(said, DAY)
    except Refused as refused:
        assert refused.rule == "date-out-of-bounds"
        return refused.remedy
    return None


@pytest.mark.parametrize(
    "said",
    [
        Statement(),
        Statement(born=DAY, ordered=DAY, review=date(2025, 3, 11)),
        Statement(born=date(1925, 3, 10)),
        Period(begins=DAY, ends=date(2025, 3, 11)),
        Period(begins=DAY),
        Listing(),
        Listing(periods=(Period(begins=DAY), Period(begins=DAY, ends=date(2025, 3, 11)))),
    ],
)
def test_dates_within_their_bounds_are_taken(said: Word) -> None:
    assert refusal(said) is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Statement(born=date(2025, 3, 11)), "`born` is not on or before the day it happened"),
        (Statement(born=date(1925, 3, 9)), "`born` is more than 100 years before 2025-03-10"),
        (Statement(ordered=date(2025, 3, 11)), "`ordered` 2025-03-11 is not on or before"),
        (Statement(review=DAY), "`review` 2025-03-10 is not after the day it happened, 2025-03-10"),
        (Period(begins=date(2025, 3, 9)), "`begins` 2025-03-09 is not on or after the day it happened"),
        (Period(begins=DAY, ends=DAY), "`ends` 2025-03-10 is not after `begins`, 2025-03-10"),
        (
            Holding(period=Period(begins=DAY, ends=DAY)),
            "`period.ends` 2025-03-10 is not after `begins`, 2025-03-10",
        ),
        (
            Listing(periods=(Period(begins=DAY), Period(begins=DAY, ends=DAY))),
            "`periods.ends` 2025-03-10 is not after `begins`, 2025-03-10",
        ),
        (
            Statement(period=Period(begins=DAY, ends=DAY)),
            "`period.ends` 2025-03-10 is not after `begins`, 2025-03-10",
        ),
    ],
)
def test_dates_beyond_their_bounds_are_named(said: Word, told: str) -> None:
    remedy = refusal(said)
    assert remedy is not None
    assert told in remedy


def test_a_date_that_tells_of_a_person_is_not_repeated() -> None:
    remedy = refusal(Statement(born=date(1925, 3, 9)))
    assert remedy is not None
    assert "1925" not in remedy


def test_a_leap_day_a_hundred_years_ago_is_no_riddle() -> None:
    must_be_within_bounds(Statement(born=date(1924, 2, 29)), date(2024, 2, 29))


def test_what_was_erased_has_no_bounds() -> None:
    assert refusal(Statement(born=Erased(key_id=UUID(int=1), at=NOON))) is None


def test_the_dates_of_a_decisions_grounds_are_bounded_too() -> None:
    assert {field.path for field in bounded_fields(type(grounds()))} == {
        "legal_basis.valid_from",
        "legal_basis.valid_to",
        "review_on",
    }
    assert refusal(grounds(review_on=date(2025, 3, 9)))
