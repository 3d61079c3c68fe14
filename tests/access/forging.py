"""Tokens and proofs as an issuer, a client or a forger makes them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from scp_events.access import Shown
from scp_events.access.possession import thumbprint_of
from tests.access.test_tokens import CLAIMS, ED, NOW

ADDRESS = "https://records.example/cases"
HOLDER, THIEF = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
CERTIFICATE = b"an invented certificate"
LEFT_OUT = object()

Signing = Callable[[bytes], bytes]


def text(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def digest(of: str | bytes) -> str:
    return text(sha256(of.encode() if isinstance(of, str) else of).digest())


def without(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not LEFT_OUT}


def made(header: dict[str, Any], claims: dict[str, Any], sign: Signing) -> str:
    """Return a token in compact form, whatever is in it."""
    signed = f"{text(json.dumps(without(header)).encode())}.{text(json.dumps(without(claims)).encode())}"
    return f"{signed}.{text(sign(signed.encode()))}"


def token(header: dict[str, Any] | None = None, sign: Signing = ED.sign, **claims: Any) -> str:
    """Return a good token; name what should differ."""
    return made({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"} | (header or {}), CLAIMS | claims, sign)


def public(key: Ed25519PrivateKey) -> dict[str, Any]:
    return dict(OKPAlgorithm.to_jwk(key.public_key(), as_dict=True))


BOUND = token(cnf={"jkt": thumbprint_of(public(HOLDER))})
BOUND_TO_CERTIFICATE = token(cnf={"x5t#S256": digest(CERTIFICATE)})


def proof(
    header: dict[str, Any] | None = None, *, sent: str = BOUND, sign: Signing = HOLDER.sign, **claims: Any
) -> str:
    """Return a good proof for a GET with a token; name what should differ."""
    said = {
        "jti": "a number that nobody else made",
        "htm": "GET",
        "htu": ADDRESS,
        "iat": NOW.timestamp(),
        "ath": digest(sent),
    }
    return made(
        {"alg": "EdDSA", "typ": "dpop+jwt", "jwk": public(HOLDER)} | (header or {}), said | claims, sign
    )


def proven(*proofs: str, scheme: str = "dpop", **how: Any) -> Shown:
    return Shown(**({"scheme": scheme, "proofs": proofs, "method": "GET", "address": ADDRESS} | how))
