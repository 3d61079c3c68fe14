"""What a token must be, one test for each way of not being it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from scp_events.access import Client, Issuer, TokenError, Verifier
from scp_events.access.keys import HeldKeys, read_keys
from tests.words import KEY_WORKER

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)
NAME, AUDIENCE = "https://issuer.example", "scp-api"
HERE, ELSEWHERE = Client("127.0.0.1"), Client("203.0.113.9")

ED, EC, RSA = (
    Ed25519PrivateKey.generate(),
    ec.generate_private_key(ec.SECP256R1()),
    rsa.generate_private_key(65537, 2048),
)
WEAK_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
JWKS = {
    "keys": [
        OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True) | {"kid": "ed", "alg": "EdDSA", "use": "sig"},
        ECAlgorithm.to_jwk(EC.public_key(), as_dict=True) | {"kid": "ec", "alg": "ES256"},
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "rsa", "alg": "RS256"},
        RSAAlgorithm.to_jwk(WEAK_RSA.public_key(), as_dict=True) | {"kid": "weak", "alg": "RS256"},
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "sealing", "use": "enc"},
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "shared", "alg": "HS256"},
        {"kty": "unheard-of", "kid": "odd"},
        "no key at all",
    ]
}
PRIVATE: dict[str, tuple[Any, str]] = {"ed": (ED, "EdDSA"), "ec": (EC, "ES256"), "rsa": (RSA, "RS256")}
CLAIMS = {
    "iss": NAME,
    "aud": AUDIENCE,
    "sub": "kw-juniper",
    "role": "key-worker",
    "organisation": "second-chance",
    "kind": "human",
    "credentials": ["needs-assessment"],
    "iat": NOW.timestamp(),
    "nbf": NOW.timestamp(),
    "exp": (NOW + timedelta(hours=1)).timestamp(),
}
KEYS = HeldKeys(read_keys(json.dumps(JWKS).encode()))


def verifier(now: datetime = NOW, **changes: Any) -> Verifier:
    issuer = Issuer(**({"name": NAME, "audience": AUDIENCE, "keys": KEYS} | changes))
    return Verifier([issuer], now=lambda: now)


def token(kid: str = "ed", *, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a good token; name what should differ. A claim that is `...` is left out."""
    key, algorithm = PRIVATE[kid]
    said = {name: value for name, value in (CLAIMS | claims).items() if value is not ...}
    return jwt.encode(said, key, algorithm, headers={"typ": "at+jwt", "kid": kid} | (header or {}))


def refusal(sent: str, now: datetime = NOW, client: Client = HERE) -> str:
    with pytest.raises(TokenError) as refused:
        verifier(now).verify(sent, client)
    said = str(refused.value)
    for part in ("juniper", "second-chance", "https://issuer.example", *sent.split(".")):
        assert len(part) < 8 or part not in said
    return refused.value.code


def by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    def text(part: bytes) -> bytes:
        return base64.urlsafe_b64encode(part).rstrip(b"=")

    signed = text(json.dumps(header).encode()) + b"." + text(json.dumps(claims).encode())
    return (signed + b"." + text(sign(signed))).decode()


@pytest.mark.parametrize("kid", ["ed", "ec", "rsa"])
def test_a_good_token_says_who_asks(kid: str) -> None:
    assert verifier().verify(token(kid), ELSEWHERE).actor == KEY_WORKER


@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE], ["another", AUDIENCE]])
def test_a_token_may_be_meant_for_several(audience: object) -> None:
    assert verifier().verify(token(aud=audience), HERE).actor == KEY_WORKER


def test_credentials_may_be_missing() -> None:
    assert verifier().verify(token(credentials=...), HERE).actor.credentials == ()


def test_an_unsigned_token_is_refused() -> None:
    for alg in ("none", "None", "NONE"):
        unsigned = by_hand({"alg": alg, "typ": "at+jwt", "kid": "ed"}, CLAIMS, lambda _: b"")
        assert refusal(unsigned) == "algorithm-not-allowed"


@pytest.mark.parametrize("kid", ["ed", "ec", "rsa", "shared"])
def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(kid: str) -> None:
    public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for secret in (public, b"secret-secret-secret-secret"):
        forged = by_hand(
            {"alg": "HS256", "typ": "at+jwt", "kid": kid},
            CLAIMS,
            lambda signed, secret=secret: hmac.digest(secret, signed, hashlib.sha256),
        )
        assert refusal(forged) == "algorithm-not-allowed"


def test_an_algorithm_off_the_list_is_refused() -> None:
    assert refusal(jwt.encode(CLAIMS, RSA, "PS256", headers={"typ": "at+jwt", "kid": "rsa"})) == (
        "algorithm-not-allowed"
    )


def test_an_algorithm_the_key_is_not_for_is_refused() -> None:
    assert refusal(token("ec", header={"kid": "ed"})) == "algorithm-not-of-key"


@pytest.mark.parametrize("kid", ["unheard-of", "shared", "sealing", "weak", "odd", "../ed", ""])
def test_a_key_the_issuer_does_not_publish_for_this_is_refused(kid: str) -> None:
    assert refusal(token(header={"kid": kid})) == "unknown-key"


def test_a_token_that_names_no_key_is_refused() -> None:
    key = by_hand({"alg": "EdDSA", "typ": "at+jwt"}, CLAIMS, ED.sign)
    assert refusal(key) == "key-not-named"


