"""The keyring for an event loop: the same keys as any other, and the loop waits for nobody."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from scp_events.privacy import (
    GROUPS,
    Keyring,
    KeyringAsync,
    KeyringError,
    KeyServiceDownError,
    PartKey,
    WrongKeyError,
)
from scp_events.privacy.store import Question
from scp_events.vocabulary import Erased
from tests.opened import listening
from tests.privacy.conftest import Opening
from tests.privacy.test_keyring import rows
from tests.waiting import until


@pytest.fixture
def keyring(opening: Opening) -> Keyring:
    keyring = opening()
    listening(keyring)
    return keyring


def play(keyring: Keyring, scene: Callable[[KeyringAsync], Awaitable[None]]) -> None:
    """Play a scene in an event loop of its own."""

    async def all_of_it() -> None:
        keys = KeyringAsync(keyring, asyncio.to_thread)
        try:
            await asyncio.wait_for(scene(keys), 60)
        finally:
            await keys.close()

    asyncio.run(all_of_it())


def counted(keyring: Keyring, keys: KeyringAsync, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of what the store is asked from now on, by whom ever."""
    asked: list[str] = []
    ask, ask_async = keyring.store.ask, keys._store.ask  # noqa: SLF001 - nobody else sees what is asked

    def asking(question: Question[Any]) -> list[Any]:
        asked.append(question.text)
        return ask(question)

    async def asking_async(question: Question[Any]) -> list[Any]:
        asked.append(question.text)
        return await ask_async(question)

    monkeypatch.setattr(keyring.store, "ask", asking)
    monkeypatch.setattr(keys._store, "ask", asking_async)  # noqa: SLF001 - as above
    return asked


