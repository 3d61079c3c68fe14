"""What is printed can be typed in again, and is compared by eye."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.paper import NotPrintedError, format_for_paper, parse_from_paper

pytestmark = pytest.mark.once  # pure

ROOT = bytes(range(0, 256, 8))
LINE = "20852 events, root 0008 1018 2028 3038 4048 5058 6068 7078 8088 9098 a0a8 b0b8 c0c8 d0d8 e0e8 f0f8"


def test_a_root_is_printed_in_groups_of_four_digits() -> None:
    assert format_for_paper(20852, ROOT) == LINE


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_printed_is_read_as_the_same(size: int, root: bytes) -> None:
    assert parse_from_paper(f"Covered by a checkpoint: {format_for_paper(size, root)}.") == (size, root)


@pytest.mark.parametrize(
    "typed",
    [
        LINE.upper(),
        f"20852 {ROOT.hex()}",
        LINE.replace(" ", "  "),
        LINE.replace("root ", "root\n"),
        f"20852: {ROOT.hex('-', 2)}",
    ],
)
def test_how_it_is_typed_does_not_matter(typed: str) -> None:
    assert parse_from_paper(typed) == (20852, ROOT)


@pytest.mark.parametrize(
    "typed", ["", "20852", LINE[:-1], LINE.replace("0008", "0o08"), "events, root " + ROOT.hex()]
)
def test_what_was_not_printed_by_us_is_refused(typed: str) -> None:
    with pytest.raises(NotPrintedError):
        parse_from_paper(typed)
