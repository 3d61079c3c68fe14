"""The id of a line of theirs follows from what it says, however that is written, and from nothing else."""

from __future__ import annotations

import pytest

from scp_events.importing.mapping.document import Order
from scp_events.importing.mapping.row_ids import made, numbered, year_first

pytestmark = pytest.mark.once  # pure words


def test_spaces_and_capital_letters_make_no_other_id() -> None:
    assert made("C", ["SC-2025-014", "Home visit"]) == made("C", ["sc-2025-014", " home  VISIT "])


def test_where_one_cell_ends_and_the_next_begins_makes_another_id() -> None:
    assert made("C", ["ab", "c"]) != made("C", ["a", "bc"])
    assert made("C", ["a", ""]) != made("C", ["", "a"])


def test_an_id_is_long_enough_that_lines_do_not_meet_by_chance() -> None:
    found = {made("C", [str(number)]) for number in range(20_000)}
    assert len(found) == 20_000
    assert all(len(each) == len("C-") + 20 for each in found)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("17", "C-17"), ("0017", "C-17"), ("C-17", "C-17"), ("K-3", "K-3"), ("", "")],
)
def test_a_number_of_theirs_is_kept_and_an_id_of_ours_is_as_it_is(theirs: str, ours: str) -> None:
    assert numbered("C", theirs) == ours


@pytest.mark.parametrize(
    ("order", "written", "day"),
    [
        ("dmy", "13/03/2025", "2025-03-13"),
        ("dmy", "3.4.2025", "2025-04-03"),
        ("mdy", "03/13/2025", "2025-03-13"),
        ("iso", "2025-03-13", "2025-03-13"),
        (None, "03/04/2025", "03/04/2025"),
    ],
)
def test_a_day_is_put_into_one_form_as_its_column_is_read(
    order: Order | None, written: str, day: str
) -> None:
    assert year_first(order, written) == day
