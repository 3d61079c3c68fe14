"""The public keys of one issuer: a JWKS read from a file or an https address, and kept for a while.

A key that its issuer has withdrawn is believed for at most five minutes, also where the issuer cannot be
asked: `KEEP` here, and as long again as a token is remembered that was checked with it. Keys are fetched anew
well before that, so that an issuer may be out of reach for a moment.

A token that names a key we do not have makes us look again, at most once in `LOOK_AGAIN`: an issuer may have
begun to use a new key, and a stranger must not be able to make us ask the issuer for every request.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from threading import Lock
from typing import Protocol
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, build_opener

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

ALGORITHMS = frozenset({"EdDSA", "ES256", "RS256"})
"""What a signature may be made with. `none` and everything with a shared secret is not among them."""
SMALLEST_RSA = 2048
LOOK_AGAIN = 30.0
REFRESH = 120.0
KEEP = 240.0
PATIENCE = 5.0
LARGEST = 1_000_000

Keys = dict[str, PyJWK]


class KeysUnavailableError(Exception):
    """The issuer's keys cannot be had just now, so no token can be checked."""


class KeySet(Protocol):
    """Finds a key by its id."""

    def find(self, kid: str) -> PyJWK | None:
        """Return the key, or None. Raises `KeysUnavailableError`."""


class FetchedKeys:
    """Keys fetched from where the issuer publishes them, anew after `REFRESH` seconds.

    They are forgotten after `KEEP`.
    """

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._looking = Lock()
        self._kept: tuple[Keys, float] = {}, -math.inf
        """The keys, and when they were asked for."""
        self._tried_at = -math.inf

    def find(self, kid: str) -> PyJWK | None:
        """Return the key, looking again where it is not known or was kept for some time.

        Only one looks. Others wait for it where the key they need is not there, and nowhere else.
        """
        if self._is_due(kid):
            known = kid in self._kept[0] and not self._is_older(KEEP)
            if self._looking.acquire(blocking=not known):
                try:
                    if self._is_due(kid):
                        self._look()
                finally:
                    self._looking.release()
        if self._is_older(KEEP):
            raise KeysUnavailableError("the issuer's keys could not be fetched: try again in a minute")
        return self._kept[0].get(kid)

    def _is_due(self, kid: str) -> bool:
        if self._clock() - self._tried_at < LOOK_AGAIN:
            return False
        return kid not in self._kept[0] or self._is_older(REFRESH)

    def _is_older(self, seconds: float) -> bool:
        return self._clock() - self._kept[1] >= seconds

    def _look(self) -> None:
        """Fetch. Where that fails, what is kept goes on until it is too old."""
        self._tried_at = self._clock()
        with suppress(OSError, ValueError):
            self._kept = read_keys(self._fetch()), self._tried_at


class HeldKeys:
    """Keys we hold ourselves."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def find(self, kid: str) -> PyJWK | None:
        """Return the key, or None."""
        return self._keys.get(kid)


def keys_of(place: str) -> KeySet:
    """Return the keys published at `place`: a path, or an https address. Raises `ValueError` for others.

    What is on this machine may be asked over plain http, as nobody is on the way.
    """
    if "://" not in place:
        return FetchedKeys(Path(place).read_bytes)
    if urlsplit(place).scheme != "https" and not _is_here(place):
        raise ValueError("the issuer's keys must come from a file or an https:// address")
    return FetchedKeys(lambda: _download(place))


def _is_here(place: str) -> bool:
    parts = urlsplit(place)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def read_keys(document: bytes) -> Keys:
    """Return the usable public keys of a JWKS by id; keys of other kinds are passed over.

    Raises `ValueError` where the document is no JWKS.
    """
    said = json.loads(document)
    if not isinstance(said, dict) or not isinstance(said.get("keys"), list):
        raise ValueError("this is no JWKS: it has no list of `keys`")  # noqa: TRY004 - what a caller catches
    found = (usable(entry) for entry in said["keys"])
    return {key.key_id: key for key in found if key is not None and key.key_id}


def usable(entry: object) -> PyJWK | None:
    """Return a public key that a signature may be checked with; None where it is none, or too weak."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or "d" in entry or "k" in entry:
        return None
    try:
        key = PyJWK.from_dict(entry)
    except (PyJWTError, ValueError):
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < SMALLEST_RSA:
        return None
    return key if key.algorithm_name in ALGORITHMS else None


class _Straight(HTTPRedirectHandler):
    """Follows nobody: a redirect could lead to another host, or away from https."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        """Refuse."""
        raise URLError("the issuer's keys are not read through a redirect: configure the final address")


def _download(address: str) -> bytes:
    with build_opener(HTTPSHandler, _Straight).open(address, timeout=PATIENCE) as answer:
        return bytes(answer.read(LARGEST))