def test_a_newcomers_keys_are_made_with_one_question(
    keyring: Keyring, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    newcomer = uuid4()

    async def scene(keys: KeyringAsync) -> None:
        asked = counted(keyring, keys, monkeypatch)
        await keys.fetch([newcomer], newcomers=[newcomer])
        assert len(asked) == 1
        assert keyring.missing([newcomer]) == []
        made = {group: keyring.to_encrypt(newcomer, group) for group in GROUPS}
        assert len(asked) == 1, "they are at hand"
        assert [opening().to_encrypt(newcomer, group).key_id for group in GROUPS] == [
            made[group].key_id for group in GROUPS
        ]

    play(keyring, scene)


def test_who_seems_new_and_is_not_keeps_the_keys_there_are(keyring: Keyring, opening: Opening) -> None:
    elsewhere, subject = opening(), uuid4()
    there = {group: elsewhere.to_encrypt(subject, group) for group in GROUPS}

    async def scene(keys: KeyringAsync) -> None:
        await keys.fetch([subject], newcomers=[subject])
        for group in GROUPS:
            found, known = keyring.to_encrypt(subject, group), there[group]
            assert isinstance(found, PartKey)
            assert isinstance(known, PartKey)
            assert (found.key_id, found.commitment) == (known.key_id, known.commitment)

    play(keyring, scene)


def test_nothing_is_made_for_a_newcomer_who_is_fenced(keyring: Keyring) -> None:
    subject = uuid4()
    keyring.fence(subject)

    async def scene(keys: KeyringAsync) -> None:
        await keys.fetch([subject], newcomers=[subject])
        assert all(isinstance(keyring.to_encrypt(subject, group), Erased) for group in GROUPS)

    play(keyring, scene)


def test_keys_are_made_on_the_next_epoch_where_theirs_is_retired_meanwhile(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    subject, elsewhere = uuid4(), opening()
    assert elsewhere.rotate() == 2
    with psycopg.connect(log_database) as superuser:  # the home still has its key
        superuser.execute("UPDATE keyring.epochs SET retired_at = clock_timestamp() WHERE epoch = 1")
    keyring._epoch = 1  # noqa: SLF001 - the news has not arrived yet

    async def scene(keys: KeyringAsync) -> None:
        await keys.fetch([subject], newcomers=[subject])

    play(keyring, scene)
    assert {row[3] for row in rows(log_database)} == {2}


def test_keys_are_made_on_the_next_epoch_where_the_key_of_theirs_is_gone_already(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    subject, elsewhere = uuid4(), opening()
    assert elsewhere.rotate() == 2
    assert elsewhere.retire() == [1]
    keyring._epoch = 1  # noqa: SLF001 - the news has not arrived yet

    async def scene(keys: KeyringAsync) -> None:
        await keys.fetch([subject], newcomers=[subject])

    play(keyring, scene)
    assert {row[3] for row in rows(log_database)} == {2}


def test_a_home_that_does_not_wrap_with_the_current_key_is_told_as_such(keyring: Keyring) -> None:
    def failing(*_: object) -> list[bytes]:
        raise KeyringError("it holds no key for epoch 1")

    keyring.home.wrap = failing  # type: ignore[method-assign]  # a home that fails or is watched

    async def scene(keys: KeyringAsync) -> None:
        with pytest.raises(KeyringError, match="no key for epoch 1"):
            await keys.fetch([subject := uuid4()], newcomers=[subject])

    play(keyring, scene)


def test_a_home_that_answers_too_little_is_asked_again_later(keyring: Keyring, opening: Opening) -> None:
    subject = uuid4()
    opening().to_encrypt(subject, "core")
    keyring.home.unwrap = lambda _: []  # type: ignore[method-assign]  # a home that fails or is watched

    async def scene(keys: KeyringAsync) -> None:
        if keyring.home.is_at_hand:
            with pytest.raises(KeyServiceDownError, match="2 keys and answered 0"):
                await keys.fetch([subject])

    play(keyring, scene)
    with pytest.raises(KeyServiceDownError, match="2 keys and answered 0"):
        keyring.fetch([subject])


def test_keys_that_will_be_asked_for_are_looked_up_with_one_question(
    keyring: Keyring, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, subjects = opening(), [uuid4() for _ in range(20)]
    ids = {str(elsewhere.to_encrypt(subject, "core").key_id) for subject in subjects}

    async def scene(keys: KeyringAsync) -> None:
        asked = counted(keyring, keys, monkeypatch)
        await keys.foresee(ids)
        assert len(asked) == 1
        assert {keyring.to_open(key_id).key_id for key_id in ids} == {
            keyring.to_encrypt(subject, "core").key_id for subject in subjects
        }
        assert keyring.missing(subjects) == [], "of all groups: what is read is often decided on next"
        assert len(asked) == 1

    play(keyring, scene)


def test_a_row_in_the_place_of_another_is_refused(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    elsewhere, mine, other = opening(), uuid4(), uuid4()
    for subject in (mine, other):
        elsewhere.to_encrypt(subject, "core")
    with psycopg.connect(log_database) as superuser:
        superuser.execute(
            "UPDATE keyring.keys SET wrapped = (SELECT wrapped FROM keyring.keys WHERE subject = %s LIMIT 1)"
            " WHERE subject = %s",
            [other, mine],
        )

    async def scene(keys: KeyringAsync) -> None:
        with pytest.raises(WrongKeyError, match="rows were exchanged"):
            await keys.fetch([mine])

    play(keyring, scene)


def test_the_loop_goes_on_while_a_key_is_waited_for(keyring: Keyring, log_database: str) -> None:
    async def scene(keys: KeyringAsync) -> None:
        with psycopg.connect(log_database) as holding:
            holding.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")  # so that it can fail
            holding.execute("SELECT FROM keyring.epochs FOR UPDATE")
            newcomer = asyncio.create_task(keys.fetch([subject := uuid4()], newcomers=[subject]))
            await asyncio.to_thread(until, lambda: waits_for_a_lock(log_database), "keys are being made")
            assert not newcomer.done()
        await newcomer

    play(keyring, scene)


def test_only_where_the_home_is_far_away_does_a_thread_ask(keyring: Keyring) -> None:
    asking: list[int] = []
    wrap = keyring.home.wrap

    def wrapping(*said: Any) -> list[bytes]:
        asking.append(threading.get_ident())
        return wrap(*said)

    keyring.home.wrap = wrapping  # type: ignore[method-assign]  # a home that fails or is watched

    async def scene(keys: KeyringAsync) -> None:
        await keys.fetch([uuid4()])

    play(keyring, scene)
    [by] = asking
    assert (by == threading.get_ident()) is keyring.home.is_at_hand


def waits_for_a_lock(conninfo: str) -> bool:
    return bool(
        rows(
            conninfo,
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )
    )
