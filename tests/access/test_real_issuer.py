"""Tokens of an OpenID Connect server that others wrote: its access tokens open, nothing else of it does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import uuid4

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from scp_events.access import Client, Shown, TokenError, Verifier
from scp_events.access.issuers import issuers_in
from tests.access.forging import digest, text
from tests.jars import locked
from tests.needs import need
from tests.services.test_api_service import free_port

pytestmark = pytest.mark.once  # another program's tokens, the same for the wheel

HOME = Path(__file__).parents[2] / "deploy" / "test-issuer"
ELSEWHERE = Client("203.0.113.9")
RECORDS = "https://records.example"
BACK = "https://portal.example/back"
SECRET = b64encode(b"portal:an%20invented%20secret%2C%20good%20for%20nothing").decode()
KEY = ec.generate_private_key(ec.SECP256R1())
JWK = dict(ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True))


def install() -> None:
    """Have npm install what is pinned, unless it is there."""
    need(shutil.which("node") and shutil.which("npm"), "Node with npm", "install Node 20 or later")
    with locked(HOME / "package.json"):
        lock, done = HOME / "package-lock.json", HOME / "node_modules" / "installed"
        if done.exists() and done.read_bytes() == lock.read_bytes():
            return
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        ran = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=False, timeout=300)
        need(ran.returncode == 0, "npm's oidc-provider", f"let npm reach its registry: {ran.stderr[-300:]}")
        done.write_bytes(lock.read_bytes())


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    install()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        ["node", "server.mjs", str(port)], cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = monotonic() + 60
        while monotonic() < deadline and process.poll() is None:
            try:
                httpx2.get(url + "/.well-known/openid-configuration")
                break
            except httpx2.TransportError:
                sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def verifier(server: str, tmp_path: Path) -> Verifier:
    said = {
        "name": server,
        "keys": httpx2.get(server + "/.well-known/openid-configuration").json()["jwks_uri"],
        "audience": RECORDS,
        "claims": {"person": "staff", "role": "realm.roles", "organisation": "agency"},
        "roles": {"worker": "key-worker", "feeder": "integrator"},
        "organisations": {"/agencies/ours": "second-chance"},
    }
    (tmp_path / "issuers.json").write_text(json.dumps({"issuers": [said]}))
    return Verifier(issuers_in(tmp_path / "issuers.json", "scp-api"))


def proof(method: str, address: str, token: str | None = None) -> str:
    said: dict[str, Any] = {
        "jti": uuid4().hex,
        "htm": method,
        "htu": address,
        "iat": int(datetime.now(UTC).timestamp()),
    }
    if token is not None:
        said["ath"] = digest(token)
    return jwt.encode(said, KEY, "ES256", {"typ": "dpop+jwt", "jwk": JWK})


def tokens(server: str, *, bound: bool = False, **asked: str) -> dict[str, Any]:
    """Ask for tokens as the portal does."""
    headers = {"Authorization": f"Basic {SECRET}"}
    if bound:
        headers["DPoP"] = proof("POST", server + "/token")
    answer = httpx2.post(server + "/token", data=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of_juniper(server: str) -> dict[str, Any]:
    """Log in as somebody, in a browser's place."""
    verified = text(b"an invented verifier that is long enough for it")
    asked = {
        "client_id": "portal",
        "response_type": "code",
        "scope": "openid records",
        "redirect_uri": BACK,
        "code_challenge": text(sha256(verified.encode()).digest()),
        "code_challenge_method": "S256",
        "nonce": "an invented nonce",
    }
    with httpx2.Client() as browser:
        answer = browser.get(server + "/auth", params=asked)
        for form in ({"prompt": "login", "login": "kw-juniper", "password": "x"}, {"prompt": "consent"}):
            page = urljoin(server, answer.headers["location"])
            posted = re.search(r'action="([^"]+)"', browser.get(page).text)
            assert posted is not None
            answer = browser.post(urljoin(page, posted[1]), data=form)
            answer = browser.get(urljoin(server, answer.headers["location"]))
    [code] = parse_qs(urlsplit(answer.headers["location"]).query)["code"]
    return tokens(
        server, grant_type="authorization_code", code=code, redirect_uri=BACK, code_verifier=verified
    )


def test_who_logs_in_is_known_by_code_role_and_organisation_and_the_id_token_opens_nothing(
    server: str, verifier: Verifier
) -> None:
    found = of_juniper(server)
    actor = verifier.verify(found["access_token"], ELSEWHERE).actor
    assert (actor.id, actor.role, actor.organisation, actor.kind) == (
        "kw-juniper",
        "key-worker",
        "second-chance",
        "human",
    )
    with pytest.raises(TokenError) as refused:
        verifier.verify(found["id_token"], ELSEWHERE)
    assert refused.value.code == "not-an-access-token"


def test_a_program_is_known_as_one(server: str, verifier: Verifier) -> None:
    found = tokens(server, grant_type="client_credentials", scope="records")
    actor = verifier.verify(found["access_token"], ELSEWHERE).actor
    assert (actor.id, actor.role, actor.kind) == ("intake-portal", "integrator", "system")


def test_a_token_it_bound_to_a_key_needs_a_proof_for_each_request(server: str, verifier: Verifier) -> None:
    found = tokens(server, bound=True, grant_type="client_credentials", scope="records")
    token, address = found["access_token"], RECORDS + "/cases"
    assert found["token_type"] == "DPoP"  # noqa: S105 - a kind of token
    with pytest.raises(TokenError) as refused:
        verifier.verify(token, ELSEWHERE)
    assert refused.value.code == "proof-missing"
    for _ in range(2):
        shown = Shown("dpop", (proof("GET", address, token),), "GET", address)
        assert verifier.verify(token, ELSEWHERE, shown).actor.id == "intake-portal"
