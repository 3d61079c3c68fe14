"""What is wrong with these sheets, on purpose: as in every folder that people have kept for years."""

from __future__ import annotations

from datetime import date, timedelta

from examples.generate.book import Book, Cell, Row
from examples.generate.grounds import VIEWS, grounds
from examples.generate.people import MANAGER

STRAY_SPACES, SHOUTED = 23, 41
"""In contacts, every so many codes have spaces around them, and so many cases are followed by some."""
WRONG_MINUTES = 97
"""Every so many contacts, a digit was lost, and somebody noticed."""


def plant(book: Book) -> None:
    """Plant it."""
    _corrections(book)
    _spaces(book)
    _twice(book)
    _two_spellings(book)
    _wrong_rows(book)


# --- what can be put right --------------------------------------------------------------------------------


def _corrections(book: Book) -> None:
    """Rows that put an earlier one right, and some that take one back."""
    held = [row for row in book.sheets["contacts"] if row["outcome"] == "held"]
    for row in held[::WRONG_MINUTES]:
        _correct(book, "contacts", row, "lost-digit", minutes=75)
    for row in held[50:52]:
        _correct(book, "contacts", row, "other-person", outcome="never was", minutes=None)
    for row in book.sheets["people"][5:90:28]:
        _correct(book, "people", row, "wrong-form", guardian="Aunt Marjoram")
    for row in _of(book, "offences", "charge-recorded")[:2]:
        _correct(book, "offences", row, "misread", particulars="Read again with a lamp.")
    for row in _of(book, "feedback", "satisfaction-recorded")[10:14]:
        _correct(book, "feedback", row, "misread", score=7, comment="As it is on paper.")
    [testimony, *_] = _of(book, "support-episodes", "employment-status-recorded")
    _take_back(book, "support-episodes", testimony)


def _of(book: Book, sheet: str, event: str) -> list[Row]:
    return [row for row in book.sheets[sheet] if row["event"] == event]


def _correct(book: Book, sheet: str, wrong: Row, code: str, **right: Cell) -> None:
    """Write a row as it should have been."""
    cells = {
        name: said for name, said in wrong.items() if name not in {"row", "case", "happened_on", "entered_on"}
    }
    why = grounds(MANAGER, code, "Compared with the paper.", views=VIEWS[4])
    case, happened, found = _where(wrong)
    book.add(sheet, case, happened, entered=found, **(cells | right | why | {"corrects": wrong["row"]}))


def _take_back(book: Book, sheet: str, wrong: Row) -> None:
    why = grounds(MANAGER, "other-person", "It was written in the wrong folder.", views=VIEWS[4])
    case, happened, found = _where(wrong)
    book.add(
        sheet, case, happened, entered=found, event="retracted", of=wrong["of"], corrects=wrong["row"], **why
    )


def _where(wrong: Row) -> tuple[str, date, date]:
    case, happened, entered = wrong["case"], wrong["happened_on"], wrong["entered_on"]
    assert isinstance(case, str)  # noqa: S101 - as it was written
    assert isinstance(happened, date)  # noqa: S101 - as above
    assert isinstance(entered, date)  # noqa: S101 - as above
    return case, happened, entered + timedelta(days=9)


# --- what does no harm ------------------------------------------------------------------------------------


def _spaces(book: Book) -> None:
    for number, row in enumerate(book.sheets["contacts"], start=1):
        if number % STRAY_SPACES == 0:
            row["made_by"] = f" {row['made_by']}  "
        if number % SHOUTED == 0:
            row["case"] = f"{row['case']} "


def _twice(book: Book) -> None:
    """Some rows stand there twice, as they are."""
    for sheet, number in (("contacts", 60), ("contacts", 700), ("enrolments", 300)):
        book.sheets[sheet].append(dict(book.sheets[sheet][number]))


def _two_spellings(book: Book) -> None:
    """Somebody walks in who is known already, and is written down anew, surname first, under another case."""
    known = book.sheets["people"][0]
    first, second = str(known["name"]).split()
    walked_in: Row = known | {"row": "P-9001", "case": "HL-2025-901", "referral": None}
    day = date(2025, 3, 3)
    book.sheets["people"].append(
        walked_in | {"name": f"{second.upper()}, {first}", "happened_on": day, "entered_on": day}
    )


# --- what is refused --------------------------------------------------------------------------------------


def _wrong_rows(book: Book) -> None:
    """Write a dozen rows that cannot be taken: README says which, and why."""
    _wrong(book, "contacts", book.sheets["contacts"][80], happened_on="31/02/2025", minutes="forty")
    _wrong(book, "consents", book.sheets["consents"][30], staff="kw-avenns")
    _wrong(book, "sanctions", _of(book, "sanctions", "serving-started")[3], of="X-0999")
    [offence, *_] = _of(book, "offences", "alleged")
    _wrong(book, "offences", offence, entered_on=_where(offence)[1] - timedelta(days=3))
    [met, *_] = _of(book, "matches", "contact-recorded")
    _wrong(book, "matches", met, medium="pigeon")
    debt = _of(book, "support-episodes", "debt-position-recorded")[2]
    _wrong(book, "support-episodes", debt, owed=50, monthly_instalment=500)
    _wrong(book, "feedback", _of(book, "feedback", "satisfaction-recorded")[4], score=11)
    [cancelled, *_] = _of(book, "sessions", "cancelled")
    [held, *_] = _of(book, "sessions", "held")
    _wrong(book, "sessions", held, name=cancelled["name"])
    _wrong_enrolments(book)


def _wrong_enrolments(book: Book) -> None:
    came = _of(book, "enrolments", "attendance-recorded")
    _wrong(book, "enrolments", came[20], session="minors-9-01")
    _wrong(book, "enrolments", came[21], happened_on=_where(came[21])[1] + timedelta(days=1))
    [made_up, *_] = _of(book, "enrolments", "catch-up-credited")
    _wrong(book, "enrolments", made_up, minutes=500)
    [completed, *_] = _of(book, "enrolments", "programme-completed")
    _wrong(book, "enrolments", completed, decided_by=None, reason=None)


def _wrong(book: Book, sheet: str, like: Row, **wrong: Cell) -> None:
    """Write a row that says what another does, but for what is wrong with it."""
    prefix = str(like["row"]).partition("-")[0]
    number = 9001 + sum(str(row["row"]).startswith(f"{prefix}-9") for row in book.sheets[sheet])
    book.sheets[sheet].append(like | {"row": f"{prefix}-{number}"} | wrong)
