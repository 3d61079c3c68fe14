"""Where an issuer's keys come from, and how often they are asked for."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from scp_events.access.keys import (
    KEEP,
    LOOK_AGAIN,
    REFRESH,
    FetchedKeys,
    KeysUnavailableError,
    keys_of,
    read_keys,
)
from scp_events.access.tokens import REMEMBERED_SECONDS


def jwks(*kids: str) -> bytes:
    public = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True)
    return json.dumps({"keys": [{**public, "kid": kid} for kid in kids]}).encode()


class Published:
    """An issuer whose keys change, which can be out of reach, and which counts how often it is asked."""

    def __init__(self, document: bytes) -> None:
        self.document: bytes | None = document
        self.asked = 0
        self.now = 1000.0
        self.keys = FetchedKeys(self.fetch, clock=lambda: self.now)

    def fetch(self) -> bytes:
        self.asked += 1
        if self.document is None:
            raise OSError("out of reach")
        return self.document


def test_keys_are_kept() -> None:
    published = Published(jwks("a"))
    for _ in range(5):
        assert published.keys.find("a") is not None
    assert published.asked == 1


def test_a_stranger_cannot_make_us_ask_for_every_token() -> None:
    published = Published(jwks("a"))
    for number in range(100):
        assert published.keys.find(f"unheard-of-{number}") is None
    assert published.asked == 1


def test_a_new_key_is_found_within_half_a_minute_and_an_old_one_forgotten() -> None:
    published = Published(jwks("a"))
    published.keys.find("a")
    published.document = jwks("b")
    published.now += LOOK_AGAIN
    assert published.keys.find("b") is not None
    assert published.keys.find("a") is None


def test_while_the_issuer_is_out_of_reach_its_keys_go_on_for_a_while() -> None:
    published = Published(jwks("a"))
    published.keys.find("a")
    published.document = None
    published.now += KEEP - 1
    assert published.keys.find("a") is not None
    published.now += 1
    with pytest.raises(KeysUnavailableError):
        published.keys.find("a")


def test_a_withdrawn_key_is_believed_for_five_minutes_at_most() -> None:
    """That is, with a token that was checked at the last moment and is remembered."""
    assert KEEP + REMEMBERED_SECONDS <= 300
    published = Published(jwks("a", "b"))
    published.keys.find("a")
    published.document = jwks("b")
    published.now += REFRESH - 1
    assert published.keys.find("a") is not None
    published.now += 1
    assert published.keys.find("a") is None
    assert published.keys.find("b") is not None


def test_an_issuer_that_is_out_of_reach_for_a_moment_is_asked_again_in_time() -> None:
    published = Published(jwks("a"))
    published.keys.find("a")
    answer, published.document = published.document, None
    published.now += REFRESH
    assert published.keys.find("a") is not None
    published.document = answer
    published.now += LOOK_AGAIN
    assert published.keys.find("a") is not None
    assert published.asked == 3
    published.now += KEEP - 1
    published.document = None
    assert published.keys.find("a") is not None, "what came the second time is kept as long"


def test_while_one_looks_nobody_waits_who_has_their_key() -> None:
    published = Published(jwks("a"))
    published.keys.find("a")
    published.now += REFRESH
    looking, answered = Event(), Event()

    def fetch() -> bytes:
        looking.set()
        assert answered.wait(20)
        return jwks("a")

    published.keys._fetch = fetch  # noqa: SLF001 - an issuer that takes its time
    with ThreadPoolExecutor(1) as elsewhere:
        found = elsewhere.submit(published.keys.find, "a")
        assert looking.wait(20)
        assert published.keys.find("a") is not None
        assert not found.done()
        answered.set()
        assert found.result(20) is not None


def test_keys_that_never_came_are_unavailable_not_unknown() -> None:
    published = Published(b"<html>")
    with pytest.raises(KeysUnavailableError):
        published.keys.find("a")
    published.document = jwks("a")
    published.now += LOOK_AGAIN
    assert published.keys.find("a") is not None


@pytest.mark.parametrize(
    "place",
    [
        "http://issuer.example/jwks",
        "http://localhost/jwks",
        "http://127.0.0.1.example/jwks",
        "ftp://issuer.example",
        "file:///etc/passwd",
    ],
)
def test_keys_come_from_a_file_or_over_https_or_from_this_machine(place: str) -> None:
    with pytest.raises(ValueError, match="https"):
        keys_of(place)
    keys_of("http://127.0.0.1:9/jwks")


def test_keys_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "jwks").write_bytes(jwks("a"))
    assert keys_of(str(tmp_path / "jwks")).find("a") is not None


@pytest.mark.parametrize("document", [b"", b"[]", b"{}", b'{"keys": {}}', b"\xff"])
def test_what_is_no_jwks_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_keys(document)


def test_a_private_key_is_not_for_publishing_and_not_used() -> None:
    private = OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate(), as_dict=True)
    assert read_keys(json.dumps({"keys": [{**private, "kid": "a"}]}).encode()) == {}
