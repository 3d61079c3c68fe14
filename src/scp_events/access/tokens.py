"""A signed bearer token says who asks. Everything it says is checked here; PyJWT checks the signature only.

An error carries a code and what to do. It never carries anything the token said: a token is a credential, and
what it claims about a person is nobody else's business.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import DecodeError, InvalidSignatureError, PyJWTError

from scp_events.access.claims import ClaimNames, SignedIn, signed_in
from scp_events.access.keys import ALGORITHMS, KeySet, KeysUnavailableError
from scp_events.access.possession import Possession, Shown
from scp_events.access.token_errors import TokenError, invalid, missing

__all__ = ["Client", "Issuer", "KeysUnavailableError", "TokenError", "TokenKind", "Verifier"]

ID_TOKEN_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})
"""With one of these it is an ID token whatever it calls itself: it tells a program who logged in."""
LONGEST = 8192
LEEWAY = 30.0
"""Seconds by which clocks may differ, unless an issuer's settings say otherwise."""
LONGEST_LIFETIME = 3600.0
REMEMBERED_SECONDS = 60.0
"""How long a token need not be verified again, which costs as much as all the rest of a request.

With the time that keys are kept it comes to five minutes: so long a withdrawn key is believed at most."""
REMEMBERED_TOKENS = 4_096


@dataclass(frozen=True)
class Client:
    """Where a request comes from: the other end of the connection, and whether somebody passed it on."""

    address: str | None
    forwarded: bool = False

    @property
    def on_this_machine(self) -> bool:
        """Whether the request was made on this machine, and not merely passed on from it."""
        return self.address is not None and is_loopback(self.address) and not self.forwarded


SENT_PLAINLY = Shown()


