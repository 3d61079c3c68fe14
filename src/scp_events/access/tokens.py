"""A signed bearer token says who asks. Everything it says is checked here; PyJWT checks the signature only.

An error carries a code and what to do. It never carries anything the token said: a token is a credential, and
what it claims about a person is nobody else's business.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import DecodeError, InvalidSignatureError, PyJWTError
from pydantic import ValidationError

from scp_events.access.keys import ALGORITHMS, KeySet, KeysUnavailableError
from scp_events.vocabulary import Actor

__all__ = ["Client", "Issuer", "KeysUnavailableError", "TokenError", "Verifier"]

ACCESS_TOKEN = frozenset({"at+jwt", "application/at+jwt"})
"""RFC 9068. An ID token says `JWT`: it tells a program who logged in, and opens nothing."""
LONGEST = 8192
LEEWAY = 30.0
"""Seconds by which clocks may differ."""
REMEMBERED_SECONDS = 60.0
"""How long a token need not be verified again, which costs as much as all the rest of a request."""
REMEMBERED_TOKENS = 4_096
OUR_CLAIMS = {"sub": "id", "role": "role", "organisation": "organisation", "kind": "kind"}
"""Each claim that must be there, and the field of the actor it becomes. `credentials` may be missing."""


class TokenError(Exception):
    """The token opens nothing. `code` is stable; the message says what to do."""

    def __init__(self, code: str, remedy: str) -> None:
        super().__init__(f"{code}: {remedy}")
        self.code = code
        self.remedy = remedy


@dataclass(frozen=True)
class Client:
    """Where a request comes from: the other end of the connection, and whether somebody passed it on."""

    address: str | None
    forwarded: bool = False

    @property
    def on_this_machine(self) -> bool:
        """Whether the request was made on this machine, and not merely passed on from it."""
        return self.address is not None and is_loopback(self.address) and not self.forwarded


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are believed: the name they carry, whom they must be meant for, and the keys."""

    name: str
    audience: str
    keys: KeySet
    loopback_only: bool = False
    """Believed only from this machine: development tokens."""


@dataclass(frozen=True)
class _Verified:
    """What was found out of a token whose signature was checked."""

    issuer: Issuer
    claims: Mapping[str, Any]
    actor: Actor
    until: float


class Verifier:
    """Turns a token into the actor it speaks for, or raises `TokenError` or `KeysUnavailableError`.

    A token that was checked is remembered for `REMEMBERED_SECONDS`, by its digest: so long a token is still
    believed whose key its issuer has withdrawn. Where it comes from and whether it is in time is asked anew.
    """

    def __init__(
        self, issuers: Iterable[Issuer], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._issuers = {issuer.name: issuer for issuer in issuers}
        self._now = now
        self._verified: dict[bytes, _Verified] = {}
        self._lock = threading.Lock()

    def verify(self, token: str, client: Client) -> Actor:
        """Return who the token says is asking."""
        header = _header(token)
        _must_be_an_access_token(header)
        issuer = self._issuer(token)
        _must_be_for(client, issuer)
        claims = _signed_claims(token, header, issuer.keys)
        _must_be_meant_for(claims, issuer)
        now = self._now().timestamp()
        _must_be_in_time(claims, now)
        actor = _actor(claims)
        self._remember(token, _Verified(issuer, claims, actor, now + REMEMBERED_SECONDS))
        return actor

    def recall(self, token: str, client: Client) -> Actor | None:
        """Return who a token is known to speak for, at once; None where it has to be verified."""
        verified = self._verified.get(_digest(token))
        now = self._now().timestamp()
        if verified is None or now >= verified.until:
            return None
        _must_be_for(client, verified.issuer)
        _must_be_in_time(verified.claims, now)
        return verified.actor

    def _remember(self, token: str, verified: _Verified) -> None:
        with self._lock:
            if len(self._verified) >= REMEMBERED_TOKENS:
                self._verified.pop(next(iter(self._verified)))  # the one remembered longest
            self._verified[_digest(token)] = verified

    def _issuer(self, token: str) -> Issuer:
        """Return the issuer the token names, which decides only whose keys it is checked with."""
        named = _claims(token, key=None).get("iss")
        if named is None:
            raise _missing("iss")
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


def _must_be_an_access_token(header: Mapping[str, Any]) -> None:
    if header.get("alg") not in ALGORITHMS:
        raise TokenError("algorithm-not-allowed", f"sign tokens with one of {', '.join(sorted(ALGORITHMS))}")
    if str(header.get("typ", "")).lower() not in ACCESS_TOKEN:
        raise TokenError("not-an-access-token", "send the access token (`typ` at+jwt), not the ID token")
    if "crit" in header:
        raise TokenError("critical-header", "the token asks for an extension that is not known here")


def _signed_claims(token: str, header: Mapping[str, Any], keys: KeySet) -> Mapping[str, Any]:
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
        raise _missing("aud")
    if issuer.audience not in ([audience] if isinstance(audience, str) else _texts(audience)):
        raise TokenError("wrong-audience", "the token is meant for another service: ask for one for this one")


def _must_be_in_time(claims: Mapping[str, Any], now: float) -> None:
    if "exp" not in claims:
        raise _missing("exp")
    if now >= _instant(claims, "exp") + LEEWAY:
        raise TokenError("expired", "the token has expired: get a new one")
    if "nbf" in claims and now < _instant(claims, "nbf") - LEEWAY:
        raise TokenError("not-yet-valid", "the token is not valid yet: wait, or set the clocks right")


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _invalid(name)
    return float(value)


def _actor(claims: Mapping[str, Any]) -> Actor:
    for name in OUR_CLAIMS:
        if claims.get(name) is None:
            raise _missing(name)
    said = {field: claims[name] for name, field in OUR_CLAIMS.items()}
    try:
        return Actor.model_validate(said | {"credentials": claims.get("credentials", ())}, strict=False)
    except ValidationError as error:
        fields = {field: name for name, field in OUR_CLAIMS.items()}
        wrong = str(error.errors()[0]["loc"][0])
        raise _invalid(fields.get(wrong, wrong)) from None


def _texts(value: object) -> Sequence[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _malformed() -> TokenError:
    return TokenError("malformed", "this is no signed token in compact form: send `Bearer` and the token")


def _missing(claim: str) -> TokenError:
    return TokenError(f"{claim}-missing", f"the token does not say `{claim}`: have the issuer add it")


def _invalid(claim: str) -> TokenError:
    return TokenError(f"{claim}-invalid", f"the token's `{claim}` is not what it must be: correct the issuer")
