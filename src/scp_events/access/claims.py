"""Who a token speaks for, in its issuer's words: where each claim stands, and what its values mean to us.

Where a value can be one of several (a list of groups), exactly one of them must mean something here: nobody
acts in two roles at once, or for two organisations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from scp_events.access.token_errors import TokenError, invalid, missing
from scp_events.vocabulary import Actor, OrganisationId, Role

Path = tuple[str, ...]
"""Where a claim stands: its name, or the names that lead to it."""


@dataclass(frozen=True)
class ClaimNames:
    """Where an issuer says what we need to know."""

    id: Path = ("sub",)
    role: Path = ("role",)
    organisation: Path = ("organisation",)
    kind: Path = ("kind",)
    credentials: Path = ("credentials",)
    roles: Mapping[str, str] = field(default_factory=dict)
    """What its roles or groups are called here; without any, as they are there."""
    organisations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SignedIn:
    """Who is asking, and through which service, where one asks on their behalf."""

    actor: Actor
    through: Actor | None = None


def signed_in(claims: Mapping[str, Any], names: ClaimNames, services: Mapping[str, str]) -> SignedIn:
    """Return who a token speaks for. Raises `TokenError`."""
    if not isinstance(subject := claims.get("sub"), str):
        raise missing("sub") if subject is None else invalid("sub")
    actor = _actor(claims, names)
    if actor.kind == "human" and subject in (claims.get("client_id"), claims.get("azp")):
        raise invalid("kind")  # its subject is the program that asked for it
    return SignedIn(actor, _service(claims, services))


def _actor(claims: Mapping[str, Any], names: ClaimNames) -> Actor:
    known_roles = names.roles or {role.value: role.value for role in Role}
    said = {
        "id": _at(claims, names.id, "sub"),
        "role": _one(_at(claims, names.role, "role"), known_roles, "role", strict=not names.roles),
        "organisation": _organisation(_at(claims, names.organisation, "organisation"), names),
        "kind": _at(claims, names.kind, "kind"),
        "credentials": _found(claims, names.credentials) or (),
    }
    try:
        return Actor.model_validate(said)
    except ValidationError as error:
        wrong = str(error.errors()[0]["loc"][0])
        raise invalid("sub" if wrong == "id" else wrong) from None


def _organisation(said: Any, names: ClaimNames) -> Any:  # noqa: ANN401 - as the token has it
    if names.organisations:
        return _one(said, names.organisations, "organisation", strict=False)
    if isinstance(said, Mapping):  # as Keycloak says it: by name, with what is known of each
        said = list(said)
    if not isinstance(said, list):
        return said
    if len(said) != 1:
        raise _several("organisation") if said else missing("organisation")
    return said[0]


def _one(said: Any, meanings: Mapping[str, str], claim: str, *, strict: bool) -> str:  # noqa: ANN401 - as the token has it
    """Return what the one value means that means something here; `strict`: one that stands alone must."""
    several = isinstance(said, list | Mapping)
    values = list(said) if several else [said]
    if not all(isinstance(each, str) for each in values):
        raise invalid(claim)
    found = {meanings[each] for each in values if each in meanings}
    if len(found) > 1:
        raise _several(claim)
    if not found:
        raise invalid(claim) if strict and not several else missing(claim)
    return found.pop()


def _several(claim: str) -> TokenError:
    return TokenError(f"several-{claim}s", f"the token names several: have the issuer name one `{claim}`")


def _at(claims: Mapping[str, Any], path: Path, claim: str) -> Any:  # noqa: ANN401 - as the token has it
    found = _found(claims, path)
    if found is None:
        raise missing(claim)
    return found


def _found(claims: Mapping[str, Any], path: Path) -> Any:  # noqa: ANN401 - as the token has it
    found: Any = claims
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _service(claims: Mapping[str, Any], services: Mapping[str, str]) -> Actor | None:
    """Return the service that acts for somebody (RFC 8693, `act`): one that was named to us beforehand.

    A service behind a service is refused: both would have to be recorded, and there is room for one.
    """
    if "act" not in claims:
        return None
    act = claims["act"]
    if not isinstance(act, Mapping) or not isinstance(act.get("sub"), str):
        raise invalid("act")
    if "act" in act:
        raise TokenError("act-chain", "one service may act for somebody, not one behind another")
    if act["sub"] not in services or act.get("iss", claims["iss"]) != claims["iss"]:
        raise TokenError("act-unknown", "no such service may act for others: have it added to the issuer's")
    if act["sub"] == claims["sub"]:
        raise invalid("act")
    return Actor(
        id=act["sub"], role=Role.SERVICE, organisation=OrganisationId(services[act["sub"]]), kind="system"
    )
