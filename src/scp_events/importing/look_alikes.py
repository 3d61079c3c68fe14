"""Rows that look like others: one person under two cases, one fact under two row ids.

They are pointed out and not refused: two siblings may be twins, two letters may go out on one day.

Names and dates of birth are compared within the sheets only. In the log they are encrypted, for each person
with a key of their own, so that nothing can be looked up by them. What a row says is compared with what the
log held of its case as well, which finds a sheet that is imported again under other row ids.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256

from pydantic import BaseModel

from scp_events.event_log import Recorded
from scp_events.importing.known import Before
from scp_events.importing.report import Wrong
from scp_events.importing.sheets.people import PersonRow
from scp_events.importing.sheets.row import Row
from scp_events.vocabulary import Event, EventId

BESIDES = frozenset({"row", "entered_on"})
"""Its own id, and when it was typed in, are not what a row says."""
NO_CONTENT = frozenset({"event_id", "decision", "policy_version"})
"""The id of an event, and why something was decided, are not what happened."""


class People:
    """Points out people who are in the sheets under two cases."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, date], tuple[str, str]] = {}
        """Who is in the sheets: the case and the row where they stand first."""

    def note(self, row: Row) -> None:
        """Note where somebody stands, in the order of the sheets."""
        if isinstance(row, PersonRow):
            self._first.setdefault(_who(row), (row.case, row.row))

    def look_at(self, row: Row) -> list[Wrong]:
        """Return what there is to say of a row once all have been noted."""
        case, first = self._first.get(_who(row), ("", "")) if isinstance(row, PersonRow) else ("", "")
        return [_same_person(first)] if case not in {"", row.case} else []


class Contents:
    """Points out rows of some cases that say what others say."""

    def __init__(self, before: Before) -> None:
        self._first: dict[int, str] = {}
        """What rows say, by a hash as they are many, and which says it first."""
        self._same: dict[str, str] = {}
        """Rows that say what another says, and which that is."""
        self._before = before
        self._recorded: dict[str, dict[bytes, EventId]] = {}

    def look_at(self, row: Row) -> list[Wrong]:
        """Return what there is to say of a row by those that were looked at before it.

        A row that names another is the same where the other is. So a plan that was numbered anew is found
        whole, and two goals of one wording are not taken for one.
        """
        first = self._first.setdefault(hash((row.NAME, *_said_by(row, self._same))), row.row)
        if first == row.row:
            return []
        self._same[row.row] = first
        return [_same_content(row.NAME, first)]

    def may_be_in_the_log(self, row: Row) -> bool:
        """Whether anything of the row's case was in the log before."""
        if row.case not in self._recorded:
            history = self._before.history(row.case)
            self._recorded[row.case] = {_fact(each): each.event_id for each in history}
        return bool(self._recorded[row.case])

    def in_the_log(self, row: Row, recorded: Recorded[Event]) -> list[Wrong]:
        """Return what there is to say of a row by what the log held before it came to an event."""
        there = self._recorded[row.case].get(_fact(recorded), recorded.event_id)
        return [] if there == recorded.event_id else [_IN_THE_LOG]


# --- one person under two cases ---------------------------------------------------------------------------


def _who(row: PersonRow) -> tuple[str, date]:
    return _plain(row.name), row.date_of_birth


def _plain(name: str) -> str:
    """Return a name without what differs from writer to writer: capitals, accents, spaces, order."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    words = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split()
    return " ".join(sorted(words))


def _same_person(first: str) -> Wrong:
    return Wrong(
        "same-person",
        f"has the name and date of birth of row {first} of people, which is of another case",
        "if it is one person, keep one case; where both are recorded, link them (`propose-identity-link`)",
    )


# --- one fact under two ids -------------------------------------------------------------------------------


def _said_by(row: Row, same: Mapping[str, str]) -> Iterable[object]:
    """Return what the cells say, with the first id of whatever row they name."""
    said = [value for name, value in vars(row).items() if name not in BESIDES]
    return [_first_named(value, same) for value in said] if same else said


def _first_named(value: object, same: Mapping[str, str]) -> object:
    if isinstance(value, tuple):
        return tuple(same.get(each, each) if isinstance(each, str) else each for each in value)
    return same.get(value, value) if isinstance(value, str) else value


def _same_content(sheet: str, row: str) -> Wrong:
    return Wrong(
        "same-content",
        f"says the same as row {row} of {sheet}",
        "if it is the same thing written twice, retract one of the two",
    )


_IN_THE_LOG = Wrong(
    "same-content",
    "says the same as something that was recorded under another id",
    "if it is the same thing, imported again under another id, retract it (`never-was` for a contact)",
)


def _fact(recorded: Recorded[Event]) -> bytes:
    """Return a digest of what an event says happened, when, and by whom; its own id aside."""
    at, by = recorded.envelope.occurred_at, recorded.by.id
    said = [recorded.event.type, str(at), str(by), _told(recorded.event)]
    return sha256(json.dumps(said, sort_keys=True).encode()).digest()


def _told(said: object) -> object:
    match said:
        case BaseModel():
            return {name: _told(value) for name, value in said if name not in NO_CONTENT}
        case tuple():
            return [_told(value) for value in said]
    return None if said is None else str(said)
