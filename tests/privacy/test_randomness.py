"""Random bytes are given out once, to whoever asks."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from scp_events.privacy.randomness import DRAWN_AT_ONCE, Randomness


@pytest.mark.parametrize("count", [0, 1, 44, DRAWN_AT_ONCE - 1, DRAWN_AT_ONCE, 3 * DRAWN_AT_ONCE])
def test_as_many_bytes_are_given_as_were_asked_for(count: int) -> None:
    assert len(Randomness()(count)) == count


def test_nothing_is_given_out_twice() -> None:
    randomness = Randomness()
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: randomness(16), range(4_000)))
    assert len(set(given)) == 4_000


def test_a_child_is_given_nothing_of_what_its_parent_will_give() -> None:
    randomness = Randomness()
    randomness(16)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, randomness(16))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 16) != randomness(16)
    os.close(reading)
    os.close(writing)
