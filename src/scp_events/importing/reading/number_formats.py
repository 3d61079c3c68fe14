"""What a number of an Excel workbook stands for: Excel keeps days and times as numbers with a format."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from enum import Enum, auto

from scp_events.importing.lines import Value


class Kind(Enum):
    """What a format makes of a number."""

    NUMBER = auto()
    MOMENT = auto()
    DURATION = auto()


_DAYS_AND_TIMES = {*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)}
"""The formats without a text of their own."""
_ELAPSED = 46
_NO_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
"""Texts, single characters, spaces, colours and places: whatever of a format is shown as it stands."""
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_SECONDS = 24 * 60 * 60
_FALSE_LEAP_DAY = 60
"""Excel believes that 1900 had a 29 February, so the days before are numbered one too high."""


def kind_of(number: int, code: str | None) -> Kind:
    """Return what a format stands for, by its number and, where it has one, its code."""
    if code is None:
        if number == _ELAPSED:
            return Kind.DURATION
        return Kind.MOMENT if number in _DAYS_AND_TIMES else Kind.NUMBER
    shown = _NO_CODE.sub("", code.partition(";")[0])
    if re.search(r"\[[hms]+\]", shown, re.IGNORECASE):
        return Kind.DURATION
    return (
        Kind.MOMENT
        if re.search("[dmyhs]", shown, re.IGNORECASE) and "general" not in shown.lower()
        else Kind.NUMBER
    )


def value_of(text: str, kind: Kind, *, since_1904: bool) -> Value:
    """Return what stands in a cell. What is no number after all is text."""
    if kind is Kind.NUMBER and _WHOLE.fullmatch(text):
        return int(text)
    try:
        number = float(text)
        if kind is Kind.DURATION:
            return timedelta(seconds=round(number * _SECONDS))
        if kind is Kind.MOMENT:
            return _moment(number, since_1904=since_1904)
    except (ValueError, OverflowError):
        return text
    return number if abs(number) < float("inf") else text


def _moment(number: float, *, since_1904: bool) -> Value:
    days, seconds = divmod(round(number * _SECONDS), _SECONDS)
    time_of_day = (datetime.min + timedelta(seconds=seconds)).time()  # noqa: DTZ901 - no zone in a workbook
    if days == 0 and not since_1904:
        return time_of_day
    day = _day(days, since_1904=since_1904)
    return day if time_of_day == time(0) else datetime.combine(day, time_of_day)


def _day(days: int, *, since_1904: bool) -> date:
    if days < 0 or (days == _FALSE_LEAP_DAY and not since_1904):
        raise ValueError
    if since_1904:
        return date(1904, 1, 1) + timedelta(days=days)
    return date(1899, 12, 31 if days < _FALSE_LEAP_DAY else 30) + timedelta(days=days)
