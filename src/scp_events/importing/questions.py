"""Questions: rows that can be read and say what hardly anybody can mean, such as a contact before a birth.

Such a row is refused under the question's code, or taken where somebody accepted that code by name. A row
that was recorded before, or that another row of the sheets corrects, is not asked about: it was answered.

A question looks at a row and at what is known of its case, and names the columns it is about. For each column
the first question of the list that fits is the one that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scp_events.importing.known import Before, Known, Said, together
from scp_events.importing.report import Wrong
from scp_events.importing.sheets import DAYS
from scp_events.importing.sheets.consents import ConsentRow
from scp_events.importing.sheets.people import PersonRow
from scp_events.importing.sheets.referrals import ReferralRow
from scp_events.importing.sheets.row import Row

YEAR = timedelta(days=365.25)
LONG_AGO = 20 * YEAR
"""No young person's case began that long before it is imported."""
YOUNGEST, OLDEST = 7 * YEAR, 30 * YEAR
"""How old somebody is who is registered with the programme."""
BEGINNINGS = (1900, 1904)
"""The years from which spreadsheets count days: there an empty cell or a small number lies."""
HAPPENED = ("happened_on",)
NONE: Sequence[str] = ()


@dataclass(frozen=True)
class Question:
    """What is asked of a row."""

    code: str
    """By which it is accepted."""
    message: str
    fix: str
    about: Callable[[Row, Known, date], Collection[str]]
    """Returns the columns of a row that it is about, given what is known of its case, and the day today."""


class UnknownQuestionError(Exception):
    """Somebody accepts what nobody asks."""

    def __init__(self) -> None:
        codes = ", ".join(question.code for question in QUESTIONS)
        super().__init__(f"there is no such question to accept: they are {codes}")


# --- the questions ----------------------------------------------------------------------------------------


_DAYS = {name: sorted(columns) for name, columns in DAYS.items()}


def _days(row: Row) -> list[tuple[str, date]]:
    said = vars(row)
    return [(name, said[name]) for name in _DAYS[row.NAME] if said[name] is not None]


def _where_spreadsheets_begin(row: Row, _known: Known, _today: date) -> list[str]:
    return [name for name, day in _days(row) if day.year in BEGINNINGS]


def _long_ago(row: Row, _known: Known, today: date) -> list[str]:
    return [name for name, day in _days(row) if name != "date_of_birth" and day < today - LONG_AGO]


def _unlikely_age(row: Row, _known: Known, _today: date) -> Sequence[str]:
    """Somebody registered before they were born is refused by a rule."""
    if not isinstance(row, PersonRow) or row.date_of_birth > row.happened_on:
        return NONE
    age = row.happened_on - row.date_of_birth
    return NONE if YOUNGEST <= age <= OLDEST else ("date_of_birth",)


def _before_birth(row: Row, known: Known, _today: date) -> Sequence[str]:
    is_before = known.born_on is not None and row.happened_on < known.born_on
    return HAPPENED if is_before and not isinstance(row, PersonRow) else NONE


def _consent_too_early(row: Row, known: Known, _today: date) -> Sequence[str]:
    is_before = known.since is not None and row.happened_on < known.since
    return HAPPENED if is_before and isinstance(row, ConsentRow) else NONE


def _before_the_referral(row: Row, known: Known, _today: date) -> Sequence[str]:
    """Whoever came by themselves was met before others referred them."""
    is_before = known.referred_on is not None and known.since is not None and row.happened_on < known.since
    return HAPPENED if is_before and not isinstance(row, ReferralRow) else NONE


def _received_after_entry(row: Row, _known: Known, _today: date) -> Sequence[str]:
    received = row.received_on if isinstance(row, ReferralRow) else None
    return ("received_on",) if received is not None and received > row.entered_on else NONE


QUESTIONS = (
    Question(
        "day-of-1900",
        "is a day of 1900 or 1904, as a spreadsheet shows an empty cell or a small number",
        "write the day in, or leave the cell blank",
        _where_spreadsheets_begin,
    ),
    Question(
        "decades-ago",
        "is more than 20 years ago",
        "check the year",
        _long_ago,
    ),
    Question(
        "unlikely-age",
        "makes the young person under 7 or over 30 when they were registered",
        "check the year",
        _unlikely_age,
    ),
    Question(
        "before-birth",
        "is before the young person was born",
        "check the year, and `date_of_birth` in people",
        _before_birth,
    ),
    Question(
        "consent-before-known",
        "is before the programme knew of the young person",
        "check the year, and the days in referrals and people",
        _consent_too_early,
    ),
    Question(
        "before-the-referral",
        "is before the referral was made",
        "check the year, and `happened_on` in referrals",
        _before_the_referral,
    ),
    Question(
        "received-after-entry",
        "is after the row was entered",
        "check the year, and compare it with `entered_on`",
        _received_after_entry,
    ),
)
"""From the most particular to the most general."""


def must_be_questions(codes: Iterable[str]) -> None:
    """Raise `UnknownQuestionError` where one of the codes is of no question."""
    if not {*codes} <= {question.code for question in QUESTIONS}:
        raise UnknownQuestionError


# --- asking -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What there is to ask of one row."""

    refused: tuple[Wrong, ...] = ()
    accepted: tuple[Wrong, ...] = ()


NOTHING_ASKED = Asked()


class Questions:
    """Asks every question of every row; knows what was accepted."""

    def __init__(self, before: Before, today: date, accepted: Collection[str]) -> None:
        self._said = Said()
        self._before = before
        self._recorded: dict[str, Known] = {}
        self._today = today
        self._accepted = accepted
        self.note = self._said.note

    def about(self, row: Row) -> Asked:
        """Return what is asked of a row, and what of it is accepted, once every row has been noted."""
        if self._said.is_corrected(row):
            return NOTHING_ASKED
        said = self._said.of(row.case)
        found = self._found(row, said if said.is_enough else self._known(row.case, said))
        if found and said.is_enough:  # the log may know better, and it is rarely asked
            found = self._found(row, self._known(row.case, said))
        if not found:
            return NOTHING_ASKED
        return Asked(
            refused=tuple(_refused(q, column) for column, q in found if q.code not in self._accepted),
            accepted=tuple(_accepted(q, column) for column, q in found if q.code in self._accepted),
        )

    def _known(self, case: str, said: Known) -> Known:
        if case not in self._recorded:
            self._recorded[case] = self._before.known(case)
        return together(said, self._recorded[case])

    def _found(self, row: Row, known: Known) -> list[tuple[str, Question]]:
        first: dict[str, Question] = {}
        for question in QUESTIONS:
            for column in question.about(row, known, self._today):
                first.setdefault(column, question)
        return list(first.items())


def _refused(question: Question, column: str) -> Wrong:
    fix = f"{question.fix}; if it is so, import with `--accept {question.code}`"
    return Wrong(question.code, question.message, fix, column)


def _accepted(question: Question, column: str) -> Wrong:
    return Wrong(question.code, f"{question.message}, and was accepted by name", question.fix, column)