def test_a_token_signed_by_somebody_else_is_refused() -> None:
    forged = by_hand(
        {"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"}, CLAIMS, Ed25519PrivateKey.generate().sign
    )
    assert refusal(forged) == "wrong-signature"


def test_a_key_that_comes_with_the_token_is_not_believed() -> None:
    stranger = Ed25519PrivateKey.generate()
    own = OKPAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    header = {"alg": "EdDSA", "typ": "at+jwt", "kid": "ed", "jwk": own, "jku": "https://evil.example"}
    assert refusal(by_hand(header, CLAIMS, stranger.sign)) == "wrong-signature"


def test_changed_claims_do_not_fit_the_signature() -> None:
    head, _, signature = token().split(".")
    claims = base64.urlsafe_b64encode(json.dumps(CLAIMS | {"role": "supervisor"}).encode()).rstrip(b"=")
    assert refusal(f"{head}.{claims.decode()}.{signature}") == "wrong-signature"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "id+jwt", "logout+jwt", "", None])
def test_an_id_token_is_no_access_token(typ: str | None) -> None:
    assert refusal(token(header={"typ": typ})) == "not-an-access-token"


@pytest.mark.parametrize("typ", ["AT+JWT", "application/at+jwt"])
def test_an_access_token_may_be_written_in_these_ways(typ: str) -> None:
    assert verifier().verify(token(header={"typ": typ}), HERE).actor == KEY_WORKER


def test_an_extension_that_must_be_understood_is_refused() -> None:
    header = {"alg": "EdDSA", "typ": "at+jwt", "kid": "ed", "crit": ["b64"], "b64": True}
    assert refusal(by_hand(header, CLAIMS, ED.sign)) in {"critical-header", "malformed"}


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub", "role", "organisation", "kind"])
def test_a_claim_that_must_be_there_is_missing(claim: str) -> None:
    assert refusal(token(**{claim: ...})) == f"{claim}-missing"


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("sub", ""),
        ("sub", 7),
        ("sub", "Somebody With Spaces"),
        ("role", "root"),
        ("organisation", "No Code"),
        ("kind", "robot"),
        ("credentials", "needs-assessment"),
        ("credentials", ["Not A Code"]),
        ("exp", "tomorrow"),
        ("exp", True),
        ("exp", float("inf")),
        ("exp", float("nan")),
        ("nbf", "yesterday"),
        ("nbf", None),
    ],
)
def test_a_claim_that_is_not_what_it_must_be_is_refused(claim: str, value: object) -> None:
    made = by_hand({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"}, CLAIMS | {claim: value}, ED.sign)
    assert refusal(made) == f"{claim}-invalid"


@pytest.mark.parametrize("issuer", ["https://issuer.example/", "https://evil.example", 7, ["x"]])
def test_another_issuer_is_not_believed(issuer: object) -> None:
    made = by_hand({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"}, CLAIMS | {"iss": issuer}, ED.sign)
    assert refusal(made) == "wrong-issuer"


@pytest.mark.parametrize("audience", ["another", [], ["another"], {"scp-api": 1}, 7, "scp-api-2"])
def test_a_token_for_another_service_is_refused(audience: object) -> None:
    made = by_hand({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"}, CLAIMS | {"aud": audience}, ED.sign)
    assert refusal(made) == "wrong-audience"


def test_a_token_is_valid_from_nbf_until_exp_give_or_take_what_clocks_differ() -> None:
    hour = timedelta(hours=1)
    assert refusal(token(), NOW + hour + timedelta(seconds=30)) == "expired"
    assert (
        refusal(token(iat=NOW.timestamp() - 60, exp=NOW.timestamp() + 60), NOW - timedelta(seconds=31))
        == "not-yet-valid"
    )
    for within in (NOW - timedelta(seconds=29), NOW + hour + timedelta(seconds=29)):
        assert verifier(within).verify(token(), HERE).actor == KEY_WORKER


@pytest.mark.parametrize("sent", ["", "x", "a.b", "a.b.c", "..", "....", "é.é.é", "x" * 8000, "\x00"])
def test_what_is_no_token_is_malformed(sent: str) -> None:
    assert refusal(sent) == "malformed"


@pytest.mark.parametrize("claims", [b"[]", b"7", b"null", b'{"a":' * 900, b"\xff", b"9" * 5000])
def test_claims_that_are_no_object_are_malformed(claims: bytes) -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}').rstrip(b"=")
    signed = head + b"." + base64.urlsafe_b64encode(claims).rstrip(b"=")
    signature = base64.urlsafe_b64encode(ED.sign(signed)).rstrip(b"=")
    assert refusal((signed + b"." + signature).decode()) == "malformed"


def test_a_token_of_any_length_is_not_read() -> None:
    assert refusal("x" * 8193) == "token-too-long"


def test_a_loopback_issuer_is_believed_on_this_machine_only() -> None:
    here = verifier(loopback_only=True)
    assert here.verify(token(), HERE).actor == KEY_WORKER
    assert here.verify(token(), Client("::1")).actor == KEY_WORKER
    for client in (ELSEWHERE, Client(None), Client("127.0.0.1", forwarded=True), Client("localhost")):
        with pytest.raises(TokenError) as refused:
            here.verify(token(), client)
        assert refused.value.code == "development-token-from-elsewhere"
