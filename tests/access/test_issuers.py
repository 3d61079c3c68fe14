"""Issuers as a file names them: what it says is what is believed, and what is wrong in it is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scp_events.access import TokenKind
from scp_events.access.issuers import issuers_in

KEYCLOAK: dict[str, Any] = {
    "name": "https://sso.example/realms/agency",
    "keys": "https://sso.example/realms/agency/protocol/openid-connect/certs",
    "tokens": "keycloak",
    "claims": {"person": "staff_code", "role": "realm_access.roles", "kind": ["https://scp.example/kind"]},
    "roles": {"scp-key-worker": "key-worker"},
    "services": {"intake-portal": "second-chance"},
    "longest_lifetime_seconds": 300,
    "clock_skew_seconds": 5,
    "bound": True,
}


def written(tmp_path: Path, *issuers: dict[str, Any]) -> Path:
    path = tmp_path / "issuers.json"
    path.write_text(json.dumps({"issuers": issuers}))
    return path


def test_an_issuer_is_believed_as_the_file_says(tmp_path: Path) -> None:
    other = {"name": "https://other.example", "keys": str(tmp_path / "jwks"), "audience": "records"}
    first, second = issuers_in(written(tmp_path, KEYCLOAK, other), "scp-api")
    assert (first.name, first.audience, first.kind) == (KEYCLOAK["name"], "scp-api", TokenKind.KEYCLOAK)
    assert (first.longest_lifetime, first.leeway, first.bound, first.loopback_only) == (300, 5, True, False)
    assert first.claims.id == ("staff_code",)
    assert first.claims.role == ("realm_access", "roles")
    assert first.claims.kind == ("https://scp.example/kind",), "a name with dots is written as a list"
    assert (first.claims.roles, first.services) == (KEYCLOAK["roles"], KEYCLOAK["services"])
    assert (second.audience, second.kind, second.longest_lifetime) == ("records", TokenKind.RFC_9068, 3600)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"roles": {"x": "root"}}, "roles.x"),
        ({"keys": "http://sso.example/certs"}, "https://"),
        ({"longest_lifetime_seconds": 86_400}, "longest_lifetime_seconds"),
        ({"clock_skew_seconds": 600}, "clock_skew_seconds"),
        ({"organisations": {"x": "No Code"}}, "organisations.x"),
        ({"tokens": "id"}, "tokens"),
        ({"audiences": "x"}, "audiences"),
    ],
)
def test_what_is_wrong_in_the_file_is_said(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        issuers_in(written(tmp_path, KEYCLOAK | changes), "scp-api")
    try:
        issuers_in(written(tmp_path, KEYCLOAK | changes), "scp-api")
    except ValueError as error:
        assert said in str(error)


def test_no_issuer_two_of_one_name_and_no_file_are_refused(tmp_path: Path) -> None:
    for path, said in (
        (written(tmp_path), "issuers"),
        (tmp_path / "nowhere.json", "cannot be read"),
    ):
        with pytest.raises(ValueError, match=said):
            issuers_in(path, "scp-api")
    with pytest.raises(ValueError, match="twice"):
        issuers_in(written(tmp_path, KEYCLOAK, KEYCLOAK), "scp-api")
