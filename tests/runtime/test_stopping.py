from __future__ import annotations

import time

from scp_events.runtime.stopping import Stopping


def test_whoever_waits_is_told_at_once() -> None:
    stopping = Stopping()
    assert not stopping.wait(0.001)
    stopping.ask()
    began = time.monotonic()
    assert stopping.wait(60)
    assert stopping.wait(60), "and everybody after"
    assert time.monotonic() - began < 30


def test_a_wish_that_came_before_there_was_somebody_to_tell_is_not_lost() -> None:
    stopping, told = Stopping(), list[str]()
    stopping.ask()
    stopping.tell(lambda: told.append("stop"))
    assert told == ["stop"]


def test_the_one_who_works_is_told() -> None:
    stopping, told = Stopping(), list[str]()
    stopping.tell(lambda: told.append("stop"))
    assert told == []
    stopping.ask()
    assert told == ["stop"]
