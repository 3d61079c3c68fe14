"""Streams read together: several callers, one query, and nobody is shown a stream as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import LiteralString
from uuid import UUID, uuid4

import pytest
from psycopg.rows import TupleRow

from scp_events.event_log.line import ClosedError
from scp_events.event_log.opening import STREAMS_AT_ONCE, Opening, Page
from scp_events.event_log.recorder import LogRecorder
from tests.event_log.appending import append, event, one
from tests.waiting import until


class Reading:
    """Reads the log, and counts the queries; the first one is held up until it may go on."""

    def __init__(self, recorder: LogRecorder) -> None:
        self._recorder = recorder
        self.queries: list[Sequence[object]] = []
        self.may_go_on = threading.Event()
        self.failing: Exception | None = None

    def fetch(self, query: LiteralString, parameters: Sequence[object]) -> list[TupleRow]:
        self.queries.append(parameters)
        assert self.may_go_on.wait(60)
        if self.failing is not None:
            failing, self.failing = self.failing, None
            raise failing
        return self._recorder.fetch(query, parameters)


@pytest.fixture
def recorder(log_database: str) -> Iterator[LogRecorder]:
    recorder = LogRecorder(log_database)
    yield recorder
    recorder.close()


@pytest.fixture
def reading(recorder: LogRecorder) -> Reading:
    return Reading(recorder)


@pytest.fixture
def opening(reading: Reading) -> Opening:
    return Opening(reading.fetch)


def filled(recorder: LogRecorder, count: int) -> UUID:
    """Return a stream with so many events."""
    stream = uuid4()
    recorder.append(append(*(event(stream, version) for version in range(1, count + 1))))
    return stream


def together(opening: Opening, reading: Reading, *asked: tuple[UUID, int]) -> list[list[Page]]:
    """Let everybody ask while a first query is under way."""
    line = opening._together._line  # noqa: SLF001 - who waits cannot be seen from outside
    with ThreadPoolExecutor(len(asked) + 1) as pool:
        pool.submit(opening.read, uuid4())
        until(lambda: reading.queries, "the first query is under way")
        answers: list[Future[list[Page]]] = []
        for each in asked:
            answers.append(pool.submit(opening.read, *each))
            until(lambda: len(line.waiting) == len(answers), "it waits")
        reading.may_go_on.set()
        return [answer.result(60) for answer in answers]


def versions(pages: list[Page]) -> list[int]:
    return [page.version for page in pages]


def test_a_stream_is_read_from_the_version_that_is_known(
    opening: Opening, reading: Reading, recorder: LogRecorder
) -> None:
    reading.may_go_on.set()
    stream = filled(recorder, 4)
    assert versions(opening.read(stream)) == [1, 2, 3, 4]
    assert versions(opening.read(stream, 2)) == [3, 4]
    assert opening.read(stream, 4) == []
    assert opening.read(uuid4()) == []
    page = opening.read(stream, 3)[0]
    assert (page.stream_id, page.type, page.body) == (stream, "invented.happened", b"body 4")


def test_those_who_ask_meanwhile_are_answered_by_one_query_each_with_its_own(
    opening: Opening, reading: Reading, recorder: LogRecorder
) -> None:
    left, right, empty = filled(recorder, 3), filled(recorder, 5), uuid4()
    answers = together(opening, reading, (left, 0), (right, 4), (empty, 0), (left, 2), (right, 0))
    assert [versions(pages) for pages in answers] == [[1, 2, 3], [5], [], [3], [1, 2, 3, 4, 5]]
    assert {page.stream_id for page in answers[0]} == {left}
    assert len(reading.queries) == 2
    assert len(reading.queries[1]) == 2, "each stream once"


def test_who_asks_after_an_append_is_shown_it_even_where_a_query_was_under_way_before(
    opening: Opening, reading: Reading, recorder: LogRecorder
) -> None:
    stream = filled(recorder, 1)
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(opening.read, stream)
        until(lambda: reading.queries, "the first query is under way")
        recorder.append(one(stream, 2))
        late = pool.submit(opening.read, stream)
        reading.may_go_on.set()
        assert versions(late.result(60)) == [1, 2]
        early.result(60)


def test_no_query_reads_more_streams_than_is_good_for_the_first_of_them(
    opening: Opening, reading: Reading
) -> None:
    together(opening, reading, *((uuid4(), 0) for _ in range(STREAMS_AT_ONCE + 3)))
    assert [len(list(query[0])) for query in reading.queries[1:]] == [STREAMS_AT_ONCE, 3]  # type: ignore[call-overload]  # lists of ids


def test_a_query_that_fails_is_told_to_those_it_was_for_and_the_next_is_answered(
    opening: Opening, reading: Reading, recorder: LogRecorder
) -> None:
    stream = filled(recorder, 1)
    reading.failing = RuntimeError("the query failed")
    reading.may_go_on.set()
    with pytest.raises(RuntimeError, match="the query failed"):
        opening.read(stream)
    assert versions(opening.read(stream)) == [1]


def test_once_closed_nothing_is_read_any_more(opening: Opening) -> None:
    opening.close()
    with pytest.raises(ClosedError):
        opening.read(uuid4())
