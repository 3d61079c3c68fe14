"""Every way we know to get in with a token that is not good: each is refused, and by which rule."""

# ruff: noqa: E501 - a row of the table is a line

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scp_events.access import Issuer, KeysUnavailableError, Shown, TokenError, TokenKind, Verifier
from scp_events.access.keys import FetchedKeys
from scp_events.access.possession import PROOF_SECONDS, thumbprint_of
from tests.access.forging import (
    BOUND,
    BOUND_TO_CERTIFICATE,
    CERTIFICATE,
    HOLDER,
    LEFT_OUT,
    THIEF,
    proof,
    proven,
    public,
    text,
    token,
)
from tests.access.test_tokens import AUDIENCE, CLAIMS, EC, ED, HERE, KEYS, NAME, NOW, RSA, WEAK_RSA
from tests.words import KEY_WORKER

ISSUER = Issuer(name=NAME, audience=AUDIENCE, keys=KEYS, services={"intake-portal": "second-chance"})
KEYCLOAK = replace(ISSUER, kind=TokenKind.KEYCLOAK)
ONLY_BOUND = replace(ISSUER, bound=True)
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
PLAIN = Shown()


def at(**later: float) -> float:
    return (NOW + timedelta(**later)).timestamp()


def keyed(secret: bytes, kid: str = "rsa", alg: str = "HS256") -> str:
    return token({"alg": alg, "kid": kid}, lambda signed: hmac.digest(secret, signed, hashlib.sha256))


def weakly(signed: bytes) -> bytes:
    return WEAK_RSA.sign(signed, padding.PKCS1v15(), SHA256())


def changed(**claims: Any) -> str:
    """Return a good token of which somebody has changed the claims."""
    head, _, signature = token().split(".")
    return f"{head}.{text(json.dumps(CLAIMS | claims).encode())}.{signature}"


class Forged(NamedTuple):
    """A token, how it was sent, whose it claims to be, and by which rule it is refused."""

    how: str
    sent: str
    refused: str
    shown: Shown = PLAIN
    issuer: Issuer = ISSUER


