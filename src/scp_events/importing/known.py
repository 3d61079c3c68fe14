"""What is known of a case while its rows are looked at: from the sheets, and from the log.

The log is asked once for a case, as it was when the import began, and only where the sheets do not say it: an
import of new cases asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from scp_events.aggregates import ALL
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.referral.events import ReferralDrafted
from scp_events.event_log import LogReader, Recorded
from scp_events.history import every_event
from scp_events.importing.sheets.people import PersonRow
from scp_events.importing.sheets.referrals import ReferralRow
from scp_events.importing.sheets.row import CorrectableRow, Row
from scp_events.vocabulary import CaseId, Correction, Event, correction_of


@dataclass(frozen=True)
class Known:
    """Days in a young person's life with the programme; None where nothing says it."""

    born_on: date | None = None
    referred_on: date | None = None
    """The day of the first referral."""
    came_on: date | None = None
    """When they were registered without one: they came by themselves."""

    @cached_property  # it is asked of every row
    def since(self) -> date | None:
        """The first day on which the programme knew of them."""
        return _first(self.referred_on, self.came_on)

    @property
    def is_enough(self) -> bool:
        """Whether the log need not be asked."""
        return self.born_on is not None and self.since is not None


NOTHING = Known()


def _first(*days: date | None) -> date | None:
    return min((day for day in days if day is not None), default=None)


class Said:
    """What the sheets say of every case, noted row by row as they are read."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}
        self._entered: dict[str, date] = {}
        """When what is believed of a birth was entered."""
        self._corrected: set[tuple[str, str]] = set()

    def note(self, row: Row) -> None:
        """Note what a row says. Of a birth, what was entered last is believed."""
        known = self.of(row.case)
        match row:
            case ReferralRow():
                self._known[row.case] = replace(known, referred_on=_first(known.referred_on, row.happened_on))
            case PersonRow():
                came_on = known.came_on if row.referral else _first(known.came_on, row.happened_on)
                self._known[row.case] = replace(known, born_on=self._born_on(row, known), came_on=came_on)
        if isinstance(row, CorrectableRow) and row.corrects:
            self._corrected.add((row.NAME, row.corrects))

    def _born_on(self, row: PersonRow, known: Known) -> date | None:
        is_possible = row.date_of_birth <= row.happened_on  # otherwise this row alone is wrong
        if not is_possible or row.entered_on < self._entered.get(row.case, row.entered_on):
            return known.born_on
        self._entered[row.case] = row.entered_on
        return row.date_of_birth

    def of(self, case: str) -> Known:
        """Return what the sheets say of a case."""
        return self._known.get(case, NOTHING)

    def is_corrected(self, row: Row) -> bool:
        """Whether another row corrects this one."""
        return (row.NAME, row.row) in self._corrected


class Before:
    """What the log held of each case when the import began."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._head = reader.head()

    def history(self, reference: str) -> list[Recorded[Event]]:
        """Return the events of a case, in log order; none where there was no such case."""
        case_id = self._case(reference)
        return self._reader.case_history(case_id, self._head) if case_id else []

    def known(self, reference: str) -> Known:
        """Return what the log says of a case; of its history only the beginnings are read."""
        case_id = self._case(reference)
        if case_id is None:
            return NOTHING
        return _recorded_in(self._reader.histories([case_id], self._head, without=_NO_BEGINNING))

    def _case(self, reference: str) -> CaseId | None:
        return self._reader.case_of(reference) if self._head else None


_BEGINNINGS = (ReferralDrafted, ParticipantRegistered)
_NO_BEGINNING = frozenset(event for aggregate in ALL for event in every_event(aggregate)) - {
    *_BEGINNINGS,
    *map(correction_of, _BEGINNINGS),
}


def _recorded_in(beginnings: Iterable[Recorded[Event]]) -> Known:
    known = NOTHING
    for each in beginnings:
        said = each.event.fact if isinstance(each.event, Correction) else each.event
        day = each.when.day
        match said:
            case ReferralDrafted():
                known = replace(known, referred_on=_first(known.referred_on, day))
            case ParticipantRegistered():
                born_on = said.date_of_birth if isinstance(said.date_of_birth, date) else None
                came_on = known.came_on if said.referral_id else _first(known.came_on, day)
                known = replace(known, born_on=born_on, came_on=came_on)
    return known


def together(sheets: Known, log: Known) -> Known:
    """Return what both say. The sheets are newer than what they were imported to before."""
    return Known(
        born_on=sheets.born_on or log.born_on,
        referred_on=_first(sheets.referred_on, log.referred_on),
        came_on=_first(sheets.came_on, log.came_on),
    )
