"""Tokens at the HTTP door: bound ones, and those by which a service acts for somebody."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from jwt.algorithms import OKPAlgorithm

from scp_events.access.possession import thumbprint_of
from tests.access.forging import CERTIFICATE, HOLDER, digest, made, public
from tests.access.test_tokens import ED
from tests.conftest import database
from tests.services.test_api_service import AUDIENCE, Service, serving
from tests.words import REFERRER

NAME = "https://sso.example"
ADDRESS = "https://records.example"
DRAFT = {
    "programme": "street-to-work",
    "route": "diversion",
    "circumstances": "An invented account.",
    "policy_version": "2025.1",
}


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    with (
        database(postgres_server, log_template) as conninfo,
        serving(conninfo, home, SCP_ISSUERS=issuers(home), **REACHED) as service,
    ):
        yield service


REACHED = {"SCP_API_ADDRESS": ADDRESS, "SCP_API_CLIENT_CERTIFICATES": "1"}


def issuers(home: Path) -> str:
    jwk = OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True) | {"kid": "ed"}
    (home / "jwks.json").write_text(json.dumps({"keys": [jwk]}))
    said = {"name": NAME, "keys": str(home / "jwks.json"), "services": {"intake-portal": "second-chance"}}
    (home / "issuers.json").write_text(json.dumps({"issuers": [said]}))
    return str(home / "issuers.json")


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def token(**claims: Any) -> str:
    said = {
        "iss": NAME,
        "aud": AUDIENCE,
        "sub": REFERRER.id,
        "role": REFERRER.role.value,
        "organisation": REFERRER.organisation,
        "kind": "human",
        "iat": now(),
        "exp": now() + 300,
    }
    return made({"alg": "EdDSA", "typ": "at+jwt", "kid": "ed"}, said | claims, ED.sign)


def proof(sent: str, path: str) -> str:
    said = {"jti": uuid4().hex, "htm": "GET", "htu": ADDRESS + path, "iat": now(), "ath": digest(sent)}
    return made({"alg": "EdDSA", "typ": "dpop+jwt", "jwk": public(HOLDER)}, said, HOLDER.sign)


def asked(api: Service, authorization: str, path: str = "/referrals", **headers: str) -> httpx2.Response:
    said = {"Authorization": authorization, "Scp-Purpose": "referral"} | headers
    return httpx2.get(api.url + path, headers=said, timeout=60)


def test_a_bound_token_is_taken_with_a_proof_for_the_address_that_clients_know(api: Service) -> None:
    bound = token(cnf={"jkt": thumbprint_of(public(HOLDER))})
    shown = proof(bound, "/referrals")
    assert asked(api, f"DPoP {bound}", DPoP=shown).status_code == 200
    for headers in ({"DPoP": shown}, {"DPoP": proof(bound, "/cases")}, {}):
        answer = asked(api, f"DPoP {bound}", **headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
    assert asked(api, f"Bearer {bound}", DPoP=proof(bound, "/referrals")).status_code == 401


def test_a_token_bound_to_a_certificate_is_taken_over_its_connection(api: Service) -> None:
    bound = token(cnf={"x5t#S256": digest(CERTIFICATE)})
    told = {"Client-Cert": f":{b64encode(CERTIFICATE).decode()}:"}
    assert asked(api, f"Bearer {bound}", **told).status_code == 200
    for sent in ({}, {"Client-Cert": f":{b64encode(b'another').decode()}:"}, {"Client-Cert": "x"}):
        assert asked(api, f"Bearer {bound}", **sent).status_code == 401


def test_who_acts_and_the_service_that_acts_for_them_are_both_recorded(api: Service) -> None:
    headers = {
        "Authorization": f"Bearer {token(act={'sub': 'intake-portal'})}",
        "Scp-Purpose": "referral",
        "Idempotency-Key": uuid4().hex,
    }
    body = {"command": DRAFT}
    answer = httpx2.post(api.url + "/cases/SC-2025-001/referrals", json=body, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    with psycopg.connect(api.conninfo) as connection:
        [(stored,)] = connection.execute("SELECT body FROM event_log.events").fetchall()
    said = json.loads(stored)
    assert (said["actor"]["id"], said["actor"]["role"]) == ("intake-portal", "service")
    assert (said["actor"]["organisation"], said["actor"]["kind"]) == ("second-chance", "system")
    assert said["on_behalf_of"]["id"] == REFERRER.id


def test_what_somebody_may_not_do_a_service_may_not_do_for_them(api: Service) -> None:
    answer = asked(api, f"Bearer {token(act={'sub': 'intake-portal'})}", "/decisions")
    assert answer.status_code == 403