FORGED = [
    # --- signatures
    Forged("unsigned", token({"alg": "none"}, lambda _: b""), "algorithm-not-allowed"),
    Forged("unsigned, spelt otherwise", token({"alg": "nOnE"}, lambda _: b""), "algorithm-not-allowed"),
    Forged("without an algorithm", token({"alg": LEFT_OUT}), "algorithm-not-allowed"),
    Forged("an algorithm that is a number", token({"alg": 7}), "algorithm-not-allowed"),
    Forged("an algorithm that is a list", token({"alg": ["EdDSA"]}), "algorithm-not-allowed"),
    Forged("the signature cut off", token().rpartition(".")[0] + ".", "wrong-signature"),
    Forged("the signature shortened", token()[:-8], "malformed"),
    Forged("a signature of zeros", token(sign=lambda _: bytes(64)), "wrong-signature"),
    Forged("signed by a stranger", token(sign=THIEF.sign), "wrong-signature"),
    Forged("another's signature", token().rpartition(".")[0] + "." + token(jti="x").rpartition(".")[2], "wrong-signature"),
    Forged("the public key as a secret (PEM)", keyed(PEM), "algorithm-not-allowed"),
    Forged("the public key as a secret (DER)", keyed(DER), "algorithm-not-allowed"),
    Forged("an empty secret", keyed(b""), "algorithm-not-allowed"),
    Forged("a secret that was published", keyed(b"secret-secret-secret-secret", "shared"), "algorithm-not-allowed"),
    Forged("HS512", keyed(PEM, alg="HS512"), "algorithm-not-allowed"),
    Forged("PS256", jwt.encode(CLAIMS, RSA, "PS256", {"typ": "at+jwt", "kid": "rsa"}), "algorithm-not-allowed"),
    Forged("RS512", jwt.encode(CLAIMS, RSA, "RS512", {"typ": "at+jwt", "kid": "rsa"}), "algorithm-not-allowed"),
    Forged("another key's algorithm", jwt.encode(CLAIMS, EC, "ES256", {"typ": "at+jwt", "kid": "rsa"}), "algorithm-not-of-key"),
    Forged("an RSA key that is too small", token({"alg": "RS256", "kid": "weak"}, weakly), "unknown-key"),
    # --- keys
    Forged("its own key in the header", token({"jwk": public(THIEF)}, THIEF.sign), "wrong-signature"),
    Forged("its own keys' address", token({"jku": "https://evil.example/jwks"}, THIEF.sign), "wrong-signature"),
    Forged("its own certificate", token({"x5c": ["MIIB"]}, THIEF.sign), "wrong-signature"),
    Forged("a certificate's address", token({"x5u": "https://evil.example"}, THIEF.sign), "wrong-signature"),
    Forged("no key named", token({"kid": LEFT_OUT}), "key-not-named"),
    Forged("a key named by a number", token({"kid": 1}), "malformed"),
    Forged("a key named by a path", token({"kid": "../../dev/null"}, lambda _: b""), "unknown-key"),
    Forged("a key named by SQL", token({"kid": "x' UNION SELECT 'y"}), "unknown-key"),
    Forged("a key for encryption", token({"kid": "sealing", "alg": "RS256"}), "unknown-key"),
    Forged("a shared secret as a key", token({"kid": "shared", "alg": "EdDSA"}), "unknown-key"),
    Forged("a key unheard of", token({"kid": "unheard-of"}), "unknown-key"),
    # --- kinds of tokens
    Forged("an ID token", token({"typ": "JWT"}), "not-an-access-token"),
    Forged("a token of no kind", token({"typ": LEFT_OUT}), "not-an-access-token"),
    Forged("a logout token", token({"typ": "logout+jwt"}), "not-an-access-token"),
    Forged("a security event", token({"typ": "secevent+jwt"}), "not-an-access-token"),
    Forged("a proof of possession", token({"typ": "dpop+jwt"}), "not-an-access-token"),
    Forged("an introspection answer", token({"typ": "token-introspection+jwt"}), "not-an-access-token"),
    Forged("an ID token that calls itself one", token(nonce="n-0S6"), "not-an-access-token"),
    Forged("an ID token with a token's digest", token(at_hash="77QmUPtjPfzWtF2AnpK9RQ"), "not-an-access-token"),
    Forged("Keycloak's from another issuer", token({"typ": "JWT"}, typ="Bearer"), "not-an-access-token"),
    Forged("Keycloak's ID token", token({"typ": "JWT"}, typ="ID"), "not-an-access-token", issuer=KEYCLOAK),
    Forged("Keycloak's refresh token", token({"typ": "JWT"}, typ="Refresh"), "not-an-access-token", issuer=KEYCLOAK),
    Forged("Keycloak's offline token", token({"typ": "JWT"}, typ="Offline"), "not-an-access-token", issuer=KEYCLOAK),
    Forged("Keycloak's without its kind", token({"typ": "JWT"}), "not-an-access-token", issuer=KEYCLOAK),
    Forged("Keycloak's Bearer with a nonce", token({"typ": "JWT"}, typ="Bearer", nonce="n"), "not-an-access-token", issuer=KEYCLOAK),
    Forged("an extension to be understood", token({"crit": ["exp"], "exp": 1}), "malformed"),
    Forged("an unencoded payload", token({"crit": ["b64"], "b64": False}), "malformed"),
    # --- whose, and for whom
    Forged("of no issuer", token(iss=LEFT_OUT), "iss-missing"),
    Forged("of another issuer", token(iss="https://evil.example"), "wrong-issuer"),
    Forged("the issuer with a slash", token(iss=NAME + "/"), "wrong-issuer"),
    Forged("the issuer among others", token(iss=[NAME]), "wrong-issuer"),
    Forged("of the development issuer", token(iss="urn:scp:development"), "wrong-issuer"),
    Forged("for nobody", token(aud=LEFT_OUT), "aud-missing"),
    Forged("for another service", token(aud="payroll"), "wrong-audience"),
    Forged("for a service called nearly so", token(aud="scp-api-test"), "wrong-audience"),
    Forged("for an empty list", token(aud=[]), "wrong-audience"),
    Forged("for a list in a list", token(aud=[[AUDIENCE]]), "wrong-audience"),
    # --- time
    Forged("expired", token(exp=at(seconds=-31), iat=at(hours=-1)), "expired"),
    Forged("expired long ago", token(exp=1, iat=0, nbf=0), "expired"),
    Forged("without an end", token(exp=LEFT_OUT), "exp-missing"),
    Forged("an end far away", token(exp=at(days=3650)), "lives-too-long"),
    Forged("a second too long", token(exp=at(seconds=3601)), "lives-too-long"),
    Forged("an end that is infinite", token(exp=float("inf")), "exp-invalid"),
    Forged("an end that is a text", token(exp="2099-01-01"), "exp-invalid"),
    Forged("an end that is true", token(exp=True), "exp-invalid"),
    Forged("an end before its beginning", token(exp=at(seconds=-20), iat=at(seconds=0)), "exp-invalid"),
    Forged("issued in the future", token(iat=at(seconds=31), exp=at(hours=1)), "issued-ahead"),
    Forged("issued in years", token(iat=at(days=3650), exp=at(days=3650, minutes=5)), "issued-ahead"),
    Forged("issued at no time", token(iat=LEFT_OUT), "iat-missing"),
    Forged("issued at a text", token(iat="now"), "iat-invalid"),
    Forged("not valid yet", token(nbf=at(seconds=31)), "not-yet-valid"),
    # --- who
    Forged("nobody's", token(sub=LEFT_OUT), "sub-missing"),
    Forged("an empty person's", token(sub=""), "sub-invalid"),
    Forged("several people's", token(sub=["kw-juniper"]), "sub-invalid"),
    Forged("a role unheard of", token(role="root"), "role-invalid"),
    Forged("two roles at once", token(role=["key-worker", "supervisor"]), "several-roles"),
    Forged("no role among its groups", token(role=["offline_access"]), "role-missing"),
    Forged("a role that is an object", token(role={"key-worker": {}, "supervisor": {}}), "several-roles"),
    Forged("two organisations at once", token(organisation=["second-chance", "police"]), "several-organisations"),
    Forged("no organisation", token(organisation=LEFT_OUT), "organisation-missing"),
    Forged("a role changed on the way", changed(role="supervisor"), "wrong-signature"),
    Forged("a person changed on the way", changed(sub="sv-rowan"), "wrong-signature"),
    Forged("neither human nor system", token(kind=LEFT_OUT), "kind-missing"),
    Forged("a program that says it is human", token(client_id="kw-juniper"), "kind-invalid"),
    Forged("credentials made up as a text", token(credentials="needs-assessment"), "credentials-invalid"),
    # --- on behalf of somebody
    Forged("a service nobody named", token(act={"sub": "evil-portal"}), "act-unknown"),
    Forged("a service of another issuer", token(act={"sub": "intake-portal", "iss": "https://evil.example"}), "act-unknown"),
    Forged("a service behind a service", token(act={"sub": "intake-portal", "act": {"sub": "x"}}), "act-chain"),
    Forged("a service without a name", token(act={}), "act-invalid"),
    Forged("a service that is a text", token(act="intake-portal"), "act-invalid"),
    # --- bound to a key
    Forged("bound, without a proof", BOUND, "proof-missing"),
    Forged("bound, as a bearer token", BOUND, "proof-missing", proven(proof(), scheme="bearer")),
    Forged("bound, two proofs", BOUND, "proof-missing", proven(proof(), proof())),
    Forged("bound, a proof with another key", BOUND, "proof-key", proven(proof({"jwk": public(THIEF)}, sign=THIEF.sign))),
    Forged("bound, a proof signed by another", BOUND, "proof-malformed", proven(proof(sign=THIEF.sign))),
    Forged("bound, an unsigned proof", BOUND, "proof-malformed", proven(proof({"alg": "none"}, sign=lambda _: b""))),
    Forged("bound, a proof with the private key", BOUND, "proof-malformed", proven(proof({"jwk": public(HOLDER) | {"d": "x"}}))),
    Forged("bound, a proof with a list of algorithms", BOUND, "proof-malformed", proven(proof({"alg": ["EdDSA"]}))),
    Forged("bound, a proof without a key", BOUND, "proof-malformed", proven(proof({"jwk": LEFT_OUT}))),
    Forged("bound, a proof of another kind", BOUND, "proof-malformed", proven(proof({"typ": "JWT"}))),
    Forged("bound, a proof that is none", BOUND, "proof-malformed", proven("x")),
    Forged("bound, a proof for another method", BOUND, "proof-request", proven(proof(htm="POST"))),
    Forged("bound, a proof for another address", BOUND, "proof-request", proven(proof(htu="https://records.example/"))),
    Forged("bound, a proof for another host", BOUND, "proof-request", proven(proof(htu="https://evil.example/cases"))),
    Forged("bound, a proof over http", BOUND, "proof-request", proven(proof(htu="http://records.example/cases"))),
    Forged("bound, a proof for another token", BOUND, "proof-token", proven(proof(sent=token()))),
    Forged("bound, a proof for no token", BOUND, "proof-token", proven(proof(ath=LEFT_OUT))),
    Forged("bound, a proof that is old", BOUND, "proof-time", proven(proof(iat=at(seconds=-61)))),
    Forged("bound, a proof from the future", BOUND, "proof-time", proven(proof(iat=at(seconds=31)))),
    Forged("bound, a proof of no time", BOUND, "proof-time", proven(proof(iat=LEFT_OUT))),
    Forged("bound, a proof without a number", BOUND, "proof-number", proven(proof(jti=LEFT_OUT))),
    Forged("bound in a way unheard of", token(cnf={"jkt": "x", "kid": "y"}), "binding-unknown"),
    Forged("bound to nothing", token(cnf={}), "cnf-invalid"),
    Forged("bound to a text", token(cnf="x"), "cnf-invalid"),
    Forged("not bound, with a proof", token(), "not-bound", proven(proof(sent=token()))),
    Forged("not bound, where it has to be", token(), "not-bound", issuer=ONLY_BOUND),
    Forged("bound to a certificate, without one", BOUND_TO_CERTIFICATE, "certificate-missing"),
    Forged("bound to another certificate", BOUND_TO_CERTIFICATE, "certificate-other", Shown(certificate=b"another")),
    # --- no token at all
    Forged("nothing", "", "malformed"),
    Forged("in five parts, as if encrypted", "a.b.c.d.e", "malformed"),
    Forged("longer than any", token(x="a" * 8192), "token-too-long"),
    Forged("claims that are a list", f"{token().partition('.')[0]}.{text(b'[]')}.x", "malformed"),
]  # fmt: skip  # one line each, so that they can be read as a table


