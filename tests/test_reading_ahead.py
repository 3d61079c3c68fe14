"""What is read ahead is handed on once, where it was asked for, and so is what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from scp_events.follower.reading_ahead import Events, ReadAhead
from scp_events.vocabulary import Position

ONE, TWO, THREE = Position(1), Position(2), Position(3)


class Log:
    """Remembers what was read, and by which thread."""

    def __init__(self) -> None:
        self.read: list[tuple[int, int, int]] = []
        self.broken = False

    def __call__(self, after: Position, through: Position) -> Events:
        self.read.append((after, through, threading.get_ident()))
        if self.broken:
            raise OSError("the log is away")
        return []


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def ahead(log: Log) -> Iterator[ReadAhead]:
    ahead = ReadAhead(log)
    yield ahead
    ahead.close()


def test_what_was_begun_is_read_once_and_by_another_thread(log: Log, ahead: ReadAhead) -> None:
    ahead.begin(ONE, TWO)
    ahead.begin(ONE, TWO)
    assert ahead.take(ONE, TWO) == []
    [(after, through, thread)] = log.read
    assert (after, through) == (1, 2)
    assert thread != threading.get_ident()


def test_what_was_not_begun_is_read_when_it_is_asked_for(log: Log, ahead: ReadAhead) -> None:
    ahead.begin(ONE, TWO)
    ahead.take(TWO, THREE)
    assert (TWO, THREE, threading.get_ident()) in log.read
    ahead.take(ONE, TWO)
    assert (ONE, TWO, threading.get_ident()) in log.read, "what was begun is forgotten once it was not taken"


def test_an_error_is_raised_where_the_events_are_asked_for_and_not_remembered(
    log: Log, ahead: ReadAhead
) -> None:
    log.broken = True
    ahead.begin(ONE, TWO)
    with pytest.raises(OSError, match="away"):
        ahead.take(ONE, TWO)
    log.broken = False
    assert ahead.take(ONE, TWO) == []


def test_nothing_of_it_is_left_after_the_end(log: Log, ahead: ReadAhead) -> None:
    before = threading.active_count()
    ahead.begin(ONE, TWO)
    ahead.close()
    assert threading.active_count() == before
    with suppress(OSError):
        ahead.take(ONE, TWO)
    assert log.read[-1][2] == threading.get_ident()
