from __future__ import annotations

import secrets
from uuid import UUID, uuid4

import pytest

from scp_events.privacy import PartKey
from scp_events.privacy.cache import KeyCache


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> KeyCache:
    return KeyCache(seconds=30, keys=3, clock=clock)


def key(subject: UUID) -> PartKey:
    return PartKey(secrets.token_bytes(32), key_id=uuid4(), subject=subject, group="core")


def held(cache: KeyCache, subject: UUID) -> PartKey:
    made = key(subject)
    cache.hold(made, (subject, "core"), cache.forgotten)
    return made


def test_a_key_is_found_by_its_id_and_by_whose_it_is(cache: KeyCache) -> None:
    made = held(cache, subject := uuid4())
    assert cache.by_id(str(made.key_id)) is made
    assert cache.by_whose((subject, "core")) is made
    assert cache.by_whose((subject, "narrative")) is None


def test_a_key_is_held_for_so_long_and_then_not_even_in_memory(cache: KeyCache, clock: Clock) -> None:
    made = held(cache, subject := uuid4())
    clock.now = 29.9
    assert cache.by_id(str(made.key_id)) is made
    clock.now = 30
    assert cache.by_id(str(made.key_id)) is None
    assert cache.by_whose((subject, "core")) is None
    cache.forget_old()
    assert len(cache) == 0


def test_so_many_keys_are_held_and_the_first_to_come_is_the_first_to_go(cache: KeyCache) -> None:
    first, *others = [held(cache, uuid4()) for _ in range(4)]
    assert len(cache) == 3
    assert cache.by_id(str(first.key_id)) is None
    assert cache.by_whose((first.subject, "core")) is None
    assert all(cache.by_id(str(each.key_id)) is each for each in others)


def test_a_person_is_forgotten_and_nobody_else(cache: KeyCache) -> None:
    one, other = held(cache, uuid4()), held(cache, uuid4())
    cache.forget(one.subject)
    assert cache.by_id(str(one.key_id)) is None
    assert cache.by_whose((one.subject, "core")) is None
    assert cache.by_id(str(other.key_id)) is other


def test_what_was_looked_up_before_something_was_forgotten_is_not_held(cache: KeyCache) -> None:
    """It may be the very key that was destroyed between looking it up and holding it."""
    looked_up_at, late = cache.forgotten, key(uuid4())
    cache.forget(late.subject)
    cache.hold(late, (late.subject, "core"), looked_up_at)
    assert len(cache) == 0
    assert cache.by_whose((late.subject, "core")) is None


def test_how_a_cache_looks_tells_no_key(cache: KeyCache) -> None:
    made = held(cache, uuid4())
    assert repr(cache) == "KeyCache(1 keys)"
    assert str(made.commitment) not in repr(cache)