@pytest.mark.parametrize("forged", [pytest.param(each, id=each.how) for each in FORGED])
def test_a_forged_token_is_refused(forged: Forged) -> None:
    verifier = Verifier([forged.issuer], now=lambda: NOW)
    with pytest.raises(TokenError) as refused:
        verifier.verify(forged.sent, HERE, forged.shown)
    assert refused.value.code == forged.refused
    assert verifier._verified == {}, "nor is it known the next time"  # noqa: SLF001 - it has no other sign


def test_there_are_about_a_hundred_of_them_and_no_two_alike() -> None:
    assert len({each.how for each in FORGED}) == len(FORGED) >= 80


GOOD = [
    Forged("plainly", token(), ""),
    Forged("Keycloak's", token({"typ": "JWT"}, typ="Bearer"), "", issuer=KEYCLOAK),

    Forged("bound to a key", BOUND, "", proven(proof())),
    Forged("bound to a key, where it has to be", BOUND, "", proven(proof()), ONLY_BOUND),
    Forged("with a query in its address", BOUND, "", proven(proof(), address="https://records.example:443/cases?a=b")),
    Forged("bound to a certificate", BOUND_TO_CERTIFICATE, "", Shown(certificate=CERTIFICATE)),
    Forged("an hour long", token(exp=at(hours=1)), ""),
    Forged("of a clock that is fast", token(iat=at(seconds=29), nbf=at(seconds=29), exp=at(minutes=5)), ""),
    Forged("one role among groups", token(role=["offline_access", "key-worker"]), ""),
    Forged("an organisation as Keycloak says it", token(organisation={"second-chance": {"id": "x"}}), ""),
]  # fmt: skip  # as above


