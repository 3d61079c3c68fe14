"""Days: whatever order they were written in, none is read as another day than was meant."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from scp_events.importing import DayOrder, SheetsRefusedError
from scp_events.importing.cells import Day, complaints
from scp_events.importing.reading import read_directory
from scp_events.importing.sheets import COLUMNS, DAYS
from tests.examples import examples
from tests.importing.office_files import contacts, write_book

DAY: TypeAdapter[date] = TypeAdapter(Day)


def read(path: Path, days: Sequence[Any], told: DayOrder | None = None) -> list[date | str]:
    """Read a column of days: each as a day, or as the code with which its row is rejected."""
    table = contacts(*days)
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(table)
    else:
        write_book(path, {"contacts": table})
    sheet = read_directory(path.parent, COLUMNS, DAYS, told).sheets["contacts"]
    return [_day(line.cells["happened_on"]) for line in sheet.lines]


def _day(cell: str) -> date | str:
    try:
        return DAY.validate_python(cell)
    except ValidationError as error:
        return complaints(error)[0].code


def refused(path: Path, days: Sequence[Any], told: DayOrder | None = None) -> tuple[str | None, str]:
    """Return for which column and why a sheet is refused."""
    with pytest.raises(SheetsRefusedError) as refusal:
        read(path, days, told)
    [problem] = refusal.value.problems
    assert problem.wrong.fix
    return problem.wrong.column, problem.wrong.code


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


THE_3RD, THE_31ST = date(2025, 4, 3), date(2025, 3, 31)


def test_a_column_that_fits_one_order_is_read_in_it(sheet: Path) -> None:
    assert read(sheet, ["03/04/2025", "31/03/2025"]) == [THE_3RD, THE_31ST]
    assert read(sheet, ["04/03/2025", "03/31/2025"]) == [THE_3RD, THE_31ST]
    assert read(sheet, ["2025-04-03", "2025-03-31"]) == [THE_3RD, THE_31ST]


def test_a_column_that_fits_two_orders_is_refused_until_somebody_says_which(sheet: Path) -> None:
    both = ["03/04/2025", "05/04/2025"]
    assert refused(sheet, both) == ("happened_on", "dates-in-two-orders")
    assert read(sheet, both, DayOrder.DMY) == [THE_3RD, date(2025, 4, 5)]
    assert read(sheet, both, DayOrder.MDY) == [date(2025, 3, 4), date(2025, 5, 4)]
    assert refused(sheet, both, DayOrder.ISO) == ("happened_on", "dates-not-as-told")


def test_a_day_that_is_the_same_in_both_orders_needs_none(sheet: Path) -> None:
    assert read(sheet, ["04/04/2025", "05.05.2025"]) == [date(2025, 4, 4), date(2025, 5, 5)]


@pytest.mark.parametrize(
    "mixed",
    [
        ["03/04/2025", "31/03/2025", "03/31/2025"],
        ["31/03/2025", "03/31/2025"],
        ["2025-03-31", "31/03/2025"],
        ["2025-03-31", "03/04/2025"],
    ],
)
def test_a_column_that_mixes_orders_is_refused_whole(sheet: Path, mixed: list[str]) -> None:
    assert refused(sheet, mixed) == ("happened_on", "dates-mixed")


def test_each_column_has_its_own_order(tmp_path: Path) -> None:
    table = contacts("03/04/2025", "31/03/2025")
    table[1][4], table[2][4] = "04/12/2025", "04/13/2025"
    write_book(tmp_path / "contacts.xlsx", {"contacts": table})
    one, two = read_directory(tmp_path, COLUMNS, DAYS).sheets["contacts"].lines
    assert (one.cells["happened_on"], one.cells["entered_on"]) == ("2025-04-03", "2025-04-12")
    assert (two.values[2], two.values[4]) == ("2025-03-31", "2025-04-13")


def test_what_was_told_must_fit(sheet: Path) -> None:
    assert refused(sheet, ["03/04/2025", "31/03/2025"], DayOrder.MDY) == ("happened_on", "dates-not-as-told")
    assert refused(sheet, ["03/04/2025", "03/31/2025"], DayOrder.DMY) == ("happened_on", "dates-not-as-told")


def test_who_names_the_order_may_write_other_days_year_first(sheet: Path) -> None:
    assert read(sheet, ["03/04/2025", "2025-03-31"], DayOrder.DMY) == [THE_3RD, THE_31ST]


def test_days_of_a_workbook_need_no_order_and_bear_no_text_beside_them(tmp_path: Path) -> None:
    """A program that opened a sheet of another order made days of those cells that fit: the wrong ones."""
    path = tmp_path / "contacts.xlsx"
    assert read(path, [THE_3RD, THE_31ST, "2025-03-31", "3 April 2025"]) == [
        THE_3RD,
        THE_31ST,
        THE_31ST,
        THE_3RD,
    ]
    for text, told in product(["31/03/2025", "03/31/2025", "03/04/2025"], [None, *DayOrder]):
        assert refused(path, [THE_3RD, text], told) == ("happened_on", "dates-mixed")


def test_every_column_that_is_unclear_is_named_at_once(tmp_path: Path) -> None:
    table = contacts("03/04/2025")
    table[1][4] = "04/04/2025"
    table[0] += ["review_on"]
    table[1] += ["05/06/2026"]
    write_book(tmp_path / "contacts.xlsx", {"contacts": table})
    with pytest.raises(SheetsRefusedError) as refusal:
        read_directory(tmp_path, COLUMNS, DAYS)
    assert [problem.wrong.column for problem in refusal.value.problems] == ["happened_on", "review_on"]


@pytest.mark.parametrize(
    ("cell", "means"),
    [
        ("2025-04-03", THE_3RD),
        ("2025/4/3", THE_3RD),
        ("2025-04-03 00:00:00", THE_3RD),
        ("2025-04-03T00:00", THE_3RD),
        ("3 April 2025", THE_3RD),
        ("3rd Apr 2025", THE_3RD),
        ("3-Apr-2025", THE_3RD),
        ("April 3, 2025", THE_3RD),
        ("Sept 3 2025", date(2025, 9, 3)),
        (" 03.04.2025 ", THE_3RD),
        ("03/04/25", "two-digit-year"),
        ("25-04-03", "two-digit-year"),
        ("3 April 25", "two-digit-year"),
        ("31/02/2025", "no-such-day"),
        ("2025-02-31", "no-such-day"),
        ("31 February 2025", "no-such-day"),
        ("0025-03-09", "no-such-day"),
        ("2025-04-03 14:30", "day-with-time"),
        (datetime(2025, 4, 3, 14, 30), "day-with-time"),  # noqa: DTZ001 - a workbook's dates have no zone
        ("45750", "day-as-number"),
        ("3 Avril 2025", "not-a-date"),
        ("April 2025", "not-a-date"),
        ("Q2/2025", "not-a-date"),
        ("٣/٤/٢٠٢٥", "not-a-date"),
    ],
)
def test_a_day_is_read_as_people_write_it_or_its_row_is_rejected(
    sheet: Path, cell: Any, means: object
) -> None:
    assert read(sheet, [cell], DayOrder.DMY) == [means]


def test_every_column_of_days_is_known() -> None:
    rows = {"happened_on", "entered_on"}
    assert {name: {*days} for name, days in DAYS.items()} == {
        "referrals": rows | {"received_on", "review_on"},
        "referral-decisions": rows | {"review_on"},
        "people": rows | {"date_of_birth", "review_on"},
        "consents": rows | {"valid_until"},
        "key-workers": rows | {"review_on"},
        "milestones": rows | {"review_on"},
        "contacts": rows | {"review_on"},
        "assessments": rows | {"review_on"},
        "plans": rows | {"due_on", "review_on"},
        "reviews": rows | {"next_review_on", "review_on"},
        "organisations": rows | {"review_on", "valid_until"},
        "agreements": rows
        | {"review_on", "valid_from", "valid_until", "last_day", "available_from", "available_until"},
        "programmes": rows | {"review_on"},
        "practitioners": rows | {"review_on", "valid_from", "valid_until"},
        "sessions": rows | {"review_on", "planned_on"},
        "mentors": rows | {"review_on", "valid_from", "valid_until"},
        "support-episodes": rows | {"review_on", "hearing_on"},
        "offences": rows | {"review_on", "committed_on", "proven_on", "quashed_on"},
        "sanctions": rows | {"review_on", "due_on", "ends_on"},
        "observation": rows | {"review_on"},
        "enrolments": rows | {"review_on"},
        "matches": rows | {"review_on", "next_review_on"},
        "feedback": rows | {"review_on"},
        "staff": set(),
        "legal-bases": {"valid_from", "valid_to"},
    }


# --- the law ----------------------------------------------------------------------------------------------

WRITTEN = {
    DayOrder.DMY: "{0.day:02}/{0.month:02}/{0.year}",
    DayOrder.MDY: "{0.month:02}/{0.day:02}/{0.year}",
    DayOrder.ISO: "{0.year}-{0.month:02}-{0.day:02}",
}
MEANT = st.integers(0, 800).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
EARLY = st.builds(date, st.just(2025), st.integers(1, 12), st.integers(1, 12))
"""Days that can be read in two orders."""
HANDS = st.lists(st.sampled_from(DayOrder), min_size=1, max_size=2)
"""Who writes a sheet: one hand, or two with habits of their own."""


@settings(max_examples=examples(200), deadline=None)
@given(meant=st.lists(MEANT | EARLY, min_size=1, max_size=8), hands=HANDS, book=st.booleans(), data=st.data())
def test_nothing_is_read_as_another_day_than_was_meant_unless_somebody_named_the_order(
    tmp_path_factory: pytest.TempPathFactory,
    meant: list[date],
    hands: list[DayOrder],
    book: bool,  # noqa: FBT001 - drawn by hypothesis
    data: st.DataObject,
) -> None:
    written = [WRITTEN[data.draw(st.sampled_from(hands))].format(day) for day in meant]
    path = tmp_path_factory.mktemp("sheets") / ("contacts.xlsx" if book else "contacts.csv")
    try:
        days = read(path, written)
    except SheetsRefusedError:
        return
    assert days == meant or (len({*hands}) > 1 and cannot_be_seen(written))


@settings(max_examples=examples(100), deadline=None)
@given(meant=st.lists(MEANT | EARLY, min_size=1, max_size=8), order=st.sampled_from(DayOrder))
def test_who_names_the_order_a_sheet_is_written_in_has_it_read_as_it_was_meant(
    tmp_path_factory: pytest.TempPathFactory, meant: list[date], order: DayOrder
) -> None:
    path = tmp_path_factory.mktemp("sheets") / "contacts.csv"
    assert read(path, [WRITTEN[order].format(day) for day in meant], order) == meant


def cannot_be_seen(written: list[str]) -> bool:
    """Whether two hands wrote one column, and no cell of the second shows that it is not the first's."""
    numbers = [tuple(map(int, text.split("/")[:2])) for text in written if "/" in text]
    return any(first > 12 for first, _ in numbers) != any(second > 12 for _, second in numbers)
