from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import TupleRow

from scp_events.database.lending import Lending
from scp_events.privacy import GROUPS, Keyring, KeyServiceDownError, PartKey
from scp_events.privacy.fetching import KeyFetcher
from scp_events.privacy.keyring import Fresh
from scp_events.privacy.store import keys_of
from scp_events.vocabulary import Erased
from tests.privacy.conftest import Opening
from tests.waiting import until

Steps = Callable[[KeyFetcher], Awaitable[None]]


def heard(keyring: Keyring) -> Keyring:
    """Return a keyring that has begun to listen: until then nothing is held."""
    keyring.find(uuid4(), "core")
    until(lambda: keyring.cache.forgotten > 0, "it listens")
    return keyring


def with_fetcher(keyring: Keyring, steps: Steps) -> None:
    async def work() -> None:
        fetcher = KeyFetcher(keyring)
        try:
            await steps(fetcher)
        finally:
            fetcher.close()

    asyncio.run(work())


def fetched(keyring: Keyring, subjects: Collection[UUID], newcomers: Collection[UUID] = ()) -> None:
    with_fetcher(keyring, lambda fetcher: fetcher.fetch(subjects, newcomers))


def held(keyring: Keyring, subject: UUID) -> list[object]:
    return [keyring.cache.by_whose((subject, group)) for group in GROUPS]


def test_a_newcomers_keys_are_made_once_and_everybody_finds_the_same(
    keyring: Keyring, opening: Opening
) -> None:
    subject = uuid4()
    fetched(heard(keyring), [subject], [subject])
    other = heard(opening())
    fetched(other, [subject])
    mine, theirs = (
        [key for key in held(one, subject) if isinstance(key, PartKey)] for one in (keyring, other)
    )
    assert len(mine) == len(GROUPS)
    assert [key.commitment for key in mine] == [key.commitment for key in theirs]


def test_who_was_taken_for_a_newcomer_keeps_the_keys_they_have(keyring: Keyring, opening: Opening) -> None:
    subject = uuid4()
    before = opening().to_encrypt(subject, "core")
    fetched(heard(keyring), [subject], [subject])
    after = keyring.cache.by_whose((subject, "core"))
    assert isinstance(before, PartKey)
    assert isinstance(after, PartKey)
    assert before.commitment == after.commitment


def test_somebody_without_keys_gets_some_though_nobody_said_they_are_new(keyring: Keyring) -> None:
    subject = uuid4()
    fetched(heard(keyring), [subject])
    assert all(isinstance(key, PartKey) for key in held(keyring, subject))


def test_of_somebody_erased_it_is_known_that_they_are(keyring: Keyring, opening: Opening) -> None:
    subject = uuid4()
    elsewhere = opening()
    elsewhere.to_encrypt(subject, "core")
    elsewhere.fence(subject)
    elsewhere.destroy(subject)
    fetched(heard(keyring), [subject])
    fetched(keyring, [subject], [subject])
    assert all(isinstance(key, Erased) for key in held(keyring, subject))


def after_each_answer(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    """Have something happen once the database has answered, and before it is heard."""
    ask = Lending.ask

    async def answered(self: Lending, *said: Any) -> list[TupleRow]:
        rows = await ask(self, *said)
        do()
        return rows

    monkeypatch.setattr(Lending, "ask", answered)


def test_a_key_that_was_destroyed_meanwhile_is_not_held(
    keyring: Keyring, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = uuid4()
    elsewhere = opening()
    elsewhere.to_encrypt(subject, "core")
    heard(keyring)
    before = keyring.cache.forgotten

    def destroy() -> None:
        elsewhere.fence(subject)
        elsewhere.destroy(subject)
        until(lambda: keyring.cache.forgotten > before, "the news has come")

    after_each_answer(monkeypatch, destroy)
    fetched(keyring, [subject])
    assert not any(isinstance(key, PartKey) for key in held(keyring, subject))


def test_keys_are_made_on_the_next_epoch_where_the_news_of_it_is_late(
    keyring: Keyring, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, elsewhere = uuid4(), opening()
    fresh = heard(keyring).fresh

    def too_late(*said: Any) -> Fresh:
        made = fresh(*said)
        monkeypatch.undo()
        elsewhere.rotate()
        elsewhere.retire()
        return made

    monkeypatch.setattr(keyring, "fresh", too_late)
    fetched(keyring, [subject], [subject])
    assert all(isinstance(key, PartKey) for key in held(keyring, subject))
    assert {row.epoch for row in keyring.store.ask(keys_of(subject))} == {2}


@pytest.mark.parametrize("named", ["file"], indirect=True)
@pytest.mark.parametrize("are_new", [True, False])
def test_a_loop_needs_no_thread_for_keys_in_a_file(
    keyring: Keyring, opening: Opening, monkeypatch: pytest.MonkeyPatch, *, are_new: bool
) -> None:
    subjects = [uuid4() for _ in range(8)]
    if not are_new:
        elsewhere = opening()
        for subject in subjects:
            elsewhere.to_encrypt(subject, "core")

    async def steps(fetcher: KeyFetcher) -> None:
        await fetcher.fetch([subjects[0]], subjects if are_new else ())  # connects, which takes a thread
        monkeypatch.setattr(asyncio, "to_thread", refused)
        for subject in subjects[1:]:
            await fetcher.fetch([subject], subjects if are_new else ())

    def refused(*_: object) -> Awaitable[None]:
        raise AssertionError(f"a thread was asked for in {threading.current_thread().name}")

    with_fetcher(heard(keyring), steps)
    assert all(isinstance(key, PartKey) for subject in subjects for key in held(keyring, subject))


@pytest.mark.parametrize("named", ["file"], indirect=True)
def test_a_database_that_is_gone_is_told_as_a_key_service_that_is_down(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard(keyring)
    monkeypatch.setattr("scp_events.privacy.fetching.PATIENCE", 0.3)

    def nobody(*_: object) -> None:
        raise psycopg.OperationalError("nobody is there")

    monkeypatch.setattr("scp_events.privacy.fetching.connect_patiently", nobody)
    with pytest.raises(KeyServiceDownError):
        fetched(keyring, [uuid4()])