@pytest.mark.parametrize("good", [pytest.param(each, id=each.how) for each in GOOD])
def test_a_good_token_beside_them_is_taken(good: Forged) -> None:
    verifier = Verifier([good.issuer], now=lambda: NOW)
    assert verifier.verify(good.sent, HERE, good.shown).actor == KEY_WORKER


def test_a_proof_counts_once_also_for_a_token_that_is_remembered_and_by_then_it_is_too_old() -> None:
    now = NOW
    verifier = Verifier([ISSUER], now=lambda: now)
    shown = proven(proof())
    assert verifier.verify(BOUND, HERE, shown).actor == KEY_WORKER
    for again, code in (
        (shown, "proof-repeated"),
        (proven(proof(jti="another number", iat=at(seconds=-30))), None),
        (PLAIN, "proof-missing"),
    ):
        if code is None:
            assert verifier.recall(BOUND, HERE, again) is not None
            continue
        with pytest.raises(TokenError) as refused:
            verifier.recall(BOUND, HERE, again)
        assert refused.value.code == code
    now = NOW + timedelta(seconds=PROOF_SECONDS + 31)
    with pytest.raises(TokenError) as refused:
        verifier.verify(BOUND, HERE, shown)
    assert refused.value.code == "proof-time", "so its number need not be remembered longer"


