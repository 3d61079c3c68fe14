"""When something counts as entered late."""

from __future__ import annotations

from datetime import date

LATE_FROM = 7
"""Days from which a delay stands out: writing up the week on a Friday is not late."""


def days_late(occurred_on: date, entered_on: date) -> int:
    """Return how many days after it was so something was entered; 0 where it was the same day, or ahead.

    A correction is late by the days for which the record had not said it yet.
    """
    return max((entered_on - occurred_on).days, 0)
