"""A benchmark checks what it measured: whether a store kept what callers were told, no less and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.bare_insert import BareInsert
from benchmarks.ours import Ours
from benchmarks.stores import Store, Tally, total
from benchmarks.theirs import Theirs

STORES: dict[str, Callable[[str, Path], Store]] = {
    "ours": lambda conninfo, place: Ours(conninfo, str(place / "keyring")),
    "library": lambda conninfo, _place: Theirs(conninfo),
    "insert": lambda conninfo, _place: BareInsert(conninfo, b"a body"),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, new_database: str, tmp_path: Path) -> Iterator[Store]:
    store = STORES[request.param](new_database, tmp_path)
    yield store
    store.close()


def test_what_callers_were_told_is_there(store: Store) -> None:
    callers = store.callers(2)
    for caller in (*callers, *callers, *callers):
        caller()
    assert total(callers).events == 6
    store.check(total(callers))
    store.check(Tally())


def test_an_event_that_is_not_there_is_missed(store: Store) -> None:
    [caller] = store.callers(1)
    caller()
    with pytest.raises(AssertionError):
        store.check(Tally(2))


def test_an_event_that_nobody_was_told_of_is_found(store: Store) -> None:
    [caller] = store.callers(1)
    caller()
    with pytest.raises(AssertionError):
        store.check(Tally())


@pytest.mark.parametrize("log", ["ours", "library"])
def test_places_in_a_log_follow_each_other(log: str, new_database: str, tmp_path: Path) -> None:
    with closing(STORES[log](new_database, tmp_path)) as store:
        [caller] = store.callers(1)
        assert [caller(), caller(), caller()] == [1, 2, 3]
        assert store.head() == 3
