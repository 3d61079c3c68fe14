"""Their lines to lines of ours: the cells of a line under our columns and in our words.

A cell that cannot be translated stays as it is, and is judged like any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, time
from functools import partial

from scp_events.importing.column_kinds import KINDS, Kind
from scp_events.importing.lines import Value, as_typed
from scp_events.importing.mapping.document import OrganisationMapping, RowRule, SheetMapping
from scp_events.importing.mapping.headers import Headers, folded
from scp_events.importing.mapping.row_ids import made, numbered, year_first
from scp_events.importing.unknown_values import is_unknown

_WITH_TIME = re.compile(r"(\S{6,40}?)[T ]{1,3}(\d{1,2}:\d{2}(?::\d{2})?)")
"""Bounded, so that no cell is slow."""
_NAMES_A_ROW_OF = {"referral": "referrals", "plan": "plans", "about": "plans"}
"""Which sheet's rows a column names; `corrects` names rows of its own."""


class Translation:
    """Turns the lines of one sheet of theirs into those of one of ours."""

    def __init__(self, mapping: OrganisationMapping, entry: SheetMapping, headers: Headers) -> None:
        self._mapping = mapping
        self._entry = entry
        self._cases = mapping.case_form
        self._kinds = KINDS[entry.says]
        self._places = {
            name: [headers.place(header) for header in theirs] for name, theirs in entry.theirs.items()
        }
        self._words = {
            name: {folded(theirs): ours for theirs, ours in words.items()}
            for name, words in entry.words.items()
        }
        self._readers = {name: self._reader(name) for name in entry.theirs}
        self._only_where = [headers.place(header) for header in entry.only_where]
        self._id_at = headers.place(entry.row.column) if entry.row and entry.row.column else None
        self._always = entry.always
        self._rows_of = {name: mapping.row_rule(sheet) for name, sheet in entry.rows_of.items()}
        self.columns = [*(["row"] if entry.row else []), *entry.columns]

    def counts(self, row: Sequence[Value]) -> bool:
        """Return whether a line says anything for this sheet."""
        return all(_text_at(row, place) for place in self._only_where)

    def line(self, row: Sequence[Value]) -> dict[str, Value]:
        """Return the cells of a line under our columns."""
        said: dict[str, Value] = {**self._always} | {name: self._cell(name, row) for name in self._places}
        named = {name: self._made_from(rule, said) if rule else "" for name, rule in self._rows_of.items()}
        rule = self._entry.row
        own = {"row": self._row_id(rule, said, row)} if rule else {}
        return said | named | own

    def _cell(self, name: str, row: Sequence[Value]) -> Value:
        places = self._places[name]
        value = row[places[0]] if places[0] < len(row) else ""
        if len(places) > 1:
            value = _joined([_text_at(row, place) for place in places])
        if name in self._words:
            text = as_typed(value)
            return self._words[name].get(folded(text), text)
        return self._readers[name](value)

    def _reader(self, name: str) -> Callable[[Value], Value]:
        match self._kinds[name].kind:
            case Kind.CASE:
                return self._case
            case Kind.DAY if self._entry.theirs[name] == self._entry.theirs.get("time"):
                return _day
            case Kind.TIME if self._entry.theirs[name] == self._entry.theirs.get("happened_on"):
                return _time_of_a_moment
            case Kind.TIME:
                return _time
            case Kind.ROWS:
                return partial(self._named_rows, name)
        return _as_it_is

    def _case(self, value: Value) -> Value:
        return self._cases.ours(as_typed(value)) or value

    def _named_rows(self, name: str, value: Value) -> Value:
        sheet = self._entry.says if name == "corrects" else _NAMES_A_ROW_OF.get(name)
        rule = self._mapping.row_rule(sheet) if sheet else None
        if rule is None or rule.column is None:
            return value
        parts = (part.strip() for part in as_typed(value).split(";"))
        return "; ".join(numbered(rule.prefix, part) for part in parts if part)

    def _row_id(self, rule: RowRule, said: Mapping[str, Value], row: Sequence[Value]) -> str:
        if self._id_at is not None:
            return numbered(rule.prefix, _text_at(row, self._id_at))
        return self._made_from(rule, said)

    def _made_from(self, rule: RowRule, said: Mapping[str, Value]) -> str:
        parts = [self._in_one_form(name, said.get(name, "")) for name in rule.made_from]
        return made(rule.prefix, parts) if any(parts) else ""

    def _in_one_form(self, name: str, value: Value) -> str:
        text = as_typed(value)
        return year_first(self._entry.dates, text) if self._kinds[name].kind is Kind.DAY else text

    def called(self) -> Iterator[tuple[str, str]]:
        """Yield what each of our columns is called by them."""
        theirs = self._entry.theirs
        for name in self._entry.columns:
            yield name, " + ".join(theirs.get(name, (f"{name} (mapping)",)))
        if rule := self._entry.row:
            headers = [header for name in rule.made_from for header in theirs.get(name, ())]
            yield "row", rule.column or " + ".join(headers)


def _joined(texts: Sequence[str]) -> str:
    """Join texts; an error in one of them is not hidden between the others."""
    return next((text for text in texts if is_unknown(text)), " ".join(text for text in texts if text))


def _text_at(row: Sequence[Value], place: int) -> str:
    return as_typed(row[place]) if place < len(row) else ""


# --- cells ------------------------------------------------------------------------------------------------


def _as_it_is(value: Value) -> Value:
    return value


def _day(value: Value) -> Value:
    """Return the day of a moment whose time is another column of ours: otherwise it would be lost."""
    if isinstance(value, datetime):
        return value.date()
    with_time = _WITH_TIME.fullmatch(as_typed(value))
    return with_time[1] if with_time else value


def _time_of_a_moment(value: Value) -> Value:
    """Return the time of day of a cell that is the day, too; a day alone has none."""
    found = _time(value)
    return "" if found is value else found


def _time(value: Value) -> Value:
    """Return the time of day of a moment, or what is a time already."""
    if isinstance(value, datetime):
        return value.time() if value.time() != time(0) else ""
    with_time = _WITH_TIME.fullmatch(as_typed(value))
    return with_time[2] if with_time else value
