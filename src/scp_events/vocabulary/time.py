"""When something was so in the world, and as exactly as somebody knows it.

A day is a day of the organisation, in its time zone, however an instant was written. Two times are compared
at the coarser of their precisions: nobody can say whether a contact at half past nine came before something
known only to have been that day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from scp_events.vocabulary.refusal import Refused

LEEWAY = timedelta(minutes=5)
"""How far ahead of us another's clock may be."""


class Precision(StrEnum):
    """How exactly a time is known."""

    MINUTE = "minute"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class When:
    """A time in the world. `at` is UTC; of a day, its first instant. `day` is the organisation's."""

    at: datetime
    day: date
    precision: Precision = Precision.MINUTE

    def is_after(self, other: When) -> bool:
        """Whether this was later, as far as anybody can say."""
        if self.precision is Precision.DAY or other.precision is Precision.DAY:
            return self.day > other.day
        return self.at > other.at

    def __str__(self) -> str:
        """Return it as exactly as it is known."""
        return self.day.isoformat() if self.precision is Precision.DAY else self.at.isoformat()


class Calendar:
    """The days of an organisation: those of its time zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        """`zone` is the organisation's, such as `America/Antigua`."""
        self.zone = zone

    def moment(self, instant: datetime) -> When:
        """Return an instant as known to the minute. Raises `ValueError` where it names no time zone."""
        if instant.tzinfo is None:
            raise ValueError(f"{instant.isoformat()} has no time zone: it could be any of 38 instants")
        return When(instant.astimezone(UTC), self.day_of(instant))

    def whole_day(self, day: date) -> When:
        """Return a day as a time of which no more is known."""
        first = datetime.combine(day, time(), self.zone)
        return When(first.astimezone(UTC), day, Precision.DAY)

    def when(self, said: datetime | date) -> When:
        """Return a time as somebody said it: an instant, or a day. Refuse one that no clock can show."""
        try:
            return self.moment(said) if isinstance(said, datetime) else self.whole_day(said)
        except OverflowError:
            raise Refused(
                "date-out-of-bounds", f"{said.isoformat()} is beyond the calendar: correct `occurred_at`"
            ) from None

    def read(self, at: datetime, precision: Precision) -> When:
        """Return a time as it is stored."""
        return When(at, self.day_of(at), precision)

    def day_of(self, instant: datetime) -> date:
        """Return the organisation's day of an instant."""
        return instant.astimezone(self.zone).date()


def age_on(day: date, born: date) -> int:
    """Return how many years somebody has completed on a day.

    Who was born on 29 February completes a year on 1 March where there is no such day.
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


UTC_CALENDAR = Calendar(ZoneInfo("UTC"))


def must_have_happened(when: When, now: When) -> None:
    """Refuse what lies ahead: it is recorded once it has happened."""
    if when.day > now.day if when.precision is Precision.DAY else when.at > now.at + LEEWAY:
        raise Refused(
            "not-happened-yet",
            f"{when} lies ahead: record it once it has happened, or correct `occurred_at`",
        )
