"""A token that was checked is believed for a minute without being checked again, and no further than that."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scp_events.access import Issuer, SignedIn, TokenError, Verifier, tokens
from tests.access.test_tokens import AUDIENCE, ELSEWHERE, HERE, KEYS, NAME, NOW, token
from tests.words import KEY_WORKER

MINUTE = timedelta(seconds=60)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(clock: Clock) -> Verifier:
    return Verifier([Issuer(name=NAME, audience=AUDIENCE, keys=KEYS, loopback_only=True)], now=clock)


def test_a_token_nobody_checked_is_not_known(verifier: Verifier) -> None:
    assert verifier.recall(token(), HERE) is None
    verifier.verify(token(sub="kw-other"), HERE)
    assert verifier.recall(token(), HERE) is None
    assert verifier.recall("é.é.é", HERE) is None


def test_a_token_that_was_refused_is_not_known(verifier: Verifier) -> None:
    wrong = token(aud="another")
    with pytest.raises(TokenError):
        verifier.verify(wrong, HERE)
    assert verifier.recall(wrong, HERE) is None


def test_a_checked_token_is_known_for_a_minute(verifier: Verifier, clock: Clock) -> None:
    checked = token()
    verifier.verify(checked, HERE)
    clock.now = NOW + MINUTE - timedelta(seconds=1)
    assert verifier.recall(checked, HERE) == SignedIn(KEY_WORKER)
    clock.now = NOW + MINUTE
    assert verifier.recall(checked, HERE) is None


def test_where_a_known_token_comes_from_is_asked_each_time(verifier: Verifier) -> None:
    checked = token()
    verifier.verify(checked, HERE)
    with pytest.raises(TokenError) as refused:
        verifier.recall(checked, ELSEWHERE)
    assert refused.value.code == "development-token-from-elsewhere"


def test_a_known_token_expires_all_the_same(verifier: Verifier, clock: Clock) -> None:
    checked = token(exp=(NOW + timedelta(seconds=10)).timestamp())
    verifier.verify(checked, HERE)
    clock.now = NOW + timedelta(seconds=10 + tokens.LEEWAY)
    with pytest.raises(TokenError) as refused:
        verifier.recall(checked, HERE)
    assert refused.value.code == "expired"


def test_the_tokens_remembered_longest_make_room(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED_TOKENS", 2)
    first, second, third = (token(jti=name) for name in ("first", "second", "third"))
    for sent in (first, second, third):
        verifier.verify(sent, HERE)
    assert [verifier.recall(sent, HERE) for sent in (first, second, third)] == [
        None,
        *[SignedIn(KEY_WORKER)] * 2,
    ]