def test_a_proof_may_be_made_by_a_key_of_each_kind() -> None:
    for key, algorithm in ((EC, "ES256"), (RSA, "RS256")):
        kinds: dict[str, Any] = {"ES256": jwt.algorithms.ECAlgorithm, "RS256": jwt.algorithms.RSAAlgorithm}
        jwk = dict(kinds[algorithm].to_jwk(key.public_key(), as_dict=True))
        bound = token(cnf={"jkt": thumbprint_of(jwk)})
        signed = kinds[algorithm](kinds[algorithm].SHA256)
        sent = proof(
            {"alg": algorithm, "jwk": jwk}, sent=bound, sign=lambda data, s=signed, k=key: s.sign(data, k)
        )
        assert Verifier([ISSUER], now=lambda: NOW).verify(bound, HERE, proven(sent)).actor == KEY_WORKER


def test_who_acts_for_somebody_is_known_beside_them() -> None:
    who = Verifier([ISSUER], now=lambda: NOW).verify(token(act={"sub": "intake-portal"}), HERE)
    assert who.actor == KEY_WORKER
    assert who.through is not None
    assert (who.through.id, who.through.role, who.through.organisation, who.through.kind) == (
        "intake-portal",
        "service",
        "second-chance",
        "system",
    )


@pytest.mark.parametrize("reachable", [True, False])
def test_a_token_of_a_withdrawn_key_opens_nothing_five_minutes_later_however_often_it_was_sent(
    *, reachable: bool
) -> None:
    """The key is withdrawn the moment after it was fetched; the token is sent every second."""
    seconds = 0.0
    published: bytes | None = json.dumps({"keys": [public(ED) | {"kid": "ed"}]}).encode()

    def fetch() -> bytes:
        if published is None:
            raise OSError("out of reach")
        return published

    issuer = replace(ISSUER, keys=FetchedKeys(fetch, clock=lambda: seconds))
    verifier = Verifier([issuer], now=lambda: NOW + timedelta(seconds=seconds))
    sent = token()
    assert verifier.verify(sent, HERE).actor == KEY_WORKER
    published = b'{"keys": []}' if reachable else None
    taken = []
    for second in range(1, 600):
        seconds = float(second)
        try:
            taken.append(second if verifier.recall(sent, HERE) or verifier.verify(sent, HERE) else 0)
        except (TokenError, KeysUnavailableError):
            continue
    assert max(taken) < 300
    assert max(taken) >= (100 if reachable else 200), "and not at once, or every request would ask the issuer"
