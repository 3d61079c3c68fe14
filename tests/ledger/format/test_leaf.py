"""What the tree says of an event: these bytes and no others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.leaf import Leaf, LeafError, leaf_hash_of, micros
from scp_events.ledger.format.tree import leaf_hash

STREAM = UUID("22222222-2222-4222-8222-222222222222")
STORED = b'{"event": {"type": "referral.drafted"}}'
LEAF = Leaf(
    position=258,
    stream_id=STREAM,
    version=3,
    recorded_at=datetime(2025, 3, 3, 12, 0, 0, 1, tzinfo=UTC),
    type="referral.drafted",
    stored_sha256=sha256(STORED).digest(),
)
RECORD = (
    b"scp-events leaf v1"
    + bytes.fromhex("0000000000000102")
    + bytes.fromhex("22222222222242228222222222222222")
    + bytes.fromhex("00000003")
    + bytes.fromhex("00062f6ee549f001")
    + bytes.fromhex("0010")
    + b"referral.drafted"
    + sha256(STORED).digest()
)

LEAVES = st.builds(
    Leaf,
    position=st.integers(1, 2**63 - 1),
    stream_id=st.uuids(),
    version=st.integers(1, 2**31 - 1),
    recorded_at=st.datetimes(timezones=st.just(UTC)),
    type=st.text(max_size=40),
    stored_sha256=st.binary(min_size=32, max_size=32),
)

pytestmark = pytest.mark.once  # pure


def test_a_leaf_record_has_the_documented_bytes() -> None:
    assert LEAF.record() == RECORD


def test_the_hash_of_a_row_is_that_of_its_leaf() -> None:
    at = micros(LEAF.recorded_at)
    assert leaf_hash_of(258, STREAM.bytes, 3, at, LEAF.type, STORED) == leaf_hash(RECORD)


@given(LEAVES)
def test_a_leaf_is_read_as_it_was_written(leaf: Leaf) -> None:
    assert Leaf.parse(leaf.record()) == leaf


@given(LEAVES, LEAVES)
def test_two_leaves_never_have_one_record(one: Leaf, other: Leaf) -> None:
    assert (one.record() == other.record()) == (one == other)


@pytest.mark.parametrize(
    "record",
    [b"", RECORD[:-1], RECORD + b"\x00", b"x" + RECORD[1:], RECORD[:54] + b"\xff\xff" + RECORD[56:]],
    ids=["empty", "shorter", "longer", "of another kind", "with a longer type"],
)
def test_what_is_no_leaf_is_refused(record: bytes) -> None:
    with pytest.raises(LeafError):
        Leaf.parse(record)


def test_a_time_that_no_calendar_has_is_refused() -> None:
    with pytest.raises(LeafError):
        Leaf.parse(RECORD[:46] + b"\x7f" + b"\xff" * 7 + RECORD[54:])


def test_microseconds_are_exact_and_the_same_in_every_zone() -> None:
    instant = datetime(2262, 4, 11, 23, 47, 16, 854775, tzinfo=UTC)
    assert micros(instant) == 9_223_372_036_854_775
    assert micros(instant.astimezone(timezone(timedelta(hours=5, minutes=30)))) == micros(instant)
    assert micros(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == -1
