"""Days as people write them: what can be read without knowing the order of day and month, and what cannot."""

from __future__ import annotations

import re
from datetime import date
from enum import Enum, auto

_YEAR_FIRST = re.compile(r"([0-9]{4})([/.-])([0-9]{1,2})\2([0-9]{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_TWO_NUMBERS = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[ .-]*([A-Za-z]{3,9})\.?[ ,-]*([0-9]{4})")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.?[ -]*([0-9]{1,2})(?:st|nd|rd|th)?[ ,-]+([0-9]{4})")
_TWO_DIGITS = re.compile(r"(?:[0-9]{1,2}[/. -]+[0-9]{1,2}|[0-9]{1,2}[ -]+[A-Za-z]{3,9})[/. -]+'?[0-9]{2}")
_WITH_A_TIME = re.compile(r".*[0-9][ T]+[0-9]{1,2}:[0-9]{2}.*")
_A_NUMBER = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {
    name[:length]: number for number, name in enumerate(_NAMES, start=1) for length in (3, 4, len(name))
}
"""In English, whole or cut short: Sep, Sept, September."""


class Unreadable(Enum):
    """Why a cell is no day."""

    TWO_DIGITS = auto()
    NO_SUCH_DAY = auto()
    WITH_A_TIME = auto()
    A_NUMBER = auto()
    OTHERWISE = auto()


def calendar_day(year: int, month: int, day: int) -> date | None:
    """Return a day, or None where the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def year_first(text: str) -> date | None:
    """Return a day such as 2025-03-31, which is the same everywhere. A time of midnight says nothing."""
    written = _YEAR_FIRST.fullmatch(text)
    return calendar_day(int(written[1]), int(written[3]), int(written[4])) if written else None


def two_numbers(text: str) -> tuple[int, int, int] | None:
    """Return the two numbers before the year, and the year: which is the day, the column has to show."""
    written = _TWO_NUMBERS.fullmatch(text)
    return (int(written[1]), int(written[3]), int(written[4])) if written else None


def day_in_words(text: str) -> date | None:
    """Return a day such as 3 March 2025, which is the same in every order."""
    if written := _DAY_MONTH.fullmatch(text):
        day, month, year = written.groups()
    elif written := _MONTH_DAY.fullmatch(text):
        month, day, year = written.groups()
    else:
        return None
    return calendar_day(int(year), _MONTHS.get(month.lower(), 0), int(day))


def unreadable(text: str) -> Unreadable:
    """Return why a cell is no day."""
    if _TWO_DIGITS.fullmatch(text):
        return Unreadable.TWO_DIGITS
    if _YEAR_FIRST.fullmatch(text) or _TWO_NUMBERS.fullmatch(text) or _is_in_words(text):
        return Unreadable.NO_SUCH_DAY
    if _WITH_A_TIME.fullmatch(text):
        return Unreadable.WITH_A_TIME
    return Unreadable.A_NUMBER if _A_NUMBER.fullmatch(text) else Unreadable.OTHERWISE


def _is_in_words(text: str) -> bool:
    written = _DAY_MONTH.fullmatch(text)
    return written is not None and written[2].lower() in _MONTHS
