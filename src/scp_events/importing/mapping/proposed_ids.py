"""How lines of theirs may get their ids: from a number, or from columns that tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from scp_events.importing.mapping.content import HEADER_WITHIN, LOOKED_AT, TheirColumn
from scp_events.importing.mapping.document import OPEN
from scp_events.importing.mapping.draft import Draft, DraftRow, DraftSheet
from scp_events.importing.mapping.headers import folded

PREFIXES = {
    "referrals": "R",
    "referral-decisions": "D",
    "people": "P",
    "consents": "S",
    "key-workers": "K",
    "milestones": "M",
    "contacts": "C",
    "assessments": "A",
    "plans": "L",
    "reviews": "V",
}
"""The letter of the rows of each sheet; a register has no rows of its own."""
_ALWAYS_IN_AN_ID = {"people": ("case",)}
_MOSTLY_IN_AN_ID = ("case", "happened_on", "kind")
"""What a row's id is made from, also where fewer columns tell the lines of today apart."""
_TELLING_APART = ("case", "happened_on", "time", "made_by", "staff", "assessed_by", "key_worker", "medium")
"""Added one after the other until every line has an id of its own."""


def propose_row(
    entry: DraftSheet, name: str, theirs: Mapping[str, TheirColumn], own: TheirColumn | None
) -> None:
    """Propose a column of theirs with an id, or columns of ours that tell every line from the others."""
    prefix = PREFIXES[name]
    if own and not own.has_blanks and len(own.distinct) == len(own.values):
        entry.row = DraftRow(prefix, column=own.header, why="every line has another")
        return
    always = tuple(column for column in _ALWAYS_IN_AN_ID.get(name, _MOSTLY_IN_AN_ID) if column in theirs)
    more = tuple(column for column in _TELLING_APART if column in theirs and column not in always)
    for made_from in (always + more[:number] for number in range(len(more) + 1)):
        if made_from and _tell_apart([theirs[each] for each in made_from]):
            entry.row = DraftRow(
                prefix, made_from=made_from, why=f"together they tell {_lines(theirs)} apart"
            )
            return
    why = "name columns of ours that tell all lines apart, or give `column`, one of yours with an id"
    entry.row = DraftRow(prefix, made_from=(OPEN,), why=why)


def _lines(theirs: Mapping[str, TheirColumn]) -> str:
    looked_at = len(next(iter(theirs.values())).values)
    return f"the first {looked_at:,} lines" if looked_at >= LOOKED_AT - HEADER_WITHIN else "all lines"


def _tell_apart(columns: Sequence[TheirColumn]) -> bool:
    lines = list(zip(*([folded(str(value)) for value in column.values] for column in columns), strict=True))
    lines = [line for line in lines if any(line)]
    return len(set(lines)) == len(lines)


def agree_on_ids(draft: Draft) -> None:
    """A line that stands in two sheets of theirs has one id: the longest that is made for any of them."""
    for name in PREFIXES:
        rows = [s.row for s in draft.sheets if s.says.value == name and s.row and s.row.made_from]
        longest = max((row.made_from for row in rows), key=len, default=())
        for row in rows:
            row.made_from = longest if {*row.made_from} < {*longest} else row.made_from


def tell_numbers_apart(draft: Draft) -> None:
    """Numbers that begin anew in every sheet are told apart by the letters before them."""
    seen: Counter[str] = Counter()
    for row in (sheet.row for sheet in draft.sheets if sheet.row and sheet.row.column):
        seen[row.prefix] += 1
        if seen[row.prefix] > 1:
            row.prefix += ascii_uppercase[min(seen[row.prefix], len(ascii_uppercase)) - 1]
