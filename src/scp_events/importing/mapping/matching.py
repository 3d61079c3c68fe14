"""Which sheet and which columns of ours theirs are nearest to: by name first, and by what the cells say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from scp_events.importing.column_kinds import KINDS, Column, Kind
from scp_events.importing.mapping.content import TheirColumn
from scp_events.importing.mapping.synonyms import column_likeness, plain, sheet_likeness
from scp_events.importing.reading import Table
from scp_events.importing.reading.worksheets import sheet_name

Matches: TypeAlias = Mapping[str, tuple[TheirColumn, int]]
"""Of a column of ours, which of theirs it may be, and how sure that is."""
_COMMON = (
    "row",
    "case",
    "happened_on",
    "time",
    "entered_on",
    "decided_by",
    "reason_code",
    "reason",
    "legal_basis",
    "options",
    "views",
    "no_views_because",
    "relied_on",
    "review_on",
    "corrects",
)
"""What many sheets have: it does not tell them apart."""


def is_ours(sheet: Table, columns: Sequence[TheirColumn]) -> bool:
    """Return whether a sheet needs no mapping: it is called as ours, and so is every column."""
    names = (sheet_name(sheet.name), sheet_name(sheet.path.stem))
    ours = next((KINDS[name] for name in names if name in KINDS), None)
    return ours is not None and all("_".join(plain(column.header).split()) in ours for column in columns)


def score(name: str, matches: Matches, sheet: Table) -> int:
    """Return how near a sheet of theirs is to one of ours."""
    called = max(sheet_likeness(text, name) for text in (sheet.path.stem, sheet.name))
    own = sum(score for column, (_, score) in matches.items() if column not in _COMMON)
    return called + own


def why_this_sheet(name: str, sheet: Table, matches: Matches) -> str:
    """Return what speaks for a sheet of ours."""
    named = any(sheet_likeness(text, name) for text in (sheet.path.stem, sheet.name))
    own = [column for column in matches if column not in _COMMON]
    return f"{'its name, and ' if named else ''}it has {', '.join(own) or 'no column that is its own'}"


def matched(sheet: str, columns: Sequence[TheirColumn]) -> Matches:
    """Return which of their columns are which of a sheet of ours: the surest first, each once."""
    candidates = [
        (likeness, ours.name, theirs)
        for ours in KINDS[sheet].values()
        for theirs in columns
        if (likeness := _likeness(sheet, ours, theirs))
    ]
    candidates.sort(key=lambda each: -each[0])
    found: dict[str, tuple[TheirColumn, int]] = {}
    for likeness, name, theirs in candidates:
        if name not in found and all(theirs is not other for other, _ in found.values()):
            found[name] = theirs, likeness
    return found


def _likeness(sheet: str, ours: Column, theirs: TheirColumn) -> int:
    if not theirs.could_be(ours):
        return 0
    by_name = column_likeness(theirs.header, sheet, ours.name)
    if not by_name and ours.kind is Kind.CHOICE and theirs.is_in_words_of(ours):
        return 1
    return by_name
