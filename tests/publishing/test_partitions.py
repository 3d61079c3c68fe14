from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest

from scp_events.publishing.partitions import SLICES, partition_of, slice_of
from scp_events.vocabulary import Stream

FIRST = UUID("11111111-1111-4111-8111-111111111111")
SECOND = UUID("22222222-2222-4222-8222-222222222222")


@pytest.mark.parametrize(
    ("stream", "slice_", "of_twelve"),
    [
        (Stream("referral", FIRST), 188, 2),
        (Stream("participant", FIRST), 8, 0),
        (Stream("irp", FIRST), 953, 11),
        (Stream("referral", SECOND), 336, 3),
    ],
)
def test_a_stream_stays_in_its_slice_for_ever(stream: Stream, slice_: int, of_twelve: int) -> None:
    assert (slice_of(stream), partition_of(stream, 12)) == (slice_, of_twelve)


@pytest.mark.parametrize("partitions", [1, 2, 3, 12, 1000, SLICES])
def test_streams_spread_over_all_partitions_and_no_further(partitions: int) -> None:
    found = Counter(partition_of(Stream("referral", uuid4()), partitions) for _ in range(20 * partitions))
    assert set(found) <= set(range(partitions))
    assert len(found) >= 0.9 * partitions