class TokenKind(StrEnum):
    """How an issuer marks its access tokens, so that they are told from its other ones."""

    RFC_9068 = "at+jwt"
    """The header says `at+jwt`."""
    KEYCLOAK = "keycloak"
    """The header says `JWT`, as that of an ID token does; a claim `typ` says `Bearer`, or `DPoP`."""


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are believed: the name they carry, whom they must be meant for, and the keys."""

    name: str
    audience: str
    keys: KeySet
    kind: TokenKind = TokenKind.RFC_9068
    claims: ClaimNames = field(default_factory=ClaimNames)
    services: Mapping[str, str] = field(default_factory=dict)
    """Which services may act for others, and for which organisation each does."""
    longest_lifetime: float = LONGEST_LIFETIME
    """Seconds for which a token may have been issued: until then nobody can take it back."""
    leeway: float = LEEWAY
    bound: bool = False
    """Whether only tokens that are bound to a key are taken."""
    loopback_only: bool = False
    """Believed only from this machine: development tokens."""


@dataclass(frozen=True)
class _Verified:
    """What was found out of a token whose signature was checked."""

    issuer: Issuer
    claims: Mapping[str, Any]
    who: SignedIn
    until: float


class Verifier:
    """Turns a token into who it speaks for, or raises `TokenError` or `KeysUnavailableError`.

    A token that was checked is remembered for `REMEMBERED_SECONDS`, by its digest. Where it comes from,
    whether it is in time and whether its key is held is asked anew.
    """

    def __init__(
        self, issuers: Iterable[Issuer], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._now = now
        self._verified: dict[bytes, _Verified] = {}
        self._lock = threading.Lock()
        self._possession = Possession()

    def verify(self, token: str, client: Client, shown: Shown = SENT_PLAINLY) -> SignedIn:
        """Return who the token says is asking."""
        now = self._now().timestamp()  # before its key is looked for: that may take a while
        header = _header(token)
        issuer = self._issuer(token)
        claims = _signed_claims(token, header, issuer.keys)
        _must_be_an_access_token(header, claims, issuer.kind)
        _must_be_meant_for(claims, issuer)
        _must_be_short_lived(claims, now, issuer)
        verified = _Verified(
            issuer, claims, signed_in(claims, issuer.claims, issuer.services), now + REMEMBERED_SECONDS
        )
        self._must_be_good_now(verified, token, client, shown, now)
        self._remember(token, verified)
        return verified.who

    def recall(self, token: str, client: Client, shown: Shown = SENT_PLAINLY) -> SignedIn | None:
        """Return who a token is known to speak for, at once; None where it has to be verified."""
        verified = self._verified.get(_digest(token))
        now = self._now().timestamp()
        if verified is None or now >= verified.until:
            return None
        self._must_be_good_now(verified, token, client, shown, now)
        return verified.who

    def _must_be_good_now(
        self, verified: _Verified, token: str, client: Client, shown: Shown, now: float
    ) -> None:
        """Refuse what was good once and is not now, or not from here."""
        issuer = verified.issuer
        _must_be_for(client, issuer)
        _must_be_in_time(verified.claims, now, issuer.leeway)
        self._possession.must_be_shown(
            verified.claims, token, shown, now, always=issuer.bound, leeway=issuer.leeway
        )

    def _remember(self, token: str, verified: _Verified) -> None:
        with self._lock:
            if len(self._verified) >= REMEMBERED_TOKENS:
                self._verified.pop(next(iter(self._verified)))  # the one remembered longest
            self._verified[_digest(token)] = verified

    def _issuer(self, token: str) -> Issuer:
        """Return the issuer the token names, which decides only whose keys it is checked with."""
        named = _claims(token, key=None).get("iss")
        if named is None:
            raise missing("iss")
        if not isinstance(named, str) or named not in self._issuers:
            raise TokenError(
                "wrong-issuer", "the token is of another issuer: get one from the configured one"
            )
        return self._issuers[named]


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _must_be_for(client: Client, issuer: Issuer) -> None:
    if issuer.loopback_only and not client.on_this_machine:
        raise TokenError(
            "development-token-from-elsewhere",
            "development tokens are for this machine only: use a token of the configured issuer",
        )


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Whether an IP address, written as one, means this machine."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _header(token: str) -> Mapping[str, Any]:
    if len(token) > LONGEST:
        raise TokenError("token-too-long", f"a token has at most {LONGEST} characters")
    try:
        return jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError):
        raise _malformed() from None


def _must_be_an_access_token(header: Mapping[str, Any], claims: Mapping[str, Any], kind: TokenKind) -> None:
    typ = str(header.get("typ", "")).lower().removeprefix("application/")
    if kind is TokenKind.RFC_9068:
        is_one = typ == "at+jwt"
    else:
        is_one = typ == "jwt" and claims.get("typ") in ("Bearer", "DPoP")
    if not is_one or not ID_TOKEN_CLAIMS.isdisjoint(claims):
        raise TokenError("not-an-access-token", "send the access token, not the ID token or another one")


def _signed_claims(token: str, header: Mapping[str, Any], keys: KeySet) -> Mapping[str, Any]:
    if str(header.get("alg")) not in ALGORITHMS:
        raise TokenError("algorithm-not-allowed", f"sign tokens with one of {', '.join(sorted(ALGORITHMS))}")
    if "crit" in header:
        raise TokenError("critical-header", "the token asks for an extension that is not known here")
    kid = header.get("kid")
    if not isinstance(kid, str):
        raise TokenError("key-not-named", "the token's header must name its key (`kid`)")
    key = keys.find(kid)
    if key is None:
        raise TokenError("unknown-key", "the issuer publishes no such key: get a new token")
    if key.algorithm_name != header["alg"]:
        raise TokenError("algorithm-not-of-key", "the token's algorithm is not the one its key is for")
    return _claims(token, key)


def _claims(token: str, key: PyJWK | None) -> Mapping[str, Any]:
    """Return what the token says, its signature checked with `key`; unchecked where that is None."""
    options = {"verify_signature": key is not None} | dict.fromkeys(_CHECKED_BY_US, False)
    try:
        said: Mapping[str, Any] = jwt.api_jwt.decode(
            token,
            key=key if key is not None else "",
            algorithms=sorted(ALGORITHMS),
            options=options,  # type: ignore[arg-type]  # a TypedDict, here made of a set of names
        )
    except InvalidSignatureError:
        raise TokenError("wrong-signature", "the signature does not fit: get a new token") from None
    except (DecodeError, PyJWTError, ValueError, RecursionError):
        raise _malformed() from None
    return said


_CHECKED_BY_US = (
    "verify_exp",
    "verify_nbf",
    "verify_iat",
    "verify_aud",
    "verify_iss",
    "verify_sub",
    "verify_jti",
)


def _must_be_meant_for(claims: Mapping[str, Any], issuer: Issuer) -> None:
    """Check the audience; `iss` was checked when the issuer was looked up by it, under the same signature."""
    audience = claims.get("aud")
    if audience is None:
        raise missing("aud")
    if issuer.audience not in ([audience] if isinstance(audience, str) else _texts(audience)):
        raise TokenError("wrong-audience", "the token is meant for another service: ask for one for this one")


def _must_be_short_lived(claims: Mapping[str, Any], now: float, issuer: Issuer) -> None:
    """A token cannot be taken back, so it must not live long, and none is dated ahead to be used later."""
    for name in ("iat", "exp"):
        if name not in claims:
            raise missing(name)
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    if issued > now + issuer.leeway:
        raise TokenError("issued-ahead", "the token is from the future: wait, or set the clocks right")
    if expires <= issued:
        raise invalid("exp")
    if expires - issued > issuer.longest_lifetime:
        raise TokenError(
            "lives-too-long",
            f"have the issuer make tokens that live for {issuer.longest_lifetime:.0f} seconds at most",
        )


def _must_be_in_time(claims: Mapping[str, Any], now: float, leeway: float) -> None:
    if now >= _instant(claims, "exp") + leeway:
        raise TokenError("expired", "the token has expired: get a new one")
    if "nbf" in claims and now < _instant(claims, "nbf") - leeway:
        raise TokenError("not-yet-valid", "the token is not valid yet: wait, or set the clocks right")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise invalid(name)
    return float(value)


def _texts(value: object) -> Sequence[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _malformed() -> TokenError:
    return TokenError("malformed", "this is no signed token in compact form: send `Bearer` and the token")
