"""Random bytes are given out once, to whoever asks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from scp_events.privacy.randomness import DRAWN_AT_ONCE, Randomness


@pytest.mark.parametrize("count", [0, 1, 44, DRAWN_AT_ONCE - 1, DRAWN_AT_ONCE, 3 * DRAWN_AT_ONCE])
def test_as_many_bytes_are_given_as_were_asked_for(count: int) -> None:
    assert len(Randomness()(count)) == count


def test_nothing_is_given_out_twice(switching_often: None) -> None:
    randomness = Randomness()
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: randomness(16), range(20_000)))
    assert len(set(given)) == 20_000


@pytest.fixture
def switching_often() -> Iterator[None]:
    kept = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(kept)


FORKING = """
import os, threading
from scp_events.privacy.randomness import Randomness
randomness = Randomness()
randomness(16)
holding = threading.Event()

def hold():
    with randomness._lock:
        holding.set()
        threading.Event().wait(1)

threading.Thread(target=hold, daemon=True).start()
holding.wait()
reading, writing = os.pipe()
if os.fork() == 0:
    os.write(writing, randomness(16))
    os._exit(0)
print(os.read(reading, 16).hex(), randomness(16).hex())
"""


def test_a_child_is_given_nothing_of_what_its_parent_will_give_and_waits_for_nobody() -> None:
    """It is forked while another thread draws, and no such thread is there to finish."""
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKING],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    child, parent = said.stdout.split()
    assert child != parent
