from __future__ import annotations

from decimal import Decimal

import pytest
from scipy import stats

from scp_events.measures import interval

pytestmark = pytest.mark.once

WHOLES = [
    (part, whole) for whole in (1, 2, 3, 7, 24, 100, 997) for part in range(0, whole + 1, max(1, whole // 7))
]


@pytest.mark.parametrize(("part", "whole"), WHOLES)
def test_an_interval_is_wilsons_and_of_none_or_all_that_of_clopper_and_pearson(part: int, whole: int) -> None:
    found = interval(part, whole)
    assert found is not None
    method = "exact" if part in {0, whole} else "wilson"
    expected = stats.binomtest(part, whole).proportion_ci(0.95, method)
    assert found.method == {"exact": "clopper-pearson", "wilson": "wilson"}[method]
    assert float(found.low) == pytest.approx(expected.low, abs=0.00006)
    assert float(found.high) == pytest.approx(expected.high, abs=0.00006)


def test_of_24_of_whom_none_did_it_may_be_one_in_seven() -> None:
    """DOMAIN section 0: 0 to 14.2 %."""
    found = interval(0, 24)
    assert found is not None
    assert (found.low, found.high) == (0, Decimal("0.1425"))


def test_of_nobody_there_is_no_interval() -> None:
    assert interval(0, 0) is None
