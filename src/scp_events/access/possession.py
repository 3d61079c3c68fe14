"""A token bound to a key opens nothing for whoever merely has it: who sends it proves to hold the key.

Two ways: a proof made for this request alone (DPoP, RFC 9449), and the certificate of the connection
(RFC 8705). Which one a token needs, its issuer says in it (`cnf`).
"""

from __future__ import annotations

import hmac
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jwt
from jwt.exceptions import PyJWTError

from scp_events.access.keys import ALGORITHMS, usable
from scp_events.access.token_errors import TokenError, invalid

PROOF_SECONDS = 60.0
"""How old a proof may be. So long its number is remembered, as it counts once."""
MOST_PROOFS = 100_000
LONGEST = 8192
_MEMBERS = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
"""What of a key its thumbprint is made of (RFC 7638)."""


@dataclass(frozen=True)
class Shown:
    """How a token was sent: under which scheme, with which proofs, for what, over whose connection."""

    scheme: str = "bearer"
    proofs: tuple[str, ...] = ()
    method: str = ""
    address: str = ""
    """The address that was asked for, as its client knows it."""
    certificate: bytes | None = None
    """The client's certificate (DER), where whoever ends TLS for us has checked that they hold its key."""


class Possession:
    """Checks that who sends a token holds the key it is bound to. It remembers which proofs it has seen."""

    def __init__(self) -> None:
        self._seen: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def must_be_shown(  # noqa: PLR0913 - what was sent, when, and what its issuer asks for
        self, claims: Mapping[str, Any], token: str, shown: Shown, now: float, *, always: bool, leeway: float
    ) -> None:
        """Raise `TokenError` unless it is shown; `always`: also where the token asks for no proof."""
        bound = claims.get("cnf")
        if bound is None:
            if always or shown.scheme != "bearer":
                raise TokenError("not-bound", "send a token that is bound to your key (DPoP or mutual TLS)")
            return
        if not isinstance(bound, Mapping) or not bound:
            raise invalid("cnf")
        if not bound.keys() <= {"jkt", "x5t#S256"}:
            raise TokenError("binding-unknown", "bind tokens with DPoP (`jkt`) or mutual TLS (`x5t#S256`)")
        if "jkt" not in bound and shown.scheme != "bearer":
            raise TokenError("not-bound", "the token is bound to a certificate: send it as `Bearer`")
        if "x5t#S256" in bound:
            _must_be_of(bound["x5t#S256"], shown.certificate)
        if "jkt" in bound:
            self._must_be_proven(bound["jkt"], token, shown, now, leeway)

    def _must_be_proven(
        self, thumbprint: object, token: str, shown: Shown, now: float, leeway: float
    ) -> None:
        if shown.scheme != "dpop":
            raise TokenError("proof-missing", "send the token as `Authorization: DPoP`, with a proof")
        if len(shown.proofs) != 1:
            raise TokenError("proof-missing", "send one `DPoP:` header with a proof for this request")
        key, said = _opened(shown.proofs[0])
        if not _same(thumbprint, thumbprint_of(key)):
            raise TokenError("proof-key", "make the proof with the key that the token is bound to")
        if said.get("htm") != shown.method or _plain(said.get("htu")) != _plain(shown.address):
            raise TokenError("proof-request", "make a proof for this very request (`htm`, `htu`)")
        if not _same(said.get("ath"), _text(sha256(token.encode()).digest())):
            raise TokenError("proof-token", "make a proof for this very token (`ath`)")
        at, number = said.get("iat"), said.get("jti")
        if (
            isinstance(at, bool)
            or not isinstance(at, int | float)
            or not -leeway <= now - at <= PROOF_SECONDS
        ):
            raise TokenError("proof-time", "make the proof when you send it, with the clock set right")
        if not isinstance(number, str) or not 8 <= len(number) <= 256:  # noqa: PLR2004 - a number nobody else made
            raise TokenError("proof-number", "give each proof a number of its own (`jti`)")
        self._must_be_new(sha256(f"{thumbprint} {number}".encode()).digest(), now, leeway)

    def _must_be_new(self, proof: bytes, now: float, leeway: float) -> None:
        with self._lock:
            while self._seen and next(iter(self._seen.values())) < now:
                self._seen.pop(next(iter(self._seen)))  # they stand in the order in which they are forgotten
            if proof in self._seen:
                raise TokenError("proof-repeated", "make a new proof for each request")
            if len(self._seen) >= MOST_PROOFS:
                raise TokenError("proof-many", "too many proofs came within a minute: try again in one")
            self._seen[proof] = now + PROOF_SECONDS + leeway


def thumbprint_of(key: Mapping[str, Any]) -> str:
    """Return what names a public key (RFC 7638)."""
    members = {name: key[name] for name in _MEMBERS[key["kty"]]}
    return _text(sha256(dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest())


def _must_be_of(thumbprint: object, certificate: bytes | None) -> None:
    if certificate is None:
        raise TokenError("certificate-missing", "the token is bound to a certificate: connect with it")
    if not _same(thumbprint, _text(sha256(certificate).digest())):
        raise TokenError("certificate-other", "connect with the certificate that the token is bound to")


def _opened(proof: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the key that came with a proof, and what the proof says, its signature checked with that key."""
    wrong = TokenError("proof-malformed", "make the proof as RFC 9449 says (`typ` dpop+jwt, a public `jwk`)")
    try:
        if len(proof) > LONGEST:
            raise wrong
        header = jwt.get_unverified_header(proof)
        key = header.get("jwk")
        if header.get("typ") != "dpop+jwt" or str(header.get("alg")) not in ALGORITHMS or "crit" in header:
            raise wrong
        checked = usable(key)
        if checked is None or checked.algorithm_name != header["alg"]:
            raise wrong
        said = jwt.api_jwt.decode(
            proof, checked, algorithms=[header["alg"]], options={"verify_iat": False, "verify_aud": False}
        )
    except (PyJWTError, ValueError, KeyError, RecursionError):
        raise wrong from None
    return key, said  # type: ignore[return-value]  # a key that is usable is an object


def _plain(address: object) -> str | None:
    """Return an address without its query, written in one way."""
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    usual = {"https": 443, "http": 80}.get(parts.scheme.lower())
    where = host if port in (None, usual) else f"{host}:{port}"
    return urlunsplit((parts.scheme.lower(), where, parts.path or "/", "", ""))


def _same(said: object, expected: str) -> bool:
    return isinstance(said, str) and hmac.compare_digest(said.encode(), expected.encode())


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
