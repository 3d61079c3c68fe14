"""What the documents tell in figures comes with where it is from, and is never taken for more than it is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from scp_events.measures.illustrations import EMPLOYMENT_SUPPORT, ILLUSTRATIONS, MEDWAY
from scp_events.measures.intervals import Interval

pytestmark = pytest.mark.once


def test_s1_9_a_series_that_is_an_analogy_says_so_and_where_it_is_from() -> None:
    assert EMPLOYMENT_SUPPORT.values == {2020: 25, 2021: 30, 2022: 35}
    assert EMPLOYMENT_SUPPORT.unit == "thousand people"
    assert EMPLOYMENT_SUPPORT.analogy
    assert "analogous" in EMPLOYMENT_SUPPORT.caution


def test_s4_6_none_of_24_women_is_no_rate_without_a_follow_up() -> None:
    assert (MEDWAY.reoffended, MEDWAY.people, MEDWAY.follow_up_days) == (0, 24, None)
    assert MEDWAY.rate is None
    with_follow_up = MEDWAY.model_copy(update={"follow_up_days": 365})
    assert with_follow_up.rate == Interval(low=Decimal(0), high=Decimal("0.1425"), method="clopper-pearson")


def test_every_illustration_says_where_it_is_from_and_what_it_is_not() -> None:
    assert len({each.id for each in ILLUSTRATIONS}) == len(ILLUSTRATIONS) == 2
    for each in ILLUSTRATIONS:
        assert each.where_from
        assert each.caution
