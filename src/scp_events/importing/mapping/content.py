"""What the cells of a column of theirs look like, where a name alone does not say enough."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from itertools import islice

from scp_events.importing.case_form import template_of
from scp_events.importing.column_kinds import Column, Kind
from scp_events.importing.lines import Value, as_typed
from scp_events.importing.mapping.headers import folded
from scp_events.importing.mapping.synonyms import is_a_header, word_for

_SHORT = 40
_FEW_WORDS = 3
_FEW = 30
"""A choice has no more words than this."""
LOOKED_AT = 5_000
"""Lines that proposals rest on."""
_MOST = 0.8
HEADER_WITHIN = 15
"""Lines in which the names of columns are looked for."""
_DAY = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([/.\-])\d{1,2}\2(\d{4}|\d{2}))(?:[T ]+\d{1,2}:\d{2}(?::\d{2})?)?"
)
_TIME = re.compile(r"(?:.*[T ])?\d{1,2}:\d{2}(:\d{2})?")
_TWO_NUMBERS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}(?:[T ].*)?")
_MONTHS = 12


@dataclass(frozen=True)
class TheirColumn:
    """A column of theirs, and what it says."""

    header: str
    values: tuple[Value, ...]

    @cached_property
    def said(self) -> list[str]:
        """What its cells say, without the blank ones."""
        return [text for value in self.values if (text := as_typed(value))]

    @property
    def has_blanks(self) -> bool:
        """Whether some cell is blank."""
        return len(self.said) < len(self.values)

    @cached_property
    def distinct(self) -> list[str]:
        """Each different thing it says, as it is first written."""
        return list({folded(text): text for text in reversed(self.said)}.values())[::-1]

    def could_be(self, column: Column) -> bool:
        """Return whether its cells are of the kind of a column of ours. Blank cells could be anything."""
        match column.kind:
            case Kind.DAY:
                return self._holds_days
            case Kind.TIME:
                return self._holds_times
        return True

    def is_of_words(self, column: Column) -> bool:
        """Return whether half its cells say a word of a choice of ours: nobody writes freely in it."""
        known = {folded(text) for text in self.distinct if word_for(text, column)}
        return 2 * sum(folded(text) in known for text in self.said) >= len(self.said)

    def is_in_words_of(self, column: Column) -> bool:
        """Return whether it mostly says words of a choice of ours, and more than one of them."""
        if len(self.distinct) > _FEW:
            return False
        known = [text for text in self.distinct if word_for(text, column)]
        return len(known) > 1 and len(known) >= _MOST * len(self.distinct)

    @cached_property
    def holds_moments(self) -> bool:
        """Whether it says days, and times of day with them."""
        return self._holds_days and any(_has_a_time(value) for value in self.values)

    @cached_property
    def _holds_days(self) -> bool:
        return self._mostly(_is_a_day)

    @cached_property
    def _holds_times(self) -> bool:
        return self._mostly(_is_a_time)

    def _mostly(self, fits: Callable[[Value], bool]) -> bool:
        filled = [value for value in self.values if as_typed(value)]
        return sum(fits(value) for value in filled) >= _MOST * len(filled)


def is_short(text: str) -> bool:
    """Return whether a text may be a word. A longer one may tell of somebody, and is never written down."""
    return len(text) <= _SHORT and len(text.split()) <= _FEW_WORDS


def their_columns(rows: Iterable[tuple[int, Sequence[Value]]]) -> tuple[int, list[TheirColumn]]:
    """Return the line of the names of columns, and the columns; none where no line has names."""
    filled = [
        (number, row) for number, row in islice(rows, LOOKED_AT) if any(as_typed(value) for value in row)
    ]
    if not filled:
        return 0, []
    best = max(range(min(HEADER_WITHIN, len(filled))), key=lambda place: _names_in(filled[place][1]))
    line, header = filled[best]
    if not _names_in(header) and any(_is_a_day(value) or _is_a_number(value) for value in header):
        return 0, []
    rest = [row for _, row in filled[best + 1 :]]
    return line, [
        TheirColumn(as_typed(name), tuple(row[place] if place < len(row) else "" for row in rest))
        for place, name in enumerate(header)
        if as_typed(name)
    ]


def date_order(columns: Iterable[TheirColumn]) -> str | None:
    """Return the order of day and month that fits, `?` where both or none do; None where none is asked."""
    written = [found for column in columns for text in column.said if (found := _TWO_NUMBERS.fullmatch(text))]
    if not written:
        return None
    day_first = all(int(each[2]) <= _MONTHS for each in written)
    month_first = all(int(each[1]) <= _MONTHS for each in written)
    return "?" if day_first == month_first else "dmy" if day_first else "mdy"


def templates(references: Iterable[str]) -> list[str]:
    """Return the templates of references, the most used first. A letter all share stands for itself."""
    by_shape: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for reference in references:
        by_shape.setdefault(template_of(reference), set()).add(reference)
        counts[template_of(reference)] += 1
    return [_with_shared_letters(shape, by_shape[shape]) for shape, _ in counts.most_common()]


def _with_shared_letters(shape: str, references: set[str]) -> str:
    def sign(place: int) -> str:
        letters = {reference[place].upper() for reference in references}
        if shape[place] != "A" or len(letters) > 1:
            return shape[place]
        return "a" if letters == {"A"} else letters.pop()

    return "".join(sign(place) for place in range(len(shape)))


def _names_in(row: Sequence[Value]) -> int:
    return sum(is_a_header(as_typed(value)) for value in row)


def _is_a_day(value: Value) -> bool:
    return isinstance(value, date) or bool(_DAY.fullmatch(as_typed(value)))


def _has_a_time(value: Value) -> bool:
    if isinstance(value, datetime):
        return value.time() != time(0)
    return not isinstance(value, date) and ":" in as_typed(value)


def _is_a_time(value: Value) -> bool:
    return isinstance(value, datetime | time) or bool(_TIME.fullmatch(as_typed(value)))


def _is_a_number(value: Value) -> bool:
    return as_typed(value).replace(".", "", 1).isdigit()
